// SPDX-License-Identifier: Apache-2.0
//
// The first version's three exchanges: orders, agreements and their ends for
// each caller and state. Who may not sell gets all his tokens back and no
// error; that is how old wallets know it.
import { Chain, account } from "./chain.mjs";
import { done, refused, same, test } from "./case.mjs";

const [issuer, investor, other, agent] = ["issuer", "investor", "other", "agent"].map(account);
const PERIOD = 14 * 24 * 3600;

async function bondWorld() {
	const c = new Chain("legacy", "byzantium");
	const list = await c.deploy("network", "WhiteList");
	const info = await c.deploy("network", "PersonalInfo");
	const exchange = await c.deploy("network", "IbetStraightBondExchange", list, info);
	const token = await c.deploy("issuer", "IbetStraightBond", "bond", "BND", 1000, exchange, 1, 1, "{}", "", 1, "", "", "", "");
	await list.send("agent", "register_terms", "terms");
	for (const who of ["issuer", "investor", "other"]) {
		await list.send(who, "register", agent, "bank");
		await list.send("agent", "approve", account(who));
		await info.send(who, "register", issuer, "me");
	}
	const suspend = () => token.send("issuer", "redeem");
	return { c, list, info, exchange, token, suspend };
}

async function utilityWorld(kind, args) {
	const c = new Chain("legacy", "byzantium");
	const exchange = await c.deploy("network", `${kind}Exchange`);
	const token = await c.deploy("issuer", kind, "t", "T", 1000, exchange, ...args, true);
	const suspend = () => token.send("issuer", "setStatus", false);
	return { c, exchange, token, suspend };
}

const WORLDS = {
	bond: bondWorld,
	membership: () => utilityWorld("IbetMembership", ["", "", "", ""]),
	coupon: () => utilityWorld("IbetCoupon", ["", "", ""]),
};

/** A world whose investor has 200 tokens, and the issuer 500 at the exchange. */
async function stocked(kind) {
	const w = await WORLDS[kind]();
	await w.token.send("issuer", "transfer", investor, 200);
	await w.token.send("issuer", "transfer", w.exchange, 500);
	w.free = (who) => w.exchange.read("balances", account(who), w.token);
	w.promised = (who) => w.exchange.read("commitments", account(who), w.token);
	w.wallet = (who) => w.token.read("balanceOf", account(who));
	w.order = (id) => w.exchange.read("orderBook", id);
	w.agreement = (o, a) => w.exchange.read("agreements", o, a);
	w.create = (who, amount, price, isBuy) => w.exchange.send(who, "createOrder", w.token, amount, price, isBuy, agent);
	w.execute = (who, id, amount, isBuy) => w.exchange.send(who, "executeOrder", id, amount, isBuy);
	return w;
}

