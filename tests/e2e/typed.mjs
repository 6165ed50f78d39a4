// SPDX-License-Identifier: Apache-2.0
//
// Random typed-data documents (EIP-712) from a seed, as ethers hands them to
// eth_signTypedData_v4, with what ethers says is signed. Started by itself it
// prints COUNT of them, one JSON line each: {"doc", "hash"}.
// Environment: NPM (folder of node_modules), COUNT.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { ethers } = createRequire(process.env.NPM + "/")("ethers");

// mulberry32: a small seeded generator.
function generator(seed) {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

class Maker {
	constructor(seed) {
		this.random = generator(seed);
		this.types = {};
	}

	below(n) {
		return Math.floor(this.random() * n);
	}

	pick(list) {
		return list[this.below(list.length)];
	}

	hex(len) {
		let out = "0x";
		for (let i = 0; i < len; i++)
			out += this.below(256).toString(16).padStart(2, "0");
		return out;
	}

	text() {
		let out = "";
		for (let i = this.below(12); i > 0; i--)
			out += this.pick(["a", "Z", " ", "\"", "\\", "\n", "\u0000", "é", "券", "\u{1f600}"]);
		return out;
	}

	basic() {
		const bits = 8 * (1 + this.below(32));
		return this.pick(["address", "bool", "bytes", "string", "uint" + bits, "int" + bits, "bytes" + (1 + this.below(32))]);
	}

	// struct makes a type, below which there are depth more.
	struct(depth) {
		const name = "T" + this.pick(["a", "B", "_", "$"]) + Object.keys(this.types).length;
		const members = [];
		this.types[name] = members;
		for (let i = this.below(4) + (depth > 0 ? 1 : 0); i > 0; i--) {
			const known = Object.keys(this.types).filter((other) => this.done?.has(other));
			let type = this.basic();
			if (depth > 0 && this.below(2) === 0)
				type = known.length > 0 && this.below(3) === 0 ? this.pick(known) : this.struct(depth - 1);
			for (let dims = this.pick([0, 0, 0, 0, 1, 1, 2]); dims > 0; dims--)
				type += this.pick(["[]", "[]", "[1]", "[2]", "[3]"]);
			members.push({ name: this.pick(["x", "Yy", "_z", "$"]) + i, type });
		}
		this.done = (this.done ?? new Set()).add(name);
		return name;
	}

	number(bits, isSigned) {
		const span = 1n << BigInt(bits);
		const low = isSigned ? -(span >> 1n) : 0n;
		const edge = this.pick([0n, span - 1n, span >> 1n, BigInt(this.hex(bits / 8)), BigInt(this.hex(bits / 8))]);
		return low + edge;
	}

	value(type) {
		const array = type.match(/^(.*)\[(\d*)\]$/);
		if (array !== null) {
			const length = array[2] === "" ? this.below(4) : Number(array[2]);
			return Array.from({ length }, () => this.value(array[1]));
		}
		if (this.types[type] !== undefined)
			return Object.fromEntries(this.types[type].map((m) => [m.name, this.value(m.type)]));
		const number = type.match(/^(u?)int(\d+)$/);
		if (number !== null)
			return this.number(Number(number[2]), number[1] === "");
		if (type === "address")
			return ethers.getAddress(this.hex(20));
		if (type === "bool")
			return this.below(2) === 1;
		if (type === "string")
			return this.text();
		return this.hex(type === "bytes" ? this.below(70) : Number(type.slice(5)));
	}

	domain() {
		const all = { name: this.text(), version: this.text(), chainId: this.pick([0n, 1n, 31337n, 2n ** 200n]), verifyingContract: ethers.getAddress(this.hex(20)), salt: this.hex(32) };
		return Object.fromEntries(Object.entries(all).filter(() => this.below(2) === 1));
	}
}

// random makes document number seed: what ethers signs, and what it sends.
export function random(seed) {
	const maker = new Maker(seed);
	const primary = maker.struct(2);
	const message = maker.value(primary);
	const domain = maker.domain();
	const encoder = ethers.TypedDataEncoder;
	return {
		domain, message, types: maker.types,
		payload: encoder.getPayload(domain, maker.types, message),
		hash: encoder.hash(domain, maker.types, message),
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	for (let seed = 1; seed <= Number(process.env.COUNT); seed++) {
		const { payload, hash } = random(seed);
		console.log(JSON.stringify({ doc: payload, hash }));
	}
}
