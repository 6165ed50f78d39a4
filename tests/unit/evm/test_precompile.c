/* SPDX-License-Identifier: Apache-2.0
 *
 * Precompiled contracts as messages: output, price under each fork, and how
 * they fail. The public vectors of their EIPs give output and gas.
 */
#include <jansson.h>

#include "asm.h"

#define Z32 "0000000000000000000000000000000000000000000000000000000000000000"
#define LEN(n)                                                                 \
	"00000000000000000000000000000000000000000000000000000000000000" n
#define P54 "ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define F56 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ABC_STATE                                                              \
	"48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"     \
	"d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"     \
	"6162630000000000" LEN("00") Z32 Z32                                   \
	    "000000000000000000000000000000000000000000000000"                 \
	    "03000000000000000000000000000000"
#define INFINITY_G1                                                            \
	"c00000000000000000000000000000000000000000000000"                     \
	"000000000000000000000000000000000000000000000000"
#define RECOVER                                                                \
	"18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1"      \
	"c" LEN("1c") "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c" \
		      "9aa6a5a75f"                                             \
		      "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7" \
		      "d75a9c4549"

static const struct {
	const char *name;
	uint16_t number;
	enum fork fork;
	const char *input, *output; /* output NULL: it fails */
	uint64_t gas;
} rows[] = {
    {"ecrecover", 1, FORK_FRONTIER, RECOVER,
	"000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b",
	3000},
    {"ecrecover with bytes behind", 1, FORK_FRONTIER, RECOVER "00",
	"000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b",
	3000},
    {"ecrecover of nothing", 1, FORK_FRONTIER, "", "", 3000},
    {"ecrecover with v of 29", 1, FORK_FRONTIER,
	"18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c" LEN(
	    "1d") Z32 Z32,
	"", 3000},
    {"sha256 of nothing", 2, FORK_FRONTIER, "",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 60},
    {"sha256 of 33 bytes", 2, FORK_FRONTIER, Z32 "00",
	"7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9",
	60 + 24},
    {"ripemd160 of nothing", 3, FORK_FRONTIER, "",
	"0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31",
	600},
    {"identity of nothing", 4, FORK_FRONTIER, "", "", 15},
    {"identity of 33 bytes", 4, FORK_FRONTIER, Z32 "07", Z32 "07", 15 + 6},
    {"bn254 sum of nothing, EIP-196", 6, FORK_BYZANTIUM, "", Z32 Z32, 500},
    {"bn254 sum, EIP-1108", 6, FORK_ISTANBUL,
	LEN("01") LEN("02") LEN("01") LEN("02"),
	"030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
	"15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4",
	150},
    {"bn254 sum of no points", 6, FORK_ISTANBUL, LEN("01") LEN("01"), NULL,
	150},
    {"bn254 multiple, EIP-196", 7, FORK_BYZANTIUM,
	LEN("01") LEN("02") LEN("02"),
	"030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
	"15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4",
	40000},
    {"bn254 multiple, EIP-1108", 7, FORK_ISTANBUL, "", Z32 Z32, 6000},
    {"bn254 pairing of nothing, EIP-197", 8, FORK_BYZANTIUM, "", LEN("01"),
	100000},
    {"bn254 pairing of infinities, EIP-1108", 8, FORK_ISTANBUL,
	Z32 Z32 Z32 Z32 Z32 Z32, LEN("01"), 79000},
    {"bn254 pairing of another length", 8, FORK_ISTANBUL, "00", NULL, 45000},
    {"point evaluation of another length, EIP-4844", 10, FORK_CANCUN, "", NULL,
	50000},
    {"point evaluation of nothing at infinity", 10, FORK_CANCUN,
	"010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014" Z32
	    Z32 INFINITY_G1 INFINITY_G1,
	"0000000000000000000000000000000000000000000000000000000000001000"
	"73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001",
	50000},
    {"BLS sum of another length", 11, FORK_PRAGUE, "", NULL, 375},
    {"BLS product of nothing", 12, FORK_PRAGUE, "", NULL, 0},
    {"BLS pairing of nothing", 15, FORK_PRAGUE, "", NULL, 37700},
    {"P-256 of no signature", 0x100, FORK_OSAKA, Z32 Z32 Z32 Z32 Z32, "", 6900},
    {"P-256 of another length, EIP-7951", 0x100, FORK_OSAKA, "", "", 6900},
    {"blake2f, EIP-152", 9, FORK_ISTANBUL, "0000000c" ABC_STATE "01",
	"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
	12},
    {"identity of a long input", 4, FORK_FRONTIER, RECOVER RECOVER RECOVER,
	RECOVER RECOVER RECOVER, 15 + 36},
    {"blake2f without rounds", 9, FORK_ISTANBUL, "00000000" ABC_STATE "01",
	"08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
	"d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b",
	0},
    {"blake2f with another flag", 9, FORK_ISTANBUL, "0000000c" ABC_STATE "02",
	NULL, 12},
    {"blake2f of another length", 9, FORK_ISTANBUL, "0000000c" ABC_STATE, NULL,
	0},
};

