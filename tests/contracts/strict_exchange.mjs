// SPDX-License-Identifier: Apache-2.0
//
// The strict profile's exchanges: what may not be is refused with a reason
// and changes nothing; nothing is ever stuck.
import { done, refused, same, test } from "./case.mjs";
import { ARGUMENTS, SECURITIES, agent, deploy, investor, issuer, market, stranger } from "./strict_world.mjs";

const PERIOD = 14 * 24 * 3600;

for (const kind of Object.keys(ARGUMENTS)) {
	const t = (name, fn) => test(`strict exchange of ${kind}: ${name}`, async () => fn(await market(kind)));
	const ours = (w, r) => r.events.filter((e) => e.of === w.exchange.name).map((e) => [e.name, ...e.args]);

	t("orders", async (w) => {
		done(await w.create("issuer", 100, 10, false), ["NewOrder", w.token.address, 0, issuer, false, 10, 100, agent]);
		same(await w.order(0), [issuer, w.token.address, 100, 10, false, agent, false]);
		same([await w.free("issuer"), await w.promised("issuer")], [400, 100]);
		done(await w.create("investor", 7, 3, true), ["NewOrder", w.token.address, 1, investor, true, 3, 7, agent]);
		for (const isBuy of [true, false]) refused(await w.create("issuer", 0, 3, isBuy), "210002");
		refused(await w.create("issuer", 401, 10, false), "210003");
		refused(await w.create("investor", 1, 10, false), "210003");
		for (const by of [stranger, investor]) refused(await w.create("investor", 1, 10, true, by), "210004", "he names himself agent");
		same([await w.free("issuer"), await w.wallet("issuer"), await w.exchange.read("latestOrderId")], [400, 300, 2], "nothing has changed");
	});

	t("tokens that are not traded here", async (w) => {
		const foreign = await deploy(w.c, kind);
		for (const token of [foreign, stranger])
			refused(await w.exchange.send("investor", "createOrder", token, 1, 1, true, agent), "210202");
		await w.create("issuer", 10, 10, false);
		await w.token.send("issuer", "setTradableExchange", stranger);
		refused(await w.execute("investor", 0, 1, true), "210202");
		same((await w.exchange.send("issuer", "cancelOrder", 0)).ok, true);
		same(await w.wallet("issuer"), 310);
	});

	t("a suspended token", async (w) => {
		await w.create("issuer", 10, 10, false);
		await w.execute("investor", 0, 4, true);
		await w.token.send("issuer", "setStatus", false);
		refused(await w.create("investor", 5, 10, true), "210006");
		refused(await w.create("issuer", 5, 10, false), "210006");
		refused(await w.execute("investor", 0, 5, true), "210006");
		same((await w.exchange.send("agent", "confirmAgreement", 0, 0)).ok, true, "what was agreed is settled");
		same((await w.exchange.send("issuer", "cancelOrder", 0)).ok, true);
	});

	t("an agent who was removed", async (w) => {
		await w.create("issuer", 10, 10, false);
		await w.execute("investor", 0, 4, true);
		await w.gateway.send("network", "removeAgent", agent);
		refused(await w.create("investor", 5, 10, true), "210004");
		refused(await w.execute("investor", 0, 5, true), "210004");
		same((await w.exchange.send("agent", "confirmAgreement", 0, 0)).ok, true, "he settles what was agreed");
	});

	t("cancelling an order", async (w) => {
		await w.create("issuer", 100, 10, false);
		await w.create("investor", 5, 10, true);
		refused(await w.exchange.send("issuer", "cancelOrder", 2), "210001");
		for (const who of ["investor", "agent", "stranger"]) refused(await w.exchange.send(who, "cancelOrder", 0), "210009", who);
		const r = await w.exchange.send("issuer", "cancelOrder", 0);
		done(r, ["CancelOrder", w.token.address, 0, issuer, false, 10, 100, agent], ["Transfer", w.exchange.address, issuer, 100]);
		same([await w.wallet("issuer"), await w.promised("issuer"), await w.free("issuer")], [400, 0, 400]);
		for (const verb of ["cancelOrder", "forceCancelOrder"]) refused(await w.exchange.send("issuer", verb, 0), "210010");
		refused(await w.execute("investor", 0, 5, true), "210010");
		done(await w.exchange.send("investor", "cancelOrder", 1), ["CancelOrder", w.token.address, 1, investor, true, 10, 5, agent]);
	});

	t("the agent ends an order", async (w) => {
		await w.create("issuer", 100, 10, false);
		for (const who of ["issuer", "investor", "stranger"]) refused(await w.exchange.send(who, "forceCancelOrder", 0), "210104", who);
		refused(await w.exchange.send("agent", "forceCancelOrder", 1), "210001");
		done(await w.exchange.send("agent", "forceCancelOrder", 0),
			["ForceCancelOrder", w.token.address, 0, issuer, false, 10, 100, agent], ["Transfer", w.exchange.address, issuer, 100]);
		refused(await w.exchange.send("agent", "forceCancelOrder", 0), "210010");
	});

	t("taking orders", async (w) => {
		await w.create("issuer", 100, 10, false);
		await w.create("investor", 50, 8, true);
		refused(await w.execute("investor", 2, 5, true), "210001");
		for (const [who, id, amount, isBuy, code] of [["investor", 0, 5, false, "210013"], ["issuer", 0, 5, true, "210012"], ["investor", 0, 0, true, "210002"],
			["investor", 0, 101, true, "210014"], ["issuer", 1, 5, true, "210013"], ["investor", 1, 5, false, "210012"], ["issuer", 1, 51, false, "210014"], ["other", 1, 5, false, "210003"]])
			refused(await w.execute(who, id, amount, isBuy), code, `${who} ${id} ${amount} ${isBuy}`);
		done(await w.execute("investor", 0, 30, true), ["Agree", w.token.address, 0, 0, investor, issuer, 10, 30, agent]);
		done(await w.execute("issuer", 1, 20, false), ["Agree", w.token.address, 1, 0, investor, issuer, 8, 20, agent]);
		same([(await w.order(0))[2], (await w.order(1))[2]], [70, 30]);
		same([await w.free("issuer"), await w.promised("issuer")], [380, 120]);
		same(await w.exchange.read("lastPrice", w.token), 8);
		await w.execute("other", 0, 70, true);
		refused(await w.execute("investor", 0, 1, true), "210011");
		refused(await w.exchange.send("issuer", "cancelOrder", 0), "210011");
	});

	t("confirmation", async (w) => {
		await w.create("issuer", 100, 10, false);
		await w.execute("investor", 0, 30, true);
		refused(await w.exchange.send("agent", "confirmAgreement", 1, 0), "210001");
		refused(await w.exchange.send("agent", "confirmAgreement", 0, 1), "210101");
		for (const who of ["issuer", "investor", "stranger"]) refused(await w.exchange.send(who, "confirmAgreement", 0, 0), "210104", who);
		done(await w.exchange.send("agent", "confirmAgreement", 0, 0),
			["SettlementOK", w.token.address, 0, 0, investor, issuer, 10, 30, agent], ["Transfer", w.exchange.address, investor, 30]);
		same([await w.wallet("investor"), await w.promised("issuer")], [230, 70]);
		for (const verb of ["confirmAgreement", "cancelAgreement"]) refused(await w.exchange.send("agent", verb, 0, 0), "210102");
	});

	// The quantity goes back to the order; it can be bought again.
	t("cancelling an agreement of an order to sell", async (w) => {
		await w.create("issuer", 50, 10, false);
		for (let i = 0; i < 3; i++) await w.execute("investor", 0, 10, true);
		for (const who of ["issuer", "investor", "stranger"]) refused(await w.exchange.send(who, "cancelAgreement", 0, 0), "210105", who);
		done(await w.exchange.send("agent", "cancelAgreement", 0, 0), ["SettlementNG", w.token.address, 0, 0, investor, issuer, 10, 10, agent]);
		same([(await w.order(0))[2], await w.promised("issuer"), await w.wallet("issuer")], [30, 50, 300]);
		for (const verb of ["confirmAgreement", "cancelAgreement"]) refused(await w.exchange.send("agent", verb, 0, 0), "210103");
		w.c.later(PERIOD);
		refused(await w.exchange.send("stranger", "cancelAgreement", 0, 1), "210105");
		same((await w.exchange.send("investor", "cancelAgreement", 0, 1)).ok, true);
		same((await w.exchange.send("issuer", "cancelAgreement", 0, 2)).ok, true);
		same([(await w.order(0))[2], await w.promised("issuer")], [50, 50]);
		same((await w.execute("other", 0, 50, true)).ok, true);
		same((await w.exchange.send("agent", "confirmAgreement", 0, 3)).ok, true);
		same([await w.wallet("other"), await w.promised("issuer")], [50, 0]);
	});

	t("cancelling an agreement of an order to buy", async (w) => {
		await w.create("investor", 50, 10, true);
		await w.execute("issuer", 0, 20, false);
		done(await w.exchange.send("agent", "cancelAgreement", 0, 0),
			["SettlementNG", w.token.address, 0, 0, investor, issuer, 10, 20, agent], ["Transfer", w.exchange.address, issuer, 20]);
		same([(await w.order(0))[2], await w.promised("issuer"), await w.wallet("issuer")], [50, 0, 320]);
	});

	// The trap: the order is cancelled first, the agreement behind it.
	for (const [side, isBuy] of [["sell", false], ["buy", true]])
		t(`nothing is stuck behind a cancelled order to ${side}`, async (w) => {
			await w.create(isBuy ? "investor" : "issuer", 50, 10, isBuy);
			await w.execute(isBuy ? "issuer" : "investor", 0, 20, !isBuy);
			same((await w.exchange.send(isBuy ? "investor" : "issuer", "cancelOrder", 0)).ok, true);
			const before = await w.wallet("issuer");
			done(await w.exchange.send("agent", "cancelAgreement", 0, 0),
				["SettlementNG", w.token.address, 0, 0, investor, issuer, 10, 20, agent], ["Transfer", w.exchange.address, issuer, 20]);
			same([await w.wallet("issuer"), await w.promised("issuer"), (await w.order(0))[2]], [before + 20n, 0, 30]);
			await w.exchange.send("issuer", "withdrawAll", w.token);
			same([await w.wallet("issuer"), await w.token.read("balanceOf", w.exchange)], [800, 0], "all of it is in the wallet");
		});

	t("the end of an agreement to the second", async (w) => {
		await w.create("issuer", 50, 10, false);
		await w.execute("investor", 0, 10, true);
		w.c.later(PERIOD - 2);
		refused(await w.exchange.send("investor", "cancelAgreement", 0, 0), "210105");
		same((await w.exchange.send("investor", "cancelAgreement", 0, 0)).ok, true);
	});

	t("withdrawal", async (w) => {
		await w.create("issuer", 100, 10, false);
		refused(await w.exchange.send("investor", "withdrawAll", w.token), "210201");
		done(await w.exchange.send("issuer", "withdrawAll", w.token),
			["Withdrawal", w.token.address, issuer], ["Transfer", w.exchange.address, issuer, 400]);
		same([await w.wallet("issuer"), await w.free("issuer"), await w.promised("issuer")], [700, 0, 100]);
		refused(await w.exchange.send("issuer", "withdrawAll", w.token), "210201");
	});

	t("buyers whom the issuer must know", async (w) => {
		await w.token.send("issuer", "setPersonalInfoAddress", w.info);
		await w.token.send("issuer", "setRequirePersonalInfoRegistered", true);
		await w.create("issuer", 100, 10, false);
		refused(await w.create("stranger", 5, 10, true), "210008");
		refused(await w.execute("stranger", 0, 5, true), "210008");
		same((await w.execute("investor", 0, 5, true)).ok, true);
		same((await w.exchange.send("agent", "confirmAgreement", 0, 0)).ok, true);
	});

	t("contracts cannot trade, wallets with delegated code can", async (w) => {
		w.c.delegate("investor", w.token.address);
		same((await w.create("investor", 5, 10, true)).ok, true);
		await w.create("issuer", 5, 10, false);
		await w.execute("investor", 1, 5, true);
		same((await w.exchange.send("agent", "confirmAgreement", 1, 0)).ok, true);
		same(await w.wallet("investor"), 205);
		// a contract that passes its call data on, behind the 32 bytes of whom to call
		const proxy = await w.c.raw("stranger", "0x602a600c600039602a6000f3602036038060206000376000600082600060006000355af13d600060003e6025573d6000fd5b3d6000f3");
		const call = w.exchange.encode("createOrder", [w.token, 5, 10, true, agent]);
		same(await w.c.through("stranger", proxy, w.exchange, call), "210005");
	});

	if (!SECURITIES.includes(kind)) continue;

	t("traders whom agent and issuer know", async (w) => {
		await w.create("issuer", 100, 10, false);
		for (const verb of ["warn", "unapprove", "ban"]) {
			await w.gateway.send("agent", verb, investor);
			refused(await w.create("investor", 5, 10, true), "210007", verb);
			refused(await w.execute("investor", 0, 5, true), "210007", verb);
		}
		await w.gateway.send("agent", "approve", investor);
		same((await w.create("investor", 5, 10, true)).ok, true);
		await w.gateway.send("stranger", "register", agent, "bank");
		await w.gateway.send("agent", "approve", stranger);
		refused(await w.create("stranger", 5, 10, true), "210008");
		await w.info.send("issuer", "forceRegister", stranger, "paper");
		same((await w.create("stranger", 5, 10, true)).ok, true);
		await w.gateway.send("agent", "warn", issuer);
		refused(await w.create("issuer", 5, 10, false), "210007");
		same([await w.free("issuer"), await w.wallet("issuer")], [400, 300], "nothing has moved");
		// a token may have a registry of its own
		const own = await w.c.deploy("issuer", "PersonalInfo");
		await w.token.send("issuer", "setPersonalInfoAddress", own);
		refused(await w.create("investor", 5, 10, true), "210008");
		await own.send("investor", "register", issuer, "me");
		same((await w.create("investor", 5, 10, true)).ok, true);
	});

	t("what has ended", async (w) => {
		await w.create("issuer", 10, 10, false);
		await w.token.send("issuer", kind === "IbetShare" ? "changeToCanceled" : "changeToRedeemed");
		refused(await w.create("investor", 5, 10, true), "210006");
		refused(await w.execute("investor", 0, 5, true), "210006");
		same((await w.exchange.send("issuer", "cancelOrder", 0)).ok, true);
	});

	t("deposits where transfers need approval", async (w) => {
		await w.token.send("issuer", "setTransferApprovalRequired", true);
		refused(await w.token.send("investor", "transfer", w.exchange, 1), "150105");
		same((await w.token.send("issuer", "transfer", w.exchange, 1)).ok, true);
		await w.create("issuer", 10, 10, false);
		await w.execute("investor", 0, 10, true);
		same((await w.exchange.send("agent", "confirmAgreement", 0, 0)).ok, true);
		same(await w.wallet("investor"), 210);
	});
}
