// SPDX-License-Identifier: Apache-2.0
//
// How messages end, by the number that engine.c writes, and what the other
// engine calls it. Where it has one word for several ends (a failed
// precompile, most of all), each of its words is good; whether the end is a
// success, a revert or a fault always has to agree.

const rows = [
	["success", "code store out of gas"], /* Frontier's: an account without code */
	["revert", "revert"],
	["out of gas", "out of gas", "initcode exceeds max initcode size"],
	["stack underflow", "stack underflow"],
	["stack overflow", "stack overflow"],
	["invalid opcode", "invalid opcode"],
	["INVALID", "invalid opcode"],
	["invalid jump", "invalid JUMP"],
	["static state change", "static state change"],
	["return data out of bounds", "out of gas"],
	["too deep"],
	["insufficient funds"],
	["nonce at its end"],
	["collision", "create collision"],
	["code size", "code size to deposit exceeds maximum code size"],
	["code deposit", "out of gas", "code store out of gas"],
	["code form", "invalid bytecode deployed"],
	["precompile failed", "out of gas", "invalid input length", "point not on curve", "input is empty", "fp point not in field", "kzg commitment does not match versioned hash", "kzg inputs invalid", "kzg proof invalid", "value out of range", "revert"],
];

export const HALTS = rows.map(([name, ...theirs]) => ({
	name,
	is: (error) => (error === undefined ? name === "success" : theirs.some((t) => error.startsWith(t))),
}));

function numberOf(name) {
	return HALTS.findIndex((h) => h.name === name);
}

/*
 * Two faults at once: what is named first is each engine's own affair (Yellow
 * Paper 9.4.2 knows one exceptional halt), ours on the left. Static CREATE,
 * LOG or SSTORE without gas; an instruction without operands and without gas;
 * a precompile with a wrong input and no gas for it; code that may not be
 * deployed and could not be paid either.
 */
const PRECOMPILE = numberOf("precompile failed");
const both = [
	["out of gas", "static state change"],
	["out of gas", "stack underflow"],
	["stack underflow", "out of gas"],
	["stack underflow", "static state change"],
	["static state change", "out of gas"],
	["code form", "out of gas"],
];

export function isBoth(ours, theirs) {
	return both.some(([a, b]) => a === ours && b === theirs) || (ours === "out of gas" && HALTS[PRECOMPILE].is(theirs));
}

// Ends that the other engine never tells of: its CALL looks first.
export const SILENT = new Set(["too deep", "insufficient funds", "nonce at its end"].map(numberOf));