static struct evm_result
call(struct asm_run *r, enum fork fork, uint16_t number, struct bytes input,
    uint64_t gas)
{
	asm_open(r, fork, "");
	be16_put(r->msg.to.b + 18, number);
	r->msg.code_addr = r->msg.to;
	r->msg.input = input;
	r->msg.gas = gas;
	asm_go(r);
	return r->out;
}

TEST(test_precompile_gives_output_and_takes_its_price)
{
	static struct asm_run r;
	struct evm_result out;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		out = call(&r, rows[i].fork, rows[i].number,
		    test_hex(rows[i].input), 100000);
		if (rows[i].output == NULL) {
			EXPECT_RC(out.rc, RC_EVM_PRECOMPILE);
			EXPECT_U64(out.gas_left, 0);
			EXPECT_U64(out.output.len, 0);
		} else {
			EXPECT_RC(out.rc, RC_OK);
			EXPECT_BYTES(out.output, test_hex(rows[i].output));
			EXPECT_U64(100000 - out.gas_left, rows[i].gas);
		}
		asm_close(&r);
		if (rows[i].gas == 0)
			continue;
		out = call(&r, rows[i].fork, rows[i].number,
		    test_hex(rows[i].input), rows[i].gas - 1);
		EXPECT_RC(out.rc, RC_EVM_GAS);
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

/* The lengths of an exponentiation and its price under EIP-198, EIP-2565 and
 * EIP-7883; 0: nobody can pay, or EIP-7823 forbids it. The exponent is a one
 * and zeros. */
static const struct {
	const char *name;
	uint64_t base, exp, mod, gas_198, gas_2565, gas_7883;
	uint8_t first; /* byte of the exponent */
} powers[] = {
    {"nothing (EIP-2565, EIP-7883)", 0, 0, 0, 0, 200, 500, 0},
    {"64 bytes squared", 64, 1, 64, 204, 200, 500, 2},
    {"64 bytes to 0x010000", 64, 3, 64, 3276, 341, 2048, 1},
    {"128 bytes squared", 128, 1, 128, 665, 200, 512, 2},
    {"1024 bytes squared", 1024, 1, 1024, 17868, 5461, 32768, 2},
    {"1025 bytes squared", 1025, 1, 1025, 17899, 5547, 0, 2},
    {"32 bytes to 2^255", 32, 32, 32, 13056, 1360, 4080, 0x80},
    {"32 bytes to 33 bytes", 32, 33, 32, 13465, 1402, 4336, 0x80},
    {"a short base", 1, 1, 64, 204, 200, 500, 2},
    {"a zero exponent of 40 bytes", 32, 40, 32, 3276, 341, 2048, 0},
};

static size_t
write_power(uint8_t *in, size_t row)
{
	size_t len = 96 + powers[row].base + powers[row].exp + powers[row].mod;

	memset(in, 0, len);
	be64_put(in + 24, powers[row].base);
	be64_put(in + 56, powers[row].exp);
	be64_put(in + 88, powers[row].mod);
	if (powers[row].exp > 0)
		in[96 + powers[row].base] = powers[row].first;
	if (powers[row].mod > 0)
		in[len - 1] = 0xfb;
	return len;
}

static void
expect_power(enum fork fork, size_t row, uint64_t gas)
{
	static struct asm_run r;
	static uint8_t in[8192];
	struct evm_result out =
	    call(&r, fork, 5, bytes_of(in, write_power(in, row)), 50000);

	if (gas == 0 && fork == FORK_OSAKA) {
		EXPECT_RC(out.rc, RC_EVM_GAS);
	} else {
		EXPECT_RC(out.rc, RC_OK);
		EXPECT_U64(50000 - out.gas_left, gas);
		EXPECT_U64(out.output.len, powers[row].mod);
	}
	asm_close(&r);
}

TEST(test_precompile_modexp_costs_by_fork)
{
	size_t i;

	for (i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		test_row(powers[i].name);
		expect_power(FORK_BYZANTIUM, i, powers[i].gas_198);
		expect_power(FORK_BERLIN, i, powers[i].gas_2565);
		expect_power(FORK_OSAKA, i, powers[i].gas_7883);
	}
	test_row(NULL);
	test_count(i);
}

/* Fermat: 3^(p-1) mod p is 1, EIP-198's first example. */
TEST(test_precompile_modexp_of_the_eip_is_one)
{
	static struct asm_run r;
	struct evm_result out = call(&r, FORK_BYZANTIUM, 5,
	    test_hex(LEN("01") LEN("20") LEN("20") "03" P54 "fefffffc2e" P54
						   "fefffffc2f"),
	    13056);

	EXPECT_RC(out.rc, RC_OK);
	EXPECT_U64(out.gas_left, 0);
	EXPECT_BYTES(out.output, test_hex(LEN("01")));
	asm_close(&r);
}

TEST(test_precompile_modexp_with_endless_lengths_is_out_of_gas)
{
	static struct asm_run r;
	struct evm_result out;

	out = call(&r, FORK_BERLIN, 5, test_hex(F56 "ffffffff" Z32 LEN("01")),
	    UINT64_MAX / 2);
	EXPECT_RC(out.rc, RC_EVM_GAS);
	asm_close(&r);
	out = call(&r, FORK_BERLIN, 5, test_hex(Z32 F56 "ffffffff" LEN("01")),
	    UINT64_MAX / 2);
	EXPECT_RC(out.rc, RC_EVM_GAS);
	asm_close(&r);
	/* Without a modulus nothing is to be done: the least price. */
	out = call(&r, FORK_BERLIN, 5, test_hex(Z32 F56 "ffffffff" Z32), 200);
	EXPECT_RC(out.rc, RC_OK);
	EXPECT_U64(out.output.len, 0);
	asm_close(&r);
}

static const char *
text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s == NULL ? "" : s;
}

