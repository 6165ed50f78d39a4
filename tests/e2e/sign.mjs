// SPDX-License-Identifier: Apache-2.0
//
// Signs many transfers ahead: COUNT for each key of KEYS (JSON), nonces from
// FIRST, to addresses out of RECIPIENTS. Prints one JSON array of raw texts per
// key, a line each.
import { createRequire } from "node:module";

const { ethers } = createRequire(process.env.NPM + "/")("ethers");
const first = Number(process.env.FIRST);
const recipients = Number(process.env.RECIPIENTS);

for (const key of JSON.parse(process.env.KEYS)) {
	const wallet = new ethers.Wallet(key);
	const out = [];
	for (let nonce = first; nonce < first + Number(process.env.COUNT); nonce++)
		out.push(await wallet.signTransaction({
			to: ethers.toBeHex(0xabc000 + (nonce % recipients), 20), value: 1, nonce, gasLimit: 21000,
			type: 0, gasPrice: nonce % 3, chainId: 31337,
		}));
	console.log(JSON.stringify(out));
}
