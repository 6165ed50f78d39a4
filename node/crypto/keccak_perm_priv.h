/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-f[1600] written once for any lane type (FIPS 202, section 3.3, with
 * lane (x, y) at index x + 5y). The including file defines
 *
 *   LANE           one lane, or the same lane of several states
 *   XOR(a, b)      a ^ b
 *   XOR3(a, b, c)  a ^ b ^ c
 *   CHI(a, b, c)   a ^ (~b & c)
 *   ROL(a, n)      rotate left by the constant n, 0 to 63
 *   SPREAD(v)      the 64-bit constant v in every state
 *
 * and gets KECCAK_PERMUTE; keccak_iota is in keccak_priv.h. Two rounds make one
 * turn of the loop, so that lanes go from one set of variables to the other and
 * back and no copy is needed.
 */

/* COLUMN is the parity of column x of state s. */
#define COLUMN(s, x)                                                           \
	XOR3(XOR3((s)[x], (s)[5 + (x)], (s)[10 + (x)]), (s)[15 + (x)],         \
	    (s)[20 + (x)])

/* MOVED is lane i of s after theta, rotated to where pi takes it. */
#define MOVED(s, i, n) ROL(XOR((s)[i], d[(i) % 5]), n)

/* ROW does rho, pi and chi for the row of to that starts at index at. */
#define ROW(to, at, s, i0, n0, i1, n1, i2, n2, i3, n3, i4, n4)                 \
	do {                                                                   \
		LANE b0 = MOVED(s, i0, n0), b1 = MOVED(s, i1, n1);             \
		LANE b2 = MOVED(s, i2, n2), b3 = MOVED(s, i3, n3);             \
		LANE b4 = MOVED(s, i4, n4);                                    \
		(to)[(at)] = CHI(b0, b1, b2);                                  \
		(to)[(at) + 1] = CHI(b1, b2, b3);                              \
		(to)[(at) + 2] = CHI(b2, b3, b4);                              \
		(to)[(at) + 3] = CHI(b3, b4, b0);                              \
		(to)[(at) + 4] = CHI(b4, b0, b1);                              \
	} while (0)

/* clang-format off: the index and offset pairs are a table */
#define ROUND(to, s, no)                                                       \
	do {                                                                   \
		LANE c0 = COLUMN(s, 0), c1 = COLUMN(s, 1);                     \
		LANE c2 = COLUMN(s, 2), c3 = COLUMN(s, 3);                     \
		LANE c4 = COLUMN(s, 4), d[5];                                  \
		d[0] = XOR(c4, ROL(c1, 1));                                    \
		d[1] = XOR(c0, ROL(c2, 1));                                    \
		d[2] = XOR(c1, ROL(c3, 1));                                    \
		d[3] = XOR(c2, ROL(c4, 1));                                    \
		d[4] = XOR(c3, ROL(c0, 1));                                    \
		ROW(to, 0, s, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14);            \
		ROW(to, 5, s, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61);            \
		ROW(to, 10, s, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18);             \
		ROW(to, 15, s, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56);          \
		ROW(to, 20, s, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2);           \
		(to)[0] = XOR((to)[0], SPREAD(keccak_iota[no]));               \
	} while (0)
/* clang-format on */

/* KECCAK_PERMUTE permutes st, an array of 25 lanes. */
#define KECCAK_PERMUTE(st)                                                     \
	do {                                                                   \
		LANE other[25];                                                \
		unsigned no_;                                                  \
		for (no_ = 0; no_ < 24; no_ += 2) {                            \
			ROUND(other, st, no_);                                 \
			ROUND(st, other, no_ + 1);                             \
		}                                                              \
	} while (0)
