// SPDX-License-Identifier: Apache-2.0
//
// The forks that programs run under: what each engine calls them, and what a
// block adds to its author's account before Paris (EIP-649, EIP-1234).

const ETHER = 10n ** 18n;

//  ours               @ethereumjs         edr   reward
const rows = [
	["Frontier",       "chainstart",       null, 5n * ETHER],
	["Homestead",      "homestead",        null, 5n * ETHER],
	["EIP150",         "tangerineWhistle", null, 5n * ETHER],
	["EIP158",         "spuriousDragon",   null, 5n * ETHER],
	["Byzantium",      "byzantium",        6,    3n * ETHER],
	["Constantinople", "constantinople",   null, 2n * ETHER],
	["Petersburg",     "petersburg",       8,    2n * ETHER],
	["Istanbul",       "istanbul",         9,    2n * ETHER],
	["Berlin",         "berlin",           11,   2n * ETHER],
	["London",         "london",           12,   2n * ETHER],
	["Paris",          "paris",            15,   0n],
	["Shanghai",       "shanghai",         16,   0n],
	["Cancun",         "cancun",           17,   0n],
	["Prague",         "prague",           18,   0n],
	["Osaka",          "osaka",            19,   0n],
];

export const FORKS = rows.map(([name, ethereumjs, edr, reward], at) => ({ name, ethereumjs, edr, reward, at }));
export const AT = Object.fromEntries(FORKS.map((f) => [f.name.toUpperCase(), f.at]));
