/* SPDX-License-Identifier: Apache-2.0
 *
 * node.conf: any text is either refused with file, line and reason, or gives
 * settings within their bounds. The first input byte picks how much memory
 * there is.
 *
 * fuzz: cover=node/noded/conf.c,node/base/ini.c lib=noded
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ini.h"
#include "noded/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

/* write_conf puts text into the file of this process, kept in memory. */
static void
write_conf(const uint8_t *p, size_t len)
{
	static int fd = -1;

	if (fd == -1) {
		fd = memfd_create("conf", MFD_CLOEXEC);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	CHECK(fd != -1 && ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, p, len, 0) == (ssize_t)len);
}

/* What conf.def allows. */
static void
check_bounds(const struct conf *c)
{
#define IN_STR(name, min, max)  CHECK(c->name == NULL || c->name[0] != '\0')
#define IN_ADDR(name, min, max) (void)c->name.is_set
#define IN_U64(name, min, max)                                                 \
	CHECK(c->name >= (uint64_t)(min) && c->name <= (uint64_t)(max))
#define IN_U256(name, min, max)               (void)c->name.w[0]
#define IN_BOOL(name, min, max)               (void)c->name
#define IN_MS                                 IN_U64
#define IN_SIZE                               IN_U64
#define CONF(type, name, def, min, max, help) IN_##type(name, min, max);
#include "noded/conf.def"
#undef CONF
}

/* The form of gateway.conf's lines: sections too, quoted values. */
static void
read_lines(struct bytes text)
{
	struct ini ini = ini_open(text);
	struct ini_item it = {.kind = INI_SECTION};
	unsigned line = 0;
	uint64_t v;
	bool is;

	while (ini_next(&it, &ini, NULL) == RC_OK && it.kind != INI_END) {
		CHECK(ini.line > line);
		line = ini.line;
		CHECK(it.key.len > 0 && it.key.len + it.value.len <= text.len);
		if (it.kind != INI_PAIR)
			continue;
		(void)ini_bool(&is, it.value, NULL);
		if (ini_u64(&v, it.value, 3, 99, NULL) == RC_OK)
			CHECK(v >= 3 && v <= 99);
		if (ini_size(&v, it.value, 3, 99999, NULL) == RC_OK)
			CHECK(v >= 3 && v <= 99999);
		if (ini_duration_ms(&v, it.value, 3, 99999, NULL) == RC_OK)
			CHECK(v >= 3 && v <= 99999);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {.rc = RC_OK};
	struct arena a;
	struct conf c;
	enum rc rc;

	if (size == 0)
		return 0;
	write_conf(data + 1, size - 1);
	arena_init(&a, data[0] & 1 ? INI_FILE_MAX + 64 * (size_t)data[0]
				   : 2 * (size_t)INI_FILE_MAX);
	rc = conf_read(&a, &c, path, &e);
	if (rc == RC_OK) {
		check_bounds(&c);
		(void)conf_check(&c, &e);
	} else {
		CHECK(rc == e.rc && e.text[0] != '\0');
		CHECK(rc != RC_CONF || !strncmp(e.text, path, strlen(path)));
	}
	read_lines(bytes_of(data + 1, size - 1));
	arena_drop(&a);
	return 0;
}
