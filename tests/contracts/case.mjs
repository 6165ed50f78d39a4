// SPDX-License-Identifier: Apache-2.0
//
// Cases and what they expect. A case fails with the first expectation that
// does not hold; each that holds is counted.
import { isDeepStrictEqual, inspect } from "node:util";

const cases = [];
let held = 0;

export const test = (name, fn) => cases.push({ name, fn });

const plain = (v) => typeof v === "bigint" ? Number.isSafeInteger(Number(v)) ? Number(v) : v.toString()
	: v && typeof v === "object" && typeof v !== "function" ? Array.from(v, plain) : v;

export function same(got, want, what = "") {
	const [a, b] = [plain(got), plain(want)];
	if (!isDeepStrictEqual(a, b)) throw new Error(`${what}: got ${inspect(a)}, want ${inspect(b)}`);
	held++;
}

/** The call succeeded with just these events, [name, ...arguments] each. */
export function done(r, ...events) {
	same(r.reason, null, "refused");
	same(r.events.map((e) => [e.name, ...e.args]), events, "events");
}

/** The call was refused for this reason. */
export const refused = (r, code, what) => same(r.reason, code, what);

export async function run(pattern) {
	let passed = 0, failed = 0;
	for (const { name, fn } of cases) {
		if (!name.includes(pattern)) continue;
		const before = held;
		try {
			await fn();
			passed += Math.max(1, held - before);
			console.log(`ok ${name} (${held - before})`);
		} catch (e) {
			failed++;
			console.log(`FAIL ${name}: ${e.stack}`);
		}
	}
	console.log(`${passed} passed, ${failed} failed`);
	return failed === 0;
}
