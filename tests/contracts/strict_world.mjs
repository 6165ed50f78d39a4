// SPDX-License-Identifier: Apache-2.0
//
// A network of the strict profile: registries, agents with terms, the three
// exchanges, and issuers' tokens to trade there.
import { Chain, account } from "./chain.mjs";
import { ZeroAddress } from "./npm.mjs";

export const [issuer, investor, other, agent, stranger] = ["issuer", "investor", "other", "agent", "stranger"].map(account);

export const ARGUMENTS = {
	IbetStraightBond: ["bond", "BND", 1000, 100000, "JPY", "20301231", 100000, "JPY", "20301231", "gift", "building"],
	IbetShare: ["share", "SHR", 500, 1000, 3, "20300331", "20300630", "20401231", 500],
	IbetMembership: ["club", "CLB", 1000, ZeroAddress, "details", "returns", "20301231", "memo", true],
	IbetCoupon: ["coupon", "CPN", 1000, ZeroAddress, "details", "returns", "memo", "20301231", true],
};
export const SECURITIES = ["IbetStraightBond", "IbetShare"];
export const EXCHANGES = {
	IbetStraightBond: "SecurityExchange", IbetShare: "SecurityExchange",
	IbetMembership: "MembershipExchange", IbetCoupon: "CouponExchange",
};

export const chain = () => new Chain("strict", "london");
export const deploy = (c, kind) => c.deploy("issuer", kind, ...ARGUMENTS[kind]);

/** Registries with the agent's terms; everybody named is known to all. */
export async function network(c, ...traders) {
	const info = await c.deploy("network", "PersonalInfo");
	const gateway = await c.deploy("network", "PaymentGateway");
	await gateway.send("network", "addAgent", agent);
	await gateway.send("agent", "register_terms", "terms");
	for (const who of traders) {
		await info.send(who, "register", issuer, "me");
		await gateway.send(who, "register", agent, "bank");
		await gateway.send("agent", "approve", account(who));
	}
	return { info, gateway };
}

/** A market of a token: the investor has 200, the issuer 500 at the exchange. */
export async function market(kind) {
	const c = chain();
	const w = { c, ...await network(c, "issuer", "investor", "other") };
	const args = SECURITIES.includes(kind) ? [w.gateway, w.info] : [w.gateway];
	w.exchange = await c.deploy("network", EXCHANGES[kind], ...args);
	w.token = await deploy(c, kind);
	await w.token.send("issuer", "setTradableExchange", w.exchange);
	await w.token.send("issuer", "setTransferable", true);
	await w.token.send("issuer", "transfer", investor, 200);
	await w.token.send("issuer", "transfer", w.exchange, 500);
	w.free = (who) => w.exchange.read("balances", account(who), w.token);
	w.promised = (who) => w.exchange.read("commitments", account(who), w.token);
	w.wallet = (who) => w.token.read("balanceOf", account(who));
	w.order = (id) => w.exchange.read("orderBook", id);
	w.agreement = (o, a) => w.exchange.read("agreements", o, a);
	w.create = (who, amount, price, isBuy, by = agent) => w.exchange.send(who, "createOrder", w.token, amount, price, isBuy, by);
	w.execute = (who, id, amount, isBuy) => w.exchange.send(who, "executeOrder", id, amount, isBuy);
	return w;
}

/** An attribute's name as events have it. */
export const key = (name) => "0x" + Buffer.from(name).toString("hex").padEnd(64, "0");
