// SPDX-License-Identifier: Apache-2.0
// The explorer in a real Chromium. `prepare` makes what there is to see and
// prints where it is; every other name is a case, given that on its input.
//
//	node explorer.mjs CASE     URL, RPC, KEY, NPM, DRIVER, USER, PASSWORD, SHOTS
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";

const require = createRequire(process.env.NPM + "/node_modules/");
const { ethers } = require("ethers");
const { URL: BASE, RPC, KEY, SHOTS } = process.env;
const HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>\u202e";

// --- contracts, by hand: each ends with data that it copies

const hex = (n, bytes) => n.toString(16).padStart(2 * bytes, "0");
const strip = (s) => s.replace(/^0x/, "");
const copy = (data, behind) =>
	`61${hex(data.length / 2, 2)}60${hex(behind + 8, 1)}600039`;
const reverting = (data) => copy(data, 6) + `61${hex(data.length / 2, 2)}6000fd` + data;
const logging = (topics, data) => {
	const tail = topics.toReversed().map((t) => "7f" + strip(t)).join("") +
		`61${hex(data.length / 2, 2)}6000a${topics.length}00`;
	return copy(data, tail.length / 2) + tail + data;
};
const calling = (to) => `6000600060006000600073${strip(to)}5af100`;
const creation = (runtime) =>
	`0x61${hex(runtime.length / 2, 2)}80600c6000396000f3${runtime}`;

async function prepare() {
	const provider = new ethers.JsonRpcProvider(RPC, undefined,
		{ staticNetwork: true, polling: true, pollingInterval: 100 });
	const wallet = new ethers.Wallet(KEY, provider);
	const abi = ethers.AbiCoder.defaultAbiCoder();
	const other = ethers.Wallet.createRandom().address;
	let nonce = await wallet.getNonce();
	const send = (tx) => wallet.sendTransaction({ gasLimit: 500000, gasPrice: 0,
		type: 0, nonce: nonce++, ...tx });
	const done = async (tx) => await provider.waitForTransaction((await tx).hash);
	const make = async (runtime) =>
		(await done(send({ data: creation(runtime) }))).contractAddress;

	const why = "08c379a0" + strip(abi.encode(["string"], [HOSTILE]));
	const short = strip(ethers.id("ERC20InsufficientBalance(address,uint256,uint256)")).slice(0, 8) +
		strip(abi.encode(["address", "uint256", "uint256"], [other, 1, 2]));
	const coded = "08c379a0" + strip(abi.encode(["string"], ["150102"]));
	const word = (a) => "0x" + strip(a).toLowerCase().padStart(64, "0");
	const refuser = await make(reverting(why));
	const poor = await make(reverting(short));
	const exchange = await make(reverting(coded));
	const caller = await make(calling(refuser));
	const token = await make(logging([ethers.id("Transfer(address,address,uint256)"),
		word(wallet.address), word(other)], hex(1234567, 32)));
	const shouter = await make(logging([ethers.id("Loud(string)")],
		strip(abi.encode(["string"], [HOSTILE]))));
	const call = async (to, data = "0x") =>
		(await done(send({ to, data })))?.hash;
	const failed = await call(refuser);
	const transfer = new ethers.Interface(["function transfer(address to,uint256 value)"])
		.encodeFunctionData("transfer", [other, 1234567n]);
	const out = { other, refuser, caller, token, sender: wallet.address, failed,
		poor: await call(poor), coded: await call(exchange), inner: await call(caller),
		moved: await call(token, transfer), loud: await call(shouter) };
	// More than two pages of one address, and some of them in one block.
	const many = [];
	let last;
	for (let part = 0; part < 4; part++) {
		for (let i = 0; i < 15; i++)
			many.push(await send({ to: other, value: 10n ** 15n * BigInt(i + 1), gasLimit: 21000 }));
		last = await done(many.at(-1));
	}
	out.sent = many.map((t) => t.hash);
	out.block = last.blockNumber;
	out.blockHash = last.blockHash;
	// Signed now, sent when a case needs a new block.
	out.raw = await wallet.signTransaction({ to: other, value: 1, gasLimit: 21000,
		gasPrice: 0, type: 0, nonce, chainId: (await provider.getNetwork()).chainId });
	provider.destroy();
	console.log(JSON.stringify(out));
}

