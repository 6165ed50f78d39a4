/* SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for libFuzzer where inputs are only run again: every file named,
 * and every file of a folder named, goes through LLVMFuzzerTestOneInput once.
 * Works with any compiler and flavour. The last line is the tally of files.
 *
 * usage: replay_x PATH...
 */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The two entry points of a fuzz target; the first is optional. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPEN_FOLDERS = 8 };

static size_t ran;

/* run_file runs one input; the buffer is as long as the input, so that a
 * sanitizer sees a read behind it. */
static int
run_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	size_t len = (size_t)st->st_size;
	uint8_t *data;
	FILE *f;

	(void)at;
	if (kind != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	data = malloc(len > 0 ? len : 1);
	f = fopen(path, "rb");
	if (data == NULL || f == NULL || fread(data, 1, len, f) != len) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(2);
	}
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
	ran++;
	return 0;
}

int
main(int argc, char **argv)
{
	int i;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++) {
		if (nftw(argv[i], run_file, OPEN_FOLDERS, FTW_PHYS) != 0) {
			fprintf(stderr, "cannot walk %s\n", argv[i]);
			return 2;
		}
	}
	printf("tally %zu 0\n", ran);
	return 0;
}
