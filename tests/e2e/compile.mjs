// SPDX-License-Identifier: Apache-2.0
//
// Compiles hardhat/contracts/Sample.sol with the pinned compiler, and prints
// its ABI and creation code as JSON. Environment: NPM (folder of node_modules).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const solc = createRequire(process.env.NPM + "/")("solc");
const content = readFileSync(new URL("hardhat/contracts/Sample.sol", import.meta.url), "utf8");
const out = JSON.parse(solc.compile(JSON.stringify({
	language: "Solidity",
	sources: { "Sample.sol": { content } },
	settings: {
		optimizer: { enabled: true, runs: 200 },
		outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
	},
})));

if (out.errors?.length)
	throw new Error(out.errors.map((e) => e.formattedMessage).join("\n"));
const { abi, evm } = out.contracts["Sample.sol"].Sample;
console.log(JSON.stringify({ abi, bytecode: "0x" + evm.bytecode.object }));
