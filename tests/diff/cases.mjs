// SPDX-License-Identifier: Apache-2.0
//
// One case: a fork, a block, a small world and a signed transaction. It is a
// state test of the public form, so that every tool reads what we found.
import { pkg } from "./npm.mjs";
import { initCode, program } from "./code.mjs";
import { AT, FORKS } from "./forks.mjs";
import { CAP, planned } from "./planned.mjs";
import { hex, join, precompileInput } from "./precompiles.mjs";
import { Rng } from "./rng.mjs";
import { slot, stored, word } from "./words.mjs";

const { secp256k1 } = pkg("@noble/curves/secp256k1.js");
const { RLP } = pkg("@ethereumjs/rlp");
const { privateToAddress } = pkg("@ethereumjs/util");
const { keccak256 } = pkg("@nomicfoundation/edr");

// The newest forks have most to get wrong.
const SHARES = FORKS.map((f) => [f.at >= AT.PRAGUE ? 6 : f.at >= AT.BERLIN ? 3 : 2, f]);
const ORDER = secp256k1.Point.Fn.ORDER;
const NONCE = 0xfeedc0ffeen;
const POINT = secp256k1.Point.BASE.multiply(NONCE).toAffine();
const INVERSE = secp256k1.Point.Fn.inv(NONCE), R = POINT.x, PARITY = POINT.y & 1n;
const BLOCK_GAS = 36000000;
const BLOCK_GAS_MAX = 2 ** 52; /* of a planned program, whose gas is its plan's affair */
const KEYS = Array.from({ length: 4 }, (_, i) => hex(BigInt(i + 1) * 0x123456789abcdefn, 32));
const SIGNERS = KEYS.map((key) => ({ key, address: BigInt("0x" + Buffer.from(privateToAddress(key)).toString("hex")) }));
const CONTRACTS = [0xc0de0001n, 0xc0de0002n << 96n, 0xc0de0003n, 0xc0de0004n << 120n];
const DELEGATED = [0xde1e0001n, 0xde1e0002n];
const COINBASE = 0xc01bba5en << 64n;
const NOBODY = 0xdeadn << 80n;

export const hexOf = (bytes) => "0x" + Buffer.from(bytes).toString("hex");
export const addrOf = (n) => "0x" + n.toString(16).padStart(40, "0");
const qty = (n) => "0x" + BigInt(n).toString(16);
const int = (n) => (BigInt(n) === 0n ? new Uint8Array(0) : Uint8Array.from(Buffer.from(even(BigInt(n).toString(16)), "hex")));
const even = (s) => (s.length % 2 === 1 ? "0" + s : s);

// World. -----------------------------------------------------------------

function storage(rng) {
	const out = {};

	for (let i = rng.below(4); i > 0; i--) {
		const value = stored(rng);
		if (value !== 0n)
			out[qty(slot(rng))] = qty(value);
	}
	return out;
}

function balance(rng) {
	return rng.weighted([[2, 0n], [3, 1n], [4, 1000n], [3, 10n ** 18n]]);
}

function delegation(rng, contracts) {
	const to = rng.weighted([[6, rng.pick(contracts)], [1, rng.pick(DELEGATED)], [1, BigInt(rng.between(1, 18))], [1, NOBODY], [1, SIGNERS[1].address]]);

	return join(Uint8Array.of(0xef, 0x01, 0x00), hex(to, 20));
}

function makeWorld(rng, fork) {
	const contracts = CONTRACTS.slice(0, rng.between(1, CONTRACTS.length));
	const addresses = [...contracts, ...contracts, SIGNERS[0].address, SIGNERS[1].address, COINBASE, NOBODY, 1n, 4n, BigInt(rng.between(1, 20))];
	const pre = {};

	if (fork.at >= AT.PRAGUE)
		addresses.push(...DELEGATED, SIGNERS[2].address);
	contracts.forEach((address, self) => {
		pre[addrOf(address)] = {
			nonce: qty(rng.chance(0.02) ? (1n << 64n) - 2n + BigInt(rng.below(2)) : 1),
			balance: qty(balance(rng)),
			code: hexOf(program(rng, { fork, addresses, contracts, self })),
			storage: storage(rng),
		};
	});
	if (fork.at >= AT.PRAGUE)
		for (const address of DELEGATED)
			pre[addrOf(address)] = { nonce: qty(rng.between(1, 2)), balance: qty(balance(rng)), code: hexOf(delegation(rng, contracts)), storage: storage(rng) };
	return { fork, addresses, contracts, self: -1, pre };
}

// plant puts the codes of a plan into the world, whose accounts lack nothing.
function plant(rng, world, plan) {
	plan.codes(rng, world).forEach((code, i) => {
		Object.assign(world.pre[addrOf(world.contracts[i])], { nonce: "0x1", balance: qty(10n ** 18n), code: hexOf(code) });
	});
}

