// SPDX-License-Identifier: Apache-2.0
//
// The differential test: random programs on our engine, @ethereumjs/evm and
// revm. Usage: differ.mjs COUNT SEED FIRST; the environment has ENGINE (our
// side's program), NPM (folder of packages), OUT (for reproducers), JOBS, and
// SHRINK=no to leave reproducers out.
// The last line is "N passed, N failed", a program each.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { makeCase, stateTest } from "./cases.mjs";
import { Cover } from "./cover.mjs";
import { shrink } from "./shrink.mjs";
import { Engines, work } from "./worker.mjs";

// A worker process ends after so many programs, as its peers keep memory.
const CHUNK = 2500;
const SHOWN_MAX = 10; /* differences made smaller and printed whole */
const EVERY_MS = 30000; /* between lines that tell how far it is */

const [mode, ...args] = process.argv.slice(2);

// One worker for a range; differences and coverage come line by line.
function range(seed, from, to, on) {
	const child = spawn(process.execPath, ["--max-old-space-size=1024", process.argv[1], "worker", seed, from, to], { stdio: ["ignore", "pipe", "inherit"] });
	let isWhole = false;

	createInterface({ input: child.stdout }).on("line", (line) => {
		const said = JSON.parse(line);
		isWhole ||= said.cover !== undefined;
		on(said);
	});
	return new Promise((resolve) =>
		child.on("close", (code) => {
			if (code !== 0 || !isWhole)
				on({ index: from, peer: "none", difference: { what: `the worker of ${from} to ${to} ended`, ours: "", theirs: String(code) } });
			resolve();
		}),
	);
}

async function all(count, seed, first, on) {
	const jobs = Number(process.env.JOBS) || 2, chunk = Math.min(CHUNK, Math.ceil(count / jobs));
	let next = first;
	const lane = async () => {
		while (next < first + count) {
			const from = next;
			next = Math.min(first + count, from + chunk);
			await range(seed, from, next, on);
		}
	};

	await Promise.all(Array.from({ length: jobs }, lane));
}

function tell(seed, found) {
	const d = found.difference;

	console.log(`FAIL ${seed}:${found.index} ${found.peer}: ${d.what}: ours ${d.ours}, theirs ${d.theirs}${d.after === undefined ? "" : `; step ${d.step}, after ${d.after}`}`);
}

// reproduce writes a case, made smaller, as a state test.
async function reproduce(engines, seed, found) {
	const { what } = found.difference, whole = makeCase(seed, found.index), quiet = new Cover();
	const again = async (c) => {
		const all = await engines.compare(c, await engines.ours.run(stateTest(c)), quiet, { run: true, output: true });
		return all.find((f) => f.peer === found.peer && f.known === null && f.difference.what === what);
	};

	if (found.peer === "none" || !(await again(whole)))
		return;
	const small = await shrink(whole, async (c) => (await again(c)) !== undefined);
	const file = `${process.env.OUT}/${seed}-${found.index}.json`;
	mkdirSync(process.env.OUT, { recursive: true });
	writeFileSync(file, stateTest(small) + "\n");
	tell(seed, { index: found.index, ...(await again(small)) });
	console.log(`  smaller: ${file} (sekisho evm statetest --trace)`);
}

async function main(count, seed, first) {
	const cover = new Cover(), failed = new Map(), started = Date.now();
	let said = started;

	console.log(`programs ${first} to ${first + count - 1} of seed ${seed}`);
	await all(count, seed, first, (line) => {
		if (line.cover === undefined) {
			failed.set(line.index, line);
			tell(seed, line);
			return;
		}
		cover.merge(line.cover);
		if (Date.now() - said > EVERY_MS) {
			said = Date.now();
			console.log(`${cover.counts.programs} programs, ${Math.round((said - started) / 1000)} s, ${failed.size} differ`);
		}
	});
	if (failed.size > 0 && process.env.SHRINK !== "no") {
		const engines = await Engines.start(process.env.ENGINE);
		for (const found of [...failed.values()].slice(0, SHOWN_MAX))
			await reproduce(engines, seed, found);
		engines.ours.end();
	}
	cover.print();
	const fault = cover.fault();
	if (fault !== null)
		console.log(`FAIL the programs cover too little: ${fault}`);
	const bad = failed.size + (fault === null ? 0 : 1);
	console.log(`${Math.max(0, count - failed.size)} passed, ${bad} failed`);
	process.exit(bad === 0 ? 0 : 1);
}

if (mode === "worker")
	await work(process.env.ENGINE, ...args.map(Number)).then(() => process.exit(0));
else
	await main(Number(mode), Number(args[0] ?? 1), Number(args[1] ?? 0));