for (const kind of Object.keys(WORLDS)) {
	const t = (name, fn) => test(`legacy ${kind} exchange: ${name}`, async () => fn(await stocked(kind)));
	/** No error, false, and everything that was free is in the wallet again. */
	const givenBack = async (w, who, r, amount) => {
		same([r.ok, r.value], [true, false], "refused without an error");
		same(r.events.filter((e) => e.of !== w.token.name), [], "no event of the exchange");
		same(await w.free(who), 0);
		same(await w.wallet(who), amount);
	};

	t("orders", async (w) => {
		done(await w.create("issuer", 100, 10, false), ["NewOrder", w.token.address, 0, issuer, false, 10, 100, agent]);
		same(await w.order(0), [issuer, w.token.address, 100, 10, false, agent, false]);
		same([await w.free("issuer"), await w.promised("issuer")], [400, 100]);
		done(await w.create("investor", 7, 3, true), ["NewOrder", w.token.address, 1, investor, true, 3, 7, agent]);
		same(await w.exchange.read("latestOrderId"), 2);
		refused(await w.create("investor", 0, 3, true), "210002");
		await givenBack(w, "issuer", await w.create("issuer", 401, 10, false), 700);
	});

	t("an order to sell nothing gives everything back", async (w) => {
		await givenBack(w, "issuer", await w.create("issuer", 0, 10, false), 800);
	});

	t("a suspended token", async (w) => {
		await w.create("investor", 5, 10, true);
		await w.create("issuer", 5, 10, false);
		await w.suspend();
		refused(await w.create("investor", 5, 10, true), "210007");
		refused(await w.execute("investor", 1, 5, true), "210007");
		await givenBack(w, "issuer", await w.create("issuer", 5, 10, false), 795);
		same((await w.exchange.send("issuer", "cancelOrder", 1)).ok, true);
		same(await w.wallet("issuer"), 800);
	});

	t("cancelling an order", async (w) => {
		await w.create("issuer", 100, 10, false);
		await w.create("investor", 5, 10, true);
		refused(await w.exchange.send("issuer", "cancelOrder", 2), "210001");
		for (const who of ["investor", "agent", "stranger"])
			refused(await w.exchange.send(who, "cancelOrder", 0), "210009", who);
		const r = await w.exchange.send("issuer", "cancelOrder", 0);
		same(r.events.filter((e) => e.of === w.exchange.name).map((e) => [e.name, ...e.args]),
			[["CancelOrder", w.token.address, 0, issuer, false, 10, 100, agent]]);
		same([await w.wallet("issuer"), await w.promised("issuer"), await w.free("issuer")], [400, 0, 400]);
		refused(await w.exchange.send("issuer", "cancelOrder", 0), "210010");
		refused(await w.execute("investor", 0, 5, true), "210013");
		done(await w.exchange.send("investor", "cancelOrder", 1),
			["CancelOrder", w.token.address, 1, investor, true, 10, 5, agent]);
	});

	t("taking an order to sell", async (w) => {
		await w.create("issuer", 100, 10, false);
		refused(await w.execute("investor", 1, 5, true), "210001");
		for (const [who, amount] of [["investor", 0], ["investor", 101], ["issuer", 5]])
			refused(await w.execute(who, 0, amount, true), "210013", `${who} ${amount}`);
		same((await w.execute("investor", 0, 5, false)).value, false, "the same side");
		done(await w.execute("investor", 0, 30, true), ["Agree", w.token.address, 0, 0, investor, issuer, 10, 30, agent]);
		same((await w.agreement(0, 0)).slice(0, 5), [investor, 30, 10, false, false]);
		same((await w.order(0))[2], 70);
		same(await w.exchange.read("lastPrice", w.token), 10);
		same(await w.exchange.read("latestAgreementIds", 0), 1);
		done(await w.execute("other", 0, 70, true), ["Agree", w.token.address, 0, 1, other, issuer, 10, 70, agent]);
		refused(await w.execute("investor", 0, 1, true), "210013");
		refused(await w.exchange.send("issuer", "cancelOrder", 0), "210011", "nothing remains");
	});

	t("taking an order to buy", async (w) => {
		await w.create("investor", 50, 10, true);
		refused(await w.execute("issuer", 0, 5, true), "210013");
		done(await w.execute("issuer", 0, 20, false), ["Agree", w.token.address, 0, 0, investor, issuer, 10, 20, agent]);
		same([await w.free("issuer"), await w.promised("issuer")], [480, 20]);
		await givenBack(w, "issuer", await w.execute("issuer", 0, 31, false), 780);
		same(await w.promised("issuer"), 20);
	});

	t("confirmation", async (w) => {
		await w.create("issuer", 100, 10, false);
		await w.execute("investor", 0, 30, true);
		refused(await w.exchange.send("agent", "confirmAgreement", 1, 0), "210001");
		refused(await w.exchange.send("agent", "confirmAgreement", 0, 1), "210101");
		for (const who of ["issuer", "investor", "stranger"])
			refused(await w.exchange.send(who, "confirmAgreement", 0, 0), "210104", who);
		const r = await w.exchange.send("agent", "confirmAgreement", 0, 0);
		same(r.events.filter((e) => e.of === w.exchange.name).map((e) => [e.name, ...e.args]),
			[["SettlementOK", w.token.address, 0, 0, investor, issuer, 10, 30, agent]]);
		same([await w.wallet("investor"), await w.promised("issuer")], [230, 70]);
		refused(await w.exchange.send("agent", "confirmAgreement", 0, 0), "210102");
		refused(await w.exchange.send("agent", "cancelAgreement", 0, 0), "210102");
	});

	for (const [name, seller, isBuy] of [["to sell", "issuer", false], ["to buy", "other", true]])
		t(`cancelling an agreement of an order ${name}`, async (w) => {
			if (isBuy) {
				await w.token.send("issuer", "transfer", other, 60);
				await w.token.send("other", "transfer", w.exchange, 60);
			}
			await w.create(isBuy ? "investor" : "issuer", 50, 10, isBuy);
			for (let i = 0; i < 3; i++) await w.execute(isBuy ? "other" : "investor", 0, 10, !isBuy);
			const before = await w.wallet(seller);
			for (const who of ["issuer", "investor", "other", "stranger"])
				refused(await w.exchange.send(who, "cancelAgreement", 0, 0), "210105", `${who} before its end`);
			const r = await w.exchange.send("agent", "cancelAgreement", 0, 0);
			const [buyer, sold] = isBuy ? [investor, other] : [investor, issuer];
			same(r.events.filter((e) => e.of === w.exchange.name).map((e) => [e.name, ...e.args]),
				[["SettlementNG", w.token.address, 0, 0, buyer, sold, 10, 10, agent]]);
			same(await w.wallet(seller), before + 10n);
			same((await w.order(0))[2], 20, "the order gets nothing back");
			for (const verb of ["confirmAgreement", "cancelAgreement"])
				refused(await w.exchange.send("agent", verb, 0, 0), "210103");
			w.c.later(PERIOD);
			refused(await w.exchange.send("stranger", "cancelAgreement", 0, 1), "210105", "a stranger, behind its end");
			same((await w.exchange.send(isBuy ? "other" : "investor", "cancelAgreement", 0, 1)).ok, true, "the counterpart");
			same((await w.exchange.send(isBuy ? "investor" : "issuer", "cancelAgreement", 0, 2)).ok, true, "the order's owner");
			same(await w.wallet(seller), before + 30n);
			same(await w.promised(seller), isBuy ? 0 : 20);
		});

	t("the end of an agreement to the second", async (w) => {
		await w.create("issuer", 50, 10, false);
		await w.execute("investor", 0, 10, true);
		w.c.later(PERIOD - 2);
		refused(await w.exchange.send("investor", "cancelAgreement", 0, 0), "210105");
		same((await w.exchange.send("investor", "cancelAgreement", 0, 0)).ok, true);
	});

	t("withdrawal and transfer", async (w) => {
		await w.create("issuer", 100, 10, false);
		refused(await w.exchange.send("investor", "withdrawAll", w.token), "210201");
		const r = await w.exchange.send("issuer", "transfer", w.token, other, 50);
		same(r.events.filter((e) => e.of === w.exchange.name).map((e) => [e.name, ...e.args]),
			[["Transfer", w.token.address, issuer, other, 50]]);
		same([await w.wallet("other"), await w.free("issuer")], [50, 350]);
		const out = await w.exchange.send("issuer", "withdrawAll", w.token);
		same(out.events.find((e) => e.of === w.exchange.name).args, [w.token.address, issuer]);
		same([await w.wallet("issuer"), await w.free("issuer"), await w.promised("issuer")], [650, 0, 100]);
		refused(await w.exchange.send("issuer", "withdrawAll", w.token), "210201");
	});

	for (const value of [0, 501])
		t(`a transfer of ${value} gives everything back`, async (w) =>
			givenBack(w, "issuer", await w.exchange.send("issuer", "transfer", w.token, other, value), 800));
}

