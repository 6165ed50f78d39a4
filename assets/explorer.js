/* SPDX-License-Identifier: Apache-2.0
 *
 * What pages do beyond showing: times as the reader's clock has them, and the
 * first page kept up to date. Without it every page is whole.
 */
"use strict";

const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
	dateStyle: "medium",
	timeStyle: "medium",
});

function localTimes(root) {
	for (const time of root.querySelectorAll("time")) {
		const at = new Date(time.dateTime);
		if (!isNaN(at)) {
			time.textContent = clock.format(at);
			time.title = time.dateTime;
		}
	}
}

/* The server answers within 20 s, if only that there is nothing new. */
const SILENCE_MS = 30000;

/* The newest blocks come as rows that the server has made. */
function follow(live) {
	const blocks = document.getElementById("blocks");
	const head = document.getElementById("head");
	const pause = document.getElementById("pause");
	let seen = live.dataset.seen.replaceAll(",", "");
	let source = null, silence = 0;

	const show = (state, text) => {
		if (live.textContent !== text)
			live.textContent = text;
		live.className = "live " + state;
	};
	const lost = () => show("off", live.dataset.off);
	const update = (event) => {
		const known = new Set(Array.from(blocks.rows, (r) => r.dataset.no));
		const focused = document.activeElement;
		const link = blocks.contains(focused) ? focused.getAttribute("href") : null;

		seen = event.lastEventId;
		blocks.innerHTML = event.data;
		localTimes(blocks);
		for (const row of blocks.rows)
			row.classList.toggle("fresh", !known.has(row.dataset.no));
		head.textContent = blocks.rows[0].dataset.no;
		if (link !== null)
			blocks.querySelector(`a[href="${CSS.escape(link)}"]`)?.focus();
		show("on", live.dataset.on);
	};
	const start = () => {
		source = new EventSource(live.dataset.url + "?seen=" + seen);
		show("on", live.dataset.on);
		source.onopen = () => {
			clearTimeout(silence);
			silence = setTimeout(lost, SILENCE_MS);
		};
		source.onerror = () => {
			if (source.readyState === EventSource.CLOSED) {
				lost();
				setTimeout(() => pause.dataset.is === "off" || start(), 5000);
			}
		};
		source.addEventListener("head", update);
		source.addEventListener("gone", lost);
	};

	pause.hidden = false;
	pause.addEventListener("click", () => {
		const stops = pause.dataset.is !== "off";
		pause.dataset.is = stops ? "off" : "on";
		pause.textContent = stops ? pause.dataset.go : pause.dataset.pause;
		if (stops) {
			source.close();
			clearTimeout(silence);
			show("", live.dataset.paused);
		} else {
			start();
		}
	});
	start();
}

localTimes(document);
const live = document.getElementById("live");
if (live !== null)
	follow(live);
