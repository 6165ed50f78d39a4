// SPDX-License-Identifier: Apache-2.0
//
// What integrators do, by one client over one transport: deploy, call,
// estimate, send, events by filter and by subscription, typed data, batches,
// receipts, reasons to revert, proofs. Each client does it in its own words
// (the table `clients`); what must come of it is said once (`cases`).
//
// Environment: URL (https: or wss: with user and password, or a socket's
// path), KEY (funded private key), NPM (folder of node_modules), CLIENT, SAMPLE
// (what compile.mjs prints). Prints cases like case.py.
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { flipped, judge } from "./proof.mjs";

const need = createRequire(process.env.NPM + "/");
const { ethers } = need("ethers");
const { URL: url, KEY: key, CLIENT: name } = process.env;
const { abi, bytecode } = JSON.parse(process.env.SAMPLE);
const sender = new ethers.Wallet(key).address;
const isSocket = url.startsWith("/");
const FIRST = 5n;

// plain is the URL without the user, who comes as a header.
function plain() {
	const at = new URL(url);
	const auth = "Basic " + Buffer.from(decodeURIComponent(at.username) + ":" + decodeURIComponent(at.password)).toString("base64");
	at.username = at.password = "";
	return { at: at.toString(), auth };
}

async function until(what, is) {
	for (let i = 0; i < 600 && !is(); i++)
		await new Promise((resolve) => setTimeout(resolve, 50));
	assert.ok(is(), what);
}

const types = { Mail: [{ name: "to", type: "address" }, { name: "number", type: "uint256" }, { name: "text", type: "string" }] };
const domainTypes = [{ name: "name", type: "string" }, { name: "version", type: "string" }, { name: "chainId", type: "uint256" },
	{ name: "verifyingContract", type: "address" }];
const mail = { to: "0x" + "52".repeat(20), number: 77n, text: "登録" };
const domainOf = (verifyingContract) => ({ name: "Sample", version: "1", chainId: 31337, verifyingContract });

