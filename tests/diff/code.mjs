// SPDX-License-Identifier: Apache-2.0
//
// Programs. A builder knows the height of the stack and where it jumps, so
// that what it writes runs deep; it breaks a rule only where it means to.
// Bytes that programs copy (inputs of precompiles, code to create) stand
// behind the last instruction.
import { AT } from "./forks.mjs";
import { INFO, OP } from "./opcodes.mjs";
import { precompileInput, PRECOMPILES } from "./precompiles.mjs";
import { length, MAX, offset, slot, stored, word } from "./words.mjs";

// Longest program, without what it copies, and depth of blocks inside.
const STATEMENTS = 26, NESTING = 3, INIT_NESTING = 2;

// Instructions that only compute: operands go in, one result comes out.
export const COMPUTE = "ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR CLZ".split(" ").map((n) => OP[n]);
export const SHOW = "ADDRESS ORIGIN CALLER CALLVALUE CALLDATASIZE CODESIZE GASPRICE RETURNDATASIZE COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBBASEFEE PC MSIZE GAS".split(" ").map((n) => OP[n]);
const ASK = "BALANCE EXTCODESIZE EXTCODEHASH".split(" ").map((n) => OP[n]);
const CALLS = [OP.CALL, OP.CALLCODE, OP.DELEGATECALL, OP.STATICCALL];

export class Code {
	// world: { fork, addresses, contracts, self } as of cases.mjs
	constructor(rng, world, depth = 0) {
		Object.assign(this, { rng, world, depth, fork: world.fork.at });
		this.bytes = [];
		this.height = 0;
		this.floor = 0; /* what a block may not take from the stack */
		this.looping = false;
		this.isExact = false; /* no instruction of a later fork */
		this.blobs = [];
		this.patches = [];
		this.marks = [];
	}

	// Bytes. ---------------------------------------------------------

	raw(byte) {
		this.bytes.push(byte);
	}

	op(code) {
		const info = INFO[code];

		this.raw(code);
		this.height = Math.max(0, this.height + info.push - info.pop);
	}

	push(value, width = 0) {
		const n = Math.max(width, Math.ceil(value.toString(16).length / 2));

		if (value === 0n && width === 0 && this.fork >= AT.SHANGHAI) {
			this.op(OP.PUSH0);
			return;
		}
		this.op(0x5f + n);
		for (let i = n - 1; i >= 0; i--)
			this.raw(Number((value >> BigInt(8 * i)) & 0xffn));
	}

	// label returns a place that jumps can name before it stands.
	label() {
		this.marks.push(-1);
		return this.marks.length - 1;
	}

	stand(label) {
		this.marks[label] = this.bytes.length;
		this.op(OP.JUMPDEST);
	}

	pushLabel(label) {
		this.op(OP.PUSH2);
		this.patches.push({ at: this.bytes.length, label });
		this.bytes.push(0, 0);
	}

	// copy brings a blob into memory at dest.
	copy(dest, blob) {
		this.push(BigInt(blob.length));
		this.op(OP.PUSH2);
		this.patches.push({ at: this.bytes.length, blob: this.blobs.length });
		this.bytes.push(0, 0);
		this.blobs.push(blob);
		this.push(BigInt(dest));
		this.op(OP.CODECOPY);
	}

	finish() {
		const at = [];

		if (this.blobs.length > 0)
			this.op(OP.STOP);
		for (const blob of this.blobs) {
			at.push(this.bytes.length);
			for (const b of blob)
				this.bytes.push(b);
		}
		for (const p of this.patches) {
			const to = p.blob === undefined ? this.marks[p.label] : at[p.blob];
			this.bytes[p.at] = (to >> 8) & 0xff;
			this.bytes[p.at + 1] = to & 0xff;
		}
		return Uint8Array.from(this.bytes);
	}

	// Operands. ------------------------------------------------------

	operand() {
		const { rng } = this, free = this.height - this.floor;

		if (this.height > 0 && rng.chance(0.25))
			this.op(0x7f + rng.between(1, Math.min(16, this.height)));
		else
			this.push(word(rng, this.world.addresses), rng.chance(0.1) ? rng.between(1, 32) : 0);
		if (free > 1 && rng.chance(0.1))
			this.op(0x8f + rng.between(1, Math.min(16, free)));
	}

	operands(n) {
		while (this.height - this.floor < n || (n > 0 && this.rng.chance(0.4)))
			this.operand();
	}

	has(code) {
		return INFO[code].since <= this.fork || (!this.isExact && this.rng.chance(0.01));
	}

