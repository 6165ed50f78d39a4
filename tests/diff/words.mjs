// SPDX-License-Identifier: Apache-2.0
//
// Words, offsets and lengths that find faults: ends of ranges more often than
// chance would give them.

export const MAX = (1n << 256n) - 1n;

const edges = [0n, 1n, 2n, 31n, 32n, 33n, 127n, 128n, 255n, 256n, 257n, MAX, MAX - 1n, 1n << 255n, (1n << 255n) - 1n, (1n << 128n) - 1n, 1n << 64n, (1n << 64n) - 1n, (1n << 63n) - 1n, 0xffffffffn, 1n << 32n, 1n << 160n];
const far = [1n << 16n, (1n << 32n) - 32n, 1n << 32n, (1n << 63n) - 1n, (1n << 64n) - 32n, (1n << 64n) - 1n, 1n << 64n, 1n << 255n, MAX - 31n, MAX];

// word makes an operand; addresses are those of the world.
export function word(rng, addresses) {
	switch (rng.below(10)) {
	case 0: case 1: case 2:
		return BigInt(rng.below(300));
	case 3: case 4:
		return rng.pick(edges);
	case 5:
		return ((1n << BigInt(rng.below(256))) + BigInt(rng.between(-1, 1)) + MAX + 1n) & MAX;
	case 6: case 7:
		return rng.big(rng.between(1, 32));
	case 8:
		return MAX - BigInt(rng.below(300));
	default:
		return rng.pick(addresses);
	}
}

// offset in memory, code or data; wild chance of one that nobody pays for.
export function offset(rng) {
	return rng.weighted([[900, BigInt(rng.below(300))], [40, BigInt(rng.between(300, 8192))], [5, BigInt(rng.between(8192, 1 << 18))], [3, rng.pick(far)]]);
}

export function length(rng) {
	return rng.weighted([[600, BigInt(rng.below(100))], [150, 32n], [150, 0n], [40, BigInt(rng.between(100, 2000))], [5, BigInt(rng.between(2000, 1 << 17))], [3, rng.pick(far)]]);
}

// slot: few, so that programs meet their own writes.
export function slot(rng) {
	return rng.chance(0.95) ? BigInt(rng.below(4)) : rng.big(32);
}

// stored value: few as well, as refunds depend on which are equal.
export function stored(rng) {
	return rng.chance(0.9) ? BigInt(rng.below(3)) : rng.big(rng.between(1, 32));
}
