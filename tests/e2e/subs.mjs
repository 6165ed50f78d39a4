// SPDX-License-Identifier: Apache-2.0
//
// ethers v6 over a node's IPC socket, where it subscribes instead of polling.
// Environment: IPC (path of the socket), KEY (funded private key), NPM (folder
// of node_modules). Ends with 0 when all that was to be heard was heard.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const { ethers } = createRequire(process.env.NPM + "/")("ethers");
const provider = new ethers.IpcSocketProvider(process.env.IPC);
const wallet = new ethers.NonceManager(new ethers.Wallet(process.env.KEY, provider));

// Runtime: LOG2 of nothing with topics 9 and the caller, then STOP.
const RUNTIME = "33600960006000a200";
const CREATION = "0x6009600c60003960096000f3" + RUNTIME;
const TOPIC = ethers.toBeHex(9, 32);

// once collects what an event says until want of them are there.
function heard(event, want) {
	const all = [];
	let done;
	const whole = new Promise((resolve) => (done = resolve));
	const listener = (what) => {
		all.push(what);
		if (all.length === want)
			done(all);
	};
	provider.on(event, listener);
	return { all, whole, off: () => provider.off(event, listener) };
}

// mined sends and asks until there is a receipt. A wait for the next head would
// miss the one that came between its question and its listening, and this
// chain seals no other.
async function mined(tx) {
	const { hash } = await wallet.sendTransaction(tx);
	for (;;) {
		const receipt = await provider.getTransactionReceipt(hash);
		if (receipt !== null)
			return receipt;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

// settled waits until ethers has the ids of what it subscribed to.
async function settled() {
	await provider.getBlockNumber();
	await new Promise((resolve) => setTimeout(resolve, 300));
	await provider.getBlockNumber();
}

const deployed = await mined({ data: CREATION });
const address = deployed.contractAddress;
assert.equal(await provider.getCode(address), "0x" + RUNTIME);

const heads = heard("block", 2);
const logs = heard({ address, topics: [TOPIC] }, 2);
const others = heard({ address, topics: [ethers.ZeroHash] }, 1);
const pending = heard("pending", 2);
await settled();

const receipts = [];
for (let i = 0; i < 2; i++)
	receipts.push(await mined({ to: address }));
const numbers = await heads.whole;
const told = await logs.whole;
assert.deepEqual(numbers.slice(0, 2), receipts.map((r) => r.blockNumber));
assert.deepEqual((await pending.whole).slice(0, 2), receipts.map((r) => r.hash));
for (let i = 0; i < 2; i++) {
	const log = told[i];
	assert.equal(log.transactionHash, receipts[i].hash);
	assert.equal(log.blockHash, receipts[i].blockHash);
	assert.equal(log.index, receipts[i].logs[0].index);
	assert.equal(log.removed, false);
	assert.deepEqual(log.topics.slice(), receipts[i].logs[0].topics.slice());
}
assert.equal(others.all.length, 0);

// Unsubscribed: nothing more is told, and what was kept goes on.
await logs.off();
await pending.off();
await settled();
const last = await mined({ to: address });
await settled();
assert.equal(last.logs.length, 1);
assert.equal(logs.all.length, 2);
assert.equal(pending.all.length, 2);
assert.ok(heads.all.includes(last.blockNumber));

// What was told is what can be asked for.
assert.equal((await provider.getLogs({ address, topics: [TOPIC], fromBlock: 0 })).length, 3);
await provider.destroy();