function account(pre, address, nonce, coins) {
	pre[addrOf(address)] ??= { nonce: qty(nonce), balance: qty(coins), code: "0x", storage: {} };
}

// Block. -----------------------------------------------------------------

function makeBlock(rng, world) {
	return {
		currentCoinbase: addrOf(rng.weighted([[16, COINBASE], [2, world.contracts[0]], [1, SIGNERS[0].address], [1, NOBODY]])),
		currentNumber: "0x1",
		currentTimestamp: qty(1000 + rng.below(1 << 20)),
		currentGasLimit: qty(BLOCK_GAS),
		currentDifficulty: "0x20000",
		currentBaseFee: qty(rng.pick([0, 1, 7, 7, 1000000000])),
		currentRandom: hexOf(rng.bytes(32)),
		currentExcessBlobGas: qty(rng.pick([0, 0, 3145728, 40000000])),
	};
}

// Transaction. -----------------------------------------------------------

function calldata(rng) {
	const len = rng.weighted([[20, 0], [20, rng.below(68)], [15, rng.below(400)], [1, rng.below(20000)]]);
	const out = rng.bytes(len);

	if (rng.chance(0.5))
		for (let i = 0; i < len; i++)
			out[i] = i % 3 === 0 ? out[i] : 0;
	return out;
}

function accessList(rng, world) {
	const out = [];

	for (let i = rng.below(4); i > 0; i--) {
		const keys = Array.from({ length: rng.below(4) }, () => hex(slot(rng), 32));
		out.push([hex(rng.pick(world.addresses), 20), keys]);
	}
	return out;
}

/*
 * sign signs with one and the same nonce, which costs no multiplication of a
 * point and gives away the keys: nobody else has use for them.
 */
function sign(payload, key) {
	const { Fn } = secp256k1.Point, digest = BigInt(hexOf(keccak256(payload)));
	const s = Fn.mul(INVERSE, Fn.add(Fn.create(digest), Fn.mul(R, BigInt(hexOf(key)))));

	return s > ORDER / 2n ? { parity: PARITY ^ 1n, r: R, s: ORDER - s } : { parity: PARITY, r: R, s };
}

// authorization of EIP-7702, seldom one that must be passed over.
function authorization(rng, world, senderNonce) {
	const who = rng.pick([0, 1, 2, 2, 3]);
	const chain = rng.weighted([[6, 1n], [3, 0n], [1, 2n]]);
	const to = hex(rng.weighted([[6, rng.pick(world.contracts)], [2, 0n], [1, rng.pick(world.addresses)], [1, 1n]]), 20);
	const own = who === 0 ? senderNonce + 1n : 0n;
	const nonce = rng.weighted([[12, own], [2, own + 1n], [1, (1n << 64n) - 1n]]);
	const list = [int(chain), to, int(nonce)];
	const sig = sign(join(Uint8Array.of(5), RLP.encode(list)), SIGNERS[who].key);

	if (rng.chance(0.05)) {
		sig.s = ORDER - sig.s;
		sig.parity ^= 1n;
	}
	if (rng.chance(0.03))
		sig.r = rng.pick([0n, 1n, ORDER, ORDER - 1n]);
	if (rng.chance(0.03))
		sig.parity = BigInt(rng.pick([2, 27, 255]));
	return [...list, int(sig.parity), int(sig.r), int(sig.s)];
}

function authorizations(rng, world, senderNonce) {
	return Array.from({ length: rng.weighted([[1, 0], [10, 1], [6, 2], [3, 4]]) }, () => authorization(rng, world, senderNonce));
}

function blobs(rng) {
	return Array.from({ length: rng.weighted([[1, 0], [9, 1], [5, 2], [1, 6], [1, 7], [1, 10]]) }, () => {
		const out = rng.bytes(32);
		out[0] = rng.chance(0.97) ? 1 : rng.below(3);
		return out;
	});
}

// cost before any code runs; only to put gas limits around it.
function intrinsic(tx, fork) {
	const zeros = tx.data.reduce((n, b) => n + (b === 0), 0), rest = tx.data.length - zeros;
	let gas = 21000 + 4 * zeros + (fork.at >= AT.ISTANBUL ? 16 : 68) * rest;

	if (tx.to === null && fork.at >= AT.HOMESTEAD)
		gas += 32000;
	if (tx.to === null && fork.at >= AT.SHANGHAI)
		gas += 2 * Math.ceil(tx.data.length / 32);
	for (const [, keys] of tx.access)
		gas += 2400 + 1900 * keys.length;
	gas += 25000 * tx.auths.length;
	return { gas, floor: fork.at >= AT.PRAGUE ? 21000 + 10 * (zeros + 4 * rest) : 0 };
}

