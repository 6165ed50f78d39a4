/* SPDX-License-Identifier: Apache-2.0
 *
 * How the child answers, without a process around it: unlocking, listing,
 * signing, and that nothing leaves before the watermark is on disk.
 */
#include "signer/child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "keys.h"

static struct child *
child_new(void)
{
	struct child *c = mem_new(sizeof(*c));

	c->conf = (struct signer_conf){
	    .may_seal = true, .may_sign_tx = true, .may_sign_message = true};
	c->clock = clock_real();
	c->dir = open(test_tmpdir(), O_RDONLY | O_DIRECTORY);
	EXPECT_RC(vault_open(&c->vault, NULL), RC_OK);
	EXPECT_RC(
	    watermark_open(&c->mark, keys_path(test_tmpdir(), ".mark"), NULL),
	    RC_OK);
	return c;
}

static void
child_free(struct child *c)
{
	watermark_close(&c->mark);
	close(c->dir);
	mem_free(c);
}

static enum rc
ask(struct child *c, struct bytes *body, const struct wire_request *r)
{
	static uint8_t space[WIRE_REQUEST_MAX];
	struct buf b = buf_of(space, sizeof(space));
	struct wire_reply reply = {.rc = RC_INTERNAL};

	EXPECT_RC(wire_request_put(&b, r, NULL), RC_OK);
	EXPECT_RC(wire_reply_take(
		      &reply, r->op, child_answer(c, bytes_of_buf(&b)), NULL),
	    RC_OK);
	if (body != NULL)
		*body = reply.body;
	return reply.rc;
}

static enum rc
unlock(struct child *c, const struct test_key *k, const char *password)
{
	return ask(c, NULL,
	    &(struct wire_request){.op = WIRE_UNLOCK,
		.addr = k->addr,
		.rest = bytes_of_str(password)});
}

/* unlock_for is unlock for so many seconds. */
static enum rc
unlock_for(struct child *c, const struct test_key *k, const char *password,
    uint32_t seconds)
{
	return ask(c, NULL,
	    &(struct wire_request){.op = WIRE_UNLOCK,
		.addr = k->addr,
		.seconds = seconds,
		.rest = bytes_of_str(password)});
}

/* sign_text asks for the signature of an EIP-191 message. */
static enum rc
sign_text(struct child *c, const struct test_key *k)
{
	return ask(c, NULL,
	    &(struct wire_request){.op = WIRE_SIGN,
		.addr = k->addr,
		.kind = SIGNER_MESSAGE,
		.rest = test_hex("190145")});
}

static enum rc
seal(struct child *c, struct bytes *sig, const struct test_key *k,
    uint64_t height, uint64_t salt)
{
	static uint8_t space[4096];
	struct arena a;
	struct bytes m;

	arena_init(&a, 1 << 16);
	m = keys_seal(&a, height, salt);
	memcpy(space, m.ptr, m.len);
	arena_drop(&a);
	return ask(c, sig,
	    &(struct wire_request){.op = WIRE_SIGN,
		.addr = k->addr,
		.kind = SIGNER_SEAL,
		.height = height,
		.rest = bytes_of(space, m.len)});
}

TEST(test_child_nonsense_is_answered_with_a_reason)
{
	struct child *c = child_new();
	struct wire_reply reply;

	EXPECT_RC(wire_reply_take(&reply, WIRE_LOCK,
		      child_answer(c, bytes_of_str("\x07")), NULL),
	    RC_OK);
	EXPECT_RC(reply.rc, RC_BAD_INPUT);
	EXPECT_BYTES(reply.text, bytes_of_str("operation 7"));
	child_free(c);
}

TEST(test_child_unlock_refuses_what_is_wrong)
{
	struct test_key k, other;
	struct child *c;

	keys_make(&k, 1);
	keys_make(&other, 2);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	c = child_new();
	EXPECT_RC(unlock(c, &k, "wrong"), RC_BAD_PASSWORD);
	EXPECT_RC(unlock(c, &k, ""), RC_BAD_PASSWORD);
	EXPECT_RC(unlock(c, &k, "right "), RC_BAD_PASSWORD);
	EXPECT_RC(unlock(c, &other, "right"), RC_NOT_FOUND);
	EXPECT(vault_find(c->vault, &k.addr) == NULL);
	EXPECT_RC(seal(c, NULL, &k, 1, 0), RC_NOT_FOUND);
	EXPECT_RC(unlock(c, &k, "right"), RC_OK);
	EXPECT(vault_find(c->vault, &k.addr) != NULL);
	/* An unlocked account still refuses a wrong password. */
	EXPECT_RC(unlock(c, &k, "wrong"), RC_BAD_PASSWORD);
	EXPECT_RC(unlock(c, &k, "right"), RC_OK);
	EXPECT_RC(seal(c, NULL, &k, 1, 0), RC_OK);
	child_free(c);
}

