// SPDX-License-Identifier: Apache-2.0
//
// The first version's contracts: each rule of the tables of interface and
// behaviour, for each caller and state. They run on Byzantium's rules.
import { Chain, account } from "./chain.mjs";
import { done, refused, same, test } from "./case.mjs";
import { ZeroAddress } from "./npm.mjs";

const chain = () => new Chain("legacy", "byzantium");
const BOND = ["bond", "BND", 1000, ZeroAddress, 100000, 1500, "{'interestPaymentDate1':'0331'}", "20301231", 100000, "20301231", "gift", "building", "memo"];
const MEMBERSHIP = ["club", "CLB", 1000, ZeroAddress, "details", "returns", "20301231", "memo", true];
const COUPON = ["coupon", "CPN", 1000, ZeroAddress, "details", "memo", "20301231", true];

/** Who may call, and what everybody else is told. */
async function onlyOwner(contract, method, ...args) {
	for (const who of ["stranger", "investor", "agent"])
		refused(await contract.send(who, method, ...args), "150001", `${contract.name}.${method} by ${who}`);
	same((await contract.send("issuer", method, ...args)).ok, true, method);
}

async function ownership(contract) {
	await onlyOwner(contract, "transferOwnership", account("issuer"));
	refused(await contract.send("issuer", "transferOwnership", ZeroAddress), "150002");
	done(await contract.send("issuer", "transferOwnership", account("heir")),
		["OwnershipTransferred", account("issuer"), account("heir")]);
	refused(await contract.send("issuer", "transferOwnership", account("issuer")), "150001");
	same(await contract.read("owner"), account("heir"));
}

test("legacy TokenList", async () => {
	const c = chain();
	const list = await c.deploy("network", "TokenList");
	const bond = await c.deploy("issuer", "IbetStraightBond", ...BOND);
	const other = await c.deploy("issuer", "IbetStraightBond", ...BOND);
	same(await list.read("getListLength"), 0);
	same(await list.read("getTokenByAddress", bond), [ZeroAddress, "", ZeroAddress]);
	same(await list.read("getOwnerAddress", bond), ZeroAddress);
	refused(await list.send("stranger", "register", bond, "IbetStraightBond"), "100002");
	refused(await list.send("issuer", "changeOwner", bond, account("heir")), "100101");
	done(await list.send("issuer", "register", bond, "IbetStraightBond"),
		["Register", bond.address, "IbetStraightBond", account("issuer")]);
	refused(await list.send("issuer", "register", bond, "IbetStraightBond"), "100001");
	same((await list.send("issuer", "register", account("nobody"), "x")).ok, false, "no contract");
	await list.send("issuer", "register", other, "B");
	same(await list.read("getListLength"), 2);
	same(await list.read("getTokenByNum", 1), [other.address, "B", account("issuer")]);
	same(await list.read("getTokenByAddress", bond), [bond.address, "IbetStraightBond", account("issuer")]);
	refused(await list.send("stranger", "changeOwner", bond, account("heir")), "100102");
	refused(await list.send("issuer", "changeOwner", bond, ZeroAddress), "150002");
	done(await list.send("issuer", "changeOwner", bond, account("heir")),
		["ChangeOwner", bond.address, account("issuer"), account("heir")]);
	same(await list.read("getOwnerAddress", bond), account("heir"));
	same(await list.read("getOwnerAddress", other), account("issuer"));
	refused(await list.send("issuer", "changeOwner", bond, account("issuer")), "100102");
});

test("legacy PersonalInfo", async () => {
	const c = chain();
	const info = await c.deploy("network", "PersonalInfo");
	same(await info.read("isRegistered", account("investor"), account("issuer")), false);
	done(await info.send("investor", "register", account("issuer"), "secret"),
		["Register", account("investor"), account("issuer")]);
	same(await info.read("isRegistered", account("investor"), account("issuer")), true);
	same(await info.read("isRegistered", account("issuer"), account("investor")), false);
	same(await info.read("isRegistered", account("stranger"), account("issuer")), false);
	same(await info.read("personal_info", account("investor"), account("issuer")), [account("investor"), account("issuer"), "secret"]);
	await info.send("investor", "register", account("issuer"), "newer");
	same((await info.read("personal_info", account("investor"), account("issuer")))[2], "newer");
});

