// SPDX-License-Identifier: Apache-2.0
//
// One process with one of each engine: it compares a range of programs and
// writes a line of JSON for each difference, and last what was covered.
import { makeCase, hexOf, stateTest } from "./cases.mjs";
import { Compare } from "./compare.mjs";
import { Cover } from "./cover.mjs";
import { EthereumJs } from "./ethereumjs.mjs";
import { explain } from "./known.mjs";
import { OP } from "./opcodes.mjs";
import { Ours, TAG } from "./ours.mjs";
import { planned } from "./planned.mjs";
import { Revm } from "./revm.mjs";

// Documents that our engine may be ahead.
const AHEAD = 16;

export class Engines {
	static async start(program) {
		const out = new Engines();

		out.ours = new Ours(program);
		out.js = new EthereumJs();
		out.revm = await Revm.start();
		return out;
	}

	/*
	 * compare runs a case everywhere. The answer: differences by peer, each
	 * with what explains it or null.
	 *
	 * records  of our engine
	 * revm     { run, output }: whether revm takes part, and is asked for the
	 *          output; it always does when the other engine failed
	 */
	async compare(c, records, cover, revm) {
		const c1 = new Compare(records, cover, c.fork), found = [];
		const theirs = await this.js.run(c, { step: (e) => c1.step(e), enter: (m) => c1.enter(m), leave: (r) => c1.leave(r) });

		c1.end(theirs);
		note(found, "ethereumjs", c1.difference);
		if (this.revm.answers(c) && !asksParent(records) && (revm.run || theirs.failed !== undefined)) {
			const wanted = revm.output && theirs.failed === undefined;
			const second = await this.revm.run(c, wanted);
			cover.counts.revm++;
			cover.counts.outputs += second.output !== undefined;
			note(found, "revm", await this.results(c, records, second, theirs));
		}
		cover.transaction(c.type, summary(records).refused);
		for (const f of found)
			if (f.known !== null)
				cover.counts.known[f.known] = (cover.counts.known[f.known] ?? 0) + 1;
		return found;
	}

	// results compares what revm says with our records; the root with that
	// of the other engine, to which the block's reward is added.
	async results(c, records, revm, theirs) {
		const ours = summary(records);
		const differ = (what, a, b) => (String(a) === String(b) ? null : { what, ours: String(a), theirs: String(b) });

		if ((ours.refused === null) !== (revm.refused === undefined))
			return { what: "verdict", ours: ours.refused ?? "accepted", theirs: revm.refused ?? "accepted" };
		if (ours.refused !== null)
			return null;
		const root = theirs.failed === undefined ? hexOf(await this.js.rewarded(c)) : ours.root;
		return differ("status", ours.status, revm.status) ??
			differ("gas used", ours.gas, revm.gas) ??
			differ("logs", ours.logs, hexOf(revm.logs)) ??
			(revm.output === undefined ? null : differ("output", ours.output, hexOf(revm.output))) ??
			(theirs.failed !== undefined && c.hasReward ? null : differ("state root", root, hexOf(revm.root)));
	}
}

function note(found, peer, difference) {
	if (difference !== null)
		found.push({ peer, difference, known: explain(peer, difference) });
}

// asksParent tells whether code saw the hash of block 0, which in revm's chain
// is another.
function asksParent(records) {
	let asks = false;

	records.rewind();
	for (; records.tag !== TAG.END; records.next())
		asks ||= records.tag === TAG.STEP && records.kind === OP.BLOCKHASH && records.top === 0n;
	return asks;
}

// summary reads the end of our records, and of the transaction's message.
function summary(records) {
	const out = { status: 0, output: "0x" };

	records.rewind();
	while (records.tag !== TAG.END) {
		if (records.tag === TAG.LEAVE) {
			out.status = records.code === 0 ? 1 : 0;
			out.output = hexOf(records.tail);
		}
		records.next();
	}
	out.gas = records.gas;
	out.root = hexOf(records.body);
	out.logs = hexOf(records.tail.subarray(0, 32));
	out.refused = records.kind === 1 ? records.tail.subarray(32).toString() : null;
	return out;
}

// revmRuns says which programs revm gets: every fourth, and of those every
// fourth once more for its output; all that are planned.
export function revmRuns(index) {
	return { run: index % 4 === 0 || planned(index) !== null, output: index % 16 === 0 };
}

export async function work(program, seed, from, to) {
	const engines = await Engines.start(program), cover = new Cover(), sent = [];
	const send = (index) => {
		const c = makeCase(seed, index);
		const answer = engines.ours.run(stateTest(c));
		answer.catch(() => {});
		sent.push({ index, c, answer });
	};
	let next = from;

	for (let i = from; i < to; i++) {
		while (next < to && next < i + AHEAD)
			send(next++);
		const { index, c, answer } = sent.shift();
		const found = await engines.compare(c, await answer, cover, revmRuns(index));
		for (const f of found)
			if (f.known === null)
				console.log(JSON.stringify({ index, ...f }));
	}
	engines.ours.end();
	console.log(JSON.stringify({ cover: cover.counts }));
}
