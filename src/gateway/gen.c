/* SPDX-License-Identifier: Apache-2.0
 *
 * Renders what Kore has to be told: processes, folders, users, and one TLS
 * domain without a listener, which makes it run the key manager and hand
 * certificates to the workers. Listeners, requests and limits are ours.
 */
#include "gateway/gen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/kore_priv.h"

/*
 * In a single binary Kore reads its configuration from these two symbols,
 * which kodev would have made from a file.
 */
uint8_t asset_builtin_kore_conf[GEN_TEXT_MAX];
uint32_t asset_len_builtin_kore_conf;

/* Forward secrecy and AEAD only (reliability H13). TLS 1.3 suites are not
 * part of this list; OpenSSL's three defaults are all of that kind. */
static const char ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

/* Kore splits its lines at blanks. */
static enum rc
check_path(const char *what, const char *path, struct err *e)
{
	if (strpbrk(path, " \t") == NULL)
		return RC_OK;
	return FAIL(e, RC_CONF, "%s: \"%s\" holds a blank", what, path);
}

/* resolve returns the absolute form of path; the memory is kept for good. */
static enum rc
resolve(char **out, const char *what, const char *path, struct err *e)
{
	*out = realpath(path, NULL);
	if (*out == NULL)
		return FAIL(
		    e, RC_CONF, "%s: %s: %s", what, path, strerror(errno));
	return check_path(what, *out, e);
}

/* The names of the files mean nothing: pair.c. */
static void
render_tls(FILE *f, const struct gw_process *p)
{
	fprintf(f,
	    "keymgr_root %s\n"
	    "tls_version both\n"
	    "tls_cipher %s\n"
	    "server tls {\n"
	    "}\n"
	    "domain * {\n"
	    "attach tls\n"
	    "certfile cert\n"
	    "certkey key\n"
	    "}\n",
	    p->root, ciphers);
}

static enum rc
render(FILE *f, const struct gw_process *p, struct err *e)
{
	const struct gw_conf *c = p->conf;
	char *run_dir;

	TRY(resolve(&run_dir, "run_dir", c->run_dir, e));
	TRY(check_path("root", p->root, e));
	fprintf(f, "# rendered from %s; changes here are lost\n", c->file);
	fprintf(f,
	    "workers %u\n"
	    "worker_max_connections 512\n"
	    "worker_rlimit_nofiles %llu\n"
	    "worker_set_affinity 0\n"
	    "root %s\n"
	    "pidfile %s/kore.pid\n",
	    p->worker_cnt, (unsigned long long)gen_files_needed(c), p->root,
	    run_dir);
	free(run_dir);
	if (p->is_chrooted)
		fprintf(f, "runas %s\nkeymgr_runas %s\n", c->user,
		    c->keymgr_user[0] != '\0' ? c->keymgr_user : c->user);
	if (gw_conf_has_tls(c))
		render_tls(f, p);
	return RC_OK;
}

uint64_t
gen_files_needed(const struct gw_conf *c)
{
	/* beside connections: listeners, epoll, pipes, log, queues */
	return c->conn_max + c->node_conn_cnt * c->node_cnt + c->db_conn_cnt +
	       64;
}

static enum rc
save_copy(const struct gw_process *p, struct err *e)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/kore.conf", p->conf->run_dir);
	f = fopen(path, "we");
	if (f == NULL)
		return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
	(void)fwrite(
	    asset_builtin_kore_conf, 1, asset_len_builtin_kore_conf, f);
	if (fclose(f) != 0)
		return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
	return RC_OK;
}

enum rc
gen_kore(const struct gw_process *p, struct err *e)
{
	FILE *f = fmemopen(
	    asset_builtin_kore_conf, sizeof(asset_builtin_kore_conf), "w");
	enum rc rc;
	long len;

	if (f == NULL)
		return FAIL(e, RC_NO_MEMORY, "kore.conf");
	rc = render(f, p, e);
	len = ftell(f);
	if (fclose(f) != 0 || len < 0 || len >= GEN_TEXT_MAX)
		return FAIL(
		    e, RC_CONF, "kore.conf above %d bytes", GEN_TEXT_MAX);
	TRY(rc);
	asset_len_builtin_kore_conf = (uint32_t)len;
	return save_copy(p, e);
}
