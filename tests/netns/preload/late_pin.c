/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Preloaded into a program: as often as LATE_PINS says, something is pinned in the directory that it is
 * about to remove. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rmdir(const char *path)
{
	static int (*real)(const char *);
	static int pins = -1;
	char pin[512];

	if (!real)
		real = (int (*)(const char *))dlsym(RTLD_NEXT, "rmdir");
	if (pins < 0)
		pins = atoi(getenv("LATE_PINS"));
	snprintf(pin, sizeof(pin), "%s/next", path);
	/* Not in the pin itself, when that is removed. */
	if (pins && access(pin, F_OK) && path[0] && !strstr(path, "/next")) {
		pins--;
		mkdir(pin, 0700);
	}
	return real(path);
}
