// SPDX-License-Identifier: Apache-2.0
//
// The root of a trie from all that is in it (Yellow Paper appendix D): for
// worlds of a dozen accounts this is ten times as fast as keeping one.
import { pkg } from "./npm.mjs";

const { RLP } = pkg("@ethereumjs/rlp");
const { keccak256 } = pkg("@nomicfoundation/edr");

const EMPTY = keccak256(Uint8Array.of(0x80));

// pack puts digits two in a byte behind a flag (appendix C).
function pack(digits, isLeaf) {
	const flag = (isLeaf ? 2 : 0) + (digits.length % 2);
	const text = flag.toString(16) + (digits.length % 2 === 1 ? "" : "0") + digits;

	return Uint8Array.from(Buffer.from(text, "hex"));
}

// node makes the node of items, which agree in their first `at` digits.
function node(items, at) {
	const [first] = items, last = items[items.length - 1];
	let end = at;

	if (items.length === 1)
		return [pack(first.key.slice(at), true), first.value];
	while (first.key[end] === last.key[end])
		end++;
	if (end > at)
		return [pack(first.key.slice(at, end), false), refer(node(items, end))];
	const branch = Array.from({ length: 17 }, () => new Uint8Array(0));
	for (let i = 0; i < 16; i++) {
		const below = items.filter((item) => item.key[at] === i.toString(16));
		if (below.length > 0)
			branch[i] = refer(node(below, at + 1));
	}
	return branch;
}

// refer names a node: itself when it is short, else its hash.
function refer(n) {
	const bytes = RLP.encode(n);

	return bytes.length < 32 ? n : keccak256(bytes);
}

// trieRoot takes [key, value] rows; keys are hashed.
export function trieRoot(rows) {
	const items = rows.map(([key, value]) => ({ key: Buffer.from(keccak256(key)).toString("hex"), value }));

	items.sort((a, b) => (a.key < b.key ? -1 : 1));
	return items.length === 0 ? EMPTY : keccak256(RLP.encode(node(items, 0)));
}
