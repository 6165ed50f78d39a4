// SPDX-License-Identifier: Apache-2.0
//
// Makes a case smaller as long as the same thing differs: accounts go, then
// storage, then code in ever smaller pieces. The transaction stays as it was
// signed.

const JUMPDEST = "5b";
const TRIES_MAX = 600; /* some seconds */

function copy(c) {
	return structuredClone(c);
}

// without yields smaller cases, the boldest first.
function* without(c) {
	for (const address of Object.keys(c.pre)) {
		const out = copy(c);
		delete out.pre[address];
		yield out;
	}
	for (const [address, a] of Object.entries(c.pre)) {
		if (Object.keys(a.storage).length === 0)
			continue;
		const out = copy(c);
		out.pre[address].storage = {};
		yield out;
	}
	for (const [address, a] of Object.entries(c.pre))
		yield* lessCode(c, address, a.code.slice(2));
}

// lessCode cuts the end, or blanks a piece, which leaves jumps where they were.
function* lessCode(c, address, code) {
	const cnt = code.length / 2, put = (text) => {
		const out = copy(c);
		out.pre[address].code = "0x" + text;
		return out;
	};

	for (let size = cnt; size >= 1; size = Math.floor(size / 2)) {
		yield put(code.slice(0, 2 * (cnt - size)));
		for (let at = 0; at + size <= cnt; at += size)
			if (code.slice(2 * at, 2 * (at + size)) !== JUMPDEST.repeat(size))
				yield put(code.slice(0, 2 * at) + JUMPDEST.repeat(size) + code.slice(2 * (at + size)));
	}
}

// shrink returns the smallest case found for which isSame still holds.
export async function shrink(c, isSame) {
	let tries = 0, isSmaller = true;

	while (isSmaller && tries < TRIES_MAX) {
		isSmaller = false;
		for (const less of without(c)) {
			if (++tries > TRIES_MAX)
				break;
			if (!(await isSame(less)))
				continue;
			c = less;
			isSmaller = true;
			break;
		}
	}
	return c;
}
