/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a case was taken or refused as its suite says, and for the reason
 * that the suite names (refusal.def). A name that has no row is no fault of
 * the case: the verdict tells it, and whoever runs the suites decides.
 */
#include <string.h>

#include "base/check.h"
#include "suite/suite_priv.h"

static const struct {
	const char *name;
	enum rc rc;
	const char *says;
} refusals[] = {
#define TX(name, code, says)    {"TransactionException." #name, RC_##code, says},
#define BLOCK(name, code, says) {"BlockException." #name, RC_##code, says},
#define OLD(name, code, says)   {name, RC_##code, says},
#include "suite/refusal.def"
#undef TX
#undef BLOCK
#undef OLD
};

enum reason { REASON_WRONG, REASON_UNTOLD, REASON_RIGHT };

/* reason_of_name compares a refusal with all rows of one name. */
static enum reason
reason_of_name(struct bytes name, enum rc rc, const char *text)
{
	enum reason found = REASON_UNTOLD;
	size_t i;

	for (i = 0; i < ARRAY_CNT(refusals); i++) {
		if (!bytes_eq(name, bytes_of_str(refusals[i].name)))
			continue;
		if (refusals[i].rc == rc &&
		    strstr(text, refusals[i].says) != NULL)
			return REASON_RIGHT;
		found = REASON_WRONG;
	}
	return found;
}

/* reason_of takes the best of several names: a name without a row may mean
 * anything. */
static enum reason
reason_of(const char *want, enum rc rc, const char *text)
{
	enum reason best = REASON_WRONG;

	while (best != REASON_RIGHT) {
		size_t len = strcspn(want, "|");
		enum reason one = reason_of_name(bytes_of(want, len), rc, text);

		if (one > best)
			best = one;
		if (want[len] == '\0')
			break;
		want += len + 1;
	}
	return best;
}

/* complaint says what is wrong; never NULL, which would be a pass. */
static const char *
complaint(struct arena *a, const char *want, enum rc rc, const struct err *e)
{
	const char *text;

	if (want == NULL)
		text = arena_str(a, "refused: %s", err_message(e, rc));
	else if (rc == RC_OK)
		text = arena_str(a, "accepted, not refused with %s", want);
	else
		text = arena_str(a, "refused with %s, not with %s: %s",
		    err_name(rc), want, err_message(e, rc));
	return text != NULL ? text : "no memory to say why";
}

bool
suite_is_reason(const char *want, enum rc rc, const struct err *e)
{
	return want[0] == '\0' ||
	       reason_of(want, rc, err_message(e, rc)) == REASON_RIGHT;
}

void
suite_judge(struct arena *a, struct suite_verdict *v, const char *want,
    enum rc rc, const struct err *e)
{
	enum reason reason = REASON_WRONG;

	if (want == NULL ? rc == RC_OK
			 : rc != RC_OK && suite_is_reason(want, rc, e))
		return;
	if (want != NULL && rc != RC_OK)
		reason = reason_of(want, rc, err_message(e, rc));
	if (reason == REASON_UNTOLD)
		v->untold = want;
	else
		v->why = complaint(a, want, rc, e);
}
