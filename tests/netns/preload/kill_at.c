/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Preloaded into a program: ends it by SIGKILL at the call that KILL_AT names, "FUNCTION NUMBER", instead
 * of the call. FAIL_AT lets such a call fail with ENOMEM. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether this is the call that the variable names. */
static bool is_named(const char *variable, const char *name, unsigned int *calls)
{
	const char *at = getenv(variable);
	char wanted[64];
	unsigned int number;

	return at && sscanf(at, "%63s %u", wanted, &number) == 2 && !strcmp(wanted, name) &&
	       ++*calls == number;
}

static bool fails(const char *name)
{
	static unsigned int kill_calls, fail_calls;

	if (is_named("KILL_AT", name, &kill_calls))
		kill(getpid(), SIGKILL);
	if (!is_named("FAIL_AT", name, &fail_calls))
		return false;
	errno = ENOMEM;
	return true;
}

#define CALL(type, name, parameters, ...)                                                          \
	type name parameters;                                                                      \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
                                                                                                   \
		if (!real)                                                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                 \
		return fails(#name) ? -1 : real(__VA_ARGS__);                                      \
	}

CALL(int, bpf_obj_pin, (int fd, const char *path), fd, path)
CALL(int, bpf_link_update, (int fd, int program, const void *options), fd, program, options)
CALL(int, bpf_map_lookup_and_delete_elem, (int fd, const void *key, void *value), fd, key, value)
CALL(int, bpf_object__load, (void *object), object)
CALL(int, rename, (const char *from, const char *to), from, to)
CALL(int, mkdir, (const char *path, mode_t mode), path, mode)
CALL(int, rmdir, (const char *path), path)