test("legacy bond exchange: who may trade", async () => {
	const w = await stocked("bond");
	const buys = () => w.create("investor", 5, 10, true);
	await w.create("issuer", 100, 10, false);
	for (const verb of ["warn", "unapprove", "ban"]) {
		await w.list.send("agent", verb, investor);
		refused(await buys(), "210007", verb);
		refused(await w.execute("investor", 0, 5, true), "210007", verb);
	}
	await w.list.send("agent", "approve", investor);
	same((await buys()).ok, true);
	refused(await w.create("stranger", 5, 10, true), "210007");
	await w.list.send("stranger", "register", agent, "bank");
	await w.list.send("agent", "approve", account("stranger"));
	refused(await w.create("stranger", 5, 10, true), "210007", "the issuer does not know him");
	await w.info.send("stranger", "register", issuer, "me");
	same((await w.create("stranger", 5, 10, true)).ok, true);
	// the seller whom the agent has not approved
	await w.list.send("agent", "warn", issuer);
	const r = await w.create("issuer", 5, 10, false);
	same([r.ok, r.value, await w.free("issuer"), await w.wallet("issuer")], [true, false, 0, 700]);
	same(await w.exchange.read("whiteListAddress"), w.list.address);
	same(await w.exchange.read("personalInfoAddress"), w.info.address);
});
