// SPDX-License-Identifier: Apache-2.0
//
// The tests of a small project, as its authors would write them.
const assert = require("node:assert/strict");
const { ethers, network } = require("hardhat");

describe("Sample", function () {
	this.timeout(60000);
	let owner, other, sample;

	before(async () => {
		[owner, other] = await ethers.getSigners();
		sample = await ethers.deployContract("Sample", [5]);
		await sample.waitForDeployment();
	});

	it("runs on our network", async () => {
		assert.equal(network.name, "sekisho");
		assert.equal((await ethers.provider.getNetwork()).chainId, 31337n);
		assert.match(await network.provider.send("web3_clientVersion"), /^sekisho/i);
	});

	it("starts with what its maker says", async () => {
		assert.equal(await sample.number(), 5n);
		assert.notEqual(await ethers.provider.getCode(sample), "0x");
	});

	it("keeps a number of each sender", async () => {
		assert.equal(await sample.set.staticCall(6, "a"), 5n);
		const gas = await sample.set.estimateGas(6, "of 6");
		const receipts = [];
		for (const [who, number] of [[owner, 6], [other, 7]])
			receipts.push(await (await sample.connect(who).set(number, "of " + number)).wait());
		assert.ok(receipts[0].gasUsed <= gas);
		assert.equal(await sample.numberOf(owner), 6n);
		assert.equal(await sample.numberOf(other), 7n);
		const events = await sample.queryFilter(sample.filters.Changed(other), receipts[0].blockNumber);
		assert.deepEqual(events.map((e) => [e.args.who, e.args.number, e.args.text]), [[other.address, 7n, "of 7"]]);
		const storage = await ethers.provider.getStorage(sample, 0);
		assert.equal(BigInt(storage), 7n);
	});

	it("says why it fails", async () => {
		// Hardhat hands on what the network said; its matchers parse it like this.
		const why = (call) => call.then(() => assert.fail("no revert"), (e) => {
			const { name, args } = sample.interface.parseError(e.data);
			return [name, ...args];
		});
		await assert.rejects(sample.failText(), /execution reverted: no such thing$/);
		assert.deepEqual(await why(sample.failText()), ["Error", "no such thing"]);
		assert.deepEqual(await why(sample.failCustom(3)), ["Small", 3n, 7n]);
		assert.deepEqual(await why(sample.failPanic(0)), ["Panic", 0x12n]);
		await assert.rejects(sample.set(1, "x", { gasLimit: 21000 }), /gas/);
	});

	it("fails on the chain as well", async () => {
		const data = sample.interface.encodeFunctionData("failText");
		// Hardhat's own signers estimate first, and would not send it.
		const wallet = new ethers.Wallet(JSON.parse(process.env.KEYS)[0], ethers.provider);
		const sent = await wallet.sendTransaction({ to: await sample.getAddress(), data, gasLimit: 100000 });
		await assert.rejects(sent.wait(), (e) => e.code === "CALL_EXCEPTION" && e.receipt.status === 0);
	});

	it("knows who signed", async () => {
		const types = { Mail: [{ name: "to", type: "address" }, { name: "number", type: "uint256" }, { name: "text", type: "string" }] };
		const domain = { name: "Sample", version: "1", chainId: 31337, verifyingContract: await sample.getAddress() };
		const mail = { to: other.address, number: 1, text: "hello" };
		const signer = new ethers.Wallet(JSON.parse(process.env.KEYS)[0]);
		const { v, r, s } = ethers.Signature.from(await signer.signTypedData(domain, types, mail));
		assert.equal(await sample.signerOf(mail, v, r, s), owner.address);
	});
});
