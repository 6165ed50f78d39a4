// SPDX-License-Identifier: Apache-2.0
//
// A project as Hardhat makes them, with one network: the gateway's rpc
// surface. Environment: URL, AUTH (what the header Authorization says), KEYS
// (private keys, JSON).
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");
require("@nomicfoundation/hardhat-ethers");

// The compiler comes with npm instead of from the network.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({ solcVersion }) => ({
	compilerPath: require.resolve("solc/soljson.js"),
	isSolcJs: true,
	version: solcVersion,
	longVersion: require("solc").version(),
}));

module.exports = {
	solidity: { version: "0.8.30", settings: { optimizer: { enabled: true, runs: 200 } } },
	defaultNetwork: "sekisho",
	networks: {
		sekisho: {
			url: process.env.URL,
			httpHeaders: { Authorization: process.env.AUTH },
			accounts: JSON.parse(process.env.KEYS),
			chainId: 31337,
		},
	},
};
