// SPDX-License-Identifier: Apache-2.0
//
// What is committed under conf/contracts is what the sources give, has the
// words that wallets know, and tells why in both languages.
import { readFileSync } from "node:fs";
import { FOLDER, PROFILES, SOURCES, compile, load, path } from "./artifacts.mjs";
import { same, test } from "./case.mjs";
import { Interface } from "./npm.mjs";

for (const profile of Object.keys(PROFILES))
	test(`${profile}: conf/contracts is node/contracts compiled`, () => {
		for (const [name, text] of Object.entries(compile(profile)))
			same(readFileSync(path(profile, name), "utf8") === text, true, `${path(profile, name)} (make contracts-build)`);
	});

// EIP-170, EIP-3860
test("the code of every contract is small enough", () => {
	for (const [profile, { contracts }] of Object.entries(PROFILES))
		for (const name of contracts) {
			const { bytecode, deployedBytecode } = load(profile, name);
			same([deployedBytecode.length <= 2 + 2 * 24576, bytecode.length <= 2 + 2 * 49152], [true, true], name);
		}
});

const WORDS = {
	IbetStraightBondExchange: {
		createOrder: "38a6e855", executeOrder: "7e6d36e2", cancelOrder: "514fcac7", confirmAgreement: "d1a397e5",
		cancelAgreement: "307f636b", withdrawAll: "fa09e630", transfer: "beabacc8", tokenFallback: "c0ee0b8a",
		orderBook: "a20b6e34", agreements: "e46cdff1", balances: "c23f001f", commitments: "adb6f63f",
		lastPrice: "f5a6ba2e", latestOrderId: "6f3b60d6",
		NewOrder: "62266baceb3938a36f642a6b6857911fda416ba3f0b192a5a5a8e27d51ad15f9",
		CancelOrder: "acd757911d369d6b15d47ada91171b7b67295b3f90b8499f6d52348f009c9445",
		Agree: "8572520837758ee6d544b77e467aa6bb30ea06c0e78c287b0d2a7d106f25d166",
		SettlementOK: "1f33fcbce82033cd7b26ae868ba28784c1e405a5a631cb7063527b4aceb0b5cc",
		SettlementNG: "c7065461c527949bffa69924a2264fb3a12540677585393b0f3c3d96dde06751",
		Transfer: "d1398bee19313d6bf672ccb116e51f4a1a947e91c757907f51fbb5b5e56c698f",
	},
	IbetStraightBond: {
		transfer: "a9059cbb", transferFrom: "23b872dd", redeem: "be040fb0",
		Transfer: "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
	},
	IbetCoupon: {
		consume: "483f31ab", allocate: "b78b52df", issue: "cc872b66",
		Consume: "d9380a77212b15ea71f279a52a60415086a7679b50528cb78e9db6ea848698d5",
	},
	WhiteList: {
		register: "32434a2e", register_terms: "36da14e1", agree_terms: "f3b73699", approve: "daea85c5", warn: "e53b3f6d",
		unapprove: "fbf1f78a", ban: "97c3ccd8", isAgreed: "abd84865", isRegistered: "d3da927f", payment_accounts: "2ea6d4bb",
		Register: "98ada70a1cb506dc4591465e1ee9be3fd7a2b6c73ecf3b949009718c9a351519",
	},
	PersonalInfo: {
		register: "32434a2e", isRegistered: "d3da927f", personal_info: "1cd0cb01",
		Register: "98ada70a1cb506dc4591465e1ee9be3fd7a2b6c73ecf3b949009718c9a351519",
	},
	TokenList: {
		getTokenByAddress: "91ded8fa", getTokenByNum: "778da554",
		Register: "512f28962293693883ab7a58ae504738bf8f6950b55447f94a7e2a079a01c494",
	},
};

test("old wallets find the words that they know", () => {
	for (const [name, words] of Object.entries(WORDS)) {
		const abi = new Interface(load("legacy", name).abi);
		for (const [word, want] of Object.entries(words))
			same(want.length === 8 ? abi.getFunction(word).selector : abi.getEvent(word).topicHash, "0x" + want, `${name}.${word}`);
	}
});

// In the strict profile orders, settlements and payment accounts keep their
// words, so that wallets and the index read both alike.
test("the strict profile speaks of trades as the old one does", () => {
	const old = new Interface(load("legacy", "IbetStraightBondExchange").abi);
	for (const name of ["SecurityExchange", "MembershipExchange", "CouponExchange"]) {
		const abi = new Interface(load("strict", name).abi);
		old.forEachEvent((e) => same(abi.getEvent(e.name).topicHash, e.topicHash, `${name} ${e.name}`));
		for (const word of ["createOrder", "cancelOrder", "executeOrder", "confirmAgreement", "cancelAgreement", "withdrawAll"])
			same(abi.getFunction(word).selector, old.getFunction(word).selector, word);
	}
	const list = new Interface(load("legacy", "WhiteList").abi), gateway = new Interface(load("strict", "PaymentGateway").abi);
	list.forEachFunction((f) => same(gateway.getFunction(f.name).selector, f.selector, f.name));
	list.forEachEvent((e) => same(gateway.getEvent(e.name).topicHash, e.topicHash, e.name));
});

test("every code has its text in both languages, once", () => {
	const codes = [...readFileSync(`${SOURCES}/common/Codes.sol`, "utf8").matchAll(/^string constant (\w+) = "(\d{6})";$/gm)];
	const texts = JSON.parse(readFileSync(`${FOLDER}/reasons.json`, "utf8"));
	same(new Set(codes.map((c) => c[2])).size, codes.length, "codes");
	same(Object.keys(texts), codes.map((c) => c[2]), "the order of Codes.sol");
	for (const [code, { en, ja }] of Object.entries(texts))
		same([/^[a-z]/.test(en), /[\u3040-\u9fff]/.test(ja)], [true, true], code);
});
