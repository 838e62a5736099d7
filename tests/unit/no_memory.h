/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lets every single allocation fail in turn, for the tests that include this.
 *
 * The allocator is replaced by interposition. A sanitizer has its own: under it nothing fails, and
 * it is the sanitizer that looks for leaks.
 */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static long countdown = -1; /* allocations that still succeed; below 0: all */
static long live;           /* blocks allocated and not freed while watched */
static bool watched, failed;

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool refuse(void)
{
	if (!watched || countdown < 0 || countdown-- > 0)
		return false;
	failed = true;
	return true;
}

static void *counted(void *memory)
{
	live += watched && memory;
	return memory;
}

void *malloc(size_t size)
{
	return refuse() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return refuse() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
	if (refuse())
		return NULL;
	live -= watched && memory;
	return counted(__libc_realloc(memory, size));
}

void free(void *memory)
{
	live -= watched && memory;
	__libc_free(memory);
}
#endif

/* `expected`: the result with enough memory. Without memory the message of another error may be
 * lost, but not its error code. */
static void fail_each(int (*run)(const char *text), const char *text, int expected)
{
	long n = 0;
	int err;

	do {
		countdown = n++;
		live = 0;
		failed = false;
		watched = true;
		err = run(text);
		watched = false;
		countdown = -1;
		assert_int_equal(live, 0);
		assert_true(err == (failed ? -ENOMEM : expected) ||
			    (failed && expected && err == expected));
	} while (failed);
#ifndef SANITIZED
	assert_true(n > 2);
#endif
}

#endif
