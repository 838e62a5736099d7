/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps the used part of a BPF array. */
#include "partial_mmap.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pins.h"

/* Bytes by which a mapping grows and is searched; a multiple of the page size. Each growth is a
 * mapping of its own. */
#define STEP ((size_t)128 << 10)

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

static bool is_zero(const unsigned char *memory, size_t bytes)
{
	return !memory[0] && !memcmp(memory, memory + 1, bytes - 1);
}

/* Whether the elements in these bytes of the array are all zero: 1, 0 or -errno. */
static int step_is_zero(const struct partial_mmap *map, size_t from, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, map->fd, (off_t)from);
	int zero;

	if (memory == MAP_FAILED)
		return -errno;
	zero = is_zero(memory, bytes);
	munmap(memory, bytes);
	return zero;
}

/* Searches from the end, one step at a time. */
static int find_used(const struct partial_mmap *map, size_t *ret_bytes)
{
	size_t end = map->bytes;

	while (end) {
		size_t from = (end - 1) / STEP * STEP;
		int zero = step_is_zero(map, from, end - from);

		if (zero < 0)
			return zero;
		if (!zero)
			break;
		end = from;
	}
	*ret_bytes = end;
	return 0;
}

static int map_up_to(struct partial_mmap *map, size_t bytes)
{
	size_t end = round_up(bytes, STEP);
	char *at = (char *)map->memory + map->mapped;

	if (end > map->bytes)
		end = map->bytes;
	if (end <= map->mapped)
		return 0;
	if (mmap(at, end - map->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 map->fd, (off_t)map->mapped) == MAP_FAILED)
		return -errno;
	map->mapped = end;
	return 0;
}

int partial_mmap_open(int fd, struct partial_mmap *ret)
{
	struct partial_mmap map = { .fd = fd };
	struct pin_map info;
	size_t used;
	int err = pins_map_info(fd, &info);

	if (err)
		return err;
	map.rows = info.max_entries;
	map.stride = pins_stride(info.value_size);
	map.bytes = round_up(map.stride * map.rows, (size_t)sysconf(_SC_PAGESIZE));
	map.memory = mmap(NULL, map.bytes, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map.memory == MAP_FAILED)
		return -errno;
	err = find_used(&map, &used);
	if (!err)
		err = map_up_to(&map, used);
	if (err) {
		partial_mmap_close(&map);
		return err;
	}
	*ret = map;
	return 0;
}

void partial_mmap_close(struct partial_mmap *map)
{
	if (map->memory)
		munmap(map->memory, map->bytes);
	*map = (struct partial_mmap){};
}

int partial_mmap_need(struct partial_mmap *map, size_t rows)
{
	if (rows > map->rows)
		return -EINVAL;
	return map_up_to(map, rows * map->stride);
}

int partial_mmap_write(int fd, size_t at, const void *from, size_t bytes)
{
	size_t into = at % (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, into + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			    (off_t)(at - into));

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory + into, from, bytes);
	munmap(memory, into + bytes);
	return 0;
}
