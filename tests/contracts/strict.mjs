// SPDX-License-Identifier: Apache-2.0
//
// The strict profile's registries and tokens: each rule, for each caller and
// state; every change tells what it did, and what is refused says why.
import { account } from "./chain.mjs";
import { done, refused, same, test } from "./case.mjs";
import { paymentAccounts } from "./legacy.mjs";
import { ZeroAddress } from "./npm.mjs";
import { ARGUMENTS, SECURITIES, agent, chain, deploy, investor, issuer, key, network, other, stranger } from "./strict_world.mjs";

const TOKENS = Object.keys(ARGUMENTS);

async function ownersAlone(contract, method, ...args) {
	for (const who of ["stranger", "investor", "agent", "network"])
		refused(await contract.send(who, method, ...args), "150001", `${contract.name}.${method} by ${who}`);
}

test("strict PersonalInfo", async () => {
	const info = await chain().deploy("network", "PersonalInfo");
	refused(await info.send("issuer", "modify", investor, "x"), "170001");
	done(await info.send("investor", "register", issuer, "me"), ["Register", investor, issuer]);
	refused(await info.send("stranger", "modify", investor, "x"), "170001", "not registered with him");
	refused(await info.send("investor", "modify", investor, "x"), "170001");
	done(await info.send("issuer", "modify", investor, "corrected"), ["Modify", investor, issuer]);
	same(await info.read("personal_info", investor, issuer), [investor, issuer, "corrected"]);
	done(await info.send("issuer", "forceRegister", other, "paper"), ["Register", other, issuer]);
	same(await info.read("isRegistered", other, issuer), true);
	same(await info.read("isRegistered", other, stranger), false);
});

test("strict PaymentGateway: agents", async () => {
	const gateway = await chain().deploy("network", "PaymentGateway");
	for (const verb of ["addAgent", "removeAgent"]) {
		for (const who of ["agent", "issuer"]) refused(await gateway.send(who, verb, agent), "150001", verb);
	}
	refused(await gateway.send("network", "removeAgent", agent), "180001");
	refused(await gateway.send("network", "addAgent", ZeroAddress), "150101");
	refused(await gateway.send("agent", "register_terms", "t"), "180001");
	refused(await gateway.send("investor", "register", agent, "bank"), "180001");
	done(await gateway.send("network", "addAgent", agent), ["AddAgent", agent]);
	refused(await gateway.send("network", "addAgent", agent), "180002");
	same([await gateway.read("getAgent", agent), await gateway.read("getAgent", investor)], [true, false]);
	await paymentAccounts(gateway);
	await gateway.send("agent", "approve", investor);
	same(await gateway.read("accountApproved", investor, agent), true);
	refused(await gateway.send("stranger", "modify", investor, "x"), "180005");
	done(await gateway.send("agent", "modify", investor, "corrected"), ["Modify", investor, agent]);
	same(await gateway.read("payment_accounts", investor, agent), [investor, agent, "corrected", 2]);
	done(await gateway.send("network", "removeAgent", agent), ["RemoveAgent", agent]);
	same([await gateway.read("accountApproved", investor, agent), await gateway.read("isRegistered", investor, agent)], [false, true]);
	refused(await gateway.send("other", "register", agent, "bank"), "180001");
	refused(await gateway.send("stranger", "transferOwnership", stranger), "150001");
});

// --- attributes ---

const ATTRIBUTES = {
	all: { contactInformation: "c", privacyPolicy: "p", memo: "m", transferable: 1, requirePersonalInfoRegistered: 0, personalInfoAddress: stranger, tradableExchange: stranger },
	security: { transferApprovalRequired: 1 },
	utility: { details: "d", returnDetails: "r", expirationDate: "20311231", initialOfferingStatus: 1 },
	IbetStraightBond: {
		faceValue: 7, faceValueCurrency: "USD", interestRate: 15000, interestPaymentDate: '{"interestPaymentDate1":"0331"}', interestPaymentCurrency: "USD",
		redemptionDate: "20311231", redemptionValue: 8, redemptionValueCurrency: "USD", purpose: "p", baseFXRate: "150.5",
	},
	IbetShare: { cancellationDate: "20501231", principalValue: 9 },
	IbetMembership: {}, IbetCoupon: {},
};

