// SPDX-License-Identifier: Apache-2.0
//
// revm, inside @nomicfoundation/edr, the chain of Hardhat: a chain of one
// block for each case, of which the results are looked at. It begins with
// Byzantium.
import { pkg } from "./npm.mjs";
import { FORKS } from "./forks.mjs";

const edr = pkg("@nomicfoundation/edr");
const { RLP } = pkg("@ethereumjs/rlp");

const BLOB_TARGET = [3, 6, 6]; /* of Cancun and on (EIP-7691) */
const GENESIS_BASE_FEE = 7n; /* so small that it is the same one block on */

const bytes = (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex"));

function account([address, a]) {
	const storage = Object.entries(a.storage).map(([index, value]) => ({ index: BigInt(index), value: BigInt(value) }));

	return { address: bytes(address), nonce: BigInt(a.nonce), balance: BigInt(a.balance), code: bytes(a.code), storage };
}

// genesisBlobs makes the next block's excess the one wanted (EIP-4844).
function genesisBlobs(c) {
	const target = BLOB_TARGET[c.fork - FORKS.findIndex((f) => f.name === "Cancun")];

	return target === undefined ? undefined : { gasUsed: BigInt(target) * 131072n, excessGas: BigInt(c.env.currentExcessBlobGas) };
}

function config(c) {
	return {
		allowBlocksWithSameTimestamp: true,
		allowUnlimitedContractSize: false,
		bailOnCallFailure: false,
		bailOnTransactionFailure: false,
		chainId: 1n,
		coinbase: bytes(c.env.currentCoinbase),
		defaultTransactionGasLimit: 1000000n,
		genesisState: Object.entries(c.pre).map(account),
		hardfork: edr.l1HardforkToString(FORKS[c.fork].edr),
		initialBaseFeePerGas: GENESIS_BASE_FEE,
		initialParentBeaconBlockRoot: new Uint8Array(32),
		minGasPrice: 0n,
		mining: { autoMine: true, blockGasLimit: BigInt(c.env.currentGasLimit), memPool: { order: edr.MineOrdering.Fifo } },
		network: { genesisBlockGasLimit: BigInt(c.env.currentGasLimit), genesisBlockTime: 1n, genesisBlobGas: genesisBlobs(c) },
		networkId: 1n,
		observability: {},
		ownedAccounts: [],
		precompileOverrides: [],
	};
}

const LOGGER = { enable: false, decodeConsoleLogInputsCallback: () => [], printLineCallback: () => {} };

export class Revm {
	static async start() {
		const out = new Revm();

		out.context = new edr.EdrContext();
		out.decoder = new edr.ContractDecoder();
		await out.context.registerProviderFactory(edr.L1_CHAIN_TYPE, edr.l1ProviderFactory());
		return out;
	}

	async call(chain, method, ...params) {
		const answer = await chain.handleRequest(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
		const data = typeof answer.data === "string" ? JSON.parse(answer.data) : answer.data;

		if (data.error)
			throw new Error(data.error.message);
		return data.result;
	}

	async chain(c) {
		const chain = await this.context.createProvider(edr.L1_CHAIN_TYPE, config(c), LOGGER, { subscriptionCallback: () => {} }, this.decoder);

		await this.call(chain, "evm_setNextBlockTimestamp", c.env.currentTimestamp);
		if (FORKS[c.fork].edr >= 12)
			await this.call(chain, "hardhat_setNextBlockBaseFeePerGas", c.env.currentBaseFee);
		if (FORKS[c.fork].edr >= 15)
			await this.call(chain, "hardhat_setPrevRandao", c.env.currentRandom);
		return chain;
	}

	// answers tells whether edr takes a case: it has no fork before Byzantium,
	// runs Constantinople without EIP-1283 as Petersburg, and takes blobs
	// only with their contents (EIP-4844's network form).
	answers(c) {
		return FORKS[c.fork].edr !== null && c.type !== 3;
	}

	// run answers { refused } or { status, gas, logs, root, output }; output
	// only when asked for, as it takes a second run.
	async run(c, wantsOutput) {
		const chain = await this.chain(c);
		let hash;

		try {
			hash = await this.call(chain, "eth_sendRawTransaction", c.raw);
		} catch (e) {
			return { refused: e.message };
		}
		const r = await this.call(chain, "eth_getTransactionReceipt", hash);
		if (r === null)
			return { refused: "not taken into a block" };
		const block = await this.call(chain, "eth_getBlockByNumber", "latest", false);
		const logs = r.logs.map((l) => [bytes(l.address), l.topics.map(bytes), bytes(l.data)]);
		const out = { status: Number(r.status), gas: BigInt(r.gasUsed), logs: edr.keccak256(RLP.encode(logs)), root: bytes(block.stateRoot) };
		if (wantsOutput)
			out.output = bytes((await this.call(chain, "debug_traceTransaction", hash, { disableStack: true, disableStorage: true, disableMemory: true })).returnValue);
		return out;
	}
}
