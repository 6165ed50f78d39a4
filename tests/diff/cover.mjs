// SPDX-License-Identifier: Apache-2.0
//
// What the programs have reached, so that a run that compares nothing is
// seen: instructions by fork, precompiles, ends of messages, transactions.
import { FORKS } from "./forks.mjs";
import { HALTS } from "./halts.mjs";
import { INFO } from "./opcodes.mjs";
import { isOpen, PRECOMPILES } from "./precompiles.mjs";

// Programs from which on chance must have met every instruction of every
// fork, every precompile (failing too, where it can fail) and every fault.
const ENOUGH = 20000;

// Fewer are a few played again, which need reach nothing.
const FEW = 100;

// The end that these programs do not reach: 1,024 messages deep.
const RARE = new Set(["too deep"]);
const NEVER_FAIL = new Set([1, 2, 3, 4, 0x100]);

// isDeep: DUP and SWAP of many words, which no fork has changed and which are
// met only now and then; one fork is enough.
function isDeep(info) {
	return /^(DUP|SWAP)/.test(info.name) && info.pop > 8;
}

function add(to, key, n = 1) {
	to[key] = (to[key] ?? 0) + n;
}

export class Cover {
	constructor() {
		this.counts = { programs: 0, steps: 0, revm: 0, outputs: 0, ops: {}, halts: {}, precompiles: {}, types: {}, refusals: {}, known: {} };
	}

	op(fork, code) {
		this.counts.steps++;
		add(this.counts.ops, `${fork}:${code}`);
	}

	halt(code) {
		add(this.counts.halts, HALTS[code].name);
	}

	precompile(address, isGood) {
		add(this.counts.precompiles, `${address}:${isGood ? "good" : "bad"}`);
	}

	transaction(type, refused) {
		this.counts.programs++;
		add(this.counts.types, `${type}:${refused === null ? "run" : "refused"}`);
		if (refused !== null)
			add(this.counts.refusals, refused.replace(/^refused: /, "").split(":")[0].replace(/0x[0-9a-fA-F]+|[0-9]{2,}/g, "N"));
	}

	merge(counts) {
		for (const [key, value] of Object.entries(counts))
			if (typeof value === "number")
				this.counts[key] += value;
			else
				for (const [name, n] of Object.entries(value))
					add(this.counts[key], name, n);
	}

	missing() {
		const { ops, precompiles, halts } = this.counts, out = [];

		for (const fork of FORKS)
			for (const info of INFO)
				if (info !== null && info.since <= fork.at && !isDeep(info) && !ops[`${fork.at}:${info.code}`])
					out.push(`${info.name} under ${fork.name}`);
		for (const info of INFO)
			if (info !== null && isDeep(info) && !FORKS.some((fork) => ops[`${fork.at}:${info.code}`]))
				out.push(info.name);
		for (const address of PRECOMPILES) {
			if (!precompiles[`${address}:good`])
				out.push(`precompile ${address} with a good input`);
			if (!NEVER_FAIL.has(address) && !precompiles[`${address}:bad`])
				out.push(`precompile ${address} with a bad input`);
		}
		for (const { name } of HALTS)
			if (!halts[name] && !RARE.has(name))
				out.push(`the end "${name}"`);
		return out;
	}

	// fault says why the run proves too little, or null.
	fault() {
		const { programs, steps, revm } = this.counts, missing = this.missing();

		if (programs >= FEW && (steps < 10 * programs || revm === 0))
			return `${steps} steps of ${programs} programs, ${revm} of them on revm`;
		if (programs >= ENOUGH && missing.length > 0)
			return `never met: ${missing.slice(0, 20).join(", ")}`;
		return null;
	}

	print() {
		const { counts } = this, list = (o) => Object.entries(o).sort((a, b) => b[1] - a[1]).map(([k, n]) => `${k} ${n}`).join(", ");

		console.log(`programs ${counts.programs}, steps ${counts.steps}, on revm ${counts.revm}, outputs compared there ${counts.outputs}`);
		console.log("instructions met, of those that a fork has:");
		for (const fork of FORKS) {
			const all = INFO.filter((i) => i !== null && i.since <= fork.at);
			const met = all.filter((i) => counts.ops[`${fork.at}:${i.code}`]).length;
			const undefined_ = Object.keys(counts.ops).filter((k) => Number(k.split(":")[0]) === fork.at).length - met;
			console.log(`  ${fork.name.padEnd(15)} ${met} of ${all.length}, and ${undefined_} bytes that are none`);
		}
		console.log(`precompiles: ${PRECOMPILES.map((a) => `0x${a.toString(16)} ${counts.precompiles[`${a}:good`] ?? 0} good ${counts.precompiles[`${a}:bad`] ?? 0} failed`).join(", ")}`);
		console.log(`ends of messages: ${list(counts.halts)}`);
		console.log(`transactions by type: ${list(counts.types)}`);
		console.log(`refused: ${list(counts.refusals)}`);
		console.log(`known differences: ${list(counts.known) || "none"}`);
	}
}

// isPrecompile tells whether a call to this address was one under a fork.
export function isPrecompile(address, fork) {
	return isOpen(Number(address), fork);
}
