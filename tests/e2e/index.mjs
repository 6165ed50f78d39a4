// SPDX-License-Identifier: Apache-2.0
//
// A market for the index: contracts of the strict profile, people who do what
// they like with them, and what the contracts themselves say of it.
//
//	node index.mjs deploy            prints {platform, tokens}
//	node index.mjs play SEED STEPS   world on stdin; prints what was done
//	node index.mjs sure              world on stdin; one of each that must be
//	node index.mjs register NAME...  world on stdin; puts tokens on the list
//	node index.mjs state BLOCK...    world on stdin; prints {block: {fact: value}}
//	node index.mjs bulk TXS SIZE     world on stdin; transfers to many
//
// Environment: RPC, NPM, CONTRACTS (folder of the profile).
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(process.env.NPM + "/node_modules/");
const { ethers } = require("ethers");
const provider = new ethers.JsonRpcProvider(process.env.RPC, undefined,
	{ staticNetwork: true, polling: true, pollingInterval: 100, batchMaxCount: 50 });

const PEOPLE = ["network", "issuer", "agent", "alice", "bob", "carol", "keeper"];
const wallets = Object.fromEntries(PEOPLE.map((name) =>
	[name, new ethers.Wallet(ethers.id("index " + name), provider)]));
const address = (name) => wallets[name].address;
const nonces = {};
const load = (name) => JSON.parse(readFileSync(`${process.env.CONTRACTS}/${name}.json`, "utf8"));
const NO_EXCHANGE = ethers.ZeroAddress;
const ARGUMENTS = {
	IbetStraightBond: ["bond", "BND", 100000, 100000, "JPY", "20301231", 100000, "JPY", "20301231", "gift", "building"],
	IbetShare: ["share \"one\" \\ \u682a", "SHR", 500, 100000, 3, "20300331", "20300630", "20401231", 500],
	IbetMembership: ["club", "CLB", 100000, NO_EXCHANGE, "details", "returns", "20301231", "memo", true],
	IbetCoupon: ["coupon", "CPN", 100000, NO_EXCHANGE, "details", "returns", "memo", "20301231", true],
};
const EXCHANGE_OF = {
	IbetStraightBond: "SecurityExchange", IbetShare: "SecurityExchange",
	IbetMembership: "MembershipExchange", IbetCoupon: "CouponExchange",
};
const isSecurity = (kind) => kind === "IbetStraightBond" || kind === "IbetShare";

/** A generator of whole numbers below n, the same for the same seed. */
function random(seed) {
	let at = 0;
	return (n) => Number(BigInt(ethers.id(`${seed} ${at++}`)) % BigInt(n));
}

async function send(who, tx) {
	nonces[who] ??= await provider.getTransactionCount(address(who), "pending");
	const nonce = nonces[who]++;
	return wallets[who].sendTransaction({ gasLimit: 6000000, gasPrice: 0, type: 0, nonce, ...tx });
}
const done = async (sent) => {
	const receipt = await provider.waitForTransaction((await sent).hash, 1, 60000);
	return receipt;
};
async function must(sent, what) {
	const receipt = await done(sent);
	if (receipt.status !== 1) throw new Error(`${what}: refused`);
	return receipt;
}
const call = (who, contract, method, ...args) => send(who,
	{ to: contract.target, data: contract.interface.encodeFunctionData(method, args) });

async function create(who, name, ...args) {
	const { abi, bytecode } = load(name);
	const data = new ethers.ContractFactory(abi, bytecode).getDeployTransaction(...args);
	const receipt = await must(send(who, { data: (await data).data }), name);
	return new ethers.Contract(receipt.contractAddress, abi, provider);
}

function open(world) {
	const at = (name, target) => new ethers.Contract(target, load(name).abi, provider);
	const platform = Object.fromEntries(Object.entries(world.platform).map(([n, a]) => [n, at(n, a)]));
	const tokens = world.tokens.map((t) => ({ ...t, contract: at(t.kind, t.address),
		exchange: platform[EXCHANGE_OF[t.kind]] }));
	return { platform, tokens };
}

