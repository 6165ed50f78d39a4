// SPDX-License-Identifier: Apache-2.0
//
// Programs that chance does not write, in turns over the forks, so that any
// run of enough programs has them: messages inside messages down to the depth
// that none may pass (Yellow Paper 9.1), and each instruction of a fork once.
import { Code, COMPUTE, SHOW } from "./code.mjs";
import { AT, FORKS } from "./forks.mjs";
import { INFO, OP } from "./opcodes.mjs";

// One program in so many, and which: depths cost the other engines most. Some
// of those run out of gas on the way.
const TOURS = { every: 50, at: 36 }, DEEP = { every: 200, at: 10 }, POOR = { every: 200, at: 110 };

// Programs that have every instruction of every fork; and those that have
// every message of every fork at the last depth.
export const LAP = TOURS.every * FORKS.length;
export const DEPTHS = 6 * DEEP.every * FORKS.length;

export const CAP = 1 << 24; /* gas of a transaction, EIP-7825 */
const RICH = 2 ** 47; /* of which a 64th for each of 1,024 frames leaves enough (EIP-150) */
export const LAST_DEPTH = 1024;

// Messages, by the numbers of our engine's records.
export const MESSAGES = ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2"].map((n) => OP[n]);

export function messagesOf(fork) {
	return MESSAGES.filter((code) => INFO[code].since <= fork.at);
}

// Depths that cannot be reached, with the reason.
export function tooPoor(fork) {
	return fork.at >= AT.OSAKA ? "EIP-7825 caps gas, and each message leaves a 64th of it behind (EIP-150)" : null;
}

// turn counts the programs of a kind, or is -1 for one of another.
function turn(kind, index) {
	return index % kind.every === kind.at ? Math.floor(index / kind.every) : -1;
}

function ring(at, gas) {
	const fork = FORKS[at % FORKS.length], kinds = messagesOf(fork);
	const kind = kinds[(Math.floor(at / FORKS.length) + fork.at) % kinds.length];

	return { fork, gas, codes: (rng, world) => deep(rng, world, kind) };
}

// planned gives what the program of an index must be, or null: its fork, the
// gas above what the transaction costs itself, and codes of the contracts.
export function planned(index) {
	const visit = turn(TOURS, index), rich = turn(DEEP, index), poor = turn(POOR, index);

	if (visit >= 0)
		return { fork: FORKS[visit % FORKS.length], gas: (rng) => rng.between(2000000, 4000000), codes: tour };
	if (rich >= 0)
		return ring(rich, () => RICH);
	if (poor >= 0)
		return ring(poor, (rng) => rng.between(60000, 4000000));
	return null;
}

function exact(rng, world) {
	const code = new Code(rng, world);

	code.isExact = true;
	return code;
}

function numbers(code, n, below = 64) {
	for (; n > 0; n--)
		code.push(BigInt(code.rng.below(below)));
}

// Depth. -----------------------------------------------------------------

// Gas that a frame keeps before EIP-150: what follows its message.
const KEPT = 130000;

/*
 * deep makes contracts that call each other in a ring, so that the frame at
 * the last depth sends a message of one kind. What is created creates itself.
 */
function deep(rng, world, kind) {
	const isCreation = kind === OP.CREATE || kind === OP.CREATE2;
	const cnt = isCreation ? 1 : rng.between(1, world.contracts.length);
	const others = [OP.CALL, OP.CALLCODE, OP.DELEGATECALL].filter((code) => INFO[code].since <= world.fork.at);
	const isStatic = kind === OP.STATICCALL;

	return Array.from({ length: cnt }, (_, i) => {
		const own = i === LAST_DEPTH % cnt ? kind : rng.pick(others);
		return frame(exact(rng, world), { kind: own, isStatic, to: world.contracts[(i + 1) % cnt] });
	});
}

// frame: a little before the message, the message, and what is made of it.
function frame(code, message) {
	const { rng } = code;

	for (let i = rng.below(3); i > 0; i--)
		aside(code, message.isStatic);
	if (message.kind === OP.CREATE || message.kind === OP.CREATE2)
		createSelf(code, message.kind);
	else
		send(code, message);
	answered(code, message.isStatic);
	leave(code);
	return code.finish();
}

function aside(code, isStatic) {
	const { rng } = code;

	switch (rng.weighted([[4, "compute"], [3, "show"], [2, "load"], [2, "memory"], [isStatic ? 0 : 2, "store"]])) {
	case "compute": return code.compute();
	case "show": return code.show();
	case "load": return code.load();
	case "store": return code.store();
	default:
		code.operands(1);
		numbers(code, 1, 200);
		code.op(OP.MSTORE);
	}
}

