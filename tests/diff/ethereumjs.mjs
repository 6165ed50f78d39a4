// SPDX-License-Identifier: Apache-2.0
//
// @ethereumjs/evm under @ethereumjs/vm, which makes transactions of programs.
// A machine lives as long as the process; each case begins on an empty state.
import { pkg } from "./npm.mjs";
import { FORKS } from "./forks.mjs";
import { verifyProof } from "./kzg.mjs";
import { trieRoot } from "./root.mjs";

const { createBlockHeader } = pkg("@ethereumjs/block");
const { Common, Mainnet } = pkg("@ethereumjs/common");
const { createTxFromRLP } = pkg("@ethereumjs/tx");
const { SimpleStateManager } = pkg("@ethereumjs/statemanager");
const { createVM, runTx } = pkg("@ethereumjs/vm");
const { createAccount, createAddressFromString, hexToBytes } = pkg("@ethereumjs/util");
const { RLP } = pkg("@ethereumjs/rlp");
const { keccak256 } = pkg("@nomicfoundation/edr");

// Native Keccak: this engine's own takes most of a short program's time.
const customCrypto = { keccak256, kzg: { verifyProof } };

// Hashes of earlier blocks, as state tests have them.
const blockchain = {
	getBlock: async (number) => ({ hash: () => keccak256(new TextEncoder().encode(String(number))) }),
	putBlock: async () => {},
	shallowCopy: () => blockchain,
};

const pad = (text) => hexToBytes("0x" + text.slice(2).padStart(64, "0"));
const trim = (text) => hexToBytes("0x" + (text.length % 2 === 1 ? "0" : "") + text.slice(2));

// stateRoot computes the root of all accounts.
function stateRoot(state) {
	const accounts = [], storage = new Map();

	for (const [key, value] of state.topStorageStack()) {
		const [address, slot] = key.split("_");
		if (value.length === 0)
			continue;
		if (!storage.has(address))
			storage.set(address, []);
		storage.get(address).push([hexToBytes(slot), RLP.encode(value)]);
	}
	for (const [address, a] of state.topAccountStack())
		if (a !== undefined)
			accounts.push([hexToBytes(address), RLP.encode([a.nonce, a.balance, trieRoot(storage.get(address) ?? []), a.codeHash])]);
	return trieRoot(accounts);
}

// forget makes a deleted account's storage and code go with it, which this
// state keeps under the address.
function forget(state) {
	const drop = state.deleteAccount.bind(state);

	state.deleteAccount = async (address) => {
		await state.clearStorage(address);
		state.topCodeStack().delete(address.toString());
		await drop(address);
	};
}

export class EthereumJs {
	constructor() {
		this.machines = new Map();
	}

	async machine(at) {
		if (!this.machines.has(at)) {
			const common = new Common({ chain: Mainnet, hardfork: FORKS[at].ethereumjs, customCrypto });
			const state = new SimpleStateManager({ common });
			state.getStateRoot = async () => stateRoot(state); /* of old receipts */
			forget(state);
			const vm = await createVM({ common, stateManager: state, blockchain });
			this.machines.set(at, { common, state, vm });
		}
		return this.machines.get(at);
	}

	async fill(m, pre) {
		m.state.accountStack = [new Map()];
		m.state.codeStack = [new Map()];
		m.state.storageStack = [new Map()];
		m.state.originalStorageCache.clear();
		m.vm.evm.journal.cleanJournal();
		m.vm.evm.transientStorage.clear();
		for (const [address, a] of Object.entries(pre)) {
			const at = createAddressFromString(address);
			await m.state.putAccount(at, createAccount({ nonce: BigInt(a.nonce), balance: BigInt(a.balance) }));
			if (a.code !== "0x")
				await m.state.putCode(at, hexToBytes(a.code));
			for (const [key, value] of Object.entries(a.storage))
				await m.state.putStorage(at, pad(key), trim(value));
		}
	}

	block(m, c) {
		const { env } = c, header = {
			coinbase: env.currentCoinbase,
			number: env.currentNumber,
			timestamp: env.currentTimestamp,
			gasLimit: env.currentGasLimit,
			difficulty: m.common.gteHardfork("paris") ? 0n : env.currentDifficulty,
		};

		if (m.common.gteHardfork("london"))
			header.baseFeePerGas = env.currentBaseFee;
		if (m.common.gteHardfork("paris"))
			header.mixHash = env.currentRandom;
		if (m.common.gteHardfork("cancun"))
			header.excessBlobGas = env.currentExcessBlobGas;
		return { common: m.common, header: createBlockHeader(header, { common: m.common, skipConsensusFormatValidation: true }) };
	}

	/*
	 * run executes a case and tells on.step, on.enter, on.leave of what
	 * happens. The answer: { refused } or { status, gas, output, logs },
	 * and root and coinbase's account after it.
	 */
	async run(c, on) {
		const m = await this.machine(c.fork), { events } = m.vm.evm;
		const out = {};

		await this.fill(m, c.pre);
		events.removeAllListeners();
		events.on("step", on.step);
		events.on("beforeMessage", on.enter);
		events.on("afterMessage", on.leave);
		try {
			Object.assign(out, await this.transact(m, c));
		} catch (e) {
			const { name, message } = e;
			if (name === "TypeError" || name === "RangeError")
				return { failed: `${name}: ${message}` };
			out.refused = message.split("(vm")[0];
		}
		await this.touch(m, c);
		out.root = stateRoot(m.state);
		return out;
	}

	// transact: of a signature that is nothing special the sender is told, as
	// recovering it takes this engine as long as the rest; the others recover it.
	async transact(m, c) {
		const tx = createTxFromRLP(hexToBytes(c.raw), { common: m.common, freeze: false });

		if (c.isPlain)
			tx.getSenderAddress = () => createAddressFromString(c.sender);
		const r = await runTx(m.vm, { tx, block: this.block(m, c) });
		const { exceptionError, returnValue, logs } = r.execResult;

		return {
			status: exceptionError === undefined ? 1 : 0,
			error: exceptionError?.error,
			gas: r.totalGasSpent,
			output: returnValue,
			logs: keccak256(RLP.encode(logs ?? [])),
		};
	}

	// touch does what a block's end does in state tests: the author's
	// account comes into being before EIP-158.
	async touch(m, c) {
		const at = createAddressFromString(c.env.currentCoinbase);

		if (!m.common.gteHardfork("spuriousDragon") && (await m.state.getAccount(at)) === undefined)
			await m.state.putAccount(at, createAccount({}));
	}

	// rewarded gives the root with the block's reward on top.
	async rewarded(c) {
		const m = await this.machine(c.fork), at = createAddressFromString(c.env.currentCoinbase);
		const a = (await m.state.getAccount(at)) ?? createAccount({});

		if (FORKS[c.fork].reward > 0n) {
			a.balance += FORKS[c.fork].reward;
			await m.state.putAccount(at, a);
		}
		return stateRoot(m.state);
	}
}
