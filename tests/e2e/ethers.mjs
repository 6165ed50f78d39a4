// SPDX-License-Identifier: Apache-2.0
//
// ethers v6 as a wallet uses it: transfers of every type, receipts, fees,
// refusals. Environment: URL, KEY (funded private key), AUTH (user:password,
// optional), NPM (folder of node_modules). Prints cases like case.py.
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const { ethers } = createRequire(process.env.NPM + "/")("ethers");

function connect() {
	const request = new ethers.FetchRequest(process.env.URL);
	if (process.env.AUTH) {
		const at = process.env.AUTH.indexOf(":");
		request.setCredentials(process.env.AUTH.slice(0, at), process.env.AUTH.slice(at + 1));
	}
	return new ethers.JsonRpcProvider(request, undefined, { polling: true, pollingInterval: 100 });
}

const provider = connect();
const wallet = new ethers.NonceManager(new ethers.Wallet(process.env.KEY, provider));
const sender = await wallet.getAddress();
const cases = {};

async function transfer(overrides) {
	const to = ethers.Wallet.createRandom().address;
	const sent = await wallet.sendTransaction({ to, value: 12345n, ...overrides });
	const receipt = await sent.wait(1, 20000);
	assert.equal(receipt.status, 1);
	assert.equal(receipt.type, overrides.type);
	assert.equal(receipt.from, sender);
	assert.equal(receipt.to, to);
	assert.equal(receipt.logs.length, 0);
	assert.equal(await provider.getBalance(to), 12345n);
	const read = await provider.getTransaction(sent.hash);
	assert.equal(read.hash, sent.hash);
	assert.equal(read.type, overrides.type);
	assert.equal(read.blockNumber, receipt.blockNumber);
	assert.equal(read.from, sender);
	const block = await provider.getBlock(receipt.blockNumber, true);
	assert.equal(block.hash, receipt.blockHash);
	assert.ok(block.prefetchedTransactions.some((t) => t.hash === sent.hash));
	return receipt;
}

async function refused(promise, text) {
	try {
		await promise;
	} catch (e) {
		const said = JSON.stringify(e.info ?? e.error ?? {}) + e.message + (e.shortMessage ?? "");
		assert.match(said, text);
		return;
	}
	assert.fail("was not refused: " + text);
}