const clients = {
	async ethers() {
		// What was answered a quarter of a second ago is asked anew.
		const options = { cacheTimeout: -1, pollingInterval: 100 };
		const connect = () => {
			if (isSocket)
				return new ethers.IpcSocketProvider(url, undefined, options);
			if (url.startsWith("wss:"))
				return new ethers.WebSocketProvider(url, undefined, options);
			const { at, auth } = plain();
			const request = new ethers.FetchRequest(at);
			request.setHeader("Authorization", auth);
			return new ethers.JsonRpcProvider(request, undefined, { ...options, polling: true });
		};
		const provider = connect();
		const wallet = new ethers.Wallet(key, provider);
		let contract;
		const fails = async (promise) => promise.then(() => assert.fail("no revert"), (e) => e);
		return {
			deploy: async () => {
				const sent = await new ethers.ContractFactory(abi, bytecode, wallet).deploy(FIRST);
				await sent.waitForDeployment();
				contract = sent;
				return sent.getAddress();
			},
			read: (fn, ...args) => contract[fn](...args),
			estimate: (fn, ...args) => contract[fn].estimateGas(...args),
			write: async (fn, ...args) => {
				const sent = await contract[fn](...args);
				const r = await sent.wait(1, 30000);
				return { hash: r.hash, number: r.blockNumber, status: r.status, logs: r.logs.length };
			},
			events: async (number, from) => (await contract.queryFilter(contract.filters.Changed(sender, number), from))
				.map((e) => [e.args.who, e.args.number, e.args.text]),
			hear: async (fn) => {
				const heard = (who, number, text) => fn([who, number, text]);
				await contract.on("Changed", heard);
				return () => contract.off("Changed", heard);
			},
			sign: (domain) => wallet.signTypedData(domain, types, mail),
			verify: (domain, signature) => ethers.verifyTypedData(domain, types, mail, signature) === sender,
			batch: (addresses) => Promise.all(addresses.map((a) => provider.getBalance(a))),
			raw: (method, ...params) => provider.send(method, params),
			reasons: async () => {
				const text = await fails(contract.failText());
				const custom = await fails(contract.failCustom(3));
				const panic = await fails(contract.failPanic(0));
				return { text: text.reason, custom: [custom.revert.name, ...custom.revert.args],
					panic: Number(panic.revert.args[0]) };
			},
			proof: (address, keys, block) => provider.send("eth_getProof", [address, keys, block]),
			close: () => provider.destroy(),
		};
	},
	async viem() {
		const viem = need("viem");
		const { privateKeyToAccount } = need("viem/accounts");
		const connect = () => {
			if (isSocket)
				return need("viem/node").ipc(url);
			const { at, auth } = plain();
			if (url.startsWith("https:"))
				return viem.http(at, { batch: true, fetchOptions: { headers: { Authorization: auth } } });
			// viem 2 takes the platform's WebSocket, which has no headers: ws has.
			const { WebSocket } = need("ws");
			globalThis.WebSocket = class extends WebSocket {
				constructor(address) {
					super(address, { headers: { Authorization: auth } });
				}
			};
			return viem.webSocket(at);
		};
		const transport = connect();
		const account = privateKeyToAccount(key);
		const reader = viem.createPublicClient({ transport, pollingInterval: 100 });
		const chain = viem.defineChain({ id: await reader.getChainId(), name: "x", nativeCurrency: { name: "x", symbol: "x", decimals: 18 },
			rpcUrls: { default: { http: [] } } });
		const writer = viem.createWalletClient({ account, chain, transport });
		const typed = (domain) => ({ domain, types, primaryType: "Mail", message: mail });
		let address;
		const wait = (hash) => reader.waitForTransactionReceipt({ hash, timeout: 30000 });
		const call = (functionName, args) => ({ address, abi, functionName, args, account });
		const failed = async (functionName, ...args) => {
			const e = await reader.simulateContract(call(functionName, args)).then(() => assert.fail("no revert"), (x) => x);
			return e.walk((x) => x instanceof viem.ContractFunctionRevertedError);
		};
		return {
			deploy: async () => {
				address = (await wait(await writer.deployContract({ abi, bytecode, args: [FIRST] }))).contractAddress;
				return address;
			},
			read: (fn, ...args) => reader.readContract(call(fn, args)),
			estimate: (fn, ...args) => reader.estimateContractGas(call(fn, args)),
			write: async (fn, ...args) => {
				const r = await wait(await writer.writeContract(call(fn, args)));
				return { hash: r.transactionHash, number: Number(r.blockNumber), status: r.status === "success" ? 1 : 0, logs: r.logs.length };
			},
			events: async (number, from) => (await reader.getContractEvents({ address, abi, eventName: "Changed",
				args: { who: sender, number }, fromBlock: BigInt(from) })).map((e) => [e.args.who, e.args.number, e.args.text]),
			hear: async (fn) => reader.watchContractEvent({ address, abi, eventName: "Changed", onError: (e) => assert.fail(e),
				onLogs: (logs) => logs.forEach((e) => fn([e.args.who, e.args.number, e.args.text])) }),
			sign: (domain) => account.signTypedData(typed(domain)),
			verify: (domain, signature) => reader.verifyTypedData({ address: sender, signature, ...typed(domain) }),
			batch: (addresses) => Promise.all(addresses.map((a) => reader.getBalance({ address: a }))),
			raw: (method, ...params) => reader.request({ method, params }),
			reasons: async () => {
				const text = await failed("failText");
				const custom = await failed("failCustom", 3n);
				const panic = await failed("failPanic", 0n);
				return { text: text.reason, custom: [custom.data.errorName, ...custom.data.args], panic: Number(panic.data.args[0]) };
			},
			proof: (at, keys, block) => reader.getProof({ address: at, storageKeys: keys, blockNumber: BigInt(block) }),
			close: async () => (isSocket || url.startsWith("wss:")) && (await reader.transport.getRpcClient()).close(),
		};
	},
	async web3() {
		const { Web3, HttpProvider, WebSocketProvider } = need("web3");
		const { getEncodedEip712Data } = need("web3-eth-abi");
		const { signRaw } = need("web3-eth-accounts");
		const connect = () => {
			if (isSocket)
				return new (need("web3-providers-ipc").IpcProvider)(url);
			if (url.startsWith("wss:"))
				return new WebSocketProvider(url);
			const { at, auth } = plain();
			return new HttpProvider(at, { providerOptions: { headers: { Authorization: auth } } });
		};
		const web3 = new Web3(connect());
		web3.eth.transactionPollingInterval = 100;
		web3.eth.handleRevert = true;
		web3.eth.accounts.wallet.add(key);
		let contract = new web3.eth.Contract(abi);
		const typed = (domain) => ({ domain, message: mail, primaryType: "Mail", types: { EIP712Domain: domainTypes, ...types } });
		const failed = (fn, ...args) => contract.methods[fn](...args).call({ from: sender }).then(() => assert.fail("no revert"), (e) => e.cause ?? e.innerError ?? e);
		return {
			deploy: async () => {
				contract = await contract.deploy({ data: bytecode, arguments: [FIRST] }).send({ from: sender });
				return contract.options.address;
			},
			read: (fn, ...args) => contract.methods[fn](...args).call({ from: sender }),
			estimate: (fn, ...args) => contract.methods[fn](...args).estimateGas({ from: sender }),
			write: async (fn, ...args) => {
				const r = await contract.methods[fn](...args).send({ from: sender });
				return { hash: r.transactionHash, number: Number(r.blockNumber), status: Number(r.status), logs: r.logs.length };
			},
			events: async (number, fromBlock) => (await contract.getPastEvents("Changed", { filter: { who: sender, number }, fromBlock }))
				.map((e) => [e.returnValues.who, e.returnValues.number, e.returnValues.text]),
			hear: url.startsWith("https:") ? null : async (fn) => {
				const s = contract.events.Changed({ fromBlock: "latest" });
				s.on("data", (e) => fn([e.returnValues.who, e.returnValues.number, e.returnValues.text]));
				await new Promise((resolve, reject) => (s.on("connected", resolve), s.on("error", reject)));
				return () => s.unsubscribe();
			},
			sign: async (domain) => signRaw(getEncodedEip712Data(typed(domain)), key).signature,
			verify: (domain, signature) =>
				web3.eth.accounts.recover(getEncodedEip712Data(typed(domain), true), signature, true) === sender,
			batch: async (addresses) => {
				const batch = new web3.BatchRequest();
				const all = addresses.map((a, i) => batch.add({ jsonrpc: "2.0", id: i + 1, method: "eth_getBalance", params: [a, "latest"] }));
				await batch.execute();
				return (await Promise.all(all)).map(BigInt);
			},
			raw: async (method, ...params) => web3.requestManager.send({ method, params }),
			reasons: async () => {
				const text = await failed("failText");
				const custom = await failed("failCustom", 3);
				const panic = await failed("failPanic", 0);
				return { text: text.message.replace(/^.*execution reverted: /, ""),
					custom: [custom.errorName, custom.errorArgs.given, custom.errorArgs.least],
					panic: Number(web3.eth.abi.decodeParameter("uint256", panic.data.slice(10))) };
			},
			proof: async (address, keys, block) => ({ address, ...(await web3.eth.getProof(address, keys, block)) }),
			close: () => url.startsWith("https:") || web3.currentProvider.disconnect(),
		};
	},
};

