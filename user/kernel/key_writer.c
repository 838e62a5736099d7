/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the keys of tunnels, a generation at a time. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "key_writer.h"
#include "map_writer_parts.h"

static int insert(int fd, const struct key_row *row, uint32_t generation)
{
	struct admission_key_id name = { row->network, row->id, generation };

	return bpf_map_update_elem(fd, &name, &row->key, BPF_ANY) ? -errno : 0;
}

/* Deletes the elements of this generation, or those of all others. */
static int delete_keys(int fd, uint32_t generation, bool others)
{
	struct admission_key_id name, next, *before = NULL;
	int err = bpf_map_get_next_key(fd, NULL, &next) ? -errno : 0;

	while (!err) {
		name = next;
		if ((name.generation != generation) == others) {
			if (bpf_map_delete_elem(fd, &name) && errno != ENOENT)
				return -errno;
		} else {
			before = &name;
		}
		err = bpf_map_get_next_key(fd, before, &next) ? -errno : 0;
	}
	return err == -ENOENT ? 0 : err;
}

/* Keys are there before they are asked for, and nobody is asked for a tag before they are. ADMISSION_ENCRYPTED
 * stays as it is. */
static void use_generation(struct settings *settings, uint32_t generation, uint32_t flags)
{
	volatile uint32_t *now = &settings->key_generation, *admission = &settings->admission;
	uint32_t encrypted = *admission & ADMISSION_ENCRYPTED;

	if (!flags)
		*admission = encrypted;
	*now = generation;
	__sync_synchronize();
	*admission = flags | encrypted;
}

int map_writer_keys(struct map_writer *writer, const struct key_row *rows, size_t count,
		    uint32_t flags)
{
	struct settings *settings = writer->settings.memory;
	uint32_t generation = settings->key_generation + 1;
	int fd = writer->fds.keys, err = delete_keys(fd, settings->key_generation, true);

	for (size_t i = 0; !err && i < count; i++)
		err = insert(fd, &rows[i], generation);
	if (err) {
		delete_keys(fd, generation, false);
		return err;
	}
	use_generation(settings, generation, flags);
	err = rcu_sync_wait(&writer->rcu_sync);
	return err ? err : delete_keys(fd, generation, true);
}

bool map_writer_signing_key(const struct map_writer *writer, uint32_t network,
			    struct admission_key *ret)
{
	const struct settings *settings = writer->settings.memory;
	struct admission_key_id name = { network, 0, settings->key_generation };

	return settings->admission & ADMISSION_SIGN &&
	       !bpf_map_lookup_elem(writer->fds.keys, &name, ret);
}

void map_writer_encrypted(struct map_writer *writer, bool encrypted)
{
	volatile __u32 *to = &((struct settings *)writer->settings.memory)->admission;
	__u32 others = *to & ~ADMISSION_ENCRYPTED;

	*to = others | (encrypted ? ADMISSION_ENCRYPTED : 0);
}

void map_writer_epoch(struct map_writer *writer, uint64_t epoch)
{
	volatile __u64 *to = &((struct settings *)writer->settings.memory)->epoch;

	*to = epoch;
}
