/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The layouts of released versions, whose data planes do not describe themselves. */
#include "layout.h"

#define EMBED(name, file)                                                                          \
	__asm__(".pushsection .rodata\n" #name ": .incbin \"" file "\"\n"                          \
		".byte 0\n"                                                                        \
		".popsection\n");                                                                  \
	extern const char name[] __attribute__((visibility("hidden")))

EMBED(layout_abi4, "user/layout/abi4.txt");
EMBED(layout_abi5, "user/layout/abi5.txt");

const char *layout_history(uint32_t version)
{
	return version == 4 ? layout_abi4 : version == 5 ? layout_abi5 : NULL;
}