// --- the browser

const faults = [];

// A page whose every request, message and refusal is looked at.
async function open(browser, options = {}) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB",
		timezoneId: "Asia/Tokyo",
		httpCredentials: { username: process.env.USER, password: process.env.PASSWORD },
		viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	page.on("request", (r) => {
		if (new URL(r.url()).origin !== new URL(BASE).origin)
			faults.push("left the origin: " + r.url());
	});
	page.on("console", (m) => {
		if (["error", "warning"].includes(m.type()) && !/status of 404/.test(m.text()))
			faults.push("console: " + m.text());
	});
	page.on("pageerror", (e) => faults.push("script: " + e));
	page.on("dialog", (d) => faults.push("a dialog: " + d.message()));
	page.go = async (path) => {
		const r = await page.goto(BASE + path, { waitUntil: "load" });
		return r.status();
	};
	// Does what leads to another page, and waits for that.
	page.follow = async (act) => {
		const loaded = page.waitForEvent("load");
		await act();
		await loaded;
	};
	page.text = (selector) => page.locator(selector).first().textContent();
	return page;
}

const paths = (d) => ["/", `/block/${d.block}`, `/tx/${d.failed}`, `/tx/${d.inner}`,
	`/tx/${d.moved}`, `/tx/${d.loud}`, `/address/${d.other}`, `/address/${d.refuser}`,
	"/signers", "/search?q=nothing-of-this-name"];