for (const kind of TOKENS) {
	test(`strict ${kind}: attributes`, async () => {
		const c = chain();
		const token = await deploy(c, kind);
		const set = { ...ATTRIBUTES.all, ...ATTRIBUTES[SECURITIES.includes(kind) ? "security" : "utility"], ...ATTRIBUTES[kind] };
		for (const [name, value] of Object.entries(set)) {
			const setter = "set" + name[0].toUpperCase() + name.slice(1);
			const isText = typeof value === "string" && value !== stranger;
			const arg = name.startsWith("require") || /^(transfer|initial)/.test(name) ? value === 1 : value;
			await ownersAlone(token, setter, arg);
			const number = value === stranger ? BigInt(stranger) : value;
			done(await token.send("issuer", setter, arg), isText ? ["ChangeText", key(name), value] : ["ChangeNumber", key(name), number]);
			same(await token.read(name), arg, name);
		}
		await ownersAlone(token, "setStatus", false);
		done(await token.send("issuer", "setStatus", false), ["ChangeStatus", false]);
		same(await token.read("status"), false);
		await ownersAlone(token, "setImageURL", 0, "u");
		done(await token.send("issuer", "setImageURL", 0, "u"));
		same(await token.read("getImageURL", 0), "u");
		await ownersAlone(token, "transferOwnership", stranger);
		refused(await token.send("issuer", "transferOwnership", ZeroAddress), "150002");
		done(await token.send("issuer", "transferOwnership", other), ["OwnershipTransferred", issuer, other]);
	});

	// Who reads events alone knows each attribute from its first value on.
	test(`strict ${kind}: events tell what the constructor set`, async () => {
		const token = await deploy(chain(), kind);
		const told = new Map(token.events.filter((e) => e.name.startsWith("Change") && e.args.length === 2).map((e) => [e.args[0], e.args[1]]));
		const views = token.abi.fragments.filter((f) => f.type === "function" && f.stateMutability === "view" && f.inputs.length === 0 && f.outputs.length === 1);
		for (const { name } of views) {
			const value = await token.read(name);
			if (["owner", "decimals", "totalSupply", "status"].includes(name)) continue;
			const first = told.get(key(name)) ?? (typeof value === "string" ? value.startsWith("0x") ? 0 : "" : 0);
			same(typeof first === "bigint" || typeof first === "number" ? BigInt(value || 0) : value, typeof first === "string" ? first : BigInt(first), name);
		}
		same(token.events.find((e) => e.name === "ChangeStatus").args, [true]);
		same(token.events.find((e) => e.name === "Transfer").args, [ZeroAddress, issuer, 1000]);
	});
}

// --- transfers ---

