/* SPDX-License-Identifier: Apache-2.0
 *
 * Clique in words: why nothing is sealed, for the operator, and the snapshot
 * document of JSON-RPC. It reads the engine and changes nothing.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/hex.h"
#include "consensus/clique/clique_priv.h"

/* Addresses named in a sentence; more are counted. */
enum { NAMED_MAX = 4, ADDR_HEX = 2 * sizeof(struct addr) + 3 };

struct words {
	char *out;
	size_t len, cap;
};

static void say(struct words *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends; what does not fit is cut. */
static void
say(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->out + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (size_t)n < w->cap - w->len ? (size_t)n
						      : w->cap - w->len - 1;
}

static void
say_addr(struct words *w, const struct addr *a)
{
	char text[ADDR_HEX];

	say(w, "%s", hex_put0x(text, addr_bytes(a)));
}

/* Names the signers other than us who may sign block number. */
static void
say_others(struct words *w, const struct clique *c,
    const struct clique_snap *snap, uint64_t number)
{
	size_t i, cnt = 0;

	for (i = 0; i < snap->signer_cnt; i++) {
		const struct addr *a = &snap->signers[i];

		if (addr_eq(a, &c->conf.self) ||
		    clique_snap_is_recent(snap, a, number, NULL))
			continue;
		if (cnt < NAMED_MAX) {
			say(w, "%s", cnt == 0 ? "" : " or ");
			say_addr(w, a);
		}
		cnt++;
	}
	if (cnt > NAMED_MAX)
		say(w, " or %zu more", cnt - NAMED_MAX);
	if (cnt == 0)
		say(w, "nobody, the other signers are gone");
}

static void
say_turn(struct words *w, const struct clique *c,
    const struct clique_snap *snap, uint64_t number)
{
	size_t turn = snap->signer_cnt == 0 ? 0 : number % snap->signer_cnt;

	if (snap->signer_cnt == 0)
		return;
	if (addr_eq(&snap->signers[turn], &c->conf.self)) {
		say(w, "in turn for block %llu", (unsigned long long)number);
		return;
	}
	say(w, "out of turn for block %llu, where ",
	    (unsigned long long)number);
	say_addr(w, &snap->signers[turn]);
	say(w, " is in turn");
}

static void
explain_idle(
    struct words *w, const struct clique *c, const struct clique_snap *snap)
{
	size_t n = snap->signer_cnt;

	if (n == 0) {
		say(w, "the signer set is empty: nobody can seal");
	} else if (clique_snap_index(snap, &c->conf.self) == n) {
		say_addr(w, &c->conf.self);
		say(w, " is not among the %zu authorised signers", n);
	} else {
		say(w, "no transactions, and empty blocks are left out");
	}
}

static void
explain_blocked(struct words *w, const struct clique *c,
    const struct clique_snap *snap, uint64_t now_ms)
{
	uint64_t number = c->head->number + 1, seen = 0;

	if (clique_snap_is_recent(snap, &c->conf.self, number, &seen))
		say(w,
		    "signed block %llu and may sign again from block %llu; "
		    "block %llu is awaited from ",
		    (unsigned long long)seen,
		    (unsigned long long)seen + clique_limit(snap->signer_cnt),
		    (unsigned long long)number);
	else
		say(w,
		    "block %llu was signed before on another branch and is "
		    "never signed twice; it is awaited from ",
		    (unsigned long long)number);
	say_others(w, c, snap, number);
	if (now_ms > c->expected_ms)
		say(w, ", overdue by %llu s",
		    (unsigned long long)((now_ms - c->expected_ms) / 1000));
}

static void
explain_retry(
    struct words *w, const struct clique *c, struct engine_status *out)
{
	if (c->retry_rc == RC_OK) {
		out->state = ENGINE_IDLE;
		say(w, "no transaction of the pool could be mined");
		return;
	}
	say(w, "the last attempt failed (%s), next one after a pause",
	    err_text(c->retry_rc));
}

/* The clock of this machine is the usual reason for a head in the future. */
static void
explain_clock(struct words *w, const struct clique *c, uint64_t now_ms)
{
	uint64_t now_s = now_ms / 1000;

	if (c->head->time > now_s + c->conf.period_s + 1)
		say(w, "; the head is %llu s ahead of this clock",
		    (unsigned long long)(c->head->time - now_s));
}

static void
explain(struct words *w, struct clique *c, const struct clique_snap *snap,
    struct engine_status *out, uint64_t now_ms)
{
	uint64_t number = c->head->number + 1;

	switch (c->phase) {
	case CLIQUE_OFF:
		break;
	case CLIQUE_IDLE:
		out->state = ENGINE_IDLE;
		explain_idle(w, c, snap);
		break;
	case CLIQUE_BLOCKED:
		out->state = now_ms > c->expected_ms &&
				     now_ms - c->expected_ms >
					 clique_wiggle_ms(snap->signer_cnt) +
					     clique_period_ms(c)
				 ? ENGINE_STALLED
				 : ENGINE_BLOCKED;
		explain_blocked(w, c, snap, now_ms);
		break;
	case CLIQUE_WAIT:
	case CLIQUE_HOLD:
		out->state = ENGINE_WAITING;
		out->at_ms = c->due_ms;
		say_turn(w, c, snap, number);
		break;
	case CLIQUE_BUILD:
	case CLIQUE_SIGN:
	case CLIQUE_IMPORT:
		out->state = ENGINE_BUSY;
		say(w, "block %llu is being %s", (unsigned long long)number,
		    c->phase == CLIQUE_BUILD  ? "built"
		    : c->phase == CLIQUE_SIGN ? "signed"
					      : "imported");
		break;
	case CLIQUE_ADOPT:
		out->state = ENGINE_BUSY;
		say(w, "going on from another branch, since nobody extended "
		       "the head");
		break;
	case CLIQUE_RETRY:
		out->state = ENGINE_WAITING;
		out->at_ms = c->timer_ms;
		explain_retry(w, c, out);
		break;
	}
}

void
clique_status(struct engine *g, struct engine_status *out, uint64_t now_ms)
{
	struct clique *c = clique_of(g);
	struct words w = {.out = out->why, .cap = sizeof(out->why)};
	const struct clique_snap *snap;
	struct err e = {.rc = RC_OK};
	enum rc rc;

	out->state = ENGINE_OFF;
	out->sealed_cnt = c->sealed_cnt;
	out->refused_cnt = c->refused_cnt;
	if (!c->conf.is_sealer) {
		say(&w, "this node does not seal");
		return;
	}
	if (c->head == NULL) {
		say(&w, "the head of the chain is not known yet");
		return;
	}
	rc = clique_track(c, &snap, &c->head_hash, c->head, &e);
	if (rc != RC_OK) {
		out->state = ENGINE_STALLED;
		say(&w, "the signer set is not known: %s", err_message(&e, rc));
		return;
	}
	explain(&w, c, snap, out, now_ms);
	explain_clock(&w, c, now_ms);
}

/* The document of clique_getSnapshot. -------------------------------- */

static void
write_addr(struct jsonw *w, const struct addr *a)
{
	jsonw_data(w, addr_bytes(a));
}

static void
key_addr(struct jsonw *w, const struct addr *a)
{
	char text[ADDR_HEX];

	jsonw_key(w, hex_put0x(text, addr_bytes(a)));
}

static void
write_recents(struct jsonw *w, const struct clique_snap *s)
{
	char text[24];
	size_t i;

	jsonw_key(w, "recents");
	jsonw_obj(w);
	for (i = 0; i < s->recent_cnt; i++) {
		snprintf(text, sizeof(text), "%llu",
		    (unsigned long long)s->recents[i].number);
		jsonw_key(w, text);
		write_addr(w, &s->recents[i].signer);
	}
	jsonw_obj_end(w);
}

static void
write_votes(struct jsonw *w, const struct clique_snap *s)
{
	size_t i;

	jsonw_key(w, "votes");
	jsonw_arr(w);
	for (i = 0; i < s->vote_cnt; i++) {
		jsonw_obj(w);
		jsonw_key(w, "signer");
		write_addr(w, &s->votes[i].signer);
		jsonw_key(w, "block");
		jsonw_u64(w, s->votes[i].number);
		jsonw_key(w, "address");
		write_addr(w, &s->votes[i].target);
		jsonw_key(w, "authorize");
		jsonw_bool(w, s->votes[i].is_add);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static bool
is_first_on_target(const struct clique_snap *s, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++) {
		if (addr_eq(&s->votes[i].target, &s->votes[at].target))
			return false;
	}
	return true;
}

static void
write_tally(struct jsonw *w, const struct clique_snap *s)
{
	size_t i;

	jsonw_key(w, "tally");
	jsonw_obj(w);
	for (i = 0; i < s->vote_cnt; i++) {
		if (!is_first_on_target(s, i))
			continue;
		key_addr(w, &s->votes[i].target);
		jsonw_obj(w);
		jsonw_key(w, "authorize");
		jsonw_bool(w, s->votes[i].is_add);
		jsonw_key(w, "votes");
		jsonw_u64(w, clique_snap_votes(s, &s->votes[i].target));
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

enum rc
clique_describe(
    struct engine *g, struct jsonw *w, const struct hash *at, struct err *e)
{
	const struct clique_snap *s;
	size_t i;

	TRY(clique_track(clique_of(g), &s, at, NULL, e));
	jsonw_obj(w);
	jsonw_key(w, "number");
	jsonw_u64(w, s->number);
	jsonw_key(w, "hash");
	jsonw_data(w, hash_bytes(&s->hash));
	jsonw_key(w, "signers");
	jsonw_obj(w);
	for (i = 0; i < s->signer_cnt; i++) {
		key_addr(w, &s->signers[i]);
		jsonw_obj(w);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
	write_recents(w, s);
	write_votes(w, s);
	write_tally(w, s);
	jsonw_obj_end(w);
	return RC_OK;
}
