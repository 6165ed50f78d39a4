/* SPDX-License-Identifier: Apache-2.0
 *
 * The signer as its callers have it: a real child process. What it answers,
 * what is left of it in the caller's memory, and what the kernel says about
 * its lock-down.
 */
#include "signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"

static struct signer_conf
sealer_conf(void)
{
	return (struct signer_conf){.keystore_dir = test_tmpdir(),
	    .watermark_path = keys_path(test_tmpdir(), ".mark"),
	    .may_seal = true};
}

static struct signer *
spawn(const struct signer_conf *conf)
{
	struct signer *s = NULL;
	struct err e = {.rc = RC_OK};

	if (signer_spawn(&s, conf, &e) != RC_OK)
		test_fail(__FILE__, __LINE__, "spawn: %s", e.text);
	return s;
}

static enum rc
seal(struct signer *s, uint8_t sig[65], const struct test_key *k,
    uint64_t height, uint64_t salt)
{
	struct arena a;
	enum rc rc;

	arena_init(&a, 1 << 16);
	rc = signer_sign(s, sig, &k->addr, SIGNER_SEAL, height, 0,
	    keys_seal(&a, height, salt), NULL);
	arena_drop(&a);
	return rc;
}

/* A sealer with one unlocked account. */
static struct signer *
sealer(struct test_key *k)
{
	struct signer_conf conf = sealer_conf();
	struct signer *s;

	keys_make(k, 1);
	keys_write(test_tmpdir(), "key.json", k, "right");
	s = spawn(&conf);
	if (s != NULL)
		EXPECT_RC(signer_unlock(s, &k->addr, bytes_of_str("right"),
			      SIGNER_UNLOCK_ALWAYS, NULL),
		    RC_OK);
	return s;
}

/* Starting. ---------------------------------------------------------- */

TEST(test_signer_start_refuses_a_broken_configuration)
{
	struct signer_conf conf = sealer_conf();
	struct signer *s = NULL;

	conf.watermark_path = NULL;
	EXPECT_RC(signer_spawn(&s, &conf, NULL), RC_CONF);
	conf = sealer_conf();
	conf.keystore_dir = "/nonexistent";
	EXPECT_RC(signer_spawn(&s, &conf, NULL), RC_CONF);
	conf = sealer_conf();
	keys_put(test_tmpdir(), ".mark", bytes_of_str("junk"), 0600);
	EXPECT_RC(signer_spawn(&s, &conf, NULL), RC_CORRUPT);
	EXPECT(s == NULL);
}

TEST(test_signer_second_one_on_the_same_watermark_is_refused)
{
	struct signer_conf conf = sealer_conf();
	struct signer *one = spawn(&conf), *two = NULL;

	EXPECT_RC(signer_spawn(&two, &conf, NULL), RC_UNAVAILABLE);
	signer_stop(one);
	two = spawn(&conf);
	EXPECT(two != NULL);
	signer_stop(two);
}

/* Answers. ----------------------------------------------------------- */

TEST(test_signer_wrong_password_unlocks_nothing)
{
	struct signer_conf conf = sealer_conf();
	struct test_key k;
	struct signer *s;
	uint8_t sig[65];
	struct err e;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	s = spawn(&conf);
	EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("wrong"),
		      SIGNER_UNLOCK_ALWAYS, &e),
	    RC_BAD_PASSWORD);
	EXPECT(strstr(e.text, "wrong") == NULL);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_NOT_FOUND);
	signer_stop(s);
}

TEST(test_signer_usual_cost_key_file_unlocks_inside_the_filter)
{
	struct signer_conf conf = sealer_conf();
	struct test_key k;
	struct signer *s;
	uint8_t sig[65];

	/* 2^15 rounds of scrypt: 32 MiB from mmap. */
	keys_make(&k, 7);
	keys_write_cost(test_tmpdir(), "key.json", &k, "right", 15);
	s = spawn(&conf);
	EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("right"),
		      SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_OK);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_OK);
	signer_stop(s);
}

TEST(test_signer_signs_and_lists)
{
	struct addr *list = NULL;
	struct test_key k;
	struct signer *s = sealer(&k);
	struct arena a;
	uint8_t sig[65];
	size_t cnt = 0;

	arena_init(&a, 1 << 16);
	EXPECT_RC(signer_list(s, &a, &list, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 1);
	EXPECT(cnt == 1 && addr_eq(&list[0], &k.addr));
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_OK);
	keys_expect_sig(sig, &k, keys_seal(&a, 1, 0));
	/* A key file that came later is seen. */
	keys_make(&k, 2);
	keys_write(test_tmpdir(), "UTC--later", &k, "x");
	EXPECT_RC(signer_list(s, &a, &list, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 2);
	EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("x"),
		      SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_OK);
	EXPECT_RC(signer_lock(s, &k.addr, NULL), RC_OK);
	EXPECT_RC(signer_lock(s, &k.addr, NULL), RC_NOT_FOUND);
	arena_drop(&a);
	signer_stop(s);
}

