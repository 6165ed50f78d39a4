/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading single verified nodes, and the way from the root to one key. It
 * keeps nothing and changes nothing.
 */
#include "trie/walk_priv.h"

#include "crypto/keccak.h"

enum rc
walk_read(struct bytes *out, const struct trie_source *src, const uint8_t *hash,
    const uint8_t *key, size_t depth, struct err *e)
{
	char text[PATH_TEXT_MAX];
	struct trie_path path;
	uint8_t got[32];

	path_of(&path, key, depth);
	TRY(src->get(src->ctx, out, &path, e));
	if (out->len == 0)
		return FAIL(e, RC_CORRUPT, "trie node at path \"%s\": missing",
		    path_text(text, key, depth));
	keccak256(got, *out);
	if (memcmp(got, hash, sizeof(got)) != 0)
		return FAIL(e, RC_CORRUPT,
		    "trie node at path \"%s\" does not have the hash that "
		    "its parent names",
		    path_text(text, key, depth));
	return RC_OK;
}

/* walk_edge follows a leaf or extension; *next is NULL when it ends here. */
static const char *
walk_edge(struct walker *w, const uint8_t **next, const struct node_view *v)
{
	uint8_t path[KEY_NIBBLES / 2];
	bool is_leaf;
	size_t end;

	*next = NULL;
	memcpy(path, w->key, sizeof(path));
	if (!compact_take(
		path, &end, &is_leaf, w->depth, KEY_NIBBLES, v->compact))
		return "the path is malformed";
	if (is_leaf ? end != KEY_NIBBLES
		    : end == w->depth || end == KEY_NIBBLES)
		return "the path does not fit";
	if (nib_same(path, w->key, w->depth, end) < end)
		return NULL;
	w->depth = end;
	if (is_leaf)
		w->value = v->value;
	else
		*next = v->item[0];
	return NULL;
}

static const char *
walk_branch(struct walker *w, const uint8_t **next, const struct node_view *v)
{
	if (w->depth == KEY_NIBBLES)
		return "a branch below a key";
	if (v->value.len > 0)
		return "a branch has a value";
	*next = v->item[nib_at(w->key, w->depth)];
	w->depth++;
	return NULL;
}

enum rc
walker_step(struct walker *w, struct bytes rlp, struct err *e)
{
	char text[PATH_TEXT_MAX];
	const uint8_t *next = NULL;
	struct node_view v;
	const char *fault;

	w->hash = NULL;
	w->value = bytes_of(NULL, 0);
	do { /* ends: each node leads further down */
		fault = node_decode(&v, rlp);
		if (fault == NULL && v.kind == NODE_BRANCH)
			fault = walk_branch(w, &next, &v);
		else if (fault == NULL)
			fault = walk_edge(w, &next, &v);
		if (fault != NULL)
			return FAIL(e, RC_CORRUPT,
			    "trie node at path \"%s\": %s",
			    path_text(text, w->key, w->depth), fault);
		if (next != NULL && item_is_hash(next)) {
			w->hash = next + 1;
			return RC_OK;
		}
		if (next != NULL)
			rlp = bytes_of(next, item_len(next));
	} while (next != NULL);
	return RC_OK;
}
