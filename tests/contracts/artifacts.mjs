// SPDX-License-Identifier: Apache-2.0
//
// What stands in conf/contracts: which contracts a profile has, how they are
// compiled, and their files.
import { readFileSync, readdirSync } from "node:fs";
import { solc } from "./npm.mjs";

export const SOURCES = "node/contracts";
export const FOLDER = "conf/contracts";

// The oldest rules on which each profile must run. No opcode that the compiler
// uses for London is younger than Istanbul.
export const PROFILES = {
	legacy: {
		evmVersion: "byzantium",
		contracts: [
			"TokenList", "PersonalInfo", "WhiteList", "IbetStraightBond", "IbetMembership", "IbetCoupon",
			"IbetStraightBondExchange", "IbetMembershipExchange", "IbetCouponExchange",
		],
	},
	strict: {
		evmVersion: "london",
		contracts: [
			"TokenList", "PersonalInfo", "PaymentGateway", "IbetStraightBond", "IbetShare", "IbetMembership",
			"IbetCoupon", "SecurityExchange", "MembershipExchange", "CouponExchange",
		],
	},
};

export const path = (profile, name) => `${FOLDER}/${profile}/${name}.json`;
export const load = (profile, name) => JSON.parse(readFileSync(path(profile, name), "utf8"));

function sources(profile) {
	const files = {};
	for (const dir of ["common", profile])
		for (const name of readdirSync(`${SOURCES}/${dir}`))
			files[`${dir}/${name}`] = { content: readFileSync(`${SOURCES}/${dir}/${name}`, "utf8") };
	return files;
}

/** A member a line, and a function or event a line. */
function text(file) {
	const members = Object.entries(file).map(([key, value]) => {
		const items = Array.isArray(value) ? `[\n${value.map((v) => "  " + JSON.stringify(v)).join(",\n")}\n ]` : JSON.stringify(value);
		return ` ${JSON.stringify(key)}: ${items}`;
	});
	return `{\n${members.join(",\n")}\n}\n`;
}

/** Compiles a profile: name -> text of its file. A warning is an error. */
export function compile(profile) {
	const { evmVersion, contracts } = PROFILES[profile];
	const compiler = solc();
	const input = {
		language: "Solidity",
		sources: sources(profile),
		settings: {
			evmVersion, viaIR: true, optimizer: { enabled: true, runs: 200 },
			// no hash of the sources' comments in the code
			metadata: { appendCBOR: false, bytecodeHash: "none" },
			outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"] } },
		},
	};
	const out = JSON.parse(compiler.compile(JSON.stringify(input)));
	// Told for legacy alone, whose rules are old by intent.
	const bad = (out.errors ?? []).filter((e) => !/EVM versions older than london is deprecated/.test(e.message));
	if (bad.length > 0) throw new Error(bad.map((e) => e.formattedMessage).join("\n"));
	const built = Object.assign({}, ...Object.values(out.contracts));
	return Object.fromEntries(contracts.map((name) => {
		const { abi, evm } = built[name];
		// Then what lies on the chain is deployedBytecode, byte for byte.
		if (Object.keys(evm.deployedBytecode.immutableReferences).length > 0) throw new Error(`${name}: immutable variables`);
		return [name, text({
			contractName: name, profile, compiler: compiler.version(), evmVersion,
			abi, bytecode: "0x" + evm.bytecode.object, deployedBytecode: "0x" + evm.deployedBytecode.object,
		})];
	}));
}
