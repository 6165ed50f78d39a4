// SPDX-License-Identifier: Apache-2.0
//
// What the programs have reached, so that a run that compares nothing is
// seen: instructions by fork, precompiles, ends of messages, transactions.
import { FORKS } from "./forks.mjs";
import { HALTS } from "./halts.mjs";
import { INFO } from "./opcodes.mjs";
import { DEPTHS, LAP, LAST_DEPTH, MESSAGES, messagesOf, tooPoor } from "./planned.mjs";
import { isOpen, PRECOMPILES } from "./precompiles.mjs";

// Programs from which on chance must have met every precompile (failing too,
// where it can fail) and every fault.
const ENOUGH = 20000;

// Fewer are a few played again, which need reach nothing.
const FEW = 100;

const NEVER_FAIL = new Set([1, 2, 3, 4, 0x100]);
const TOO_DEEP = HALTS.findIndex((h) => h.name === "too deep");

function add(to, key, n = 1) {
	to[key] = (to[key] ?? 0) + n;
}

export class Cover {
	constructor() {
		this.counts = { programs: 0, steps: 0, revm: 0, outputs: 0, ops: {}, halts: {}, precompiles: {}, depths: {}, tooDeep: {}, types: {}, refusals: {}, known: {} };
	}

	op(fork, code) {
		this.counts.steps++;
		add(this.counts.ops, `${fork}:${code}`);
	}

	// depth of a step, as the other engine tells it.
	depth(fork, depth) {
		if (depth === LAST_DEPTH)
			add(this.counts.depths, fork);
	}

	// silent is the end of a message that only our engine tells of.
	silent(fork, kind, code) {
		if (code === TOO_DEEP)
			add(this.counts.tooDeep, `${fork}:${MESSAGES[kind]}`);
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

	// instructions lists what a fork has and no program did.
	instructions() {
		const out = [];

		for (const fork of FORKS)
			for (const info of INFO)
				if (info !== null && info.since <= fork.at && !this.counts.ops[`${fork.at}:${info.code}`])
					out.push(`${info.name} under ${fork.name}`);
		return out;
	}

	// depths lists messages that were never sent from the last depth, of
	// which both engines must tell.
	depths() {
		const { depths, tooDeep } = this.counts, out = [];

		for (const fork of FORKS.filter((f) => tooPoor(f) === null)) {
			if (!depths[fork.at])
				out.push(`depth ${LAST_DEPTH} of the other engine under ${fork.name}`);
			for (const code of messagesOf(fork))
				if (!tooDeep[`${fork.at}:${code}`])
					out.push(`${INFO[code].name} from depth ${LAST_DEPTH} under ${fork.name}`);
		}
		return out;
	}

	ends() {
		const { precompiles, halts } = this.counts, out = [];

		for (const address of PRECOMPILES) {
			if (!precompiles[`${address}:good`])
				out.push(`precompile ${address} with a good input`);
			if (!NEVER_FAIL.has(address) && !precompiles[`${address}:bad`])
				out.push(`precompile ${address} with a bad input`);
		}
		for (const { name } of HALTS)
			if (!halts[name])
				out.push(`the end "${name}"`);
		return out;
	}

	// missing lists what so many programs must have met.
	missing() {
		const { programs } = this.counts;

		return [
			...(programs >= LAP ? this.instructions() : []),
			...(programs >= DEPTHS ? this.depths() : []),
			...(programs >= ENOUGH ? this.ends() : []),
		];
	}

	// fault says why the run proves too little, or null.
	fault() {
		const { programs, steps, revm } = this.counts, missing = this.missing();

		if (programs >= FEW && (steps < 10 * programs || revm === 0))
			return `${steps} steps of ${programs} programs, ${revm} of them on revm`;
		if (missing.length > 0)
			return `${missing.length} never met: ${missing.slice(0, 20).join(", ")}`;
		return null;
	}

	sent(fork) {
		return messagesOf(fork).map((code) => `${INFO[code].name} ${this.counts.tooDeep[`${fork.at}:${code}`] ?? 0}`).join(", ");
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
		console.log(`sent from depth ${LAST_DEPTH}, and steps that the other engine told of there:`);
		for (const fork of FORKS)
			console.log(`  ${fork.name.padEnd(15)} ${tooPoor(fork) ?? `${this.sent(fork)}; ${counts.depths[fork.at] ?? 0} steps`}`);
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
