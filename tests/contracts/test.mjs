// SPDX-License-Identifier: Apache-2.0
//
// The contract tests: test.mjs [PATTERN].
import { end } from "./chain.mjs";
import { run } from "./case.mjs";
import "./files.mjs";
import "./gas.mjs";
import "./legacy.mjs";
import "./legacy_exchange.mjs";
import "./strict.mjs";
import "./strict_exchange.mjs";

const ok = await run(process.argv[2] ?? "");
end();
process.exitCode = ok ? 0 : 1;