TEST(test_child_key_file_that_others_may_read_is_denied)
{
	static const int modes[] = {0644, 0640, 0604, 0620, 0601};
	struct test_key k;
	struct child *c;
	size_t i;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	c = child_new();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		chmod(keys_path(test_tmpdir(), "key.json"), (mode_t)modes[i]);
		EXPECT_RC(unlock(c, &k, "right"), RC_DENIED);
	}
	chmod(keys_path(test_tmpdir(), "key.json"), 0400);
	EXPECT_RC(unlock(c, &k, "right"), RC_OK);
	child_free(c);
}

/* The document names an account that its key is not of. */
TEST(test_child_key_file_that_lies_unlocks_nothing)
{
	struct test_key k, other;
	struct bytes text;
	struct child *c;
	char *at, lie[41];
	size_t i;

	keys_make(&k, 1);
	keys_make(&other, 2);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	text = test_read(keys_path(test_tmpdir(), "key.json"));
	at = strstr((char *)(uintptr_t)text.ptr, "\"address\"");
	EXPECT(at != NULL);
	at = strchr(strchr(at, ':'), '"') + 1;
	for (i = 0; i < 20; i++)
		snprintf(lie + 2 * i, 3, "%02x", other.addr.b[i]);
	memcpy(at, lie, 40);
	keys_put(test_tmpdir(), "key.json", text, 0600);
	c = child_new();
	EXPECT(unlock(c, &other, "right") != RC_OK);
	EXPECT(vault_find(c->vault, &other.addr) == NULL);
	child_free(c);
}

/* Two files of one account, as after a change of password. */
TEST(test_child_tries_every_file_of_an_account)
{
	struct test_key k;
	struct child *c;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "UTC--old", &k, "old");
	keys_write(test_tmpdir(), "UTC--new", &k, "new");
	c = child_new();
	EXPECT_RC(unlock(c, &k, "new"), RC_OK);
	EXPECT_RC(unlock(c, &k, "old"), RC_OK);
	EXPECT_RC(unlock(c, &k, "neither"), RC_BAD_PASSWORD);
	child_free(c);
}

TEST(test_child_lists_key_files_and_nothing_else)
{
	struct test_key k;
	struct addr got;
	struct bytes body;
	struct child *c;
	unsigned i;

	for (i = 1; i <= 3; i++) {
		char name[16];

		keys_make(&k, i);
		snprintf(name, sizeof(name), "k%u.json", i);
		keys_write(test_tmpdir(), name, &k, "x");
	}
	keys_write(test_tmpdir(), "again.json", &k, "y");
	keys_put(test_tmpdir(), "README", bytes_of_str("not a key"), 0600);
	keys_put(test_tmpdir(), "x.json", bytes_of_str("{}"), 0600);
	keys_put(test_tmpdir(), "short.json",
	    bytes_of_str("{\"address\":\"00112233\"}"), 0600);
	mkdir(keys_path(test_tmpdir(), "folder.json"), 0700);
	EXPECT(symlink(keys_path(test_tmpdir(), "k1.json"),
		   keys_path(test_tmpdir(), "link.json")) == 0);
	EXPECT(mkfifo(keys_path(test_tmpdir(), "pipe.json"), 0600) == 0);
	c = child_new();
	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_OK);
	EXPECT_U64(body.len, 60);
	for (i = 0; i + 20 <= body.len; i += 20) {
		memcpy(got.b, body.ptr + i, 20);
		EXPECT(i == 0 || memcmp(body.ptr + i - 20, got.b, 20) < 0);
	}
	child_free(c);
}

