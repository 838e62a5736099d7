/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Returns unneeded memory to the system. */
#include "memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* By default glibc raises these thresholds and then places short-lived large blocks on the heap, among
 * the small blocks that stay, so that the heap cannot shrink. */
void memory_keep_small(void)
{
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	mallopt(M_TRIM_THRESHOLD, 64 << 10);
	mallopt(M_ARENA_MAX, 1);
}

/* False if the text has relocations: its pages then differ from the file. */
static int is_file_backed(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Dyn) *entry = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);

		if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		for (; entry->d_tag != DT_NULL; entry++)
			if (entry->d_tag == DT_TEXTREL ||
			    (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
				return 0;
	}
	return 1;
}

static int drop_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	const size_t page = *(const size_t *)arg;

	for (int i = 0; is_file_backed(info) && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t from = (info->dlpi_addr + part->p_vaddr) & ~(page - 1);
		uintptr_t to = info->dlpi_addr + part->p_vaddr + part->p_memsz;

		/* Data, and RELRO, lie in other segments. */
		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && part->p_align >= page)
			madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void memory_give_back(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	malloc_trim(0);
	dl_iterate_phdr(drop_object, &page);
}
