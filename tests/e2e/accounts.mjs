// SPDX-License-Identifier: Apache-2.0
//
// Accounts that the node keeps, used by real clients over its IPC socket: made,
// unlocked, sent from, signed with, locked again; what is signed must recover
// to the account. Environment: IPC (path of the socket), NPM (folder of
// node_modules), CLIENT (ethers or web3), FROM (funded private key). Prints the
// new account's address; ends with 0 when all was as it has to be.
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { random } from "./typed.mjs";

const require = createRequire(process.env.NPM + "/");
const { ethers } = require("ethers");
const PASSWORD = "correct horse 電池";
const TYPED_CNT = 240;

const provider = new ethers.IpcSocketProvider(process.env.IPC);

// mined asks until there is a receipt: this chain seals for transactions only.
async function mined(hash) {
	for (;;) {
		const receipt = await provider.getTransactionReceipt(hash);
		if (receipt !== null)
			return receipt;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

async function fund(address) {
	const wallet = new ethers.Wallet(process.env.FROM, provider);
	const nonce = await provider.getTransactionCount(wallet.address, "pending");
	const { hash } = await wallet.sendTransaction({ to: address, value: ethers.parseEther("1"), nonce });
	await mined(hash);
}

// refused runs what must fail with go-ethereum's words.
async function refused(what, words) {
	const error = await what.then(() => null, (e) => e);
	assert.notEqual(error, null, `not refused: ${words}`);
	const said = JSON.stringify([error.message, error.error?.message, error.innerError?.message, error.cause?.message]);
	assert.ok(said.includes(words), `${words}: ${said}`);
}

async function withEthers() {
	const address = ethers.getAddress(await provider.send("personal_newAccount", [PASSWORD]));
	assert.ok((await provider.listAccounts()).some((a) => a.address === address));
	await fund(address);
	const signer = await provider.getSigner(address);
	await refused(signer.signMessage("x"), "authentication needed: password or unlock");
	await refused(provider.send("eth_sign", [ethers.ZeroAddress, "0x00"]), "unknown account");
	assert.equal(await signer.unlock(PASSWORD), true);

	// ethers counts the next head, which comes with the next transaction only.
	const to = ethers.Wallet.createRandom().address;
	for (let nonce = 0; nonce < 2; nonce++) {
		const hash = await signer.sendUncheckedTransaction({ to, value: 5n });
		const receipt = await mined(hash);
		assert.deepEqual([receipt.status, receipt.from], [1, address]);
		const tx = await provider.getTransaction(hash);
		assert.deepEqual([tx.nonce, tx.type, tx.chainId], [nonce, 2, 31337n]);
	}
	assert.equal(await provider.getBalance(to), 10n);

	for (const text of ["", "some text", "日本"]) {
		assert.equal(ethers.verifyMessage(text, await signer.signMessage(text)), address);
		assert.equal(ethers.verifyMessage(text, await signer._legacySignMessage(text)), address);
	}
	for (let seed = 1000; seed < 1000 + TYPED_CNT; seed++) {
		const { domain, types, message, hash } = random(seed);
		const signature = await signer.signTypedData(domain, types, message);
		assert.equal(ethers.recoverAddress(hash, signature), address, `seed ${seed}`);
	}
	await signedNotSent(address);
	assert.equal(await provider.send("personal_lockAccount", [address]), true);
	await refused(signer.signMessage("x"), "authentication needed: password or unlock");
	return address;
}

// eth_signTransaction fills nothing in, and sends nothing.
async function signedNotSent(address) {
	const tx = { from: address, to: address, value: "0x1", gas: "0x5208", nonce: "0x63", maxFeePerGas: "0x7", maxPriorityFeePerGas: "0x2" };
	const { raw, tx: shown } = await provider.send("eth_signTransaction", [tx]);
	const read = ethers.Transaction.from(raw);
	assert.deepEqual([read.from, read.nonce, read.hash, read.maxFeePerGas], [address, 99, shown.hash, 7n]);
	assert.equal(await provider.getTransaction(read.hash), null);
	for (const [member, words] of [["gas", "gas not specified"], ["nonce", "nonce not specified"], ["maxFeePerGas", "missing gasPrice or maxFeePerGas/maxPriorityFeePerGas"]])
		await refused(provider.send("eth_signTransaction", [{ ...tx, [member]: undefined }]), words);
	await refused(provider.send("eth_signTransaction", [{ ...tx, blobVersionedHashes: [] }]), "blob transactions (EIP-4844) are not signed by this node");
}

async function withWeb3() {
	const { Web3 } = require("web3");
	const { IpcProvider } = require("web3-providers-ipc");
	const web3 = new Web3(new IpcProvider(process.env.IPC));
	const { personal } = web3.eth;
	const address = await personal.newAccount(PASSWORD);
	assert.ok((await personal.getAccounts()).includes(address));
	await fund(address);
	await refused(web3.eth.sign("0x1234", address), "authentication needed: password or unlock");

	// A password for one signature unlocks nothing.
	const once = await personal.sign("some text", address, PASSWORD);
	assert.equal(ethers.verifyMessage("some text", once), address);
	assert.equal((await personal.ecRecover("some text", once)).toLowerCase(), address.toLowerCase());
	const to = ethers.Wallet.createRandom().address;
	const hash = await personal.sendTransaction({ from: address, to, value: "0x3" }, PASSWORD);
	assert.equal((await mined(hash)).status, 1);
	await refused(web3.eth.sign("0x1234", address), "authentication needed: password or unlock");

	assert.equal(await personal.unlockAccount(address, PASSWORD, 600), true);
	const signature = await web3.eth.sign("0x1234", address);
	assert.equal(ethers.verifyMessage(new Uint8Array([0x12, 0x34]), signature), address);
	const receipt = await web3.eth.sendTransaction({ from: address, to, value: "0x4" });
	assert.equal(receipt.status, 1n);
	assert.equal(await provider.getBalance(to), 7n);
	const typed = random(7);
	const whole = await web3.eth.signTypedData(address, typed.payload);
	assert.equal(ethers.recoverAddress(typed.hash, whole), address);
	assert.equal(await personal.lockAccount(address), true);
	await refused(web3.eth.sign("0x1234", address), "authentication needed: password or unlock");
	web3.provider.disconnect();
	return address;
}

console.log(await (process.env.CLIENT === "web3" ? withWeb3() : withEthers()));
process.exit(0);