for (const kind of TOKENS) {
	const t = (name, fn) => test(`strict ${kind}: ${name}`, async () => {
		const c = chain();
		const token = await deploy(c, kind);
		const { info, gateway } = await network(c);
		await token.send("issuer", "setTransferable", true);
		await token.send("issuer", "transfer", investor, 100);
		await fn(token, c, { info, gateway });
	});
	const balance = (token, who) => token.read("balanceOf", account(who));

	t("transfer", async (token, c, { gateway }) => {
		done(await token.send("investor", "transfer", other, 40), ["Transfer", investor, other, 40]);
		done(await token.send("investor", "transfer", other, 0), ["Transfer", investor, other, 0]);
		refused(await token.send("investor", "transfer", other, 61), "150102");
		refused(await token.send("investor", "transfer", ZeroAddress, 1), "150101");
		refused(await token.send("investor", "transfer", token, 1), "150103");
		refused(await token.send("investor", "transfer", gateway, 1), "150103");
		c.delegate("wallet", token.address);
		done(await token.send("investor", "transfer", account("wallet"), 1), ["Transfer", investor, account("wallet"), 1]);
		done(await token.send("wallet", "transfer", investor, 1), ["Transfer", account("wallet"), investor, 1]);
		same([await balance(token, "investor"), await balance(token, "other")], [60, 40]);
	});

	t("what stops a holder, not the issuer", async (token) => {
		for (const [set, on, off, code] of [["setTransferable", false, true, "150104"], ["setStatus", false, true, "150107"]]) {
			await token.send("issuer", set, on);
			refused(await token.send("investor", "transfer", other, 1), code);
			refused(await token.send("investor", "bulkTransfer", [other], [1]), code);
			done(await token.send("issuer", "transfer", other, 1), ["Transfer", issuer, other, 1]);
			await token.send("issuer", set, off);
		}
	});

	t("holders whom the issuer must know", async (token, c, { info }) => {
		await token.send("issuer", "setPersonalInfoAddress", info);
		await token.send("issuer", "setRequirePersonalInfoRegistered", true);
		same([await token.read("mayHold", other), await token.read("mayHold", issuer)], [false, true]);
		for (const [who, method, ...args] of [["investor", "transfer", other, 1], ["issuer", "transfer", other, 1], ["issuer", "transferFrom", investor, other, 1]])
			refused(await token.send(who, method, ...args), "150106", `${method} by ${who}`);
		done(await token.send("investor", "transfer", issuer, 1), ["Transfer", investor, issuer, 1]);
		await info.send("other", "register", issuer, "me");
		done(await token.send("investor", "transfer", other, 1), ["Transfer", investor, other, 1]);
	});

	t("bulk transfer: all or nothing", async (token) => {
		refused(await token.send("investor", "bulkTransfer", [], []), "150109");
		refused(await token.send("investor", "bulkTransfer", [other], [1, 2]), "150108");
		refused(await token.send("investor", "bulkTransfer", [other, stranger], [60, 41]), "150102");
		same(await balance(token, "other"), 0);
		done(await token.send("investor", "bulkTransfer", [other, stranger], [60, 40]),
			["Transfer", investor, other, 60], ["Transfer", investor, stranger, 40]);
	});

	t("forced transfer is one step, and tells", async (token, c, { gateway }) => {
		await ownersAlone(token, "transferFrom", investor, other, 1);
		await ownersAlone(token, "bulkTransferFrom", [investor], [other], [1]);
		await token.send("issuer", "setTransferable", false);
		done(await token.send("issuer", "transferFrom", investor, other, 30), ["Transfer", investor, other, 30]);
		refused(await token.send("issuer", "transferFrom", investor, other, 71), "150102");
		refused(await token.send("issuer", "transferFrom", investor, ZeroAddress, 1), "150101");
		refused(await token.send("issuer", "transferFrom", investor, gateway, 1), "150103");
		refused(await token.send("issuer", "bulkTransferFrom", [investor], [other], []), "150108");
		refused(await token.send("issuer", "bulkTransferFrom", [], [], []), "150109");
		refused(await token.send("issuer", "bulkTransferFrom", [investor, other], [other, stranger], [1, 32]), "150102");
		done(await token.send("issuer", "bulkTransferFrom", [investor, other], [other, stranger], [1, 31]),
			["Transfer", investor, other, 1], ["Transfer", other, stranger, 31]);
	});

	t("what lies at an exchange is not the issuer's to take", async (token, c, { gateway }) => {
		const exchange = await c.deploy("network", "CouponExchange", gateway);
		refused(await token.send("investor", "transfer", exchange, 10), "150103");
		await token.send("issuer", "setTradableExchange", exchange);
		done(await token.send("investor", "transfer", exchange, 10), ["Transfer", investor, exchange.address, 10]);
		refused(await token.send("issuer", "transferFrom", exchange, other, 1), "150110");
		// and it comes back, whatever has been set since
		await token.send("issuer", "setTransferable", false);
		await token.send("issuer", "setStatus", false);
		await token.send("issuer", "setTradableExchange", ZeroAddress);
		done(await exchange.send("investor", "withdrawAll", token),
			["Withdrawal", token.address, investor], ["Transfer", exchange.address, investor, 10]);
	});
}

// --- bonds and shares ---

