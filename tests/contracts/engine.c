/* SPDX-License-Identifier: Apache-2.0
 *
 * A chain for the contract tests: a process that executes one transaction a
 * line on our engine, each in a block of its own, at times that its peer
 * chooses. It judges nothing; tests/contracts/chain.mjs is the peer.
 *
 * Standard input, a command a line, words parted by one space:
 *
 *	fork NAME             an empty state under these rules
 *	time SECONDS          the next block is so much later
 *	run FROM TO|- DATA    a transaction; - creates a contract
 *	read FROM TO DATA     a call; nothing of it stays
 *	delegate FROM TO      FROM has delegated its code to TO (EIP-7702)
 *
 * Standard output is one JSON object for each run and read:
 * {"ok","halt","gas","output","address","logs":[{"address","topics","data"}]}.
 * A line that is none of these ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/jsonw.h"
#include "exec/call.h"

enum {
	LINE_MAX_BYTES = 1 << 20,
	MEMORY_MAX = 1 << 30,
	GAS_LIMIT = 30000000,
};

struct chain {
	struct arena arena;
	struct fork_plan forks;
	struct exec_env env;
	struct state *st;
	struct header head;
};

static struct bytes
word(struct bytes *line)
{
	const uint8_t *end = memchr(line->ptr, ' ', line->len);
	size_t len = end == NULL ? line->len : (size_t)(end - line->ptr);
	struct bytes w = bytes_of(line->ptr, len);

	*line = end == NULL ? bytes_of(NULL, 0)
			    : bytes_of(end + 1, line->len - len - 1);
	return w;
}

static struct addr
word_addr(struct bytes *line)
{
	struct err e = {0};
	struct addr a;

	CHECK(hex_read_fixed(a.b, sizeof(a.b), word(line), false, &e) == RC_OK);
	return a;
}

static struct bytes
word_data(struct chain *c, struct bytes *line)
{
	struct bytes text = word(line), out;
	struct err e = {0};

	CHECK(hex_read(&c->arena, &out, text, &e) == RC_OK);
	return out;
}

/* --- commands --- */

static void
start(struct chain *c, struct bytes name)
{
	struct evm *vm = c->env.vm;
	enum fork f;
	size_t i;

	CHECK(fork_find(&f, name));
	arena_drop(&c->arena);
	c->forks = fork_plan_none();
	c->forks.chain_id = 1;
	for (i = 0; i < FORK_CNT; i++)
		c->forks.at[i] =
		    i <= (size_t)f && i != FORK_DAO ? 0 : FORK_NEVER;
	c->head = (struct header){.time = 1735657200, .gas_limit = GAS_LIMIT};
	c->env = (struct exec_env){.vm = vm};
	c->st = state_new(&c->arena, &STATE_SOURCE_EMPTY);
	CHECK(c->st != NULL);
}

static void
next_block(struct chain *c)
{
	const struct addr author = {{0}};
	struct evm *vm = c->env.vm;

	c->head.number++;
	c->head.time++;
	exec_env_of(&c->env, &c->forks, &c->head, &author);
	c->env.vm = vm;
}

static void
put_log(struct jsonw *w, const struct log_entry *l)
{
	size_t i;

	jsonw_obj(w);
	jsonw_key(w, "address");
	jsonw_data(w, bytes_of(l->addr.b, sizeof(l->addr.b)));
	jsonw_key(w, "topics");
	jsonw_arr(w);
	for (i = 0; i < l->topic_cnt; i++)
		jsonw_data(w, bytes_of(l->topics[i].b, sizeof(l->topics[i].b)));
	jsonw_arr_end(w);
	jsonw_key(w, "data");
	jsonw_data(w, l->data);
	jsonw_obj_end(w);
}

