/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Preloaded into a program: ends it by SIGKILL at the call that KILL_AT names, "FUNCTION NUMBER", instead
 * of the call. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void count(const char *name)
{
	static unsigned int left;
	const char *at = getenv("KILL_AT");
	char wanted[64];
	unsigned int number;

	if (!at || sscanf(at, "%63s %u", wanted, &number) != 2 || strcmp(wanted, name))
		return;
	if (++left == number)
		kill(getpid(), SIGKILL);
}

#define CALL(type, name, parameters, ...)                                                          \
	type name parameters;                                                                      \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                 \
		count(#name);                                                                      \
		return real(__VA_ARGS__);                                                          \
	}

CALL(int, bpf_obj_pin, (int fd, const char *path), fd, path)
CALL(int, bpf_link_update, (int fd, int program, const void *options), fd, program, options)
CALL(int, bpf_map_lookup_and_delete_elem, (int fd, const void *key, void *value), fd, key, value)
CALL(int, rename, (const char *from, const char *to), from, to)
CALL(int, mkdir, (const char *path, mode_t mode), path, mode)
CALL(int, rmdir, (const char *path), path)