/** The parts that agents and traders have in both profiles. */
export async function paymentAccounts(list) {
	const [who, agent] = [account("investor"), account("agent")];
	const status = async () => (await list.read("payment_accounts", who, agent))[3];
	const approved = async (want) => same(await list.read("isRegistered", who, agent), want, "isRegistered");
	refused(await list.send("investor", "register", agent, "bank"), "180003", "no terms yet");
	refused(await list.send("investor", "agree_terms", agent), "180003");
	for (const verb of ["approve", "warn", "unapprove", "ban"])
		refused(await list.send("agent", verb, who), "180005", `${verb} of nobody`);
	done(await list.send("agent", "register_terms", "first"));
	same(await list.read("terms", agent, 0), ["first", true]);
	same(await list.read("latest_terms_version", agent), 1);
	same(await list.read("isAgreed", who, agent), false);
	done(await list.send("investor", "register", agent, "bank"), ["Agree", who, agent], ["Register", who, agent]);
	same(await list.read("payment_accounts", who, agent), [who, agent, "bank", 1]);
	same(await list.read("agreements", who, agent, 0), true);
	await approved(false);
	for (const [verb, event, want] of [["approve", "Approve", 2], ["warn", "Warn", 3], ["approve", "Approve", 2], ["unapprove", "Unapprove", 1], ["ban", "Ban", 4]]) {
		refused(await list.send("stranger", verb, who), "180005", `${verb} by a stranger`);
		done(await list.send("agent", verb, who), [event, who, agent]);
		same(await status(), want, verb);
		await approved(want === 2);
	}
	refused(await list.send("investor", "register", agent, "again"), "180004");
	done(await list.send("agent", "unapprove", who), ["Unapprove", who, agent]);
	done(await list.send("investor", "register", agent, "again"), ["Agree", who, agent], ["Register", who, agent]);
	await list.send("agent", "approve", who);
	await list.send("investor", "register", agent, "third");
	same(await status(), 1, "who registers anew waits anew");
	await list.send("agent", "approve", who);
	await list.send("agent", "register_terms", "second");
	same([await list.read("isAgreed", who, agent), await list.read("isRegistered", who, agent)], [false, true], "new terms");
	done(await list.send("investor", "agree_terms", agent), ["Agree", who, agent]);
	same(await list.read("isAgreed", who, agent), true);
	same(await list.read("agreements", who, agent, 1), true);
	same(await list.read("terms", agent, 1), ["second", true]);
}

test("legacy WhiteList", async () => paymentAccounts(await chain().deploy("network", "WhiteList")));

test("legacy bond: attributes", async () => {
	const c = chain();
	const bond = await c.deploy("issuer", "IbetStraightBond", ...BOND);
	for (const [view, want] of [["name", "bond"], ["symbol", "BND"], ["decimals", 0], ["totalSupply", 1000], ["tradableExchange", ZeroAddress],
		["faceValue", 100000], ["interestRate", 1500], ["interestPaymentDate", "{'interestPaymentDate1':'0331'}"],
		["redemptionDate", "20301231"], ["redemptionAmount", 100000], ["returnDate", "20301231"], ["returnAmount", "gift"],
		["purpose", "building"], ["memo", "memo"], ["isRedeemed", false], ["owner", account("issuer")]])
		same(await bond.read(view), want, view);
	same(await bond.read("balanceOf", account("issuer")), 1000);
	same(await bond.read("balances", account("issuer")), 1000);
	await onlyOwner(bond, "updateMemo", "new");
	same(await bond.read("memo"), "new");
	await onlyOwner(bond, "setTradableExchange", account("exchange"));
	same(await bond.read("tradableExchange"), account("exchange"));
	await onlyOwner(bond, "setImageURL", 2, "https://example.com/l.png");
	same(await bond.read("getImageURL", 2), "https://example.com/l.png");
	same(await bond.read("image_urls", 1), "");
	refused(await bond.send("stranger", "redeem"), "150001");
	done(await bond.send("issuer", "redeem"), ["Redeem"]);
	same(await bond.read("isRedeemed"), true);
	await ownership(bond);
});

test("legacy bond: signatures", async () => {
	const c = chain();
	const bond = await c.deploy("issuer", "IbetStraightBond", ...BOND);
	const state = async () => bond.read("signatures", account("signer"));
	for (const verb of ["sign", "unsign"]) refused(await bond.send("signer", verb), "160102");
	done(await bond.send("stranger", "requestSignature", account("signer")));
	same(await state(), 1);
	refused(await bond.send("signer", "unsign"), "160102");
	refused(await bond.send("stranger", "sign"), "160102");
	done(await bond.send("signer", "sign"), ["Sign", account("signer")]);
	same(await state(), 2);
	refused(await bond.send("signer", "sign"), "160102");
	done(await bond.send("signer", "unsign"), ["Unsign", account("signer")]);
	same(await state(), 0);
});