	choose(list) {
		let code = this.rng.pick(list);

		while (!this.has(code))
			code = this.rng.pick(list);
		return code;
	}

	settle(height) {
		while (this.height > height)
			this.op(OP.POP);
		while (this.height < height)
			this.push(BigInt(this.rng.below(3)));
	}

	// Statements. ----------------------------------------------------

	compute() {
		for (let i = this.rng.between(1, 4); i > 0; i--) {
			const code = this.choose(COMPUTE);
			this.operands(INFO[code].pop);
			this.op(code);
		}
	}

	show() {
		this.op(this.choose(SHOW));
	}

	ask() {
		this.push(this.rng.chance(0.8) ? this.rng.pick(this.world.addresses) : word(this.rng, this.world.addresses));
		this.op(this.choose(ASK));
	}

	shuffle() {
		const { rng } = this;

		if (rng.chance(0.15))
			this.operands(17);
		const free = this.height - this.floor;
		if (free >= 2)
			this.op(0x8f + rng.between(1, Math.min(16, free - 1)));
		if (this.height > 0)
			this.op(0x7f + rng.between(1, Math.min(16, this.height)));
	}

	memory() {
		const { rng } = this;

		switch (rng.below(4)) {
		case 0:
			this.push(offset(rng));
			this.op(OP.MLOAD);
			break;
		case 1:
			if (this.has(OP.MCOPY)) {
				this.push(length(rng));
				this.push(offset(rng));
				this.push(offset(rng));
				this.op(OP.MCOPY);
				break;
			} /* falls through */
		default:
			this.operands(1);
			this.push(offset(rng));
			this.op(rng.chance(0.75) ? OP.MSTORE : OP.MSTORE8);
		}
	}

	hash() {
		this.push(length(this.rng));
		this.push(offset(this.rng));
		this.op(OP.KECCAK256);
	}

	copies() {
		const { rng } = this;
		const code = rng.pick([OP.CALLDATACOPY, OP.CODECOPY, OP.EXTCODECOPY]);

		this.push(length(rng));
		this.push(offset(rng));
		this.push(offset(rng));
		if (code === OP.EXTCODECOPY)
			this.push(rng.pick(this.world.addresses));
		this.op(code);
	}

	data() {
		const { rng } = this;

		if (rng.chance(0.2) && this.has(OP.BLOBHASH)) {
			this.push(rng.chance(0.8) ? BigInt(rng.below(4)) : word(rng, this.world.addresses));
			this.op(OP.BLOBHASH);
		} else if (rng.chance(0.2)) {
			this.push(rng.chance(0.6) ? BigInt(rng.below(3)) : word(rng, this.world.addresses));
			this.op(OP.BLOCKHASH);
		} else {
			this.push(offset(rng));
			this.op(OP.CALLDATALOAD);
		}
	}

	// store writes one slot several times, as refunds count (EIP-2200).
	store() {
		const { rng } = this, key = slot(rng);

		for (let i = rng.weighted([[6, 1], [3, 2], [1, 4]]); i > 0; i--) {
			if (rng.chance(0.8))
				this.push(stored(rng));
			else
				this.operands(1);
			this.push(rng.chance(0.9) ? key : slot(rng));
			this.op(OP.SSTORE);
		}
	}

	load() {
		this.push(slot(this.rng));
		this.op(OP.SLOAD);
	}

	transient() {
		if (this.rng.chance(0.5)) {
			this.operands(1);
			this.push(slot(this.rng));
			this.op(OP.TSTORE);
		} else {
			this.push(slot(this.rng));
			this.op(OP.TLOAD);
		}
	}

	log() {
		const n = this.rng.below(5);

		this.operands(n);
		this.push(length(this.rng));
		this.push(offset(this.rng));
		this.op(0xa0 + n);
	}

	// returned looks at what a message gave back.
	returned() {
		const { rng } = this;

		if (rng.chance(0.06)) {
			this.push(length(rng));
			this.push(offset(rng));
		} else {
			this.op(OP.RETURNDATASIZE);
			this.push(0n);
		}
		this.push(BigInt(rng.below(200)));
		this.op(OP.RETURNDATACOPY);
	}