for (const kind of SECURITIES) {
	const t = (name, fn) => test(`strict ${kind}: ${name}`, async () => {
		const c = chain();
		const token = await deploy(c, kind);
		await token.send("issuer", "setTransferable", true);
		await token.send("issuer", "transfer", investor, 100);
		await fn(token, c);
	});
	const balance = (token, who) => token.read("balanceOf", account(who));
	const gateway = (c) => c.deploy("network", "PaymentGateway");

	t("transfers with approval", async (token, c) => {
		refused(await token.send("investor", "applyForTransfer", other, 1, "d"), "160101");
		await token.send("issuer", "setTransferApprovalRequired", true);
		refused(await token.send("investor", "transfer", other, 1), "150105");
		done(await token.send("issuer", "transfer", other, 1), ["Transfer", issuer, other, 1]);
		for (const [to, value, code] of [[other, 101, "150102"], [ZeroAddress, 1, "150101"], [await gateway(c), 1, "150103"]])
			refused(await token.send("investor", "applyForTransfer", to, value, "d"), code);
		done(await token.send("investor", "applyForTransfer", other, 60, "why"), ["ApplyForTransfer", 0, investor, other, 60, "why"]);
		same([await balance(token, "investor"), await token.read("pendingTransfer", investor)], [40, 60]);
		same(await token.read("transferRequests", 0), [investor, other, 60, true]);
		refused(await token.send("investor", "applyForTransfer", other, 41, "d"), "150102", "what waits is not free");
		refused(await token.send("issuer", "approveTransfer", 1, "d"), "160102");
		for (const verb of ["approveTransfer"]) await ownersAlone(token, verb, 0, "d");
		refused(await token.send("other", "cancelTransfer", 0, "d"), "160104");
		done(await token.send("issuer", "approveTransfer", 0, "ok"),
			["ApproveTransfer", 0, investor, other, "ok"], ["Transfer", investor, other, 60]);
		same([await balance(token, "other"), await token.read("pendingTransfer", investor)], [61, 0]);
		for (const [who, verb] of [["issuer", "approveTransfer"], ["issuer", "cancelTransfer"], ["investor", "cancelTransfer"]])
			refused(await token.send(who, verb, 0, "d"), "160103", verb);
		for (const [i, who] of [[1, "investor"], [2, "issuer"]]) {
			await token.send("investor", "applyForTransfer", other, 40, "d");
			done(await token.send(who, "cancelTransfer", i, "no"), ["CancelTransfer", i, investor, other, "no"]);
			same([await balance(token, "investor"), await token.read("pendingTransfer", investor)], [40, 0], who);
			refused(await token.send("issuer", "approveTransfer", i, "d"), "160103");
		}
		for (const [set, code] of [["setTransferable", "150104"], ["setStatus", "150107"]]) {
			await token.send("issuer", set, false);
			refused(await token.send("investor", "applyForTransfer", other, 1, "d"), code);
			done(await token.send("issuer", "applyForTransfer", other, 1, "d"), ["ApplyForTransfer", code === "150104" ? 3 : 4, issuer, other, 1, "d"]);
			await token.send("issuer", set, true);
		}
	});

	t("locks", async (token, c) => {
		const keeper = account("keeper");
		const locked = (who) => token.read("lockedOf", keeper, account(who));
		refused(await token.send("investor", "lock", ZeroAddress, 1, "d"), "150101");
		refused(await token.send("investor", "lock", keeper, 101, "d"), "150102");
		done(await token.send("investor", "lock", keeper, 60, "d"), ["Lock", investor, keeper, 60, "d"]);
		same([await balance(token, "investor"), await locked("investor"), await token.read("totalSupply")], [40, 60, 1000]);
		refused(await token.send("investor", "transfer", other, 41), "150102");
		for (const who of ["investor", "issuer", "stranger"])
			refused(await token.send(who, "unlock", investor, investor, 1, "d"), "160201", who);
		refused(await token.send("keeper", "unlock", investor, investor, 61, "d"), "160201");
		refused(await token.send("keeper", "unlock", investor, ZeroAddress, 1, "d"), "150101");
		refused(await token.send("keeper", "unlock", investor, await gateway(c), 1, "d"), "150103");
		done(await token.send("keeper", "unlock", investor, investor, 10, "d"), ["Unlock", investor, keeper, investor, 10, "d"]);
		done(await token.send("keeper", "unlock", investor, other, 20, "d"),
			["Unlock", investor, keeper, other, 20, "d"], ["Transfer", investor, other, 20]);
		same([await balance(token, "investor"), await balance(token, "other"), await locked("investor")], [50, 20, 30]);
	});

	t("locks by force", async (token, c) => {
		const keeper = account("keeper");
		const locked = (who) => token.read("lockedOf", keeper, account(who));
		const exchange = await c.deploy("network", "CouponExchange", await gateway(c));
		await ownersAlone(token, "forceLock", keeper, investor, 1, "d");
		await ownersAlone(token, "forceUnlock", keeper, investor, investor, 1, "d");
		await ownersAlone(token, "forceChangeLockedAccount", keeper, investor, other, 1, "d");
		await token.send("issuer", "setTradableExchange", exchange);
		await token.send("investor", "transfer", exchange, 10);
		refused(await token.send("issuer", "forceLock", keeper, exchange, 1, "d"), "150110");
		refused(await token.send("issuer", "forceLock", keeper, investor, 91, "d"), "150102");
		done(await token.send("issuer", "forceLock", keeper, investor, 50, "d"), ["ForceLock", investor, keeper, 50, "d"]);
		refused(await token.send("issuer", "forceChangeLockedAccount", keeper, investor, other, 51, "d"), "160201");
		refused(await token.send("issuer", "forceChangeLockedAccount", keeper, investor, ZeroAddress, 1, "d"), "150101");
		done(await token.send("issuer", "forceChangeLockedAccount", keeper, investor, other, 20, "d"),
			["ForceChangeLockedAccount", keeper, investor, other, 20, "d"], ["Transfer", investor, other, 20]);
		same([await locked("investor"), await locked("other")], [30, 20]);
		refused(await token.send("issuer", "forceUnlock", keeper, investor, investor, 31, "d"), "160201");
		done(await token.send("issuer", "forceUnlock", keeper, investor, investor, 10, "d"), ["ForceUnlock", investor, keeper, investor, 10, "d"]);
		done(await token.send("issuer", "forceUnlock", keeper, other, stranger, 20, "d"),
			["ForceUnlock", other, keeper, stranger, 20, "d"], ["Transfer", other, stranger, 20]);
		same([await balance(token, "investor"), await balance(token, "stranger"), await locked("investor")], [50, 20, 20]);
	});

	t("issue and redemption at holders", async (token, c) => {
		const keeper = account("keeper");
		for (const verb of ["issueFrom", "redeemFrom"]) await ownersAlone(token, verb, investor, ZeroAddress, 1);
		for (const verb of ["bulkIssueFrom", "bulkRedeemFrom"]) await ownersAlone(token, verb, [investor], [ZeroAddress], [1]);
		refused(await token.send("issuer", "issueFrom", ZeroAddress, ZeroAddress, 1), "150101");
		refused(await token.send("issuer", "issueFrom", await gateway(c), ZeroAddress, 1), "150103");
		done(await token.send("issuer", "issueFrom", other, ZeroAddress, 30),
			["Issue", issuer, other, ZeroAddress, 30], ["Transfer", ZeroAddress, other, 30]);
		done(await token.send("issuer", "issueFrom", other, keeper, 7),
			["Issue", issuer, other, keeper, 7], ["Transfer", ZeroAddress, other, 7]);
		same([await balance(token, "other"), await token.read("lockedOf", keeper, other), await token.read("totalSupply")], [30, 7, 1037]);
		refused(await token.send("issuer", "redeemFrom", other, ZeroAddress, 31), "150102");
		refused(await token.send("issuer", "redeemFrom", other, keeper, 8), "160201");
		done(await token.send("issuer", "redeemFrom", other, ZeroAddress, 30),
			["Redeem", issuer, other, ZeroAddress, 30], ["Transfer", other, ZeroAddress, 30]);
		done(await token.send("issuer", "redeemFrom", other, keeper, 7),
			["Redeem", issuer, other, keeper, 7], ["Transfer", other, ZeroAddress, 7]);
		same(await token.read("totalSupply"), 1000);
		for (const verb of ["bulkIssueFrom", "bulkRedeemFrom"]) {
			refused(await token.send("issuer", verb, [], [], []), "150109");
			refused(await token.send("issuer", verb, [investor, other], [ZeroAddress], [1, 1]), "150108");
			refused(await token.send("issuer", verb, [investor], [ZeroAddress], []), "150108");
		}
		await token.send("issuer", "bulkIssueFrom", [other, stranger], [ZeroAddress, keeper], [5, 6]);
		same([await balance(token, "other"), await token.read("lockedOf", keeper, stranger)], [5, 6]);
		refused(await token.send("issuer", "bulkRedeemFrom", [other, stranger], [ZeroAddress, keeper], [5, 7]), "160201");
		same((await token.send("issuer", "bulkRedeemFrom", [other, stranger], [ZeroAddress, keeper], [5, 6])).ok, true);
		const exchange = await c.deploy("network", "CouponExchange", await gateway(c));
		await token.send("issuer", "setTradableExchange", exchange);
		await token.send("investor", "transfer", exchange, 10);
		refused(await token.send("issuer", "redeemFrom", exchange, ZeroAddress, 1), "150110");
		refused(await token.send("issuer", "issueFrom", investor, ZeroAddress, 2n ** 256n - 1n), "Panic(17)");
	});

	t("offering and allotment", async (token, c) => {
		refused(await token.send("investor", "applyForOffering", 10, "d"), "150201");
		await ownersAlone(token, "changeOfferingStatus", true);
		done(await token.send("issuer", "changeOfferingStatus", true), ["ChangeNumber", key("isOffering"), 1]);
		refused(await token.send("other", "applyForOffering", 0, "d"), "150204");
		refused(await token.send("issuer", "allot", other, 1), "150202");
		done(await token.send("other", "applyForOffering", 30, "d"), ["ApplyFor", other, 30, "d"]);
		await ownersAlone(token, "allot", other, 1);
		refused(await token.send("issuer", "allot", other, 0), "150204");
		refused(await token.send("issuer", "allot", other, 31), "150203");
		done(await token.send("issuer", "allot", other, 20), ["Allot", other, 20], ["Transfer", issuer, other, 20]);
		refused(await token.send("issuer", "allot", other, 11), "150203");
		done(await token.send("other", "applyForOffering", 31, "more"), ["ApplyFor", other, 31, "more"]);
		done(await token.send("issuer", "allot", other, 11), ["Allot", other, 11], ["Transfer", issuer, other, 11]);
		same(await token.read("applications", other), [31, 31, "more"]);
		await token.send("stranger", "applyForOffering", 5000, "d");
		refused(await token.send("issuer", "allot", stranger, 5000), "150102");
		const info = await c.deploy("network", "PersonalInfo");
		await token.send("issuer", "setPersonalInfoAddress", info);
		await token.send("issuer", "setRequirePersonalInfoRegistered", true);
		refused(await token.send("investor", "applyForOffering", 1, "d"), "150106");
		refused(await token.send("issuer", "allot", stranger, 1), "150106");
		refused(await token.send("issuer", "issueFrom", stranger, ZeroAddress, 1), "150106");
		await token.send("issuer", "changeOfferingStatus", false);
		refused(await token.send("other", "applyForOffering", 1, "d"), "150201");
	});

	t("its end", async (token) => {
		const [verb, event, view] = kind === "IbetShare" ? ["changeToCanceled", "ChangeToCanceled", "isCanceled"] : ["changeToRedeemed", "ChangeToRedeemed", "isRedeemed"];
		await ownersAlone(token, verb);
		same([await token.read(view), await token.read("isEnded")], [false, false]);
		done(await token.send("issuer", verb), [event]);
		same([await token.read(view), await token.read("isEnded")], [true, true]);
		refused(await token.send("issuer", verb), "160301");
	});
}