TEST(test_signer_kind_outside_the_policy_is_denied)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	uint8_t sig[65];

	EXPECT_RC(signer_sign(s, sig, &k.addr, SIGNER_TX, 0, 0,
		      test_hex("c6808080808080"), NULL),
	    RC_DENIED);
	EXPECT_RC(signer_sign(s, sig, &k.addr, SIGNER_MESSAGE, 0, 0,
		      test_hex("1901aa"), NULL),
	    RC_DENIED);
	/* A transaction is no seal, whatever it is called. */
	EXPECT_RC(signer_sign(s, sig, &k.addr, SIGNER_SEAL, 0, 0,
		      test_hex("c6808080808080"), NULL),
	    RC_BAD_INPUT);
	signer_stop(s);
}

/* jobsd's signer: transactions, no seals, no watermark. */
TEST(test_signer_without_seals_needs_no_watermark)
{
	struct signer_conf conf = {
	    .keystore_dir = test_tmpdir(), .may_sign_tx = true};
	struct test_key k;
	struct signer *s;
	uint8_t sig[65];

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	s = spawn(&conf);
	EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("right"),
		      SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_OK);
	EXPECT_RC(signer_sign(s, sig, &k.addr, SIGNER_TX, 0, 0,
		      test_hex("c6808080808080"), NULL),
	    RC_OK);
	keys_expect_sig(sig, &k, test_hex("c6808080808080"));
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_DENIED);
	signer_stop(s);
	signer_stop(NULL);
}

TEST(test_signer_too_long_message_is_refused_before_it_is_sent)
{
	static uint8_t big[SIGNER_MESSAGE_MAX + 1];
	struct test_key k;
	struct signer *s = sealer(&k);
	uint8_t sig[65];

	EXPECT_RC(signer_sign(s, sig, &k.addr, SIGNER_SEAL, 1, 0,
		      bytes_of(big, sizeof(big)), NULL),
	    RC_TOO_LARGE);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_OK);
	signer_stop(s);
}

TEST(test_signer_double_sign_is_denied_over_restarts_and_kills)
{
	struct signer_conf conf = sealer_conf();
	struct test_key k;
	struct signer *s = sealer(&k);
	uint8_t sig[65], again[65];
	unsigned i;

	EXPECT_RC(seal(s, sig, &k, 7, 0), RC_OK);
	for (i = 0; i < 4; i++) {
		EXPECT_RC(seal(s, again, &k, 7, 1), RC_DENIED);
		EXPECT_RC(seal(s, again, &k, 6, 1), RC_DENIED);
		EXPECT_RC(seal(s, again, &k, 7, 0), RC_OK);
		EXPECT(!memcmp(sig, again, 65));
		if (i % 2 == 1)
			kill(signer_pid(s), SIGKILL);
		signer_stop(s);
		s = spawn(&conf);
		EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("right"),
			      SIGNER_UNLOCK_ALWAYS, NULL),
		    RC_OK);
	}
	EXPECT_RC(seal(s, again, &k, 8, 1), RC_OK);
	signer_stop(s);
}

TEST(test_signer_killed_child_is_an_error_for_good)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	uint8_t sig[65];

	kill(signer_pid(s), SIGKILL);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_IO);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_IO);
	EXPECT_RC(signer_unlock(s, &k.addr, bytes_of_str("right"),
		      SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_IO);
	signer_stop(s);
}

/* The status is there a moment after the socket's end. */
static bool
ends_soon(const struct signer *s, char *why, size_t cap)
{
	static const struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
	int i;

	for (i = 0; i < 1000; i++) {
		if (signer_has_ended(s, why, cap))
			return true;
		(void)nanosleep(&moment, NULL);
	}
	return false;
}

TEST(test_signer_end_of_child_is_seen_without_asking_it)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	char why[64] = "";

	EXPECT(!signer_has_ended(s, why, sizeof(why)));
	kill(signer_pid(s), SIGKILL);
	EXPECT(ends_soon(s, why, sizeof(why)));
	EXPECT_STR(why, "signal 9 (Killed)");
	EXPECT(signer_has_ended(s, why, sizeof(why))); /* not reaped */
	signer_stop(s);
}

