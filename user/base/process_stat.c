/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Resources that this process uses, out of /proc/self (proc_pid_stat(5)). */
#include "process_stat.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int count_fds(uint64_t *ret)
{
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return -errno;
	for (*ret = 0; readdir(dir); ++*ret)
		;
	*ret -= 3; /* ".", ".." and the directory itself */
	closedir(dir);
	return 0;
}

/* The clock at boot, to which the start time of a process is relative. */
static double boot_seconds(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (double)(real.tv_sec - boot.tv_sec) + (double)(real.tv_nsec - boot.tv_nsec) / 1e9;
}

/* The name of the program, in parentheses, may hold anything. */
static int read_stat(struct process_stat *ret)
{
	unsigned long utime, stime, vsize;
	unsigned long long start;
	FILE *file = fopen("/proc/self/stat", "re");
	double ticks = (double)sysconf(_SC_CLK_TCK);
	char line[1024] = "";
	const char *rest;
	long pages;

	if (!file)
		return -errno;
	rest = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (!rest || sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
			    "%*d %*d %llu %lu %ld",
			    &utime, &stime, &start, &vsize, &pages) != 5)
		return -EINVAL;
	ret->cpu_seconds = (double)(utime + stime) / ticks;
	ret->start_seconds = boot_seconds() + (double)start / ticks;
	ret->virtual_bytes = vsize;
	ret->resident_bytes = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int process_stat_read(struct process_stat *ret)
{
	struct rlimit limit;
	int err = read_stat(ret);

	if (!err)
		err = count_fds(&ret->open_fds);
	if (!err && getrlimit(RLIMIT_NOFILE, &limit))
		err = -errno;
	if (!err)
		ret->max_fds = limit.rlim_cur;
	return err;
}
