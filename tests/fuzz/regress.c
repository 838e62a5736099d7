/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Feeds a fuzz target with the files below tests/data, whole, cut short and with a byte changed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_FILE (1u << 20)
#define CUTS 16

static unsigned int inputs;

/* In a buffer of exactly this size, so that a sanitizer sees any byte read beyond it. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
}

static void feed_variants(uint8_t *data, size_t size)
{
	feed(data, size);
	for (unsigned int i = 0; i < CUTS; i++) {
		size_t at = size * i / CUTS;
		uint8_t old;

		feed(data, at);
		if (at >= size)
			continue;
		old = data[at];
		data[at] ^= (uint8_t)(1u << (i & 7));
		feed(data, size);
		data[at] = old;
	}
}

static void feed_file(const char *path)
{
	uint8_t *data = malloc(MAX_FILE);
	FILE *file = fopen(path, "rb");

	if (file && data)
		feed_variants(data, fread(data, 1, MAX_FILE, file));
	if (file)
		fclose(file);
	free(data);
}

static void feed_tree(const char *path)
{
	struct dirent *entry;
	struct stat status;
	char child[4096];
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) >= (int)sizeof(child) ||
		    stat(child, &status))
			continue;
		if (S_ISDIR(status.st_mode))
			feed_tree(child);
		else
			feed_file(child);
	}
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	feed((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		feed_tree(argv[i]);
	if (argc == 1)
		feed_tree("tests/data");
	printf("%s %s: %u inputs\n", inputs > 1 ? "PASS" : "FAIL", name, inputs);
	return inputs > 1 ? 0 : 1;
}