function gasLimit(rng, tx, fork) {
	const { gas, floor } = intrinsic(tx, fork), least = Math.max(gas, floor);

	return rng.weighted([
		[250, () => least + rng.between(50000, 150000)],
		[125, () => least + rng.between(150000, 350000)],
		[60, () => least + rng.below(60000)],
		[20, () => least + rng.below(3000)],
		[15, () => least + rng.between(-1, 1)],
		[8, () => Math.max(0, floor + rng.between(-1, 1))],
		[6, () => gas + rng.between(-1, 1)],
		[1, () => least + rng.between(350000, 6000000)],
		[tx.isQuiet ? 40 : 0, () => CAP + rng.between(-1, 1)],
		[tx.isQuiet ? 10 : 0, () => BLOCK_GAS + rng.between(-1, 1)],
	])();
}

function fees(rng, tx, base) {
	const price = rng.weighted([[40, base + BigInt(rng.below(20))], [9, base], [9, base * 2n], [1, base > 0n ? base - 1n : 0n]]);

	tx.maxFee = price;
	tx.tip = rng.weighted([[5, BigInt(rng.below(20))], [3, 0n], [2, price], [2, price + 1n]]);
	if (tx.tip > price && rng.chance(0.85))
		tx.tip = price;
	tx.maxBlobFee = rng.weighted([[10, 1000000n], [2, 1n], [1, 0n]]);
}

function txType(rng, fork) {
	const open = [0, fork.at >= AT.BERLIN, fork.at >= AT.LONDON, fork.at >= AT.CANCUN, fork.at >= AT.PRAGUE];

	if (rng.chance(0.01))
		return rng.below(5);
	return rng.weighted([[5, 0], [open[1] ? 3 : 0, 1], [open[2] ? 4 : 0, 2], [open[3] ? 1 : 0, 3], [open[4] ? 4 : 0, 4]]);
}

function target(rng, world, tx) {
	if (rng.chance(0.1)) {
		tx.data = rng.chance(0.03) ? new Uint8Array(49152 + rng.between(-1, 1)) : initCode(rng, world, 0);
		tx.isQuiet = tx.data.length > 40000;
		return null;
	}
	if (rng.chance(0.04)) {
		tx.isQuiet = true;
		return SIGNERS[1].address;
	}
	if (rng.chance(0.04)) {
		const { address, input } = precompileInput(rng, world.fork.at);
		tx.data = input;
		return address;
	}
	return rng.chance(0.92) ? world.contracts[0] : rng.pick(world.addresses);
}

/*
 * plannedTx is refused by no rule, as the program of a plan must run. It pays
 * little, since its gas may be a thousand times that of a block.
 */
function plannedTx(rng, world, plan) {
	const nonce = rng.pick([0n, 5n]), { fork } = world;
	const types = [0, AT.BERLIN, AT.LONDON].filter((since) => since <= fork.at).map((_, type) => type);
	const tx = { type: rng.pick(types), data: calldata(rng), nonce, stated: nonce, chain: 1n, to: world.contracts[0], auths: [], blobs: [], isPlanned: true };

	tx.access = tx.type > 0 ? accessList(rng, world) : [];
	tx.value = BigInt(rng.below(1000));
	tx.maxFee = 7n + BigInt(rng.below(20));
	tx.tip = BigInt(rng.below(8));
	tx.gas = Math.max(...Object.values(intrinsic(tx, fork))) + plan.gas(rng);
	if (fork.at >= AT.OSAKA)
		tx.gas = Math.min(tx.gas, CAP);
	tx.isProtected = fork.at >= AT.EIP158 && rng.chance(0.8);
	return tx;
}

function makeTx(rng, world, env) {
	const nonce = rng.weighted([[120, 0n], [120, 5n], [1, (1n << 64n) - 2n], [1, (1n << 64n) - 1n]]);
	const tx = { type: txType(rng, world.fork), data: calldata(rng), nonce, stated: nonce, chain: 1n };

	tx.to = target(rng, world, tx);
	if (tx.to === null && tx.type > 2 && rng.chance(0.97))
		tx.type = 0;
	tx.access = tx.type > 0 ? accessList(rng, world) : [];
	tx.auths = tx.type === 4 ? authorizations(rng, world, nonce) : [];
	tx.blobs = tx.type === 3 ? blobs(rng) : [];
	tx.value = rng.weighted([[40, 0n], [40, BigInt(rng.below(1000))], [1, word(rng, world.addresses)]]);
	fees(rng, tx, world.fork.at >= AT.LONDON ? BigInt(env.currentBaseFee) : 1n);
	tx.gas = gasLimit(rng, tx, world.fork);
	if (rng.chance(0.015))
		tx.nonce += rng.pick([1n, -1n]);
	if (tx.nonce < 0n || tx.nonce >= 1n << 64n)
		tx.nonce = tx.stated;
	if (rng.chance(0.005))
		tx.chain = 2n;
	tx.isProtected = world.fork.at >= AT.EIP158 && rng.chance(0.8);
	return tx;
}

