/* SPDX-License-Identifier: Apache-2.0
 *
 * The hand that drives an engine in the tests of sealing.
 */
#include "drive.h"

#include "crypto/ec.h"

void
drive_open(struct drive *d, size_t n, size_t self)
{
	memset(d, 0, sizeof(*d));
	rig_open(&d->rig, true);
	d->n = n;
	d->self = self;
	d->rig.conf.is_sealer = true;
	d->rig.conf.self = rig_addr(self);
	arena_init(&d->arena, 1 << 22);
}

void
drive_close(struct drive *d)
{
	engine_free(d->g);
	engine_free(d->judge);
	arena_drop(&d->arena);
	rig_close(&d->rig);
}

static void
start(struct drive *d, bool has_work)
{
	struct engine_event ev = {.kind = EV_START,
	    .header = d->head,
	    .hash = header_hash(d->head),
	    .has_work = has_work};

	d->g = rig_engine(&d->rig);
	drive_step(d, &ev);
}

void
drive_start(struct drive *d, bool has_work)
{
	struct clique_conf conf = d->rig.conf;

	d->head = rig_genesis(&d->rig, d->n);
	d->now_ms = d->head->time * 1000;
	d->rig.conf.is_sealer = false;
	d->judge = rig_engine(&d->rig);
	d->rig.conf = conf;
	start(d, has_work);
}

void
drive_restart(struct drive *d)
{
	engine_free(d->g);
	start(d, true);
}

void
drive_step(struct drive *d, const struct engine_event *ev)
{
	struct engine_event copy = *ev;

	arena_drop(&d->arena);
	EXPECT_RC(engine_step(d->g, &d->arena, &d->out, &copy, d->now_ms, NULL),
	    RC_OK);
}

void
drive_event(struct drive *d, enum engine_event_kind kind)
{
	drive_step(d, &(struct engine_event){.kind = kind});
}

void
drive_refuse(struct drive *d, enum rc rc)
{
	drive_step(d, &(struct engine_event){.kind = EV_REFUSED, .rc = rc});
}

void
drive_head(struct drive *d, const struct header *h, bool has_work)
{
	d->head = h;
	drive_step(d, &(struct engine_event){.kind = EV_HEAD,
			  .header = h,
			  .hash = header_hash(h),
			  .has_work = has_work});
}

void
drive_other(struct drive *d, size_t signer)
{
	const struct header *h = rig_chain(&d->rig, d->head, signer, d->n);

	EXPECT_RC(engine_verify(d->g, h, d->head, h->time, NULL), RC_OK);
	if (d->now_ms < h->time * 1000)
		d->now_ms = h->time * 1000;
	drive_head(d, h, true);
}

const struct engine_effect *
drive_effect(struct drive *d, enum engine_effect_kind kind)
{
	const struct engine_effect *found = NULL;
	size_t i;

	for (i = 0; i < d->out.cnt; i++) {
		if (d->out.v[i].kind != kind)
			continue;
		EXPECT(found == NULL);
		found = &d->out.v[i];
	}
	return found;
}

uint64_t
drive_timer_at(struct drive *d)
{
	const struct engine_effect *ef = drive_effect(d, EF_TIMER);

	return ef == NULL ? 0 : ef->at_ms;
}

void
drive_fire(struct drive *d)
{
	uint64_t at_ms = drive_timer_at(d);

	EXPECT(at_ms > 0);
	if (d->now_ms < at_ms)
		d->now_ms = at_ms;
	drive_event(d, EV_TIMER);
}

void
drive_built(struct drive *d, size_t tx_cnt)
{
	const struct engine_effect *ef = drive_effect(d, EF_BUILD);
	struct header *h;

	if (ef == NULL) {
		test_fail(__FILE__, __LINE__, "no block was asked for");
		return;
	}
	h = header_copy(&d->rig.arena, ef->header);
	h->state_root = h->receipts_root = h->tx_root = HASH_EMPTY_TRIE;
	if (tx_cnt > 0) {
		h->tx_root.b[0] ^= 1;
		h->gas_used = 21000 * tx_cnt;
	}
	drive_step(d, &(struct engine_event){.kind = EV_BUILT, .header = h});
}

void
drive_signed_by(struct drive *d, size_t signer)
{
	const struct engine_effect *ef = drive_effect(d, EF_SIGN);
	struct engine_event ev = {.kind = EV_SIGNED};
	struct ec_sig sig;

	if (ef == NULL) {
		test_fail(__FILE__, __LINE__, "no signature was asked for");
		return;
	}
	EXPECT_RC(ec_sign(&sig, rig_key(signer), ef->digest.b, NULL), RC_OK);
	memcpy(ev.sig, sig.r, 32);
	memcpy(ev.sig + 32, sig.s, 32);
	ev.sig[64] = sig.y_parity;
	drive_step(d, &ev);
}

void
drive_signed(struct drive *d)
{
	drive_signed_by(d, d->self);
}

const struct header *
drive_seal(struct drive *d, size_t tx_cnt)
{
	const struct engine_effect *ef;
	struct hash hash;

	drive_fire(d);
	drive_built(d, tx_cnt);
	while (drive_effect(d, EF_SIGN) == NULL && drive_timer_at(d) > 0 &&
	       drive_effect(d, EF_BUILD) == NULL)
		drive_fire(d); /* built early: until it is due */
	drive_signed(d);
	ef = drive_effect(d, EF_SEALED);
	if (ef == NULL) {
		test_fail(__FILE__, __LINE__, "no block was sealed");
		return NULL;
	}
	EXPECT_RC(engine_verify(
		      d->judge, ef->header, d->head, d->now_ms / 1000, NULL),
	    RC_OK);
	hash = rig_put(&d->rig, ef->header);
	drive_head(d, rig_get(&d->rig, &hash), tx_cnt > 0);
	return d->head;
}

const char *
drive_why(struct drive *d, enum engine_state want)
{
	static struct engine_status s;

	engine_status(d->g, &s, d->now_ms);
	EXPECT_U64(s.state, want);
	return s.why;
}