async function deploy() {
	const list = await create("network", "TokenList");
	const info = await create("network", "PersonalInfo");
	const gateway = await create("network", "PaymentGateway");
	const platform = { TokenList: list, PersonalInfo: info, PaymentGateway: gateway };
	platform.SecurityExchange = await create("network", "SecurityExchange", gateway.target, info.target);
	platform.MembershipExchange = await create("network", "MembershipExchange", gateway.target);
	platform.CouponExchange = await create("network", "CouponExchange", gateway.target);
	await must(call("network", gateway, "addAgent", address("agent")), "addAgent");
	await must(call("agent", gateway, "register_terms", "terms"), "terms");
	for (const who of ["issuer", "alice", "bob", "carol"]) {
		await must(call(who, info, "register", address("issuer"), "me"), "info");
		await must(call(who, gateway, "register", address("agent"), "bank"), "bank");
		await must(call("agent", gateway, "approve", address(who)), "approve");
	}
	const tokens = [];
	for (const [kind, args] of Object.entries(ARGUMENTS)) {
		const token = await create("issuer", kind, ...args);
		const exchange = platform[EXCHANGE_OF[kind]];
		await must(call("issuer", token, "setTradableExchange", exchange.target), "exchange");
		await must(call("issuer", token, "setTransferable", true), "transferable");
		tokens.push({ kind, address: token.target });
	}
	return { platform: Object.fromEntries(Object.entries(platform).map(([n, c]) => [n, c.target])), tokens };
}

async function register(world, kinds) {
	const { platform, tokens } = open(world);
	for (const t of tokens.filter((t) => kinds.includes(t.kind)))
		await must(call("issuer", platform.TokenList, "register", t.address, t.kind), "register");
}

/** One thing that somebody tries; the contract may refuse it. */
function step(pick, { platform, tokens }) {
	const one = (...of) => of[pick(of.length)];
	const holder = () => one("issuer", "alice", "bob", "carol");
	const t = one(...tokens), { contract: token, exchange } = t;
	const someId = () => pick(12), amount = () => 1 + pick(200);
	const trade = [
		() => call(holder(), token, "transfer", exchange.target, amount()),
		() => call(holder(), exchange, "createOrder", t.address, amount(), 1 + pick(50), one(true, false), address("agent")),
		() => call(holder(), exchange, "createOrder", t.address, amount(), 1 + pick(50), false, address("agent")),
		() => call(holder(), exchange, "executeOrder", someId(), 1 + pick(40), one(true, false)),
		() => call(holder(), exchange, "executeOrder", someId(), 1 + pick(40), one(true, false)),
		() => call("agent", exchange, "confirmAgreement", someId(), pick(3)),
		() => call("agent", exchange, "cancelAgreement", someId(), pick(3)),
		() => call(holder(), exchange, "cancelOrder", someId()),
		() => call("agent", exchange, "forceCancelOrder", someId()),
		() => call(holder(), exchange, "withdrawAll", t.address),
	];
	const plain = [
		() => call(holder(), token, "transfer", address(holder()), amount()),
		() => call("issuer", token, "transfer", address(holder()), amount()),
		() => call("issuer", token, "transferFrom", address(holder()), address(holder()), amount()),
		() => call("issuer", token, "bulkTransfer", [address("alice"), address("bob"), address("alice")], [1, 2, 3]),
		() => call("issuer", token, "setMemo", `memo ${pick(1000)}`),
		() => call("issuer", token, "setContactInformation", one("", "a\u0000b", "\ud83d\ude00 'x' \"y\" \\z\n")),
		() => call("issuer", token, "setStatus", pick(4) !== 0),
	];
	const security = [
		() => call("issuer", token, "issueFrom", address(holder()), one(NO_EXCHANGE, address("keeper")), amount()),
		() => call("issuer", token, "redeemFrom", address(holder()), one(NO_EXCHANGE, address("keeper")), amount()),
		() => call(holder(), token, "lock", address("keeper"), amount(), "{}"),
		() => call("issuer", token, "forceLock", address("keeper"), address(holder()), amount(), "{}"),
		() => call("keeper", token, "unlock", address(holder()), address(holder()), amount(), "{}"),
		() => call("issuer", token, "forceUnlock", address("keeper"), address(holder()), address(holder()), amount(), "{}"),
		() => call("issuer", token, "forceChangeLockedAccount", address("keeper"), address(holder()), address(holder()), amount(), "{}"),
		() => call("issuer", token, "setTransferApprovalRequired", pick(3) !== 0),
		() => call(holder(), token, "applyForTransfer", address(holder()), amount(), "why"),
		() => call("issuer", token, "approveTransfer", pick(8), "yes"),
		() => call(holder(), token, "cancelTransfer", pick(8), "no"),
		() => call("issuer", token, "changeOfferingStatus", true),
		() => call(holder(), token, "applyForOffering", amount(), "data"),
		() => call("issuer", token, "allot", address(holder()), amount()),
		() => call("issuer", token, t.kind === "IbetShare" ? "setPrincipalValue" : "setInterestRate", amount()),
	];
	const utility = [
		() => call("issuer", token, "issue", amount()),
		() => call("issuer", token, "setDetails", `details ${pick(1000)}`),
		() => t.kind === "IbetCoupon" ? call(holder(), token, "consume", amount()) : call("issuer", token, "issue", 1),
	];
	const registry = [
		() => call("agent", platform.PaymentGateway, one("approve", "warn", "unapprove"), address(holder())),
		() => call("agent", platform.PaymentGateway, "approve", address(holder())),
		() => call(holder(), platform.PaymentGateway, "agree_terms", address("agent")),
		() => call(holder(), platform.PersonalInfo, "register", address("issuer"), "me again"),
		() => call("issuer", platform.PersonalInfo, "modify", address(holder()), "corrected"),
		() => call("network", platform.PaymentGateway, one("addAgent", "removeAgent"), address("keeper")),
	];
	const kinds = [trade, trade, plain, isSecurity(t.kind) ? security : utility];
	return pick(12) === 0 ? one(...registry) : one(...one(...kinds));
}