// Coding. ----------------------------------------------------------------

function fields(tx) {
	const to = tx.to === null ? new Uint8Array(0) : hex(tx.to, 20);
	const price = tx.type < 2 ? [int(tx.maxFee)] : [int(tx.tip), int(tx.maxFee)];
	const out = [int(tx.nonce), ...price, int(tx.gas), to, int(tx.value), tx.data];

	if (tx.type === 0)
		return out;
	out.unshift(int(tx.chain));
	out.push(tx.access);
	if (tx.type === 3)
		out.push(int(tx.maxBlobFee), tx.blobs);
	if (tx.type === 4)
		out.push(tx.auths);
	return out;
}

function encode(rng, tx, key) {
	const list = fields(tx), isOld = tx.type === 0;
	const unsigned = isOld && tx.isProtected ? [...list, int(tx.chain), int(0), int(0)] : list;
	const body = RLP.encode(unsigned);

	tx.isPlain = rng.chance(0.9) && tx.chain === 1n;
	const sig = sign(isOld ? body : join(Uint8Array.of(tx.type), body), key);

	if (!tx.isPlanned && rng.chance(0.01)) { /* EIP-2 */
		sig.s = ORDER - sig.s;
		sig.parity ^= 1n;
		tx.isPlain = false;
	}
	const v = !isOld ? sig.parity : tx.isProtected ? sig.parity + 35n + 2n * tx.chain : sig.parity + 27n;
	const signed = RLP.encode([...list, int(v), int(sig.r), int(sig.s)]);
	return isOld ? signed : join(Uint8Array.of(tx.type), signed);
}

// funds: mostly plenty, sometimes what the transaction needs, or less.
function funds(rng, tx) {
	if (tx.isPlanned)
		return 10n ** 20n;
	const need = BigInt(tx.gas) * tx.maxFee + tx.value + BigInt(tx.blobs.length) * 131072n * tx.maxBlobFee;

	if (need >= 1n << 255n)
		return 10n ** 20n;
	return rng.weighted([[60, 10n ** 20n], [2, need > 0n ? need : 1n], [1, need > 1n ? need - 1n : 1n]]);
}

/*
 * makeCase makes the case of a seed and an index: a state test with one
 * entry, and beside it what the peers need.
 */
export function makeCase(seed, index) {
	const rng = new Rng(seed, index), plan = planned(index), fork = plan?.fork ?? rng.weighted(SHARES);
	const world = makeWorld(rng, fork), env = makeBlock(rng, world);
	const { key, address } = SIGNERS[0];

	if (plan !== null) {
		plant(rng, world, plan);
		env.currentGasLimit = qty(BLOCK_GAS_MAX);
		env.currentBaseFee = qty(rng.pick([0, 1, 7]));
	}
	const tx = plan === null ? makeTx(rng, world, env) : plannedTx(rng, world, plan);
	account(world.pre, address, tx.stated, funds(rng, tx));
	if (plan === null && rng.chance(0.004)) /* EIP-3607 */
		world.pre[addrOf(address)].code = "0x00";
	else if (fork.at >= AT.PRAGUE && rng.chance(0.1))
		world.pre[addrOf(address)].code = hexOf(delegation(rng, world.contracts));
	account(world.pre, SIGNERS[1].address, 0, 1n);
	if (rng.chance(0.3))
		account(world.pre, SIGNERS[2].address, 0, 1n);
	if (rng.chance(0.95))
		account(world.pre, COINBASE, 0, 1000n);
	const raw = hexOf(encode(rng, tx, key));
	return {
		name: `${seed}:${index}`,
		fork: fork.at,
		sender: addrOf(address),
		type: tx.type,
		hasReward: fork.reward > 0n,
		isPlain: tx.isPlain,
		raw,
		env,
		pre: world.pre,
	};
}

// stateTest is a case as the public suites write one; what it should give is
// left open.
export function stateTest(c) {
	const none = "0x" + "00".repeat(32);
	const post = { hash: none, logs: none, txbytes: c.raw, indexes: { data: 0, gas: 0, value: 0 } };

	return JSON.stringify({
		[c.name]: {
			env: c.env,
			pre: c.pre,
			transaction: { data: ["0x"], gasLimit: ["0x0"], value: ["0x0"], sender: c.sender },
			post: { [FORKS[c.fork].name]: [post] },
		},
	});
}
