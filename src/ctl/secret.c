/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads pass phrases and nothing else.
 */
#include "ctl/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/check.h"

/* text holds len bytes, at most a line and its end. */
static enum rc
take_text(struct secret *out, size_t len, const char *what, struct err *e)
{
	bool is_whole = len > 0 && out->text[len - 1] == '\n';

	if (!is_whole && len == sizeof(out->text) - 1)
		return FAIL(e, RC_CONF, "%s: pass phrase above %d bytes", what,
		    SECRET_MAX - 2);
	while (len > 0 && strchr("\r\n", out->text[len - 1]) != NULL &&
	       out->text[len - 1] != '\0')
		len--;
	out->text[len] = '\0';
	out->len = len;
	if (len == 0)
		return FAIL(e, RC_CONF, "%s: the pass phrase is empty", what);
	if (memchr(out->text, '\0', len) != NULL)
		return FAIL(
		    e, RC_CONF, "%s: a pass phrase holds no NUL byte", what);
	return RC_OK;
}

static enum rc
take_line(struct secret *out, FILE *f, const char *what, struct err *e)
{
	size_t n = 0;
	int c = 0;

	while (n < sizeof(out->text) - 1 && c != '\n' && (c = getc(f)) != EOF)
		out->text[n++] = (char)c;
	if (n == 0)
		return FAIL(e, RC_CONF, "%s: no pass phrase in it", what);
	return take_text(out, n, what, e);
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

/* What would end or stop us while the terminal does not echo. */
static const int tty_signals[] = {
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM};

static volatile sig_atomic_t tty_signal;

static void
on_signal(int sig)
{
	tty_signal = sig;
}

/* A line of a terminal comes in one piece. Without SA_RESTART a signal ends
 * the wait. */
static ssize_t
read_quietly(int tty, char *text, size_t cap)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct sigaction old_sa[ARRAY_CNT(tty_signals)];
	struct termios old, quiet;
	ssize_t n = -1;
	size_t i;

	tty_signal = 0;
	for (i = 0; i < ARRAY_CNT(tty_signals); i++)
		sigaction(tty_signals[i], &sa, &old_sa[i]);
	if (tcgetattr(tty, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0 && tty_signal == 0)
			n = read(tty, text, cap);
		(void)tcsetattr(tty, TCSAFLUSH, &old);
	}
	for (i = 0; i < ARRAY_CNT(tty_signals); i++)
		sigaction(tty_signals[i], &old_sa[i], NULL);
	return n;
}

static enum rc
from_terminal(struct secret *out, const char *prompt, struct err *e)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios t;
	ssize_t n = -1;

	if (tty == -1 || tcgetattr(tty, &t) == -1) {
		if (tty != -1)
			close(tty);
		return FAIL(e, RC_CONF,
		    "no terminal to ask for a pass phrase: "
		    "use --password-file FILE, or - for standard input");
	}
	do {
		dprintf(tty, "%s: ", prompt);
		n = read_quietly(tty, out->text, sizeof(out->text) - 1);
		dprintf(tty, "\n");
		/* Now it takes its course, with a terminal that echoes; who
		 * was only stopped is asked again. */
		if (tty_signal != 0)
			(void)raise(tty_signal);
	} while (tty_signal == SIGTSTP);
	close(tty);
	if (n <= 0)
		return FAIL(e, RC_CONF, "terminal: no pass phrase given");
	return take_text(out, (size_t)n, "terminal", e);
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
