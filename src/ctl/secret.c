/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads pass phrases and nothing else.
 */
#include "ctl/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static enum rc
take_line(struct secret *out, FILE *f, const char *what, struct err *e)
{
	if (fgets(out->text, sizeof(out->text), f) == NULL)
		return FAIL(e, RC_CONF, "%s: no pass phrase in it", what);
	out->len = strcspn(out->text, "\r\n");
	if (out->text[out->len] == '\0' && out->len == sizeof(out->text) - 1)
		return FAIL(e, RC_CONF, "%s: pass phrase above %d bytes", what,
		    SECRET_MAX - 2);
	out->text[out->len] = '\0';
	if (out->len == 0)
		return FAIL(e, RC_CONF, "%s: the pass phrase is empty", what);
	return RC_OK;
}

static enum rc
from_file(struct secret *out, const char *path, struct err *e)
{
	struct stat st;
	FILE *f = fopen(path, "re");
	enum rc rc;

	if (f == NULL)
		return FAIL(e, RC_CONF, "%s: %s", path, strerror(errno));
	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) != 0)
		rc = FAIL(e, RC_CONF,
		    "%s has mode %03o, others can read it; chmod 600", path,
		    (unsigned)st.st_mode & 0777);
	else
		rc = take_line(out, f, path, e);
	fclose(f);
	return rc;
}

static enum rc
from_terminal(struct secret *out, const char *prompt, struct err *e)
{
	FILE *tty = fopen("/dev/tty", "r+e");
	struct termios old, quiet;
	enum rc rc;

	if (tty == NULL || tcgetattr(fileno(tty), &old) == -1) {
		if (tty != NULL)
			fclose(tty);
		return FAIL(e, RC_CONF,
		    "no terminal to ask for a pass phrase: "
		    "use --password-file FILE, or - for standard input");
	}
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	fprintf(tty, "%s: ", prompt);
	fflush(tty);
	rc = take_line(out, tty, "terminal", e);
	(void)tcsetattr(fileno(tty), TCSAFLUSH, &old);
	fprintf(tty, "\n");
	fclose(tty);
	return rc;
}

enum rc
secret_read(struct secret *out, const char *file, const char *prompt,
    bool twice, struct err *e)
{
	struct secret again;
	enum rc rc;

	if (file != NULL && !strcmp(file, "-"))
		return take_line(out, stdin, "standard input", e);
	if (file != NULL)
		return from_file(out, file, e);
	TRY(from_terminal(out, prompt, e));
	if (!twice)
		return RC_OK;
	rc = from_terminal(&again, "once more", e);
	if (rc == RC_OK && strcmp(out->text, again.text) != 0)
		rc = FAIL(e, RC_CONF, "the two pass phrases differ");
	secret_wipe(&again);
	return rc;
}

void
secret_wipe(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
}
