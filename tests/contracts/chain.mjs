// SPDX-License-Identifier: Apache-2.0
//
// A chain of our engine as a test sees it: accounts by name, contracts by
// the name of their file, calls with arguments, events by name.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { load } from "./artifacts.mjs";
import { Interface, getAddress, id } from "./npm.mjs";

const engine = spawn(process.env.ENGINE, [], { stdio: ["pipe", "pipe", "inherit"] });
const waiting = [];
createInterface(engine.stdout).on("line", (line) => waiting.shift().resolve(JSON.parse(line)));
engine.on("exit", (code, signal) => {
	for (const w of waiting.splice(0)) w.reject(new Error(`the engine ended: ${code ?? signal}`));
});

const order = (line) => engine.stdin.write(line + "\n");
const ask = (line) => new Promise((resolve, reject) => {
	waiting.push({ resolve, reject });
	order(line);
});
export const end = () => engine.stdin.end();

/** The address of an account by name, the same in every test. */
export const account = (name) => getAddress("0x" + id(name).slice(-40));

const ERRORS = new Interface(["error Error(string)", "error Panic(uint256)"]);

/** Why a call was refused: the code, or what else the output tells. */
function reason(answer) {
	if (answer.ok) return null;
	if (answer.output === "0x") return answer.halt;
	const e = ERRORS.parseError(answer.output);
	return e.name === "Error" ? e.args[0] : `Panic(${e.args[0]})`;
}

class Contract {
	constructor(chain, name, address) {
		this.chain = chain;
		this.name = name;
		this.address = address;
		this.abi = chain.abi(name);
	}

	/** A transaction: {ok, reason, gas, events, value}. */
	async send(from, method, ...args) {
		const answer = await ask(`run ${account(from)} ${this.address} ${this.encode(method, args)}`);
		return {
			ok: answer.ok, reason: reason(answer), gas: answer.gas,
			events: answer.logs.map((l) => this.chain.event(l)),
			value: answer.ok ? this.decode(method, answer.output) : undefined,
		};
	}

	/** What a view answers; its refusal is an error. */
	async read(method, ...args) {
		const answer = await ask(`read ${account("reader")} ${this.address} ${this.encode(method, args)}`);
		if (!answer.ok) throw new Error(`${this.name}.${method}: ${reason(answer)}`);
		return this.decode(method, answer.output);
	}

	encode(method, args) {
		return this.abi.encodeFunctionData(method, args.map(address));
	}

	decode(method, output) {
		const values = this.abi.decodeFunctionResult(method, output);
		return values.length === 1 ? values[0] : values;
	}
}

/** Contracts and arrays of them stand for their addresses. */
const address = (v) => v instanceof Contract ? v.address : Array.isArray(v) ? v.map(address) : v;

export class Chain {
	constructor(profile, fork) {
		this.profile = profile;
		this.known = new Map();
		this.abis = new Map();
		order(`fork ${fork}`);
	}

	abi(name) {
		if (!this.abis.has(name)) this.abis.set(name, new Interface(load(this.profile, name).abi));
		return this.abis.get(name);
	}

	/** Deploys a contract of the profile; its gas is in .gas. */
	async deploy(from, name, ...args) {
		const { bytecode } = load(this.profile, name);
		const data = bytecode + this.abi(name).encodeDeploy(args.map(address)).slice(2);
		const answer = await ask(`run ${account(from)} - ${data}`);
		if (!answer.ok) throw new Error(`${name}: ${reason(answer)}`);
		const contract = new Contract(this, name, getAddress(answer.address));
		this.known.set(contract.address, contract);
		contract.gas = answer.gas;
		contract.events = answer.logs.map((l) => this.event(l));
		return contract;
	}

	/** A contract of the test's own, by its bytecode. */
	async raw(from, code) {
		const answer = await ask(`run ${account(from)} - ${code}`);
		if (!answer.ok) throw new Error(reason(answer));
		return getAddress(answer.address);
	}

	/** Why a call is refused that a contract of the test's own passes on. */
	async through(from, proxy, to, data) {
		const target = to.address.slice(2).padStart(64, "0");
		return reason(await ask(`run ${account(from)} ${proxy} 0x${target}${data.slice(2)}`));
	}

	later(seconds) {
		order(`time ${seconds}`);
	}

	delegate(from, to) {
		order(`delegate ${account(from)} ${to}`);
	}

	event(l) {
		const from = this.known.get(getAddress(l.address));
		const e = from?.abi.parseLog(l);
		if (!e) throw new Error(`a log that no contract here knows: ${JSON.stringify(l)}`);
		return { of: from.name, name: e.name, args: [...e.args] };
	}
}
