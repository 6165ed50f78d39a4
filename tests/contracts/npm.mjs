// SPDX-License-Identifier: Apache-2.0
//
// The packages that tests pin: ethers, whose words for calls and events are
// those of wallets, and the compiler.
import { createRequire } from "node:module";

export const { Interface, getAddress, id, ZeroAddress } = createRequire(process.env.NPM + "/")("ethers");
export const solc = () => createRequire(process.env.SOLC + "/")("solc");