TEST(test_signer_error_says_what_ended_the_child)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	struct err e = {0};

	kill(signer_pid(s), SIGKILL);
	EXPECT_RC(signer_lock(s, &k.addr, &e), RC_IO);
	EXPECT(strstr(e.text, "ended by signal 9 (Killed)") != NULL);
	signer_stop(s);
}

TEST(test_signer_ignores_the_terminal)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	uint8_t sig[65];

	kill(signer_pid(s), SIGINT);
	kill(signer_pid(s), SIGTERM);
	kill(signer_pid(s), SIGHUP);
	EXPECT_RC(seal(s, sig, &k, 1, 0), RC_OK);
	signer_stop(s);
}

/* The lock-down, as the kernel reports it. --------------------------- */

/* The rest of the line of /proc/PID/file that begins with key. */
static const char *
proc_line(int pid, const char *file, const char *key)
{
	static char line[256];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		fclose(f);
		line[strcspn(line, "\n")] = '\0';
		return line + strlen(key);
	}
	if (f != NULL)
		fclose(f);
	return "";
}

static bool
is_sanitized(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return true;
#endif
#endif
	return false;
}

/* TSan's runtime keeps a thread of its own, also in a forked child. */
static bool
has_runtime_thread(void)
{
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return true;
#endif
#endif
	return false;
}

TEST(test_signer_kernel_reports_the_lock_down)
{
	struct test_key k;
	struct signer *s = sealer(&k);
	int pid = signer_pid(s);

	EXPECT_STR(proc_line(pid, "status", "Seccomp:\t"), "2");
	EXPECT_STR(proc_line(pid, "status", "NoNewPrivs:\t"), "1");
	EXPECT(has_runtime_thread() ||
	       !strcmp(proc_line(pid, "status", "Threads:\t"), "1"));
	EXPECT_STR(proc_line(pid, "status", "Name:\t"), "signer");
	/* Sanitizers leave mlock out. */
	EXPECT(is_sanitized() ||
	       strtoul(proc_line(pid, "status", "VmLck:\t"), NULL, 10) >=
		   sizeof(((struct test_key *)0)->key) * SIGNER_KEY_MAX / 1024);
	EXPECT(strncmp(proc_line(pid, "limits", "Max core file size"),
		   "        0                    0 ", 30) == 0);
	signer_stop(s);
}

TEST(test_signer_child_has_no_descriptor_of_its_caller)
{
	struct test_key k;
	int planted = open("/dev/zero", O_RDONLY); /* not close-on-exec */
	struct signer *s = sealer(&k);
	char path[64];
	int fd;

	for (fd = 0; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d",
		    signer_pid(s), fd);
		EXPECT((access(path, F_OK) == 0) == (fd <= 5));
	}
	EXPECT(planted >= 0);
	close(planted);
	signer_stop(s);
}

/* Runs act in a process of an ordinary user, since root may look into every
 * process; its exit code. */
static int
run_as_user(int (*act)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && (setresgid(65534, 65534, 65534) != 0 ||
					  setresuid(65534, 65534, 65534) != 0))
			_exit(100);
		/* Changing the user made us undumpable, and that would be
		 * inherited: the child must become so by itself. */
		prctl(PR_SET_DUMPABLE, 1);
		_exit(act());
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