async function play(world, seed, steps) {
	const pick = random(seed), all = open(world), sent = [];
	for (let i = 0; i < steps; i++) sent.push(await step(pick, all)());
	const receipts = await Promise.all(sent.map((s) => done(s)));
	return { sent: sent.length, done: receipts.filter((r) => r.status === 1).length };
}

/** What no draw of lots may leave out; each leaves something behind. */
async function sure(world) {
	const { tokens, platform } = open(world);
	const [bond, , club, coupon] = tokens.map((t) => t.contract);
	const exchange = platform.MembershipExchange, me = address("issuer");
	const will = (who, contract, method, ...args) => must(call(who, contract, method, ...args), method);
	for (const t of [bond, club, coupon]) await will("issuer", t, "setStatus", true);
	await will("issuer", bond, "setTransferApprovalRequired", true);
	const next = (await will("issuer", bond, "applyForTransfer", address("alice"), 11, "a")).logs[0].topics[1];
	await will("issuer", bond, "applyForTransfer", address("bob"), 12, "b");
	await will("issuer", bond, "applyForTransfer", address("bob"), 13, "c");
	await will("issuer", bond, "approveTransfer", BigInt(next), "yes");
	await will("issuer", bond, "cancelTransfer", BigInt(next) + 1n, "no");
	await will("issuer", bond, "lock", address("keeper"), 50, "{}");
	await will("keeper", bond, "unlock", me, address("carol"), 10, "{}");
	await will("issuer", coupon, "consume", 5);
	await will("issuer", club, "transfer", exchange.target, 100);
	const order = await exchange.latestOrderId();
	await will("issuer", exchange, "createOrder", club.target, 50, 7, false, address("agent"));
	await will("alice", exchange, "executeOrder", order, 20, true);
	await will("bob", exchange, "executeOrder", order, 5, true);
	await will("agent", exchange, "confirmAgreement", order, 0);
}

async function bulk(world, txs, size) {
	const { tokens } = open(world);
	const token = tokens.find((t) => t.kind === "IbetMembership").contract;
	const sent = [];
	for (let i = 0; i < txs; i++) {
		const to = Array.from({ length: size }, (_, k) => ethers.getAddress("0x" + ethers.id(`holder ${(i * size + k) % 5000}`).slice(-40)));
		sent.push(await send("issuer", { to: token.target, gasLimit: 50000 * size + 100000,
			data: token.interface.encodeFunctionData("bulkTransfer", [to, to.map(() => 1)]) }));
	}
	const receipts = await Promise.all(sent.map((s) => done(s)));
	return { sent: sent.length, done: receipts.filter((r) => r.status === 1).length };
}

// --- what the contracts say

const low = (a) => a.toLowerCase();
const json = (v) => typeof v === "bigint" ? v.toString() : JSON.stringify(v);

/** A contract's answer at a block; undefined where it has no code yet. */
const read = async (contract, block, method, ...args) => {
	try {
		return await contract[method](...args, { blockTag: block });
	} catch (e) {
		if (e.code === "BAD_DATA" || e.code === "CALL_EXCEPTION") return undefined;
		throw e;
	}
};