test("strict IbetShare: dividends", async () => {
	const token = await deploy(chain(), "IbetShare");
	same(await token.read("dividendInformation"), [3, "20300331", "20300630"]);
	await ownersAlone(token, "setDividendInformation", 5, "20310331", "20310630");
	done(await token.send("issuer", "setDividendInformation", 5, "20310331", "20310630"), ["ChangeNumber", key("dividends"), 5],
		["ChangeText", key("dividendRecordDate"), "20310331"], ["ChangeText", key("dividendPaymentDate"), "20310630"]);
	same(await token.read("dividendInformation"), [5, "20310331", "20310630"]);
});

// --- memberships and coupons ---

for (const kind of ["IbetMembership", "IbetCoupon"])
	test(`strict ${kind}: supply and offering`, async () => {
		const token = await deploy(chain(), kind);
		await ownersAlone(token, "issue", 5);
		done(await token.send("issuer", "issue", 5), ["Transfer", ZeroAddress, issuer, 5]);
		same([await token.read("totalSupply"), await token.read("balanceOf", issuer)], [1005, 1005]);
		refused(await token.send("investor", "applyForOffering", "d"), "150201");
		await token.send("issuer", "setInitialOfferingStatus", true);
		done(await token.send("investor", "applyForOffering", "d"), ["ApplyFor", investor]);
		same(await token.read("applications", investor), "d");
	});

test("strict IbetCoupon: use", async () => {
	const token = await deploy(chain(), "IbetCoupon");
	await token.send("issuer", "setTransferable", false);
	await token.send("issuer", "transfer", investor, 10);
	refused(await token.send("investor", "consume", 11), "150102");
	done(await token.send("investor", "consume", 4), ["Consume", investor, 6, 4, 4]);
	same([await token.read("usedOf", investor), await token.read("totalSupply")], [4, 1000]);
	await token.send("issuer", "setStatus", false);
	refused(await token.send("investor", "consume", 1), "150107");
});