/** transfer and transferFrom of a token whose supply of 1000 is the issuer's. */
async function transfers(c, token) {
	const balances = async (...names) => Promise.all(names.map((n) => token.read("balanceOf", account(n))));
	const exchange = await c.deploy("network", "IbetCouponExchange");
	refused(await token.send("investor", "transfer", account("other"), 1), "150102");
	refused(await token.send("issuer", "transfer", account("investor"), 1001), "150102");
	done(await token.send("issuer", "transfer", account("investor"), 100), ["Transfer", account("issuer"), account("investor"), 100]);
	same(await balances("issuer", "investor"), [900, 100]);
	refused(await token.send("investor", "transfer", exchange, 10), "150103", "not the exchange");
	await token.send("issuer", "setTradableExchange", exchange);
	done(await token.send("investor", "transfer", exchange, 10));
	same(await exchange.read("balances", account("investor"), token), 10);
	same(await token.read("balanceOf", exchange), 10);
	for (const who of ["investor", "stranger"])
		refused(await token.send(who, "transferFrom", account("investor"), account("other"), 1), "150001");
	refused(await token.send("issuer", "transferFrom", account("investor"), account("other"), 91), "150102");
	done(await token.send("issuer", "transferFrom", account("investor"), account("other"), 40));
	same(await balances("issuer", "investor", "other"), [900, 50, 40]);
	const second = await c.deploy("network", "IbetMembershipExchange");
	done(await token.send("issuer", "transferFrom", account("investor"), second, 5));
	same(await second.read("balances", account("investor"), token), 5, "credited to whom they were");
}

test("legacy bond: transfers", async () => {
	const c = chain();
	await transfers(c, await c.deploy("issuer", "IbetStraightBond", ...BOND));
});

/** What memberships and coupons share. */
async function utility(c, token) {
	await transfers(c, token);
	await onlyOwner(token, "issue", 50);
	same(await token.read("totalSupply"), 1050);
	same(await token.read("balanceOf", account("issuer")), 950);
	for (const [set, get, value] of [["setDetails", "details", "d"], ["setMemo", "memo", "m"], ["setExpirationDate", "expirationDate", "20311231"], ["setTransferable", "transferable", false]]) {
		await onlyOwner(token, set, value);
		same(await token.read(get), value, get);
	}
	for (const who of ["investor", "issuer"])
		refused(await token.send(who, "transfer", account("other"), 1), "150104");
	done(await token.send("issuer", "transferFrom", account("investor"), account("other"), 1));
	refused(await token.send("investor", "applyForOffering", "me"), "150201");
	await onlyOwner(token, "setInitialOfferingStatus", true);
	done(await token.send("investor", "applyForOffering", "me"), ["ApplyFor", account("investor")]);
	same(await token.read("applications", account("investor")), "me");
	await token.send("issuer", "setInitialOfferingStatus", false);
	refused(await token.send("other", "applyForOffering", "me"), "150201");
	await ownership(token);
}

test("legacy membership", async () => {
	const c = chain();
	const token = await c.deploy("issuer", "IbetMembership", ...MEMBERSHIP);
	same(await token.read("status"), true);
	same(await token.read("returnDetails"), "returns");
	await onlyOwner(token, "setReturnDetails", "r");
	same(await token.read("returnDetails"), "r");
	refused(await token.send("stranger", "setStatus", false), "150001");
	done(await token.send("issuer", "setStatus", false), ["ChangeStatus", false]);
	same(await token.read("status"), false);
	await utility(c, token);
});

test("legacy coupon", async () => {
	const c = chain();
	const token = await c.deploy("issuer", "IbetCoupon", ...COUPON);
	await utility(c, token);
});

test("legacy coupon: use and allocation", async () => {
	const c = chain();
	const token = await c.deploy("issuer", "IbetCoupon", ...COUPON);
	const exchange = await c.deploy("network", "IbetCouponExchange");
	await token.send("issuer", "setTransferable", false);
	refused(await token.send("investor", "allocate", account("investor"), 1), "150001");
	done(await token.send("issuer", "allocate", account("investor"), 10), ["Transfer", account("issuer"), account("investor"), 10]);
	refused(await token.send("issuer", "allocate", account("investor"), 991), "150102");
	refused(await token.send("issuer", "allocate", exchange, 1), "150103");
	refused(await token.send("investor", "consume", 11), "150102");
	done(await token.send("investor", "consume", 4), ["Consume", account("investor"), 6, 4, 4]);
	done(await token.send("investor", "consume", 1), ["Consume", account("investor"), 5, 5, 1]);
	same([await token.read("usedOf", account("investor")), await token.read("useds", account("investor"))], [5, 5]);
	same(await token.read("totalSupply"), 1000);
	await onlyOwner(token, "setStatus", false);
	same(await token.read("isValid"), false);
	refused(await token.send("investor", "consume", 1), "150107");
	// what cannot be transferred stays at the exchange: neither way is free
	await token.send("issuer", "setStatus", true);
	await token.send("issuer", "setTradableExchange", exchange);
	done(await token.send("issuer", "allocate", exchange, 20));
	refused(await exchange.send("issuer", "withdrawAll", token), "150104");
});
