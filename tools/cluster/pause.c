/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Process 1 of a pod's sandbox. */
#include <signal.h>
#include <unistd.h>

static void leave(int signal_number)
{
	_exit(signal_number == SIGTERM ? 0 : 1);
}

int main(void)
{
	signal(SIGTERM, leave);
	signal(SIGINT, leave);
	for (;;)
		pause();
}