	// gas of a message; little for one that may come back here, as a world
	// of programs that call each other ends only with all of its gas.
	gas(target = 0n) {
		const { rng } = this;

		if (this.world.contracts.indexOf(target) >= 0 && this.world.contracts.indexOf(target) <= this.world.self && rng.chance(0.95))
			this.push(BigInt(rng.between(500, 12000)));
		else if (rng.chance(target <= 0x100n ? 0.9 : 0.6))
			this.op(OP.GAS);
		else
			this.push(rng.weighted([[4, BigInt(rng.between(20000, 90000))], [3, BigInt(rng.below(20000))], [2, 2300n], [1, 0n], [1, MAX], [1, 1n << 63n]]));
	}

	value() {
		const { rng } = this;

		if (rng.chance(0.05)) {
			this.op(OP.SELFBALANCE);
			return;
		}
		this.push(rng.weighted([[8, 0n], [4, 1n], [1, BigInt(rng.below(1000))], [1, word(rng, this.world.addresses)]]));
	}

	// send is a call of any kind; input and output lie in memory.
	send(target, input = null) {
		const { rng } = this, code = this.choose(CALLS);

		if (rng.chance(0.9)) {
			this.push(BigInt(rng.below(80)));
			this.push(BigInt(rng.below(200)));
		} else {
			this.push(length(rng));
			this.push(offset(rng));
		}
		if (input === null) {
			this.push(length(rng));
			this.push(offset(rng));
		} else {
			this.push(BigInt(input.length));
			this.push(0n);
		}
		if (code === OP.CALL || code === OP.CALLCODE)
			this.value();
		this.push(target);
		this.gas(target);
		this.op(code);
		if (this.has(OP.RETURNDATACOPY) && rng.chance(0.5))
			this.returned();
	}

	target() {
		const { rng, world } = this, below = world.contracts.slice(world.self + 1);

		if (below.length > 0 && rng.chance(0.65))
			return rng.pick(below);
		return rng.weighted([[2, rng.pick(world.contracts)], [5, rng.pick(world.addresses)], [1, BigInt(rng.pick(PRECOMPILES))], [1, word(rng, world.addresses)]]);
	}

	call() {
		this.send(this.target());
	}

	precompile() {
		const { address, input } = precompileInput(this.rng, this.fork);

		this.copy(0, input);
		this.send(address, input);
	}

	// create makes a contract, and sometimes calls it.
	create() {
		const { rng } = this;
		const init = initCode(rng, this.world, this.depth + 1);
		const two = rng.chance(0.5) && this.has(OP.CREATE2);

		this.copy(0, init);
		if (two)
			this.push(BigInt(rng.below(2)));
		this.push(rng.chance(0.96) ? BigInt(init.length) : length(rng));
		this.push(0n);
		this.value();
		this.op(two ? OP.CREATE2 : OP.CREATE);
		if (rng.chance(0.3)) {
			for (let i = 0; i < 5; i++)
				this.push(0n);
			this.op(OP.DUP6);
			this.gas();
			this.op(OP.CALL);
		}
	}

	// branch skips a block or not.
	branch(left) {
		const end = this.label(), { height } = this;
		const floor = this.floor;

		this.operands(1);
		this.pushLabel(end);
		this.op(OP.JUMPI);
		this.floor = this.height;
		this.block(left);
		this.settle(this.floor);
		this.floor = floor;
		this.stand(end);
		return height;
	}

	// loop runs a block a few times.
	loop(left) {
		const head = this.label(), floor = this.floor;

		this.push(BigInt(this.rng.between(1, 4)));
		this.stand(head);
		this.floor = this.height;
		this.looping = true;
		this.block(left);
		this.looping = false;
		this.settle(this.floor);
		this.floor = floor;
		this.push(1n);
		this.op(OP.SWAP1);
		this.op(OP.SUB);
		this.op(OP.DUP1);
		this.pushLabel(head);
		this.op(OP.JUMPI);
	}

	// routine is a jump there and back, over an address on the stack.
	routine(left) {
		const there = this.label(), back = this.label(), past = this.label();
		const floor = this.floor;

		this.pushLabel(back);
		this.pushLabel(there);
		this.op(OP.JUMP);
		this.stand(there);
		this.floor = this.height;
		this.block(left);
		this.settle(this.floor);
		this.floor = floor;
		this.op(OP.JUMP);
		this.stand(back);
		this.pushLabel(past);
		this.op(OP.JUMP);
		this.stand(past);
	}

