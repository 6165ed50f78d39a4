/* SPDX-License-Identifier: Apache-2.0
 *
 * For cppcheck only, which reads no foreign headers: the macros that
 * would not parse.
 */
#define json_array_foreach(array, i, value)                                    \
	for (i = 0;                                                            \
	     i < json_array_size(array) && (value = json_array_get(array, i)); \
	     i++)
#define json_object_foreach(object, key, value)                                \
	for (key = json_object_iter_key(json_object_iter(object));             \
	     key && (value = json_object_get(object, key)); key = 0)
#define TAILQ_HEAD(name, type)                                                 \
	struct name {                                                          \
		struct type *tqh_first, **tqh_last;                            \
	}
#define TAILQ_ENTRY(type)                                                      \
	struct {                                                               \
		struct type *tqe_next, **tqe_prev;                             \
	}
#define TAILQ_FOREACH(var, head, field)                                        \
	for (var = (head)->tqh_first; var; var = var->field.tqe_next)
#define LIST_HEAD(name, type)                                                  \
	struct name {                                                          \
		struct type *lh_first;                                         \
	}
#define LIST_ENTRY(type)                                                       \
	struct {                                                               \
		struct type *le_next, **le_prev;                               \
	}
#define LIST_FOREACH(var, head, field)                                         \
	for (var = (head)->lh_first; var; var = var->field.le_next)
