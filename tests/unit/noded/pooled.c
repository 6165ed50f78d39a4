/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool that core's and the pool loop's tests work with.
 */
#include "pooled.h"

#include <stdio.h>

void
pooled_open(struct pooler *p)
{
	struct pool_conf conf = pool_conf_open(1337);
	struct pool_view view = pooler_view(p);
	static char dir[128]; /* as long as the pool */

	(void)snprintf(dir, sizeof(dir), "%s/pool", test_tmpdir());
	conf.log_dir = dir;
	conf.gas = p->gas;
	EXPECT_RC(store_view_open(&p->view, p->store, NULL), RC_OK);
	EXPECT_RC(pool_open(&p->pool, &conf, &view, 0, NULL), RC_OK);
	store_view_close(p->view);
	p->view = NULL;
}