cases.network_is_known = async () => {
	const n = await provider.getNetwork();
	assert.equal(n.chainId, 31337n);
};
cases.legacy_transfer_is_mined = async () => {
	const r = await transfer({ type: 0, gasPrice: 0n });
	assert.equal(r.gasUsed, 21000n);
};
cases.access_list_transfer_is_mined = async () => {
	const accessList = [{ address: "0x" + "11".repeat(20), storageKeys: ["0x" + "22".repeat(32)] }];
	const r = await transfer({ type: 1, gasPrice: 0n, accessList });
	assert.equal(r.gasUsed, 21000n + 2400n + 1900n);
};
cases.fee_market_transfer_is_mined = async () => {
	const r = await transfer({ type: 2, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n });
	assert.equal(r.gasUsed, 21000n);
};
cases.transfer_with_fees_by_the_client_is_mined = async () => {
	const r = await transfer({ type: 2 });
	assert.equal(r.status, 1);
};
cases.tip_goes_to_the_sealer = async () => {
	const before = await provider.getBalance(sender);
	const r = await transfer({ type: 2, maxFeePerGas: 7n, maxPriorityFeePerGas: 5n });
	assert.equal(r.gasPrice, 5n);
	assert.equal(before - (await provider.getBalance(sender)), 12345n + 21000n * 5n);
};
cases.data_costs_gas = async () => {
	const r = await transfer({ type: 2, data: "0x00ff", maxFeePerGas: 0n, maxPriorityFeePerGas: 0n });
	assert.ok(r.gasUsed >= 21000n + 4n + 16n);
};
cases.many_in_a_row_keep_their_order = async () => {
	const to = ethers.Wallet.createRandom().address;
	const sent = [];
	for (let i = 0; i < 40; i++)
		sent.push(wallet.sendTransaction({ to, value: 1n, gasLimit: 21000n, type: 0, gasPrice: 0n }));
	const receipts = await Promise.all((await Promise.all(sent)).map((s) => s.wait(1, 120000)));
	assert.ok(receipts.every((r) => r.status === 1));
	assert.equal(await provider.getBalance(to), 40n);
};
cases.insufficient_funds_is_refused = async () => {
	const poor = ethers.Wallet.createRandom().connect(provider);
	await refused(poor.sendTransaction({ to: sender, value: 1n, gasLimit: 21000n, type: 0, gasPrice: 0n }),
		/insufficient funds/);
};
cases.old_nonce_is_refused = async () => {
	const plain = new ethers.Wallet(process.env.KEY, provider);
	await refused(plain.sendTransaction({ to: sender, value: 1n, nonce: 0, gasLimit: 21000n, type: 0, gasPrice: 0n }),
		/nonce too low|nonce has already been used/);
};
cases.low_gas_is_refused = async () => {
	const plain = new ethers.Wallet(process.env.KEY, provider);
	await refused(plain.sendTransaction({ to: sender, value: 1n, gasLimit: 20999n, type: 0, gasPrice: 0n }),
		/intrinsic gas too low/);
};
cases.foreign_chain_id_is_refused = async () => {
	const plain = new ethers.Wallet(process.env.KEY);
	const nonce = await provider.getTransactionCount(sender);
	const raw = await plain.signTransaction({ to: sender, value: 1n, nonce, gasLimit: 21000n, type: 2, chainId: 1,
		maxFeePerGas: 0n, maxPriorityFeePerGas: 0n });
	await refused(provider.broadcastTransaction(raw), /invalid chain id/);
};
// Returns the leading zeros of a word: an instruction of the newest fork (EIP-7939).
const countZeros = "0x685f351e5f5260205ff35f5260096017f3";
cases.a_contract_is_made_and_called = async () => {
	const gas = await provider.estimateGas({ from: sender, data: countZeros });
	const sent = await wallet.sendTransaction({ data: countZeros, gasLimit: gas, type: 0, gasPrice: 0n });
	const receipt = await sent.wait();
	assert.equal(receipt.status, 1);
	assert.equal(receipt.gasUsed, gas);
	assert.equal(await provider.getCode(receipt.contractAddress), "0x5f351e5f5260205ff3");
	const zeros = await provider.call({ to: receipt.contractAddress, data: ethers.toBeHex(1n, 32) });
	assert.equal(BigInt(zeros), 255n);
};
cases.a_revert_says_why = async () => {
	// Init code that copies itself to memory and reverts with what follows: Error("no").
	const why = ethers.AbiCoder.defaultAbiCoder().encode(["string"], ["no"]).slice(2);
	const data = "0x6064600c60003960646000fd08c379a0" + why;
	await assert.rejects(provider.call({ data }), (e) => e.code === "CALL_EXCEPTION" && e.reason === "no");
	await assert.rejects(provider.estimateGas({ data }), (e) => e.code === "CALL_EXCEPTION" && e.reason === "no");
};
cases.unknown_hashes_are_null = async () => {
	assert.equal(await provider.getTransaction("0x" + "00".repeat(32)), null);
	assert.equal(await provider.getTransactionReceipt("0x" + "00".repeat(32)), null);
	assert.equal(await provider.getBlock("0x" + "00".repeat(32)), null);
};
cases.fee_data_is_zero = async () => {
	const fee = await provider.getFeeData();
	assert.equal(fee.gasPrice, 0n);
	const h = await provider.send("eth_feeHistory", ["0x2", "latest", [50]]);
	assert.ok(h.baseFeePerGas.every((f) => f === "0x0"));
};

let passed = 0, failed = 0;
for (const [name, run] of Object.entries(cases)) {
	try {
		await run();
		passed++;
		console.log(`ok ${name}`);
	} catch (e) {
		failed++;
		console.log(`FAIL ${name}: ${e.message}`);
		wallet.reset();
	}
}
console.log(`${passed} passed, ${failed} failed`);
provider.destroy();
process.exit(failed ? 1 : 0);