TEST(test_child_lock_wipes_the_key)
{
	struct test_key k;
	struct child *c;
	struct wire_request r = {.op = WIRE_LOCK};

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	r.addr = k.addr;
	EXPECT_RC(ask(c, NULL, &r), RC_NOT_FOUND);
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	EXPECT(!memcmp(c->vault->keys[0].key, k.key, 32));
	EXPECT_RC(ask(c, NULL, &r), RC_OK);
	EXPECT(memcmp(c->vault->keys[0].key, k.key, 32) != 0);
	EXPECT_RC(seal(c, NULL, &k, 1, 0), RC_NOT_FOUND);
	child_free(c);
}

TEST(test_child_full_vault_refuses_more)
{
	struct test_key k;
	struct child *c;
	size_t i;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	for (i = 0; i < SIGNER_KEY_MAX; i++) {
		c->vault->keys[i].is_set = true;
		c->vault->keys[i].addr.b[0] = (uint8_t)i;
	}
	EXPECT_RC(unlock(c, &k, "x"), RC_NO_SPACE);
	child_free(c);
}

TEST(test_child_signs_a_height_once)
{
	struct bytes sig = {NULL, 0};
	struct test_key k;
	struct arena a;
	struct child *c;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	arena_init(&a, 1 << 16);
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	EXPECT_RC(seal(c, &sig, &k, 5, 0), RC_OK);
	EXPECT_U64(sig.len, 65);
	keys_expect_sig(sig.ptr, &k, keys_seal(&a, 5, 0));
	EXPECT_RC(seal(c, &sig, &k, 5, 0), RC_OK); /* the same block */
	EXPECT_RC(seal(c, &sig, &k, 5, 1), RC_DENIED);
	EXPECT_U64(sig.len, 0);
	EXPECT_RC(seal(c, &sig, &k, 4, 0), RC_DENIED);
	EXPECT_RC(seal(c, &sig, &k, 6, 0), RC_OK);
	arena_drop(&a);
	child_free(c);
}

/* The order that counts: sync, then signature. */
TEST(test_child_failed_sync_lets_no_signature_out)
{
	struct bytes sig = {NULL, 0};
	struct test_key k;
	struct child *c;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	fault_set(FAULT_fdatasync, EIO, 1, 1);
	EXPECT_RC(seal(c, &sig, &k, 5, 0), RC_IO);
	EXPECT_U64(sig.len, 0);
	EXPECT_U64(fault_clear(), 1);
	EXPECT_RC(seal(c, &sig, &k, 5, 0), RC_IO);
	EXPECT_U64(sig.len, 0);
	child_free(c);
}

/* A message that is refused, or an account that is locked, uses nothing up. */
TEST(test_child_refused_seal_leaves_the_watermark)
{
	struct test_key k;
	struct child *c;
	struct arena a;
	unsigned before;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	arena_init(&a, 1 << 16);
	before = fault_sync_cnt();
	EXPECT_RC(seal(c, NULL, &k, 5, 0), RC_NOT_FOUND);
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	EXPECT_RC(ask(c, NULL,
		      &(struct wire_request){.op = WIRE_SIGN,
			  .addr = k.addr,
			  .kind = SIGNER_SEAL,
			  .height = 9,
			  .rest = keys_seal(&a, 8, 0)}),
	    RC_BAD_INPUT);
	c->conf.may_seal = false;
	EXPECT_RC(seal(c, NULL, &k, 5, 0), RC_DENIED);
	c->conf.may_seal = true;
	EXPECT_U64(fault_sync_cnt(), before);
	EXPECT_U64(c->mark.cnt, 0);
	EXPECT_RC(seal(c, NULL, &k, 1, 0), RC_OK);
	arena_drop(&a);
	child_free(c);
}

/* Transactions and messages are signed as often as one likes. */
TEST(test_child_transactions_are_not_counted)
{
	struct wire_request r = {.op = WIRE_SIGN, .kind = SIGNER_TX};
	struct bytes sig = {NULL, 0};
	struct test_key k;
	struct child *c;
	unsigned before;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	c = child_new();
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	before = fault_sync_cnt();
	r.addr = k.addr;
	r.rest = test_hex("c6808080808080");
	EXPECT_RC(ask(c, &sig, &r), RC_OK);
	keys_expect_sig(sig.ptr, &k, r.rest);
	r.rest = test_hex("c6018080808080");
	EXPECT_RC(ask(c, &sig, &r), RC_OK);
	r.kind = SIGNER_MESSAGE;
	r.rest = test_hex("190145");
	EXPECT_RC(ask(c, &sig, &r), RC_OK);
	keys_expect_sig(sig.ptr, &k, r.rest);
	EXPECT_U64(fault_sync_cnt(), before);
	child_free(c);
}

