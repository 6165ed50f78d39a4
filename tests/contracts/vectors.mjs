// SPDX-License-Identifier: Apache-2.0
//
// Calls, creations, logs and errors of the known contracts as ethers encodes
// them, one of each signature, to stdout: tests/vectors/contract.jsonl. Values
// are drawn from a fixed seed.
import { readFileSync, readdirSync } from "node:fs";
import { Interface, getAddress, id } from "./npm.mjs";
import { FOLDER } from "./artifacts.mjs";

const TEXTS = ["", "20301231", "額面 1,000 円", "a'b\"c\\d", "x".repeat(95), "{\"interestPaymentDate1\":\"0331\"}"];

let drawn = 0;
const draw = () => id(`contract ${drawn++}`).slice(2);
const pick = (list) => list[Number(BigInt("0x" + draw()) % BigInt(list.length))];

function value(type) {
	const list = /^(.*)\[\]$/.exec(type);
	if (list) return Array.from({ length: pick([0, 1, 3]) }, () => value(list[1]));
	if (type === "string") return pick(TEXTS);
	if (type === "address") return getAddress("0x" + draw().slice(24));
	if (type === "bool") return pick([true, false]);
	if (type === "bytes") return "0x" + draw().slice(0, pick([0, 2, 64]));
	const bytes = /^bytes(\d+)$/.exec(type);
	if (bytes) return "0x" + draw().slice(0, 2 * Number(bytes[1]));
	const bits = BigInt(/^uint(\d+)$/.exec(type)[1]);
	return pick([0n, 1n, BigInt("0x" + draw()) % (1n << bits), (1n << bits) - 1n]);
}

const shown = (v) => (Array.isArray(v) ? `[${v.map(shown).join(", ")}]` : String(v));

const text = (f) => `${f.name ?? ""}(${f.inputs.map((p) => p.format("sighash")).join(",")})`;

function row(contract, kind, fragment, args, more) {
	return JSON.stringify({
		profile: contract.profile, contract: contract.contractName, kind,
		text: text(fragment), args: args.map(shown), ...more,
	});
}

const seen = new Set();
for (const profile of ["strict", "legacy", "standard"])
	for (const file of readdirSync(`${FOLDER}/${profile}`).sort()) {
		const contract = JSON.parse(readFileSync(`${FOLDER}/${profile}/${file}`, "utf8"));
		const words = new Interface(contract.abi);
		for (const f of words.fragments) {
			const indexed = f.inputs.filter((p) => p.indexed).length;
			const key = `${f.type} ${f.type === "constructor" ? file + profile : ""} ${text(f)} ${indexed}`;
			if (seen.has(key)) continue;
			seen.add(key);
			const args = f.inputs.map((p) => value(p.type));
			if (f.type === "constructor") console.log(row(contract, f.type, f, args, { data: words.encodeDeploy(args) }));
			if (f.type === "error") console.log(row(contract, f.type, f, args, { data: words.encodeErrorResult(f, args) }));
			if (f.type === "event") console.log(row(contract, f.type, f, args, words.encodeEventLog(f, args)));
			if (f.type !== "function") continue;
			const results = f.outputs.map((p) => value(p.type));
			console.log(row(contract, f.type, f, args, {
				data: words.encodeFunctionData(f, args),
				results: results.map(shown), returned: words.encodeFunctionResult(f, results),
			}));
		}
	}