	// broken does what ends a frame.
	broken() {
		const { rng } = this;

		switch (rng.below(6)) {
		case 0:
			this.raw(rng.below(256));
			break;
		case 1:
			this.push(word(rng, this.world.addresses));
			this.op(OP.JUMP);
			break;
		case 2: /* into the data of a PUSH, which looks like a JUMPDEST */
			this.push(BigInt(this.bytes.length + 4), 2);
			this.op(OP.JUMP);
			this.raw(0x60);
			this.raw(0x5b);
			break;
		case 3:
			this.raw(rng.pick([OP.ADDMOD, OP.SWAP16, OP.DUP16, OP.CALL, OP.LOG4, OP.CREATE]));
			break;
		case 4: { /* fill the stack */
			const head = this.label();
			this.stand(head);
			this.push(0n, 1);
			for (let i = 0; i < 30; i++)
				this.raw(OP.DUP1);
			this.pushLabel(head);
			this.op(OP.JUMP);
			break;
		}
		default:
			this.raw(0xfe);
		}
	}

	destroy() {
		this.push(this.rng.chance(0.9) ? this.rng.pick(this.world.addresses) : word(this.rng, this.world.addresses));
		this.op(OP.SELFDESTRUCT);
	}

	// leave ends the frame in one of the ways that are no fault.
	leave() {
		const { rng } = this;

		if (rng.chance(0.25))
			return;
		if (rng.chance(0.2)) {
			this.op(OP.STOP);
			return;
		}
		if (rng.chance(0.15)) {
			this.destroy();
			return;
		}
		this.push(length(rng));
		this.push(offset(rng));
		this.op(rng.chance(0.75) || this.fork < AT.BYZANTIUM ? OP.RETURN : OP.REVERT);
	}

	statement(left) {
		const deep = this.depth >= INIT_NESTING;

		switch (this.rng.weighted([
			[70, "compute"], [24, "show"], [15, "ask"], [12, "shuffle"], [33, "memory"], [9, "hash"], [15, "copies"], [12, "data"],
			[18, "store"], [12, "load"], [this.fork >= AT.CANCUN ? 12 : 0, "transient"], [10, "log"], [this.looping ? 4 : 26, "call"], [10, "precompile"],
			[deep ? 0 : 7, "create"], [left > 0 ? 15 : 0, "branch"], [left > 0 && !this.looping ? 8 : 0, "loop"], [left > 0 ? 6 : 0, "routine"], [1, "broken"],
		])) {
		case "compute": return this.compute();
		case "show": return this.show();
		case "ask": return this.ask();
		case "shuffle": return this.shuffle();
		case "memory": return this.memory();
		case "hash": return this.hash();
		case "copies": return this.copies();
		case "data": return this.data();
		case "store": return this.store();
		case "load": return this.load();
		case "transient": return this.transient();
		case "log": return this.log();
		case "call": return this.call();
		case "precompile": return this.precompile();
		case "create": return this.create();
		case "branch": return this.branch(left - 1);
		case "loop": return this.loop(left - 1);
		case "routine": return this.routine(left - 1);
		default: return this.broken();
		}
	}

	block(left) {
		for (let i = this.rng.between(1, 4); i > 0; i--)
			this.statement(left);
	}
}

// program makes the code of an account.
export function program(rng, world) {
	const code = new Code(rng, world);

	for (let i = rng.between(2, STATEMENTS); i > 0; i--)
		code.statement(NESTING);
	code.leave();
	return code.finish();
}

// deployed makes what init code returns: mostly a program, else an edge of
// the rules on new code (EIP-170, EIP-3541).
function deployed(rng, world, depth) {
	return rng.weighted([
		[10, () => {
			const code = new Code(rng, world, depth + 1);
			for (let i = rng.between(0, 5); i > 0; i--)
				code.statement(0);
			code.leave();
			return code.finish();
		}],
		[2, () => Uint8Array.of()],
		[1, () => Uint8Array.of(0xef, ...rng.bytes(rng.below(4)))],
		[1, () => rng.bytes(rng.between(1, 60))],
	])();
}

// initCode makes code that creates an account.
export function initCode(rng, world, depth) {
	const code = new Code(rng, world, depth);
	const runtime = deployed(rng, world, depth);

	if (rng.chance(0.03))
		return rng.bytes(rng.below(40));
	for (let i = rng.between(0, 4); i > 0; i--)
		code.statement(depth >= INIT_NESTING ? 0 : 1);
	if (rng.chance(0.1)) {
		code.leave();
		return code.finish();
	}
	code.copy(0, runtime);
	code.push(rng.weighted([[30, BigInt(runtime.length)], [1, 24576n], [1, 24577n], [1, length(rng)]]));
	code.push(0n);
	code.op(OP.RETURN);
	return code.finish();
}