TEST(test_child_empty_folder_lists_nothing)
{
	struct child *c = child_new();
	struct bytes body;

	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_OK);
	EXPECT_U64(body.len, 0);
	close(c->dir);
	c->dir = -1;
	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_IO);
	child_free(c);
}

/* A folder that is no key store. */
TEST(test_child_too_many_key_files_are_refused)
{
	const char *doc =
	    "{\"address\":\"0000000000000000000000000000000000000001\"}";
	struct bytes body;
	struct child *c;
	char name[16];
	unsigned i;

	for (i = 0; i <= SIGNER_FILE_MAX; i++) {
		snprintf(name, sizeof(name), "k%u", i);
		keys_put(test_tmpdir(), name, bytes_of_str(doc), 0600);
	}
	c = child_new();
	EXPECT_RC(ask(c, &body, &(struct wire_request){.op = WIRE_LIST}),
	    RC_NO_SPACE);
	unlink(keys_path(test_tmpdir(), "k0"));
	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_OK);
	EXPECT_U64(body.len, 20);
	child_free(c);
}

TEST(test_child_huge_file_is_passed_over)
{
	static char text[70000];
	struct bytes body;
	struct child *c;

	memset(text, ' ', sizeof(text));
	memcpy(text,
	    "{\"address\":\"0000000000000000000000000000000000000001\"}", 55);
	keys_put(test_tmpdir(), "huge", bytes_of(text, sizeof(text)), 0600);
	c = child_new();
	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_OK);
	EXPECT_U64(body.len, 0);
	child_free(c);
}

/* A child with one key file and a clock that the test turns. */
static struct child *
timed_child(struct test_key *k, struct clock *clock, struct clock_fake *hands)
{
	struct child *c;

	keys_make(k, 1);
	keys_write(test_tmpdir(), "key.json", k, "x");
	c = child_new();
	*hands = (struct clock_fake){.mono_ms = 5000};
	*clock = clock_of_fake(hands);
	c->clock = clock;
	return c;
}

TEST(test_child_unlock_too_long_is_refused)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k;
	struct child *c = timed_child(&k, &clock, &hands);

	EXPECT_RC(
	    unlock_for(c, &k, "x", SIGNER_UNLOCK_S_MAX + 1), RC_BAD_INPUT);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE - 1), RC_BAD_INPUT);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_S_MAX), RC_OK);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	child_free(c);
}

TEST(test_child_unlock_ends_when_its_time_has_come)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k;
	struct child *c = timed_child(&k, &clock, &hands);

	EXPECT_RC(unlock_for(c, &k, "x", 10), RC_OK);
	clock_fake_add(&hands, 9999);
	EXPECT_U64(vault_expire(c->vault, hands.mono_ms), 15000);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	clock_fake_add(&hands, 1);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT(memcmp(c->vault->keys[0].key, k.key, 32) != 0);
	EXPECT(vault_expire(c->vault, hands.mono_ms) == UINT64_MAX);
	child_free(c);
}

/* Longer, shorter, and never from always to a time. */
TEST(test_child_unlock_again_sets_another_time)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k;
	struct child *c = timed_child(&k, &clock, &hands);

	EXPECT_RC(unlock_for(c, &k, "x", 10), RC_OK);
	EXPECT_RC(unlock_for(c, &k, "x", 100), RC_OK);
	clock_fake_add(&hands, 50000);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	EXPECT_RC(unlock_for(c, &k, "x", 1), RC_OK);
	clock_fake_add(&hands, 1000);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT_RC(unlock_for(c, &k, "x", 1), RC_OK);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ALWAYS), RC_OK);
	EXPECT_RC(unlock_for(c, &k, "x", 1), RC_OK);
	clock_fake_add(&hands, 3600 * 1000);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	child_free(c);
}

