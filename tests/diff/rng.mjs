// SPDX-License-Identifier: Apache-2.0
//
// Random choices from a seed and an index: the same two numbers give the same
// program on every machine, whatever ran before it.

// mix spreads a number's bits (the finalizer of MurmurHash3).
function mix(h) {
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
	return (h ^ (h >>> 16)) >>> 0;
}

export class Rng {
	constructor(seed, index) {
		this.a = mix(seed + 0x9e3779b9);
		this.b = mix(index + 0x7f4a7c15);
		this.c = mix(this.a ^ Math.imul(this.b, 31));
		this.n = 1;
		for (let i = 0; i < 12; i++)
			this.u32();
	}

	// sfc32 of Chris Doty-Humphrey's PractRand.
	u32() {
		const t = (this.a + this.b + this.n++) | 0;

		this.a = this.b ^ (this.b >>> 9);
		this.b = (this.c + (this.c << 3)) | 0;
		this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
		return t >>> 0;
	}

	// below returns 0 to n-1.
	below(n) {
		return Math.floor((this.u32() / 2 ** 32) * n);
	}

	between(lo, hi) {
		return lo + this.below(hi - lo + 1);
	}

	chance(p) {
		return this.u32() < p * 2 ** 32;
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	// weighted takes [weight, value] rows.
	weighted(rows) {
		let sum = 0;

		for (const row of rows)
			sum += row[0];
		let at = this.below(sum);
		for (const [weight, value] of rows) {
			if (at < weight)
				return value;
			at -= weight;
		}
		throw new Error("no weights");
	}

	bytes(len) {
		const out = new Uint8Array(len);

		for (let i = 0; i < len; i++)
			out[i] = this.u32() >>> 24;
		return out;
	}

	big(len) {
		return BigInt("0x0" + Buffer.from(this.bytes(len)).toString("hex"));
	}
}
