/* SPDX-License-Identifier: Apache-2.0
 *
 * The two ends of an encoder: buffer or hash. It knows RLP items, not what
 * they are items of.
 */
#include "eth/sink_priv.h"

#include "base/check.h"

struct sink
sink_of_buf(const struct buf *b)
{
	return (struct sink){.buf = *b};
}

struct sink
sink_of_hash(struct keccak *k, uint8_t room[SINK_ROOM])
{
	keccak_init(k);
	return (struct sink){.buf = buf_of(room, SINK_ROOM), .hash = k};
}

static void
flush(struct sink *s)
{
	keccak_update(s->hash, bytes_of_buf(&s->buf));
	s->buf.len = 0;
}

/* A hashing sink makes room for an item of n bytes; a buffer has what it
 * has. */
static void
make_room(struct sink *s, size_t n)
{
	if (s->hash != NULL && s->buf.cap - s->buf.len < n)
		flush(s);
}

void
sink_u8(struct sink *s, uint8_t v)
{
	make_room(s, 1);
	s->is_full |= !buf_put_u8(&s->buf, v);
}

void
sink_str(struct sink *s, struct bytes v)
{
	make_room(s, rlp_size_str(v));
	if (s->hash == NULL || rlp_size_str(v) <= s->buf.cap) {
		s->is_full |= !rlp_put_str(&s->buf, v);
		return;
	}
	s->is_full |= !rlp_put_str_head(&s->buf, v.len);
	flush(s);
	keccak_update(s->hash, v);
}

void
sink_u64(struct sink *s, uint64_t v)
{
	make_room(s, rlp_size_u64(v));
	s->is_full |= !rlp_put_u64(&s->buf, v);
}

void
sink_u256(struct sink *s, const struct u256 *v)
{
	make_room(s, rlp_size_u256(v));
	s->is_full |= !rlp_put_u256(&s->buf, v);
}

void
sink_list(struct sink *s, size_t payload_len)
{
	make_room(s, 9);
	s->is_full |= !rlp_put_list_head(&s->buf, payload_len);
}

bool
sink_end_buf(struct sink *s, struct buf *b)
{
	if (s->is_full)
		return false;
	*b = s->buf;
	return true;
}

struct hash
sink_end_hash(struct sink *s)
{
	struct hash out;

	CHECK(!s->is_full);
	flush(s);
	keccak_final(out.b, s->hash);
	return out;
}
