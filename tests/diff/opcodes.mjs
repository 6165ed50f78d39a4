// SPDX-License-Identifier: Apache-2.0
//
// What a generator must know of an instruction: words taken and left, and the
// first fork. It is written from the Yellow Paper and the EIPs, not read from
// the engine under test: what that forgot would not be generated.
import { AT } from "./forks.mjs";

//  code, names of consecutive codes, pop, push, first fork
const rows = [
	[0x00, "STOP", 0, 0],
	[0x01, "ADD MUL SUB DIV SDIV MOD SMOD", 2, 1],
	[0x08, "ADDMOD MULMOD", 3, 1],
	[0x0a, "EXP SIGNEXTEND", 2, 1],
	[0x10, "LT GT SLT SGT EQ", 2, 1],
	[0x15, "ISZERO", 1, 1],
	[0x16, "AND OR XOR", 2, 1],
	[0x19, "NOT", 1, 1],
	[0x1a, "BYTE", 2, 1],
	[0x1b, "SHL SHR SAR", 2, 1, AT.CONSTANTINOPLE],
	[0x1e, "CLZ", 1, 1, AT.OSAKA],
	[0x20, "KECCAK256", 2, 1],
	[0x30, "ADDRESS", 0, 1],
	[0x31, "BALANCE", 1, 1],
	[0x32, "ORIGIN CALLER CALLVALUE", 0, 1],
	[0x35, "CALLDATALOAD", 1, 1],
	[0x36, "CALLDATASIZE", 0, 1],
	[0x37, "CALLDATACOPY", 3, 0],
	[0x38, "CODESIZE", 0, 1],
	[0x39, "CODECOPY", 3, 0],
	[0x3a, "GASPRICE", 0, 1],
	[0x3b, "EXTCODESIZE", 1, 1],
	[0x3c, "EXTCODECOPY", 4, 0],
	[0x3d, "RETURNDATASIZE", 0, 1, AT.BYZANTIUM],
	[0x3e, "RETURNDATACOPY", 3, 0, AT.BYZANTIUM],
	[0x3f, "EXTCODEHASH", 1, 1, AT.CONSTANTINOPLE],
	[0x40, "BLOCKHASH", 1, 1],
	[0x41, "COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT", 0, 1],
	[0x46, "CHAINID SELFBALANCE", 0, 1, AT.ISTANBUL],
	[0x48, "BASEFEE", 0, 1, AT.LONDON],
	[0x49, "BLOBHASH", 1, 1, AT.CANCUN],
	[0x4a, "BLOBBASEFEE", 0, 1, AT.CANCUN],
	[0x50, "POP", 1, 0],
	[0x51, "MLOAD", 1, 1],
	[0x52, "MSTORE MSTORE8", 2, 0],
	[0x54, "SLOAD", 1, 1],
	[0x55, "SSTORE", 2, 0],
	[0x56, "JUMP", 1, 0],
	[0x57, "JUMPI", 2, 0],
	[0x58, "PC MSIZE GAS", 0, 1],
	[0x5b, "JUMPDEST", 0, 0],
	[0x5c, "TLOAD", 1, 1, AT.CANCUN],
	[0x5d, "TSTORE", 2, 0, AT.CANCUN],
	[0x5e, "MCOPY", 3, 0, AT.CANCUN],
	[0x5f, "PUSH0", 0, 1, AT.SHANGHAI],
	[0xf0, "CREATE", 3, 1],
	[0xf1, "CALL CALLCODE", 7, 1],
	[0xf3, "RETURN", 2, 0],
	[0xf4, "DELEGATECALL", 6, 1, AT.HOMESTEAD],
	[0xf5, "CREATE2", 4, 1, AT.CONSTANTINOPLE],
	[0xfa, "STATICCALL", 6, 1, AT.BYZANTIUM],
	[0xfd, "REVERT", 2, 0, AT.BYZANTIUM],
	[0xff, "SELFDESTRUCT", 1, 0],
];

export const OP = {};
export const INFO = new Array(256).fill(null);

function add(code, name, pop, push, since = 0) {
	OP[name] = code;
	INFO[code] = { code, name, pop, push, since };
}

for (const [code, names, pop, push, since] of rows)
	names.split(" ").forEach((name, i) => add(code + i, name, pop, push, since));
for (let n = 1; n <= 32; n++)
	add(0x5f + n, `PUSH${n}`, 0, 1);
for (let n = 1; n <= 16; n++) {
	add(0x7f + n, `DUP${n}`, n, n + 1);
	add(0x8f + n, `SWAP${n}`, n + 1, n + 1);
}
for (let n = 0; n <= 4; n++)
	add(0xa0 + n, `LOG${n}`, n + 2, 0);

// opName names a byte, also one that is no instruction.
export function opName(code) {
	return INFO[code]?.name ?? `0x${code.toString(16).padStart(2, "0")}`;
}
