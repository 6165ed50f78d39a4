// SPDX-License-Identifier: Apache-2.0
//
// ethers, viem and web3 over a WebSocket, where they subscribe instead of
// polling: heads, an event of a contract, pending transactions, and no more of
// them afterwards. Environment: URL (ws: or wss:, with user and password),
// KEY (funded private key), NPM (folder of node_modules), CLIENT.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const need = createRequire(process.env.NPM + "/");
const { URL: url, KEY: key, CLIENT: client } = process.env;

// Runtime: LOG2 of nothing with topics 9 and the caller, then STOP.
const RUNTIME = "33600960006000a200";
const CREATION = "0x6009600c60003960096000f3" + RUNTIME;
const TOPIC = "0x" + "9".padStart(64, "0");

// until waits for what a client is told.
async function until(what, is) {
	for (let i = 0; i < 600 && !is(); i++)
		await new Promise((resolve) => setTimeout(resolve, 50));
	assert.ok(is(), what);
}

// follow has a client deploy, subscribe, send and end; c says how it does.
async function follow(c) {
	const to = await c.deploy(CREATION);
	const told = { heads: [], logs: [], others: [], pending: [] };
	const ends = [];
	ends.push(await c.heads((number) => told.heads.push(Number(number))));
	ends.push(await c.logs(to, TOPIC, (hash) => told.logs.push(hash)));
	ends.push(await c.logs(to, "0x" + "8".padStart(64, "0"), (hash) => told.others.push(hash)));
	ends.push(await c.pending((hash) => told.pending.push(hash)));
	const sent = [];
	for (let i = 0; i < 2; i++)
		sent.push(await c.send(to));
	const hashes = sent.map((r) => r.hash);
	await until("logs", () => told.logs.length >= 2);
	await until("heads", () => sent.every((r) => told.heads.includes(r.number)));
	await until("pending", () => hashes.every((h) => told.pending.includes(h)));
	assert.deepEqual(told.logs, hashes);
	assert.deepEqual(told.others, []);
	for (let i = 1; i < told.heads.length; i++)
		assert.ok(told.heads[i] > told.heads[i - 1], "heads go on");
	for (const end of ends)
		await end();
	const last = await c.send(to);
	await c.number();
	assert.equal(told.logs.length, 2);
	assert.ok(!told.pending.includes(last.hash));
	await c.refused();
	await c.close();
}

const clients = {
	async ethers() {
		const { ethers } = need("ethers");
		const provider = new ethers.WebSocketProvider(url);
		const wallet = new ethers.NonceManager(new ethers.Wallet(key, provider));
		const on = async (event, fn) => {
			await provider.on(event, fn);
			await provider.getBlockNumber();
			return () => provider.off(event, fn);
		};
		const send = async (tx) => (await wallet.sendTransaction(tx)).wait(1, 30000);
		return {
			deploy: async (data) => (await send({ data })).contractAddress,
			heads: (fn) => on("block", fn),
			logs: (address, topic, fn) => on({ address, topics: [topic] }, (log) => fn(log.transactionHash)),
			pending: (fn) => on("pending", fn),
			send: async (to) => send({ to }).then((r) => ({ hash: r.hash, number: r.blockNumber })),
			number: () => provider.getBlockNumber(),
			refused: () => assert.rejects(provider.send("debug_traceTransaction", []), /not available/),
			close: () => provider.destroy(),
		};
	},
	async viem() {
		const viem = need("viem");
		const { privateKeyToAccount } = need("viem/accounts");
		const at = new URL(url);
		const auth = "Basic " + Buffer.from(decodeURIComponent(at.username) + ":" + decodeURIComponent(at.password)).toString("base64");
		at.username = at.password = "";
		// viem 2 takes the platform's WebSocket, which has no headers: ws has.
		const { WebSocket } = need("ws");
		globalThis.WebSocket = class extends WebSocket {
			constructor(address) {
				super(address, { headers: { Authorization: auth } });
			}
		};
		const transport = viem.webSocket(at.toString());
		const account = privateKeyToAccount(key);
		const reader = viem.createPublicClient({ transport });
		const chain = viem.defineChain({ id: await reader.getChainId(), name: "x", nativeCurrency: { name: "x", symbol: "x", decimals: 18 }, rpcUrls: { default: { http: [] } } });
		const writer = viem.createWalletClient({ account, chain, transport });
		const wait = async (hash) => reader.waitForTransactionReceipt({ hash, timeout: 30000 });
		const subscribe = async (params, fn) => {
			const socket = await reader.transport.subscribe({ params, onData: (d) => fn(d.result), onError: (e) => assert.fail(e) });
			return () => socket.unsubscribe();
		};
		return {
			deploy: async (data) => (await wait(await writer.sendTransaction({ data }))).contractAddress,
			heads: async (fn) => reader.watchBlockNumber({ onBlockNumber: fn, poll: false }),
			logs: (address, topic, fn) => subscribe(["logs", { address, topics: [topic] }], (log) => fn(log.transactionHash)),
			pending: (fn) => subscribe(["newPendingTransactions"], fn),
			send: async (to) => wait(await writer.sendTransaction({ to })).then((r) => ({ hash: r.transactionHash, number: Number(r.blockNumber) })),
			number: () => reader.getBlockNumber({ cacheTime: 0 }),
			refused: () => assert.rejects(reader.request({ method: "debug_traceTransaction", params: [] }), /not available|not exist/),
			close: async () => (await reader.transport.getRpcClient()).close(),
		};
	},
	async web3() {
		const { Web3, WebSocketProvider } = need("web3");
		const web3 = new Web3(new WebSocketProvider(url));
		const account = web3.eth.accounts.wallet.add(key).get(0);
		const subscribe = async (kind, args, fn) => {
			const s = await web3.eth.subscribe(kind, args);
			s.on("data", fn);
			return () => s.unsubscribe();
		};
		const send = (tx) => web3.eth.sendTransaction({ from: account.address, gas: 200000, ...tx });
		return {
			deploy: async (data) => (await send({ data })).contractAddress,
			heads: (fn) => subscribe("newHeads", undefined, (h) => fn(h.number)),
			logs: (address, topic, fn) => subscribe("logs", { address, topics: [topic] }, (log) => fn(log.transactionHash)),
			pending: (fn) => subscribe("pendingTransactions", undefined, fn),
			send: async (to) => send({ to }).then((r) => ({ hash: r.transactionHash, number: Number(r.blockNumber) })),
			number: () => web3.eth.getBlockNumber(),
			refused: () => assert.rejects(web3.currentProvider.request({ method: "debug_traceTransaction", params: [] })),
			close: () => web3.currentProvider.disconnect(),
		};
	},
};

await follow(await clients[client]());
