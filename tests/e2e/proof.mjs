// SPDX-License-Identifier: Apache-2.0
//
// Judges an answer of eth_getProof (EIP-1186) by a state root alone: a walk
// down the Merkle-Patricia trie (Yellow Paper appendix D), nodes checked by
// their hashes. Only hashing and RLP come from a library, ethers.

// nibbles of a path in hex prefix: what is left, and whether a leaf holds it.
function compact(bytes) {
	const digits = bytes.slice(2);
	const flag = parseInt(digits[0], 16);
	return { path: digits.slice(flag & 1 ? 1 : 2), isLeaf: (flag & 2) !== 0 };
}

// prove walks proof from root along a key: the value's bytes, or null when the
// proof shows that there is none. Throws when it shows neither.
export function prove(ethers, root, key, proof) {
	let path = ethers.keccak256(key).slice(2);
	let node = null;
	let want = root;
	for (const raw of proof) {
		if (typeof want !== "string" || ethers.keccak256(raw) !== want)
			throw new Error("a node is not the one that its parent names");
		node = ethers.decodeRlp(raw);
		for (;;) {
			let next;
			if (node.length === 17) {
				next = node[parseInt(path[0], 16)];
				path = path.slice(1);
			} else if (node.length === 2) {
				const part = compact(node[0]);
				if (!path.startsWith(part.path))
					return ended(proof, raw);
				path = path.slice(part.path.length);
				next = node[1];
				if (part.isLeaf)
					return path === "" ? ended(proof, raw, next) : ended(proof, raw);
			} else {
				throw new Error("no node of a trie");
			}
			if (next === "0x")
				return ended(proof, raw);
			want = next;
			if (typeof next === "string")
				break;
			node = next; // shorter than a hash, and so inside its parent
		}
	}
	if (proof.length === 0 && root === ethers.keccak256("0x80"))
		return null;
	throw new Error("the proof ends on the way");
}

// ended is the result of a walk, which must use every node that was given.
function ended(proof, raw, value = null) {
	if (proof[proof.length - 1] !== raw)
		throw new Error("nodes behind the end");
	return value;
}

// judge throws unless the whole answer follows from the state root: the
// account, and each of its slots, those that hold nothing as well.
export function judge(ethers, root, got) {
	const leaf = prove(ethers, root, got.address, got.accountProof);
	// Of an account that is not there both hashes are zero, as go-ethereum says.
	const fields = leaf === null ? ["0x", "0x", ethers.ZeroHash, ethers.ZeroHash] : ethers.decodeRlp(leaf);
	const slots = leaf === null ? ethers.keccak256("0x80") : got.storageHash;
	const said = [ethers.stripZerosLeft(ethers.toBeHex(BigInt(got.nonce))), ethers.stripZerosLeft(ethers.toBeHex(BigInt(got.balance))),
		got.storageHash, got.codeHash];
	if (said.join() !== fields.join())
		throw new Error("the account is another: " + said + " for " + fields);
	for (const slot of got.storageProof) {
		const key = ethers.toBeHex(BigInt(slot.key), 32);
		const value = prove(ethers, slots, key, slot.proof);
		if (BigInt(slot.value) !== (value === null ? 0n : BigInt(ethers.decodeRlp(value))))
			throw new Error("slot " + slot.key + " holds something else");
	}
}

// flipped is a copy of the answer with one bit of one node changed.
export function flipped(got, which, at) {
	const copy = JSON.parse(JSON.stringify(got, (_, v) => (typeof v === "bigint" ? "0x" + v.toString(16) : v)));
	const proof = which === "account" ? copy.accountProof : copy.storageProof[0].proof;
	const node = proof[proof.length - 1];
	const i = 2 + (at % (node.length - 2));
	proof[proof.length - 1] = node.slice(0, i) + (parseInt(node[i], 16) ^ 1).toString(16) + node.slice(i + 1);
	return copy;
}
