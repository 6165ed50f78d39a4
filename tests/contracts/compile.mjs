// SPDX-License-Identifier: Apache-2.0
//
// Writes conf/contracts anew from node/contracts.
import { mkdirSync, writeFileSync } from "node:fs";
import { FOLDER, PROFILES, compile, path } from "./artifacts.mjs";

for (const profile of Object.keys(PROFILES)) {
	const files = compile(profile);
	mkdirSync(`${FOLDER}/${profile}`, { recursive: true });
	for (const [name, text] of Object.entries(files)) writeFileSync(path(profile, name), text);
	console.log(`${FOLDER}/${profile}: ${Object.keys(files).length} contracts`);
}