const cases = {
	// The head moves although nothing is loaded again, and can be stopped.
	async live(browser, d) {
		const page = await open(browser);
		await page.go("/");
		await page.evaluate(() => { window.mark = 1; });
		const before = await page.text("#head");
		await page.waitForFunction(() => !document.getElementById("pause").hidden);
		const r = await fetch(RPC, { method: "POST", headers: { "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_sendRawTransaction", params: [d.raw] }) });
		const hash = (await r.json()).result;
		assert.match(hash, /^0x/);
		await page.waitForFunction((was) => document.getElementById("head").textContent !== was,
			before, { timeout: 30000 });
		assert.equal(await page.evaluate(() => window.mark), 1);
		const [row, head, live] = await page.evaluate(() => ["#blocks tr th", "#head", "#live"]
			.map((s) => document.querySelector(s).textContent));
		assert.equal(row, head);
		assert.equal(live, "Live");
		assert.equal(await page.getAttribute("#head", "aria-live"), "polite");
		await page.click("#pause");
		assert.equal(await page.text("#live"), "Paused");
		assert.equal(await page.text("#pause"), "Continue");
	},

	// Without scripts all of it is there but the news.
	async plain(browser, d) {
		const page = await open(browser, { javaScriptEnabled: false });
		for (const path of paths(d).slice(0, -1))
			assert.equal(await page.go(path), 200, path);
		await page.go("/");
		assert.match(await page.text("#live"), /As of when/);
		assert.ok(!(await page.isVisible("#pause")));
		assert.ok(await page.locator("#blocks tr").count() > 2);
	},

	async failed(browser, d) {
		const page = await open(browser);
		await page.go("/tx/" + d.poor);
		assert.equal(await page.text(".title .tag"), "Failed");
		assert.match(await page.text("#reason"), /^ERC20InsufficientBalance\(/);
		assert.match(await page.text(".alert .args"), new RegExp(d.other));
		await page.go("/tx/" + d.coded);
		assert.equal(await page.text("#reason"), "the balance is too low (150102)");
		await page.go("/tx/" + d.coded + "?lang=ja");
		assert.equal(await page.text("#reason"), "残高が不足しています (150102)");
		await page.go("/tx/" + d.inner + "?lang=en");
		assert.equal(await page.text(".title .tag"), "Success");
		assert.equal(await page.locator(".tree li").count(), 2);
		assert.match(await page.text(".tree .d1"), /execution reverted/);
	},

	// What strangers put on the chain is text, wherever it is shown.
	async hostile(browser, d) {
		const page = await open(browser);
		const shown = HOSTILE.replace("\u202e", "\ufffd");
		for (const [path, where] of [[`/tx/${d.failed}`, "#reason"],
			[`/tx/${d.inner}`, ".tree .reason"],
			["/search?q=" + encodeURIComponent("<b>x</b>" + HOSTILE).slice(0, 200), "#asked"]]) {
			await page.go(path);
			if (where === "#asked")
				assert.match(await page.text(where), /^<b>x<\/b><script>/);
			else
				assert.equal(await page.text(where), shown);
			assert.equal(await page.locator("main script, main img, main b").count(), 0);
			assert.doesNotMatch(await page.title(), /owned/);
		}
		await page.go("/tx/" + d.loud);
		assert.equal(await page.locator("#logs").count(), 1);
		assert.equal(await page.locator("main script, main img").count(), 0);
	},

	async decoded(browser, d) {
		const page = await open(browser);
		await page.go("/tx/" + d.moved);
		assert.equal(await page.text("section:has(> #input) code"), "transfer(address to, uint256 value)");
		assert.match(await page.text("section:has(> #input) .args"), new RegExp(d.other));
		assert.match(await page.text("article.call p code"), /^Transfer\(address indexed from/);
		assert.match(await page.text("article.call .args"), /1234567/);
		await page.follow(() => page.click("article.call .args a >> nth=1"));
		assert.equal(await page.text(".id"), d.other);
	},

	async search(browser, d) {
		const page = await open(browser);
		const find = async (what) => {
			await page.fill("input[name=q]", what);
			await page.follow(() => page.press("input[name=q]", "Enter"));
			return page.url().slice(BASE.length);
		};
		await page.go("/");
		assert.equal(await find("  1 "), "/block/1");
		assert.equal(await find(String(d.block)), "/block/" + d.block);
		assert.equal(await find(d.blockHash), "/block/" + d.blockHash);
		assert.equal(await find(d.failed.slice(2).toUpperCase()), "/tx/" + d.failed);
		assert.equal(await find(d.other.toLowerCase()), "/address/" + d.other);
		for (const nothing of ["999999999999", "0x" + "0".repeat(64), "関所", "0x12", "-1"]) {
			assert.match(await find(nothing), /^\/search/);
			assert.equal(await page.text("#asked"), nothing);
			assert.equal(await page.text("h1"), "Nothing found");
		}
	},

	// All transactions of an address, each once, forth and back by key.
	async paging(browser, d) {
		const page = await open(browser);
		const rows = () => page.locator("tbody th a").allTextContents();
		const seen = [];
		await page.go("/address/" + d.other);
		for (;;) {
			seen.push(...await rows());
			const next = page.locator("a[rel=next]");
			if (await next.count() === 0)
				break;
			await page.follow(() => next.click());
			assert.match(page.url(), /\?before=\d+$/);
		}
		const own = seen.filter((h) => d.sent.includes(h));
		assert.equal(new Set(seen).size, seen.length, "a row stands twice");
		assert.equal(own.length, d.sent.length, "rows are missing");
		await page.follow(() => page.locator("a[rel=prev]").first().click());
		assert.match(page.url(), /\?after=\d+$/);
		assert.ok((await rows()).length > 0);
	},

	async languages(browser, d) {
		const page = await open(browser, { locale: "ja-JP" });
		const lang = () => page.evaluate(() => document.documentElement.lang);
		await page.go("/");
		assert.equal(await lang(), "ja");
		assert.equal(await page.text("h1"), "概要");
		await page.follow(() => page.click(".langs a[lang=en]"));
		assert.equal(await lang(), "en");
		await page.go("/tx/" + d.failed);
		assert.equal(await lang(), "en");
		assert.equal(await page.text(".title .tag"), "Failed");
		await page.follow(() => page.click(".langs a[lang=ja]"));
		assert.equal(await page.text(".title .tag"), "失敗");
		assert.equal(await page.go("/nowhere"), 404);
		assert.equal(await lang(), "ja");
		const [cookie] = await page.context().cookies();
		assert.equal(cookie.name, "lang");
		assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Lax");
		await page.go("/search?q=xyz");
		await page.follow(() => page.click(".langs a[lang=en]"));
		assert.equal(await page.text("#asked"), "xyz");
	},

	// Everything is reached, in order, and seen when it is reached.
	async keyboard(browser) {
		const page = await open(browser);
		await page.go("/");
		const at = () => page.evaluate(() => document.activeElement.className || document.activeElement.name ||
			document.activeElement.textContent.trim());
		await page.keyboard.press("Tab");
		assert.equal(await at(), "skip");
		assert.ok(await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0));
		await page.keyboard.press("Enter");
		assert.equal(await page.evaluate(() => document.activeElement.id), "main");
		await page.keyboard.press("Tab");
		assert.equal(await at(), "button");
		await page.keyboard.press("Tab");
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
		assert.equal(outline, "solid");
		await page.keyboard.press("Enter");
		await page.waitForURL(/\/block\/\d+$/);
	},

	// Structure that a screen reader goes by, on every page.
	async structure(browser, d) {
		const page = await open(browser);
		for (const path of paths(d)) {
			await page.go(path);
			const found = await page.evaluate(() => ({
				h1: document.querySelectorAll("h1").length,
				main: document.querySelectorAll("main").length,
				nav: document.querySelectorAll("nav:not([aria-label])").length,
				heads: document.querySelectorAll("th:not([scope])").length,
				tables: document.querySelectorAll("table:not(:has(caption))").length,
				images: document.querySelectorAll("img:not([alt])").length,
				ids: document.querySelectorAll("[id]").length -
					new Set(Array.from(document.querySelectorAll("[id]"), (e) => e.id)).size,
				named: Array.from(document.querySelectorAll("[aria-labelledby]"))
					.filter((e) => !document.getElementById(e.getAttribute("aria-labelledby"))).length,
			}));
			assert.deepEqual(found, { h1: 1, main: 1, nav: 0, heads: 0, tables: 0, images: 0, ids: 0, named: 0 }, path);
		}
	},

	// Text is at least 4.5:1 against what is behind it, in both schemes.
	async contrast(browser, d) {
		for (const colorScheme of ["light", "dark"]) {
			const page = await open(browser, { colorScheme });
			for (const path of paths(d)) {
				await page.go(path);
				const bad = await page.evaluate(contrastFaults);
				assert.deepEqual(bad, [], colorScheme + " " + path);
			}
		}
	},

	async phone(browser, d) {
		for (const locale of ["ja-JP", "en-GB"]) {
			const page = await open(browser, { locale, viewport: { width: 390, height: 800 } });
			for (const path of paths(d)) {
				await page.go(path);
				const [wide, view] = await page.evaluate(() =>
					[document.documentElement.scrollWidth, window.innerWidth]);
				assert.ok(wide <= view, `${path}: ${wide} of ${view}`);
			}
		}
	},

	// For people to look at, where SHOTS names a folder.
	async shots(browser, d) {
		for (const width of [1280, 390])
			for (const locale of ["ja-JP", "en-GB"])
				for (const colorScheme of ["light", "dark"]) {
					const page = await open(browser, { locale, colorScheme, viewport: { width, height: 850 } });
					for (const [i, path] of paths(d).entries()) {
						await page.go(path);
						await page.screenshot({ fullPage: true,
							path: `${SHOTS}/${i}-${locale.slice(0, 2)}-${width}-${colorScheme}.png` });
					}
				}
	},
};

