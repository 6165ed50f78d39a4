// SPDX-License-Identifier: Apache-2.0
//
// Differences that are faults or limits of a peer, each with its reason and
// as narrow as it can be told. What no row explains fails the test; a row
// that explains a fault of ours must not stand here.

const rows = [
	{
		name: "REVERT of an unpayable range",
		peer: "ethereumjs",
		is: (d) => d.what === "the other engine fails" && /^RangeError: (Invalid typed array length|Array buffer allocation failed)/.test(d.theirs),
		// interpreter.ts, _runStepHook: it reads the range of a REVERT for its
		// step event before that is paid for. The results are compared on revm.
	},
	{
		name: "EIP-3607",
		peer: "revm",
		is: (d) => d.what === "verdict" && /^refused: sender not an eoa/.test(d.ours),
		// edr runs revm with disable_eip3607, so that Hardhat can act for contracts.
	},
	{
		name: "creation without data",
		peer: "revm",
		is: (d) => d.what === "verdict" && d.ours === "accepted" && d.theirs === "Contract creation without any data provided",
		// A check of edr's RPC, for users' sake; no protocol knows it.
	},
];

// explain names the row for a difference, or null.
export function explain(peer, difference) {
	return rows.find((r) => r.peer === peer && r.is(difference))?.name ?? null;
}
