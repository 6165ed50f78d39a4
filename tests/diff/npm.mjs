// SPDX-License-Identifier: Apache-2.0
//
// The packages that tests/diff/package.json pins, from the folder NPM. They
// are loaded at once and not awaited: modules that wait side by side would
// load one package in two ways.
import { createRequire } from "node:module";

export const pkg = createRequire(process.env.NPM + "/");