// Runs in the page: the ratio of WCAG 2 for every piece of text.
function contrastFaults() {
	const numbers = (c) => c.match(/[\d.]+/g).map(Number);
	const light = (c) => {
		const [r, g, b] = numbers(c).slice(0, 3).map((v) => v / 255)
			.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = (e) => {
		for (; e !== null; e = e.parentElement) {
			const c = getComputedStyle(e).backgroundColor;
			if (numbers(c)[3] !== 0 && c.startsWith("rgb(") )
				return c;
		}
		return "rgb(255, 255, 255)";
	};
	const bad = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n !== null; n = walk.nextNode()) {
		const e = n.parentElement;
		if (n.data.trim() === "" || e.closest(".hidden, script, .skip"))
			continue;
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5)
			bad.push(`${n.data.trim().slice(0, 30)}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
	}
	return [...new Set(bad)];
}

async function run(name) {
	const { chromium } = createRequire(process.env.DRIVER + "/node_modules/")("playwright-core");
	const browser = await chromium.launch({ executablePath: process.env.CHROMIUM,
		args: ["--no-sandbox", "--disable-gpu"] });
	try {
		await cases[name](browser, JSON.parse(readFileSync(0, "utf8")));
		assert.deepEqual(faults, []);
	} finally {
		await browser.close();
	}
}

const [name] = process.argv.slice(2);
await (name === "prepare" ? prepare() : run(name));