static void
answer(const struct exec_outcome *o, const struct addr *created,
    const struct log_entry *logs, size_t log_cnt)
{
	struct jsonw w;
	struct bytes text;
	size_t i;

	jsonw_init(&w, MEMORY_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "ok");
	jsonw_bool(&w, o->rc == RC_OK);
	jsonw_key(&w, "halt");
	jsonw_str(&w, err_name(o->rc));
	jsonw_key(&w, "gas");
	jsonw_u64(&w, o->gas_used);
	jsonw_key(&w, "output");
	jsonw_data(&w, o->output);
	jsonw_key(&w, "address");
	jsonw_data(&w, bytes_of(created->b, sizeof(created->b)));
	jsonw_key(&w, "logs");
	jsonw_arr(&w);
	for (i = 0; i < log_cnt; i++)
		put_log(&w, &logs[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	CHECK(jsonw_done(&w));
	text = jsonw_bytes(&w);
	CHECK(fwrite(text.ptr, text.len, 1, stdout) == 1 &&
	      fputc('\n', stdout) == '\n' && fflush(stdout) == 0);
	jsonw_free(&w);
}

static void
run(struct chain *c, struct bytes line)
{
	struct addr from = word_addr(&line);
	struct bytes rest = line, to = word(&rest);
	struct tx tx = {.type = TX_LEGACY, .gas = GAS_LIMIT / 2};
	struct exec_simulated out = {0};
	uint64_t used = 0;
	struct err e = {0};

	tx.is_create = bytes_eq(to, bytes_of_str("-"));
	if (!tx.is_create)
		tx.to = word_addr(&line);
	tx.data = word_data(c, &rest);
	next_block(c);
	CHECK(exec_tx_simulate(&c->arena, &out, c->st, &c->env, &tx, &from,
		  false, &used, &e) == RC_OK);
	answer(&out.outcome, &out.receipt.contract, out.logs, out.log_cnt);
}

static void
read(struct chain *c, struct bytes line)
{
	struct exec_call call = {.gas = GAS_LIMIT};
	struct exec_outcome out = {0};
	size_t at = state_snapshot(c->st);
	struct err e = {0};

	call.from = word_addr(&line);
	call.to = word_addr(&line);
	call.data = word_data(c, &line);
	CHECK(
	    exec_call_run(&c->arena, &out, c->st, &c->env, &call, &e) == RC_OK);
	state_revert(c->st, at);
	state_end_tx(c->st, true);
	answer(&out, &(const struct addr){{0}}, NULL, 0);
}

/* delegate gives an account what an authorization would have given it. */
static void
delegate(struct chain *c, struct bytes line)
{
	struct addr from = word_addr(&line), to = word_addr(&line);
	uint8_t *code = arena_alloc(&c->arena, 3 + sizeof(to.b));

	CHECK(code != NULL);
	memcpy(code, "\xef\x01\x00", 3);
	memcpy(code + 3, to.b, sizeof(to.b));
	state_set_code(c->st, &from, bytes_of(code, 3 + sizeof(to.b)));
}

static void
obey(struct chain *c, struct bytes line)
{
	struct bytes verb = word(&line);
	uint64_t seconds;

	if (bytes_eq(verb, bytes_of_str("fork"))) {
		start(c, line);
		return;
	}
	CHECK(c->st != NULL);
	if (bytes_eq(verb, bytes_of_str("run"))) {
		run(c, line);
	} else if (bytes_eq(verb, bytes_of_str("read"))) {
		read(c, line);
	} else if (bytes_eq(verb, bytes_of_str("delegate"))) {
		delegate(c, line);
	} else {
		CHECK(bytes_eq(verb, bytes_of_str("time")) &&
		      bytes_dec(&seconds, line, UINT32_MAX));
		c->head.time += seconds;
	}
}

int
main(void)
{
	static char line[LINE_MAX_BYTES];
	struct chain c = {.env = {.vm = evm_new()}};

	CHECK(c.env.vm != NULL);
	arena_init(&c.arena, MEMORY_MAX);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t len = strlen(line);

		CHECK(len > 0 && line[len - 1] == '\n');
		obey(&c, bytes_of(line, len - 1));
	}
	arena_drop(&c.arena);
	evm_free(c.env.vm);
	return 0;
}