async function tokenFacts(t, block, people, put) {
	const { contract: token, exchange } = t;
	const id = low(t.address), keeper = address("keeper");
	const getters = token.interface.fragments.filter((f) => f.type === "function" && f.inputs.length === 0 &&
		f.stateMutability === "view" && f.outputs.length === 1 && !["totalSupply", "isEnded"].includes(f.name));
	await Promise.all([
		...getters.map(async (f) => put(`attribute ${id} ${f.name}`, json(await read(token, block, f.name)))),
		read(token, block, "totalSupply").then((v) => put(`supply ${id}`, v)),
		...people.flatMap(([who, a]) => [
			read(token, block, "balanceOf", a).then((v) => put(`balance ${id} ${low(a)}`, v)),
			read(exchange, block, "balances", a, t.address).then((v) => put(`free ${id} ${low(a)}`, v)),
			read(exchange, block, "commitments", a, t.address).then((v) => put(`promised ${id} ${low(a)}`, v)),
			isSecurity(t.kind) && read(token, block, "pendingTransfer", a).then((v) => put(`pending ${id} ${low(a)}`, v)),
			isSecurity(t.kind) && read(token, block, "lockedOf", keeper, a).then((v) => put(`locked ${id} ${low(a)}`, v)),
			t.kind === "IbetCoupon" && read(token, block, "usedOf", a).then((v) => put(`used ${id} ${low(a)}`, v)),
		]),
	]);
	if (!isSecurity(t.kind)) return;
	// Requests are without a count: as many as there are answers.
	for (let first = 0, more = true; more; first += 20) {
		const page = await Promise.all(Array.from({ length: 20 }, (_, k) => read(token, block, "transferRequests", first + k)));
		page.forEach((r, k) => r && put(`request ${id} ${first + k}`, `${low(r.from)} ${low(r.to)} ${r.amount} ${r.pending}`));
		more = page[19] !== undefined;
	}
}

async function orderFacts(exchange, block, put, i) {
	const id = low(exchange.target);
	const [o, agreed] = await Promise.all([read(exchange, block, "orderBook", i), read(exchange, block, "latestAgreementIds", i)]);
	put(`order ${id} ${i}`, `${low(o.owner)} ${low(o.token)} ${o.amount} ${o.price} ${o.isBuy} ${low(o.agent)} ${o.canceled}`);
	await Promise.all(Array.from({ length: Number(agreed) }, async (_, k) => {
		const a = await read(exchange, block, "agreements", i, k);
		const [buyer, seller] = o.isBuy ? [o.owner, a.counterpart] : [a.counterpart, o.owner];
		put(`agreement ${id} ${i} ${k}`, `${low(buyer)} ${low(seller)} ${a.amount} ${a.price} ${a.paid ? 1 : a.canceled ? 2 : 0}`);
	}));
}

async function exchangeFacts(exchange, block, put) {
	const next = Number(await read(exchange, block, "latestOrderId") ?? 0n);
	await Promise.all(Array.from({ length: next }, (_, i) => orderFacts(exchange, block, put, i)));
}

async function state(world, block) {
	const { platform, tokens } = open(world), facts = {};
	const put = (key, v) => {
		if (v !== undefined && v !== 0n) facts[key] = typeof v === "bigint" ? v.toString() : v;
	};
	const people = [...PEOPLE.map((p) => [p, address(p)]), ...Object.entries(world.platform)];
	await Promise.all([...tokens.map((t) => tokenFacts(t, block, people, put)),
		...[...new Set(Object.values(EXCHANGE_OF))].map((name) => exchangeFacts(platform[name], block, put))]);
	for (const [, a] of people) {
		const bank = await read(platform.PaymentGateway, block, "payment_accounts", a, address("agent"));
		if (bank !== undefined) put(`bank ${low(a)}`, bank.approval_status);
		if (await read(platform.PersonalInfo, block, "isRegistered", a, address("issuer"))) put(`info ${low(a)}`, "true");
		if (await read(platform.PaymentGateway, block, "getAgent", a)) put(`agent ${low(a)}`, "true");
	}
	const length = Number(await read(platform.TokenList, block, "getListLength") ?? 0n);
	for (let i = 0; i < length; i++) {
		const e = await read(platform.TokenList, block, "getTokenByNum", i);
		put(`token ${low(e.token_address)}`, `${e.token_template} ${low(e.owner_address)}`);
	}
	return facts;
}

async function states(world, blocks) {
	const out = {};
	for (const b of blocks) out[b] = await state(world, Number(b));
	return out;
}

const [what, ...args] = process.argv.slice(2);
const world = what === "deploy" ? null : JSON.parse(readFileSync(0, "utf8"));
const does = {
	deploy,
	play: () => play(world, args[0], Number(args[1])),
	sure: () => sure(world),
	register: () => register(world, args),
	state: () => states(world, args),
	bulk: () => bulk(world, Number(args[0]), Number(args[1])),
};
process.stdout.write(JSON.stringify(await does[what]() ?? null), () => process.exit(0));
