/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics and their text. The numbers are of the whole program, so every
 * test uses rows that no other test moves.
 */
#include "base/metrics.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

TEST(test_metric_add_sub_set_get)
{
	metric_add(METRIC_POOL_PENDING, 5);
	metric_sub(METRIC_POOL_PENDING, 2);
	EXPECT_U64(metric_get(METRIC_POOL_PENDING), 3);
	metric_set(METRIC_POOL_PENDING, 100);
	EXPECT_U64(metric_get(METRIC_POOL_PENDING), 100);
	EXPECT_U64(metric_get(METRIC_POOL_QUEUED), 0);
}

TEST(test_metric_expose_writes_moved_rows_only)
{
	char text[4096];
	struct buf out = buf_of(text, sizeof(text) - 1);

	metric_set(METRIC_CHAIN_HEAD, 0); /* zero, yet moved */
	metric_add(METRIC_CHAIN_TXS, UINT64_MAX);
	EXPECT(metric_expose(&out));
	text[out.len] = '\0';
	EXPECT(
	    strstr(text, "# HELP sekisho_chain_head number of the head block\n"
			 "# TYPE sekisho_chain_head gauge\n"
			 "sekisho_chain_head 0\n") != NULL);
	EXPECT(
	    strstr(text, "# TYPE sekisho_chain_txs counter\n"
			 "sekisho_chain_txs 18446744073709551615\n") != NULL);
	EXPECT(strstr(text, "store_layers") == NULL);
}

TEST(test_metric_expose_full_buffer_says_so)
{
	char text[200];
	struct buf out = buf_of(text, 20);

	metric_add(METRIC_CHAIN_BLOCKS, 1);
	EXPECT(!metric_expose(&out));
	EXPECT(out.len <= 20);
}