TEST(test_child_unlock_once_is_for_one_signature)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k;
	struct child *c = timed_child(&k, &clock, &hands);

	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE), RC_OK);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT(memcmp(c->vault->keys[0].key, k.key, 32) != 0);
	/* A request that is refused uses it up, and so does time. */
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE), RC_OK);
	c->conf.may_sign_message = false;
	EXPECT_RC(sign_text(c, &k), RC_DENIED);
	c->conf.may_sign_message = true;
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE), RC_OK);
	clock_fake_add(&hands, SIGNER_ONCE_MS);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	/* What is unlocked stays so. */
	EXPECT_RC(unlock_for(c, &k, "x", 100), RC_OK);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE), RC_OK);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	EXPECT_RC(sign_text(c, &k), RC_OK);
	child_free(c);
}

/* 1 s, 2 s, 4 s ... and no password is looked at meanwhile, not even the
 * right one. */
TEST(test_child_wrong_passwords_make_an_account_wait)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k, other;
	struct child *c = timed_child(&k, &clock, &hands);
	uint64_t wait_ms;

	keys_make(&other, 2);
	keys_write(test_tmpdir(), "other.json", &other, "x");
	c->conf.wait_ms = 1000;
	for (wait_ms = 1000; wait_ms <= 128000; wait_ms *= 2) {
		uint64_t most =
		    wait_ms > SIGNER_WAIT_MAX_MS ? SIGNER_WAIT_MAX_MS : wait_ms;

		EXPECT_RC(unlock(c, &k, "wrong"), RC_BAD_PASSWORD);
		clock_fake_add(&hands, most - 1);
		EXPECT_RC(unlock(c, &k, "x"), RC_UNAVAILABLE);
		EXPECT_RC(unlock(c, &other, "x"), RC_OK);
		clock_fake_add(&hands, 1);
	}
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	EXPECT_RC(unlock(c, &k, "wrong"), RC_BAD_PASSWORD);
	clock_fake_add(&hands, 1000);
	EXPECT_RC(unlock(c, &k, "x"), RC_OK);
	child_free(c);
}

/* More accounts than there are places: who waits least makes room. */
TEST(test_child_waits_are_bounded)
{
	static struct tries t;
	struct addr a = {{0}};
	unsigned i;

	for (i = 0; i <= TRIES_MAX; i++) {
		a.b[0] = (uint8_t)i;
		tries_note(&t, &a, 1000, i);
		EXPECT_RC(tries_check(&t, &a, i, NULL), RC_UNAVAILABLE);
	}
	a.b[0] = 0;
	EXPECT_RC(tries_check(&t, &a, 0, NULL), RC_OK);
	a.b[0] = 1;
	EXPECT_RC(tries_check(&t, &a, 0, NULL), RC_UNAVAILABLE);
}

TEST(test_child_excluded_account_is_out_of_reach)
{
	struct clock_fake hands;
	struct clock clock;
	struct test_key k, other;
	struct bytes body;
	struct child *c = timed_child(&k, &clock, &hands);

	keys_make(&other, 2);
	keys_write(test_tmpdir(), "other.json", &other, "x");
	c->conf.has_excluded = true;
	c->conf.excluded = k.addr;
	EXPECT_RC(unlock(c, &k, "x"), RC_DENIED);
	EXPECT_RC(unlock_for(c, &k, "x", SIGNER_UNLOCK_ONCE), RC_DENIED);
	EXPECT_RC(sign_text(c, &k), RC_NOT_FOUND);
	EXPECT_RC(
	    ask(c, &body, &(struct wire_request){.op = WIRE_LIST}), RC_OK);
	EXPECT_BYTES(body, addr_bytes(&other.addr));
	child_free(c);
}

TEST(test_child_makes_a_key_that_its_password_opens)
{
	struct wire_request r = {
	    .op = WIRE_MAKE, .rest = bytes_of_str("secret")};
	struct child *c = child_new();
	struct bytes body, head = {NULL, 0};
	struct test_key made;

	EXPECT_RC(ask(c, NULL, &r), RC_DENIED);
	c->conf.may_make_keys = true;
	EXPECT_RC(ask(c, &body, &r), RC_OK);
	if (!bytes_take(&head, &body, sizeof(made.addr.b)))
		abort();
	memcpy(made.addr.b, head.ptr, sizeof(made.addr.b));
	keys_put(test_tmpdir(), "made", body, 0600);
	EXPECT_RC(unlock(c, &made, "wrong"), RC_BAD_PASSWORD);
	EXPECT_RC(unlock(c, &made, "secret"), RC_OK);
	EXPECT_RC(sign_text(c, &made), RC_OK);
	child_free(c);
}
