// SPDX-License-Identifier: Apache-2.0
//
// Our engine as a process (engine.c): documents go in, records come out. What
// is sent is answered in order.
import { spawn } from "node:child_process";

export const TAG = { STEP: 1, ENTER: 2, LEAVE: 3, END: 4 };

export class Ours {
	constructor(program) {
		this.child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
		this.waiting = [];
		this.chunks = [];
		this.have = 0;
		this.child.stdout.on("data", (data) => this.take(data));
		this.child.on("exit", (code, signal) => this.fail(new Error(`our engine ended: ${code ?? signal}`)));
		this.child.stdin.on("error", () => {});
	}

	// run answers with the records of a state test.
	run(doc) {
		const body = Buffer.from(doc), head = Buffer.alloc(4);

		head.writeUInt32LE(body.length);
		this.child.stdin.write(head);
		this.child.stdin.write(body);
		return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
	}

	take(data) {
		this.chunks.push(data);
		this.have += data.length;
		for (;;) {
			if (this.have < 4)
				return;
			if (this.chunks[0].length < 4)
				this.chunks = [Buffer.concat(this.chunks)];
			const len = this.chunks[0].readUInt32LE(0) + 4;
			if (this.have < len)
				return;
			const all = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
			this.have = all.length - len;
			this.chunks = this.have > 0 ? [all.subarray(len)] : [];
			this.waiting.shift().resolve(new Records(all.subarray(4, len)));
		}
	}

	fail(error) {
		this.error = error;
		for (const w of this.waiting.splice(0))
			w.reject(error);
	}

	end() {
		this.child.removeAllListeners("exit");
		this.child.stdin.end();
	}
}

// Records is a cursor over the answer; fields are at the offsets of struct
// record.
export class Records {
	constructor(bytes) {
		this.view = bytes;
		this.at = 0;
		this.steps = 0;
	}

	get tag() {
		return this.view[this.at];
	}

	get kind() {
		return this.view[this.at + 1];
	}

	get code() {
		return this.view.readUInt16LE(this.at + 2);
	}

	get depth() {
		return this.view.readUInt16LE(this.at + 4);
	}

	get pc() {
		return this.view.readUInt32LE(this.at + 8);
	}

	get size() {
		return this.view.readUInt32LE(this.at + 12);
	}

	get gas() {
		return this.view.readBigUInt64LE(this.at + 16);
	}

	get refund() {
		return this.view.readBigUInt64LE(this.at + 24);
	}

	// top is the topmost word of a step.
	get top() {
		const { view, at } = this;
		const low = view.readBigUInt64LE(at + 32), a = view.readBigUInt64LE(at + 40);
		const b = view.readBigUInt64LE(at + 48), c = view.readBigUInt64LE(at + 56);

		if (a === 0n && b === 0n && c === 0n)
			return low;
		return low | (a << 64n) | (b << 128n) | (c << 192n);
	}

	get body() {
		return this.view.subarray(this.at + 32, this.at + 64);
	}

	// tail is what follows the record: output, or logs hash and reason.
	get tail() {
		return this.view.subarray(this.at + 64, this.at + 64 + this.size);
	}

	next() {
		const { tag } = this;

		this.at += 64;
		if (tag === TAG.LEAVE || tag === TAG.END)
			this.at += (this.view.readUInt32LE(this.at - 52) + 7) & ~7;
	}

	seek(tag) {
		while (this.tag !== tag)
			this.next();
	}

	rewind() {
		this.at = 0;
	}
}