static const struct vectors {
	const char *file;
	uint16_t number;
	/* The price in the file, and the one that the EIP charges; 0 where
	 * they are the same. */
	uint64_t told, charged;
} files[] = {
    /* RIP-7212's price stands in the vectors of EIP-7951, which doubled it. */
    {"eip-7951/test-vectors.json", 0x100, 3450, 6900},
    {"eip-2537/add_G1_bls.json", 0x0b, 0, 0},
    {"eip-2537/mul_G1_bls.json", 0x0c, 0, 0},
    {"eip-2537/msm_G1_bls.json", 0x0c, 0, 0},
    {"eip-2537/add_G2_bls.json", 0x0d, 0, 0},
    {"eip-2537/mul_G2_bls.json", 0x0e, 0, 0},
    {"eip-2537/pairing_check_bls.json", 0x0f, 0, 0},
    {"eip-2537/map_fp_to_G1_bls.json", 0x10, 0, 0},
    {"eip-2537/map_fp2_to_G2_bls.json", 0x11, 0, 0},
    {"eip-2537/fail-add_G1_bls.json", 0x0b, 0, 0},
    {"eip-2537/fail-mul_G1_bls.json", 0x0c, 0, 0},
    {"eip-2537/fail-msm_G1_bls.json", 0x0c, 0, 0},
    {"eip-2537/fail-add_G2_bls.json", 0x0d, 0, 0},
    {"eip-2537/fail-mul_G2_bls.json", 0x0e, 0, 0},
    {"eip-2537/fail-msm_G2_bls.json", 0x0e, 0, 0},
    {"eip-2537/fail-pairing_check_bls.json", 0x0f, 0, 0},
    {"eip-2537/fail-map_fp2_to_G2_bls.json", 0x11, 0, 0},
};

