// SPDX-License-Identifier: Apache-2.0
//
// A case on two engines, step by step. The first thing that differs is kept;
// nothing behind it means anything.
import { TAG } from "./ours.mjs";
import { INFO, OP, opName } from "./opcodes.mjs";
import { hexOf } from "./cases.mjs";
import { isPrecompile } from "./cover.mjs";
import { HALTS, isBoth, SILENT } from "./halts.mjs";

// Instructions whose refunds the other engine has already counted.
const COUNTS = new Set([OP.SSTORE, OP.SELFDESTRUCT]);

// A byte that is no instruction of a fork is told of as this one.
const INVALID = 0xfe;

function isKnown(code, fork) {
	return INFO[code] !== null && INFO[code].since <= fork;
}

export class Compare {
	constructor(ours, cover, fork) {
		Object.assign(this, { ours, cover, fork });
		this.difference = null;
		this.steps = 0;
		this.last = "the beginning";
		this.lastOp = -1;
	}

	differ(what, ours, theirs) {
		this.difference ??= { what, ours: String(ours), theirs: String(theirs), op: opName(this.lastOp), after: this.last, step: this.steps };
	}

	expect(what, ours, theirs) {
		if (ours !== theirs)
			this.differ(what, ours, theirs);
	}

	// skip passes over what our engine tells and the other does not: a
	// message that failed before it began.
	skip() {
		const { ours } = this;

		while (ours.tag === TAG.ENTER && this.difference === null) {
			const { at, kind } = ours;
			ours.next();
			if (ours.tag === TAG.LEAVE && SILENT.has(ours.code)) {
				this.cover.halt(ours.code);
				this.cover.silent(this.fork, kind, ours.code);
				ours.next();
				continue;
			}
			ours.at = at;
			return;
		}
	}

	step(e) {
		const { ours } = this;

		if (this.difference !== null)
			return;
		this.skip();
		this.lastOp = e.opcode.code;
		if (ours.tag !== TAG.STEP) {
			this.differ("what comes next", `record ${ours.tag}`, `step ${opName(e.opcode.code)} at ${e.pc}`);
			return;
		}
		this.steps++;
		this.expect("pc", ours.pc, e.pc);
		if (e.opcode.code !== INVALID || isKnown(ours.kind, this.fork))
			this.expect("opcode", ours.kind, e.opcode.code);
		this.expect("gas", ours.gas, e.gasLeft);
		this.expect("words on the stack", ours.code, e.stack.length);
		this.expect("depth", ours.depth, e.depth + 1);
		this.expect("memory", ours.size, Number(e.memoryWordCount) * 32);
		this.refund(e);
		if (e.stack.length > 0)
			this.expect("top of the stack", ours.top, e.stack[e.stack.length - 1]);
		this.last = `${opName(ours.kind)} at ${ours.pc}, depth ${ours.depth}`;
		this.cover.op(this.fork, ours.kind);
		this.cover.depth(this.fork, e.depth);
		ours.next();
	}

	/*
	 * refund: the other engine counts an instruction's own before it tells of
	 * the instruction, and what authorizations give back (EIP-7702) only at
	 * the end; the gas used is compared there.
	 */
	refund(e) {
		const { ours } = this;

		this.given ??= ours.refund - e.gasRefund;
		if (!COUNTS.has(ours.kind))
			this.expect("refund", ours.refund - this.given, e.gasRefund);
	}

	// untold passes over steps of which the other engine does not tell: the
	// STOP behind every code, and a REVERT without operands.
	untold(error) {
		const { ours } = this, op = error === undefined ? OP.STOP : OP.REVERT;

		if (ours.tag === TAG.STEP && ours.kind === op && (error ?? "stack underflow") === "stack underflow") {
			this.cover.op(this.fork, op);
			ours.next();
		}
	}

	enter(m) {
		const { ours } = this;

		if (this.difference !== null)
			return;
		this.skip();
		if (ours.tag !== TAG.ENTER) {
			this.differ("what comes next", `record ${ours.tag}`, "a message");
			return;
		}
		this.expect("gas of a message", ours.gas, m.gasLimit);
		this.expect("depth of a message", ours.depth, m.depth + 1);
		this.expect("input of a message", ours.pc, m.data.length);
		if (m.to !== undefined && ours.kind < 4)
			this.expect("recipient", hexOf(ours.body.subarray(0, 20)), m.to.toString());
		this.precompile();
		ours.next();
	}

	// precompile counts the call of one: such a message ends at once.
	precompile() {
		const { ours, cover, fork } = this, address = ours.refund, { at, kind } = ours;

		if (kind > 3 || !isPrecompile(address, fork))
			return;
		ours.next();
		if (ours.tag === TAG.LEAVE)
			cover.precompile(Number(address), ours.code === 0);
		ours.at = at;
	}

	leave(r) {
		const { ours } = this, { exceptionError, returnValue } = r.execResult;

		if (this.difference !== null)
			return;
		this.skip();
		this.untold(exceptionError?.error);
		if (ours.tag !== TAG.LEAVE) {
			this.differ("what comes next", `record ${ours.tag}`, "the end of a message");
			return;
		}
		const halt = HALTS[ours.code], error = exceptionError?.error;
		if (!halt.is(error) && !isBoth(halt.name, error))
			this.differ("end of a message", halt.name, error ?? "success");
		if (ours.code < 2)
			this.expect("output", hexOf(ours.tail), hexOf(returnValue));
		this.cover.halt(ours.code);
		ours.next();
	}

	// end compares what the transaction left behind.
	end(theirs) {
		const { ours } = this;

		if (this.difference !== null)
			return;
		if (theirs.failed !== undefined) {
			this.differ("the other engine fails", "", theirs.failed);
			return;
		}
		this.skip();
		if (ours.tag !== TAG.END) {
			this.differ("what comes next", `record ${ours.tag}`, "the end");
			return;
		}
		const logs = ours.tail.subarray(0, 32), why = ours.tail.subarray(32).toString();
		this.refused = ours.kind === 1 ? why : null;
		if ((ours.kind === 1) !== (theirs.refused !== undefined))
			this.differ("verdict", ours.kind === 1 ? why : "accepted", theirs.refused ?? "accepted");
		if (theirs.refused === undefined) {
			this.expect("gas used", ours.gas, theirs.gas);
			this.expect("logs", hexOf(logs), hexOf(theirs.logs));
		}
		this.expect("state root", hexOf(ours.body), hexOf(theirs.root));
	}
}