static bool
can_open_memory(int pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
look_into_the_child(void)
{
	struct signer_conf conf = sealer_conf();
	struct signer *s = NULL;
	pid_t plain = fork();
	int code = 0;

	if (plain == 0) {
		pause();
		_exit(0);
	}
	if (!can_open_memory(plain))
		code = 1; /* then the test would prove nothing */
	kill(plain, SIGKILL);
	waitpid(plain, NULL, 0);
	if (signer_spawn(&s, &conf, NULL) != RC_OK)
		return 2;
	if (can_open_memory(signer_pid(s)))
		code = 3;
	if (ptrace(PTRACE_ATTACH, signer_pid(s), NULL, NULL) == 0)
		code = 4;
	signer_stop(s);
	return code;
}

TEST(test_signer_child_memory_is_closed_to_its_own_user)
{
	if (geteuid() == 0)
		EXPECT(chown(test_tmpdir(), 65534, 65534) == 0);
	EXPECT_U64((unsigned)run_as_user(look_into_the_child), 0);
}

/* The end of the caller. --------------------------------------------- */

TEST(test_signer_child_dies_with_its_caller)
{
	struct signer_conf conf = sealer_conf();
	int link[2], signer = 0, status = -1;
	pid_t caller;

	EXPECT(pipe(link) == 0);
	/* Orphans come to us, so that their end can be awaited. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	caller = fork();
	if (caller == 0) {
		struct signer *s = NULL;

		if (signer_spawn(&s, &conf, NULL) != RC_OK)
			_exit(1);
		signer = signer_pid(s);
		if (write(link[1], &signer, sizeof(signer)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	close(link[1]);
	EXPECT(read(link[0], &signer, sizeof(signer)) == sizeof(signer));
	kill(caller, SIGKILL);
	EXPECT(waitpid(caller, NULL, 0) == caller);
	EXPECT(signer > 0 && waitpid(signer, &status, 0) == signer);
	EXPECT(WIFSIGNALED(status) || WIFEXITED(status));
	close(link[0]);
}

/* Secrets stay in the child. ----------------------------------------- */

/* Whether the memory of pid holds needle; *is_open tells whether it could be
 * looked at. Skips what is not plain read-write memory or is huge, as the
 * shadow of sanitizers. */
static bool
memory_has(int pid, struct bytes needle, bool *is_open)
{
	char path[64], line[256], perm[8];
	unsigned long long low, high;
	bool is_found = false;
	uint8_t *space;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	*is_open = mem >= 0 && maps != NULL;
	while (*is_open && fgets(line, sizeof(line), maps) != NULL) {
		ssize_t n;

		if (sscanf(line, "%llx-%llx %7s", &low, &high, perm) != 3 ||
		    perm[0] != 'r' || perm[1] != 'w' ||
		    high - low > (64ULL << 20))
			continue;
		space = malloc(high - low);
		n = pread(mem, space, high - low, (off_t)low);
		if (n > 0 &&
		    memmem(space, (size_t)n, needle.ptr, needle.len) != NULL)
			is_found = true;
		free(space);
	}
	if (maps != NULL)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return is_found;
}

/* What the caller of the next test is told over its pipe. */
struct order {
	struct addr addr;
	char password[32];
};

/* The caller: unlocks and signs as noded does, wipes the password, and shows
 * where its signer is. */
static void
be_a_caller(int in, int out)
{
	struct signer_conf conf = sealer_conf();
	struct signer *s = NULL;
	struct test_key k;
	struct order o;
	uint8_t sig[65];
	int pid;

	/* First the fork: the child gets a copy of all that is here now. */
	if (signer_spawn(&s, &conf, NULL) != RC_OK ||
	    read(in, &o, sizeof(o)) != sizeof(o) ||
	    signer_unlock(s, &o.addr, bytes_of_str(o.password),
		SIGNER_UNLOCK_ALWAYS, NULL) != RC_OK)
		_exit(1);
	explicit_bzero(o.password, sizeof(o.password));
	k.addr = o.addr;
	pid = signer_pid(s);
	if (seal(s, sig, &k, 1, 0) != RC_OK ||
	    write(out, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	pause();
	_exit(0);
}

TEST(test_signer_key_and_password_are_not_in_the_callers_memory)
{
	int to[2], from[2], signer = 0;
	struct test_key k;
	struct order o;
	bool is_open;
	pid_t caller;

	EXPECT(pipe(to) == 0 && pipe(from) == 0);
	/* The caller is forked first: it must not inherit what it is not to
	 * have. */
	test_tmpdir();
	caller = fork();
	if (caller == 0)
		be_a_caller(to[0], from[1]);
	close(from[1]);
	keys_make(&k, (unsigned)getpid());
	o.addr = k.addr;
	snprintf(o.password, sizeof(o.password), "planted-%d", (int)getpid());
	keys_write(test_tmpdir(), "key.json", &k, o.password);
	EXPECT(write(to[1], &o, sizeof(o)) == sizeof(o));
	EXPECT(read(from[0], &signer, sizeof(signer)) == sizeof(signer));
	/* The address is there, so the search can find something. */
	EXPECT(memory_has(caller, addr_bytes(&k.addr), &is_open));
	EXPECT(is_open);
	EXPECT(!memory_has(caller, bytes_of(k.key, 32), &is_open));
	EXPECT(!memory_has(caller, bytes_of_str(o.password), &is_open));
	/* And the child has the key and no longer the password; only root can
	 * look. */
	if (memory_has(signer, bytes_of(k.key, 32), &is_open))
		EXPECT(!memory_has(signer, bytes_of_str(o.password), &is_open));
	else
		EXPECT(!is_open);
	kill(caller, SIGKILL);
	waitpid(caller, NULL, 0);
	close(to[0]);
	close(to[1]);
	close(from[0]);
}
