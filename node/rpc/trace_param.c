/* SPDX-License-Identifier: Apache-2.0
 *
 * The object that says how to trace (execution-apis, TraceConfig): which
 * tracer, what of it, how long.
 */
#include "rpc/simulate_priv.h"
#include "rpc/trace_priv.h"

#define NS_PER_MS 1000000u

/* get_count reads a JSON integer, or a hex quantity. */
static enum rc
get_count(
    uint64_t *out, const struct rpc_json *obj, const char *name, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, name);
	struct u256 wide;

	if (v == NULL)
		return RC_OK;
	if (v->kind == RPC_JSON_STRING && rpc_read_u64(out, v, NULL) == RC_OK)
		return RC_OK;
	if (v->kind != RPC_JSON_NUMBER ||
	    u256_from_dec(&wide, v->raw, NULL) != RC_OK || !u256_is_u64(&wide))
		return FAIL(e, RC_BAD_INPUT, "%s: not a count", name);
	*out = wide.w[0];
	return RC_OK;
}

/* Units of a duration, the longer name before its own beginning. */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000},
    {"ms", NS_PER_MS},
    {"s", 1000ull * NS_PER_MS},
    {"m", 60ull * 1000 * NS_PER_MS},
    {"h", 3600ull * 1000 * NS_PER_MS},
};

static bool
take_unit(uint64_t *ns, struct bytes *in)
{
	struct bytes skipped;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct bytes name = bytes_of_str(units[i].name);

		if (in->len >= name.len &&
		    bytes_eq(bytes_of(in->ptr, name.len), name)) {
			*ns = units[i].ns;
			return bytes_take(&skipped, in, name.len);
		}
	}
	return false;
}

/* take_digits reads decimal digits as digits and the power of ten that they
 * were counted in; false when they do not fit. */
static bool
take_digits(uint64_t *out, uint64_t *scale, struct bytes *in)
{
	struct bytes digit;

	*out = 0;
	*scale = 1;
	while (in->len > 0 && in->ptr[0] >= '0' && in->ptr[0] <= '9') {
		(void)bytes_take(&digit, in, 1);
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_mul_overflow(*scale, 10, scale) ||
		    __builtin_add_overflow(
			*out, (uint64_t)(digit.ptr[0] - '0'), out))
			return false;
	}
	return true;
}

/* take_span reads one number with its unit: "1.5s". */
static bool
take_span(uint64_t *ns, struct bytes *in)
{
	uint64_t whole, part = 0, scale, part_scale = 1, unit, rest;
	struct bytes dot;

	if (!take_digits(&whole, &scale, in))
		return false;
	if (in->len > 0 && in->ptr[0] == '.' &&
	    (!bytes_take(&dot, in, 1) || !take_digits(&part, &part_scale, in)))
		return false;
	if ((scale == 1 && part_scale == 1) || !take_unit(&unit, in))
		return false;
	return !__builtin_mul_overflow(whole, unit, ns) &&
	       !__builtin_mul_overflow(part, unit, &rest) &&
	       !__builtin_add_overflow(*ns, rest / part_scale, ns);
}

/* read_duration reads a duration as Go writes it: "5s", "1m30s", "300ms". */
static bool
read_duration(uint64_t *ms, struct bytes text)
{
	uint64_t ns = 0, span;

	*ms = 0;
	if (bytes_eq(text, bytes_of_str("0")))
		return true;
	if (text.len == 0)
		return false;
	while (text.len > 0) {
		if (!take_span(&span, &text) ||
		    __builtin_add_overflow(ns, span, &ns))
			return false;
	}
	*ms = ns / NS_PER_MS;
	return true;
}

static enum rc
get_timeout(uint64_t *ms, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, "timeout");

	*ms = RPC_TRACE_MS;
	if (v == NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_STRING || !read_duration(ms, v->str))
		return FAIL(
		    e, RC_BAD_INPUT, "timeout: not a duration such as \"5s\"");
	if (*ms > RPC_TRACE_MS_MAX)
		return FAIL(e, RC_BAD_INPUT, "timeout: more than %d s",
		    RPC_TRACE_MS_MAX / 1000);
	return RC_OK;
}

static const struct {
	const char *name;
	enum tracer_form form;
} tracers[] = {
    {"", TRACER_STEPS},
    {"callTracer", TRACER_CALLS},
    {"prestateTracer", TRACER_PRESTATE},
};

static enum rc
get_tracer(enum tracer_form *out, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, "tracer");
	size_t i;

	*out = TRACER_STEPS;
	if (v == NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_STRING)
		return FAIL(e, RC_BAD_INPUT, "tracer: not a string");
	for (i = 0; i < sizeof(tracers) / sizeof(tracers[0]); i++) {
		if (bytes_eq(v->str, bytes_of_str(tracers[i].name))) {
			*out = tracers[i].form;
			return RC_OK;
		}
	}
	return FAIL(e, RC_UNSUPPORTED,
	    "tracer not found: this node has callTracer and prestateTracer");
}

/* get_own reads the tracer's own object. */
static enum rc
get_own(struct tracer_conf *out, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, "tracerConfig");

	if (v == NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "tracerConfig: not an object");
	if (out->form == TRACER_CALLS) {
		TRY(rpc_get_bool(&out->is_top_only, v, "onlyTopCall", e));
		return rpc_get_bool(&out->shows_logs, v, "withLog", e);
	}
	if (out->form == TRACER_STEPS)
		return RC_OK;
	TRY(rpc_get_bool(&out->is_diff, v, "diffMode", e));
	TRY(rpc_get_bool(&out->hides_code, v, "disableCode", e));
	TRY(rpc_get_bool(&out->hides_storage, v, "disableStorage", e));
	TRY(rpc_get_bool(&out->shows_empty, v, "includeEmpty", e));
	if (out->is_diff && out->shows_empty)
		return FAIL(
		    e, RC_BAD_INPUT, "cannot use diffMode with includeEmpty");
	return RC_OK;
}

/* get_steps reads what the struct logger takes from the outer object. */
static enum rc
get_steps(struct tracer_conf *out, const struct rpc_json *obj, struct err *e)
{
	if (out->form != TRACER_STEPS)
		return RC_OK;
	TRY(rpc_get_bool(&out->hides_stack, obj, "disableStack", e));
	TRY(rpc_get_bool(&out->hides_storage, obj, "disableStorage", e));
	TRY(rpc_get_bool(&out->shows_memory, obj, "enableMemory", e));
	TRY(rpc_get_bool(&out->shows_return_data, obj, "enableReturnData", e));
	return get_count(&out->step_max, obj, "limit", e);
}

enum rc
rpc_trace_read(
    struct rpc_trace_conf *out, const struct rpc_json *v, struct err *e)
{
	*out = (struct rpc_trace_conf){.timeout_ms = RPC_TRACE_MS};
	if (v == NULL || v->kind == RPC_JSON_NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "not an object");
	TRY(get_tracer(&out->form.form, v, e));
	TRY(get_own(&out->form, v, e));
	TRY(get_steps(&out->form, v, e));
	TRY(get_timeout(&out->timeout_ms, v, e));
	if (rpc_member(v, "overrides") != NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "other rules than the chain's are not supported");
	out->state_overrides = rpc_member(v, "stateOverrides");
	out->block_overrides = rpc_member(v, "blockOverrides");
	out->has_tx_index = rpc_member(v, "txIndex") != NULL;
	return get_count(&out->tx_index, v, "txIndex", e);
}
