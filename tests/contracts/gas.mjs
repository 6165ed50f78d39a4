// SPDX-License-Identifier: Apache-2.0
//
// What each operation costs in gas: `gas.mjs` notes it in gas.tsv; the test
// holds against it, so that a rise or a fall stands in the change that makes it.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { PROFILES } from "./artifacts.mjs";
import { Chain, account, end } from "./chain.mjs";
import { same, test } from "./case.mjs";
import { ZeroAddress } from "./npm.mjs";
import { ARGUMENTS, SECURITIES, agent, investor, issuer, market, other } from "./strict_world.mjs";

const FILE = "tests/contracts/gas.tsv";
const LEGACY = {
	IbetStraightBond: ["bond", "BND", 1000, ZeroAddress, 100000, 1500, "{'interestPaymentDate1':'0331'}", "20301231", 100000, "20301231", "gift", "building", "memo"],
	IbetMembership: ["club", "CLB", 1000, ZeroAddress, "details", "returns", "20301231", "memo", true],
	IbetCoupon: ["coupon", "CPN", 1000, ZeroAddress, "details", "memo", "20301231", true],
};

async function legacy(note) {
	const c = new Chain("legacy", "byzantium");
	const made = {};
	for (const name of PROFILES.legacy.contracts) {
		const args = name === "IbetStraightBondExchange" ? [made.WhiteList, made.PersonalInfo] : LEGACY[name] ?? [];
		made[name] = await c.deploy("issuer", name, ...args);
		note(name, "deploy", made[name]);
	}
	const { WhiteList: list, PersonalInfo: info, IbetStraightBond: token, IbetStraightBondExchange: exchange } = made;
	const step = async (contract, who, method, ...args) => note(contract.name, method, await contract.send(who, method, ...args));
	await step(list, "agent", "register_terms", "terms");
	for (const who of ["issuer", "investor"]) {
		await step(list, who, "register", agent, "b".repeat(1708));
		await step(list, "agent", "approve", account(who));
		await step(info, who, "register", issuer, "b".repeat(1708));
	}
	await step(made.TokenList, "issuer", "register", token, "IbetStraightBond");
	await step(token, "issuer", "setTradableExchange", exchange);
	await trade(note, step, token, exchange);
	await step(made.IbetCoupon, "issuer", "allocate", investor, 10);
	await step(made.IbetCoupon, "investor", "consume", 1);
}

async function trade(note, step, token, exchange) {
	await step(token, "issuer", "transfer", investor, 100);
	note(token.name, "transfer to the exchange", await token.send("issuer", "transfer", exchange, 100));
	await step(exchange, "issuer", "createOrder", token, 60, 10, false, agent);
	await step(exchange, "investor", "executeOrder", 0, 20, true);
	await step(exchange, "agent", "confirmAgreement", 0, 0);
	await exchange.send("investor", "executeOrder", 0, 20, true);
	await step(exchange, "agent", "cancelAgreement", 0, 1);
	await step(exchange, "issuer", "cancelOrder", 0);
	await step(exchange, "issuer", "withdrawAll", token);
	await step(token, "issuer", "transferFrom", investor, other, 5);
}

async function strict(note) {
	for (const kind of Object.keys(ARGUMENTS)) {
		const { c, token, exchange, gateway, info } = await market(kind);
		const step = async (contract, who, method, ...args) => note(contract.name, method, await contract.send(who, method, ...args));
		for (const made of [token, exchange, gateway, info]) note(made.name, "deploy", made);
		note("TokenList", "deploy", await c.deploy("network", "TokenList"));
		await trade(note, step, token, exchange);
		note(token.name, "bulkTransfer of 100", await token.send("issuer", "bulkTransfer", Array(100).fill(other), Array(100).fill(1)));
		if (kind === "IbetCoupon") await step(token, "investor", "consume", 1);
		if (!SECURITIES.includes(kind)) continue;
		await step(token, "investor", "lock", agent, 5, "");
		await step(token, "agent", "unlock", investor, other, 5, "");
		await step(token, "issuer", "issueFrom", other, ZeroAddress, 5);
		await step(token, "issuer", "redeemFrom", other, ZeroAddress, 5);
		await token.send("issuer", "setTransferApprovalRequired", true);
		await step(token, "investor", "applyForTransfer", other, 5, "");
		await step(token, "issuer", "approveTransfer", 0, "");
		await token.send("issuer", "changeOfferingStatus", true);
		await step(token, "other", "applyForOffering", 5, "");
		await step(token, "issuer", "allot", other, 5);
	}
}

async function measured() {
	const lines = new Map();
	const noteOf = (profile) => (contract, what, { gas, ok }) => {
		if (ok === false) throw new Error(`${profile} ${contract} ${what} was refused`);
		const key = `${profile}\t${contract}\t${what}`;
		if (!lines.has(key)) lines.set(key, gas);
	};
	await legacy(noteOf("legacy"));
	await strict(noteOf("strict"));
	return ["# gas of each operation, the transaction's own included: make contracts-gas",
		...[...lines].map(([key, gas]) => `${key}\t${gas}`)];
}

test("each operation costs what gas.tsv notes (make contracts-gas)", async () => {
	const noted = readFileSync(FILE, "utf8").trimEnd().split("\n");
	const now = await measured();
	for (const line of now.filter((l) => !noted.includes(l)))
		console.log(`   now ${line.replaceAll("\t", " ")}; noted ${noted.find((l) => l.startsWith(line.replace(/\d+$/, "")))?.split("\t")[3] ?? "never"}`);
	same(now, noted);
});

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
	writeFileSync(FILE, (await measured()).join("\n") + "\n");
	end();
}