function send(code, { kind, isStatic, to }) {
	const { rng, fork } = code;

	code.push(32n);
	code.push(0n);
	numbers(code, 2, 100);
	if (kind === OP.CALL || kind === OP.CALLCODE)
		code.push(isStatic ? 0n : BigInt(rng.below(2)));
	code.push(to);
	if (fork < AT.EIP150) {
		code.push(BigInt(KEPT));
		code.op(OP.GAS);
		code.op(OP.SUB);
	} else if (rng.chance(0.5)) {
		code.op(OP.GAS);
	} else {
		code.push((1n << 256n) - 1n);
	}
	code.op(kind);
}

function createSelf(code, kind) {
	code.op(OP.CODESIZE);
	code.push(0n);
	code.push(0n);
	code.op(OP.CODECOPY);
	if (kind === OP.CREATE2)
		numbers(code, 1, 2);
	code.op(OP.CODESIZE);
	code.push(0n);
	numbers(code, 1, 2);
	code.op(kind);
}

// answered counts the frames on the way up, in what they give back or in
// storage, which is undone with a frame that fails.
function answered(code, isStatic) {
	const { rng } = code, isKept = !isStatic && rng.chance(0.5);

	code.push(isKept ? 7n : 0n);
	code.op(isKept ? OP.SLOAD : OP.MLOAD);
	code.push(1n);
	code.op(OP.ADD);
	code.op(OP.ADD);
	code.push(isKept ? 7n : 0n);
	code.op(isKept ? OP.SSTORE : OP.MSTORE);
	if (!isStatic && rng.chance(0.2)) {
		numbers(code, 2);
		code.op(OP.LOG0);
	}
}

function leave(code) {
	const { rng, fork } = code, end = rng.weighted([[8, OP.RETURN], [2, OP.STOP], [fork >= AT.BYZANTIUM ? 2 : 0, OP.REVERT], [1, null]]);

	if (end === null) {
		code.raw(0xfe);
		return;
	}
	if (end !== OP.STOP) {
		code.push(32n);
		code.push(0n);
	}
	code.op(end);
}

// Tour. ------------------------------------------------------------------

const ENDS = [OP.STOP, OP.RETURN, OP.REVERT, OP.SELFDESTRUCT];
const WILD = new Set([...COMPUTE, ...SHOW]);

// Only zeros do no harm here: bytes of memory as init code would end with all
// the gas, and what was returned is seldom long enough.
const ZEROS = new Set([OP.CREATE, OP.CREATE2, OP.RETURNDATACOPY]);

// tour makes one contract that has every instruction of the fork, in an order
// of its own; those that end a frame end one that it creates.
function tour(rng, world) {
	const code = exact(rng, world);
	const open = INFO.filter((info) => info !== null && info.since <= world.fork.at);

	for (const info of shuffled(rng, open))
		if (ENDS.includes(info.code))
			end(code, info);
		else
			visit(code, info);
	return [code.finish()];
}

function shuffled(rng, list) {
	const out = [...list];

	for (let i = out.length - 1; i > 0; i--) {
		const j = rng.below(i + 1);
		[out[i], out[j]] = [out[j], out[i]];
	}
	return out;
}

function end(code, info) {
	const { rng } = code;
	const init = [...Array.from({ length: info.pop }, () => [OP.PUSH1, rng.below(2)]).flat(), info.code];

	code.copy(0, Uint8Array.from(init));
	code.push(BigInt(init.length));
	code.push(0n);
	code.push(0n);
	code.op(OP.CREATE);
}

function visit(code, info) {
	const { rng } = code, width = info.code - OP.PUSH1 + 1;

	if (width >= 1 && width <= 32) {
		code.push(rng.big(width), width);
		return;
	}
	if (info.code === OP.JUMP || info.code === OP.JUMPI) {
		jump(code, info.code);
		return;
	}
	if (/^(DUP|SWAP)/.test(info.name) || WILD.has(info.code))
		code.operands(info.pop);
	else
		numbers(code, info.pop, ZEROS.has(info.code) ? 1 : 64);
	code.op(info.code);
}

function jump(code, op) {
	const past = code.label();

	if (op === OP.JUMPI)
		numbers(code, 1, 2);
	code.pushLabel(past);
	code.op(op);
	code.stand(past);
}