/* run_file runs a public file of inputs, outputs and gas. */
static size_t
run_file(const char *dir, const struct vectors *v)
{
	static struct asm_run r;
	char path[512];
	json_t *doc, *c;
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/assets/%s", dir, v->file);
	doc = json_load_file(path, 0, NULL);
	EXPECT(doc != NULL);
	json_array_foreach(doc, i, c)
	{
		uint64_t gas =
		    (uint64_t)json_integer_value(json_object_get(c, "Gas"));
		bool fails = json_object_get(c, "ExpectedError") != NULL;
		struct evm_result out;

		test_row(text(c, "Name"));
		out = call(&r, FORK_OSAKA, v->number,
		    test_hex(text(c, "Input")), 100000000);
		if (fails) {
			EXPECT_RC(out.rc, RC_EVM_PRECOMPILE);
		} else {
			EXPECT_RC(out.rc, RC_OK);
			EXPECT_BYTES(out.output, test_hex(text(c, "Expected")));
			if (v->told != 0)
				EXPECT_U64(gas, v->told);
			EXPECT_U64(100000000 - out.gas_left,
			    v->charged != 0 ? v->charged : gas);
		}
		asm_close(&r);
	}
	test_row(NULL);
	json_decref(doc);
	test_count(i);
	return i;
}

TEST(test_precompile_vectors_of_the_eips_hold)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst");
	size_t i, cases = 0;

	if (dir == NULL) {
		test_skip("ethereum/unit.tar.zst cannot be unpacked");
		return;
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		cases += run_file(dir, &files[i]);
	EXPECT(cases > 100);
}

/* EIP-7910. */
TEST(test_precompile_names_are_those_of_the_fork)
{
	static const struct {
		enum fork f;
		size_t cnt;
		const char *last;
	} forks[] = {
	    {FORK_FRONTIER, 4, "ID"},
	    {FORK_BYZANTIUM, 8, "BN254_PAIRING"},
	    {FORK_LONDON, 9, "BLAKE2F"},
	    {FORK_CANCUN, 10, "KZG_POINT_EVALUATION"},
	    {FORK_PRAGUE, 17, "BLS12_MAP_FP2_TO_G2"},
	    {FORK_OSAKA, 18, "P256VERIFY"},
	    {FORK_BPO5, 18, "P256VERIFY"},
	};
	struct addr addr;
	size_t i, k;

	for (i = 0; i < sizeof(forks) / sizeof(forks[0]); i++) {
		for (k = 0; k < forks[i].cnt; k++) {
			EXPECT(
			    evm_precompile_name(&addr, k, forks[i].f) != NULL);
			EXPECT(evm_is_precompile(&addr, forks[i].f));
		}
		EXPECT_STR(evm_precompile_name(&addr, k - 1, forks[i].f),
		    forks[i].last);
		EXPECT(evm_precompile_name(&addr, k, forks[i].f) == NULL);
	}
}