const c = await clients[name]();
let address, last;
const cases = {};

cases.deploy = async () => {
	address = await c.deploy();
	assert.equal((await c.raw("eth_getCode", address, "latest")).length > 1000, true);
};
cases.call = async () => {
	assert.equal(await c.read("number"), FIRST);
	assert.equal(await c.read("numberOf", sender), 0n);
};
cases.estimate = async () => {
	const gas = BigInt(await c.estimate("set", 6n, "x"));
	assert.ok(gas > 50000n && gas < 100000n, "gas " + gas);
};
cases.send = async () => {
	last = await c.write("set", 6n, "first");
	assert.equal(last.status, 1);
	assert.equal(last.logs, 1);
	assert.equal(await c.read("number"), 6n);
};
cases.events_by_filter = async () => {
	assert.deepEqual(await c.events(6n, last.number), [[sender, 6n, "first"]]);
	assert.deepEqual(await c.events(8n, last.number), []);
};
// Who polls does not say when it began to listen, and web3 begins with what the
// newest block has: the first new event that is heard tells. What comes after
// that must be heard, and once.
cases.events_by_subscription = c.hear && (async () => {
	const heard = [];
	const count = (number) => heard.filter((e) => e[1] === number).length;
	const end = await c.hear((e) => heard.push(e));
	for (let i = 0; i < 20 && count(100n) === 0; i++) {
		await c.write("set", 100n, "is anybody there");
		for (let k = 0; k < 40 && count(100n) === 0; k++)
			await new Promise((resolve) => setTimeout(resolve, 50));
	}
	last = await c.write("set", 7n, "second");
	await until("an event", () => count(7n) > 0);
	assert.deepEqual(heard.filter((e) => e[1] === 7n), [[sender, 7n, "second"]]);
	assert.deepEqual(heard.find((e) => e[1] === 100n), [sender, 100n, "is anybody there"]);
	assert.equal(heard.length, count(6n) + count(7n) + count(100n));
	await end();
});
cases.typed_data = async () => {
	const domain = domainOf(address);
	const signature = await c.sign(domain);
	assert.ok(await c.verify(domain, signature));
	assert.ok(!(await Promise.resolve(c.verify({ ...domain, version: "2" }, signature)).catch(() => false)));
	const { v, r, s } = ethers.Signature.from(signature);
	assert.equal(await c.read("signerOf", mail, v, r, s), sender);
	assert.notEqual(await c.read("signerOf", { ...mail, number: 78n }, v, r, s), sender);
};
cases.batch = async () => {
	const some = [sender, address, "0x" + "61".repeat(20), sender];
	const got = await c.batch(some);
	const one = BigInt(await c.raw("eth_getBalance", sender, "latest"));
	assert.deepEqual(got, [one, 0n, 0n, one]);
};
cases.receipts = async () => {
	const all = await c.raw("eth_getBlockReceipts", ethers.toQuantity(last.number));
	const one = await c.raw("eth_getTransactionReceipt", last.hash);
	assert.deepEqual(all.find((r) => r.transactionHash === last.hash), one);
	assert.deepEqual(all.map((r) => Number(r.transactionIndex)), all.map((_, i) => i));
};
cases.reasons_to_revert = async () => {
	const got = await c.reasons();
	assert.deepEqual(got, { text: "no such thing", custom: ["Small", 3n, 7n], panic: 0x12 });
};
cases.proof = async () => {
	const block = await c.raw("eth_getBlockByNumber", ethers.toQuantity(last.number), false);
	const slot = ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [sender, 1]));
	const keys = [ethers.ZeroHash, slot, ethers.toBeHex(9, 32)];
	const got = await c.proof(address, keys, block.number);
	judge(ethers, block.stateRoot, got);
	assert.equal(BigInt(got.storageProof[1].value), await c.read("numberOf", sender));
	assert.equal(BigInt(got.storageProof[2].value), 0n);
	for (let i = 0; i < 40; i++)
		for (const which of ["account", "storage"])
			assert.throws(() => judge(ethers, block.stateRoot, flipped(got, which, i * 7)), which + " " + i);
	assert.throws(() => judge(ethers, block.stateRoot, { ...got, balance: BigInt(got.balance) + 1n }));
	assert.throws(() => judge(ethers, block.parentHash, got));
	judge(ethers, block.stateRoot, await c.proof("0x" + "62".repeat(20), [ethers.ZeroHash], block.number));
};

let passed = 0, failed = 0;
for (const [what, run] of Object.entries(cases)) {
	if (!run) {
		console.log(`none ${what}`);
		continue;
	}
	try {
		await run();
		passed++;
		console.log(`ok ${what}`);
	} catch (e) {
		failed++;
		console.log(`FAIL ${what}: ${e.stack}`);
	}
}
console.log(`${passed} passed, ${failed} failed`);
await c.close();
process.exit(failed ? 1 : 0);
