/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generations and kernels as text, so that two of them can be compared and a difference read. */
#include "desired_print.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "parallax_table.h"

#define LINES_MAX 512

static void add(struct printed *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct printed *text, const char *format, ...)
{
	size_t left = sizeof(text->buf) - text->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->buf + text->used, left, format, args);
	va_end(args);
	if (length > 0)
		text->used += (size_t)length < left ? (size_t)length : left - 1;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The order of rows depends on the history of the kernel, so lines are sorted. */
static const char *sort_lines(struct printed *text)
{
	char *copy = strdup(text->buf), *save = NULL, *lines[LINES_MAX];
	size_t count = 0;

	if (!copy)
		abort();
	for (char *line = strtok_r(copy, "\n", &save); line && count < LINES_MAX;
	     line = strtok_r(NULL, "\n", &save))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), compare_lines);
	text->used = 0;
	for (size_t i = 0; i < count; i++)
		add(text, "%s\n", lines[i]);
	free(copy);
	return text->buf;
}

static void start(struct printed *text)
{
	text->used = 0;
	text->buf[0] = '\0';
}

static void add_address(struct printed *text, const struct addr *addr, uint16_t port)
{
	char buf[ADDR_TEXT_MAX];

	add(text, " %s", addr->family ? addr_port_format(addr, port, buf) : "-");
}

/* ------------------------------------------------------------------ a generation */

static void add_priorities(struct printed *text, const struct service_status *status)
{
	for (size_t i = 0; i < status->priority_count; i++) {
		const struct view_priority *p = &status->priorities[i];

		add(text, " p%u:%u,%u,%u,%u,%u,%u,%d", p->priority, p->hosts, p->healthy, p->degraded,
		    p->excluded, p->healthy_load, p->degraded_load, p->panic);
	}
}

static void add_excluded(struct printed *text, const struct service_status *status)
{
	add(text, " excluded");
	for (size_t i = 0; i < status->excluded_count; i++) {
		add_address(text, &status->excluded[i].addr, status->excluded[i].port);
		add(text, "=%d@%s", status->excluded[i].reason,
		    status->excluded[i].network ? status->excluded[i].network : "");
	}
	for (int i = 0; i < EXCLUDED_COUNT; i++)
		add(text, ",%u", status->excluded_by_reason[i]);
}

static const char *or_none(const char *text)
{
	return text ? text : "(none)";
}

static void add_status(struct printed *text, const struct service_status *status)
{
	add(text, " %s %s %s '%s'", status->cluster, or_none(status->host), or_none(status->state),
	    or_none(status->problem));
	add_priorities(text, status);
	add(text, " %u endpoints %u backends %llx", status->endpoints, status->backends,
	    (unsigned long long)status->digest);
	for (uint32_t i = 0; i < status->listed_count; i++)
		add_address(text, &status->listed[i].addr, status->listed[i].port);
	add_excluded(text, status);
}

static void add_row(struct printed *text, const struct service_row *row)
{
	add(text, "row");
	add_address(text, &row->key.vip, row->key.port);
	add(text, "/%u family %u id %llx flags %x%s%s%s%s assignment %d inputs %llx by %llx",
	    row->key.proto, row->key.family, (unsigned long long)row->key.id, row->flags,
	    row->by_id ? " by_id" : "", row->captured ? " captured" : "", row->made ? " made" : "",
	    row->wanted ? " wanted" : "", (int)row->assignment,
	    (unsigned long long)row->fingerprint, (unsigned long long)row->gateways_of);
	if (row->status)
		add_status(text, row->status);
	add(text, "\n");
}

static void add_rows(struct printed *text, const struct service_rows *rows, bool wanted_only)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!wanted_only || rows->items[i].wanted || !rows->items[i].key.vip.family)
			add_row(text, &rows->items[i]);
	add(text, "%zu rows are wanted\n", rows->wanted);
	if (!wanted_only)
		add(text, "vips: %s, %d\n", or_none(rows->problem), rows->endpoints_are_vips);
}

const char *generation_print(const struct generation *generation, bool wanted_only,
			     struct printed *ret)
{
	start(ret);
	add_rows(ret, &generation->rows, wanted_only);
	for (size_t i = 0; i < generation->problem_count; i++)
		add(ret, "problem: %s\n", generation->problems[i]);
	add(ret, "inputs %llx of %zu, stale at %llu\n",
	    (unsigned long long)generation->inputs_fingerprint, generation->content_count,
	    (unsigned long long)generation->stale_at_ns);
	for (size_t i = 0; i < generation->content_count; i++)
		add(ret, "contents %zu: %llx\n", i,
		    (unsigned long long)generation->content_fingerprints[i]);
	for (size_t i = 0; i < generation->network_count; i++)
		add(ret, "down %zu: %llx\n", i,
		    (unsigned long long)generation->down_fingerprints[i]);
	return sort_lines(ret);
}

/* ------------------------------------------------------------------ a kernel */

static uint64_t name_hash(const struct plan_model *kernel, uint32_t kind, uint32_t index)
{
	for (size_t i = 0; i < kernel->name_count; i++)
		if (kernel->names[i].key.kind == kind && kernel->names[i].key.index == index)
			return kernel->names[i].hash;
	return 0;
}

/* Without the rows' numbers, generation and index. */
static uint64_t backend_hash(const struct plan_model *kernel, uint32_t b)
{
	struct backend row = kernel->backends[b % MODEL_BACKENDS];
	uint64_t locality = name_hash(kernel, NAME_LOCALITY, row.locality);

	row.service = row.locality = row.generation = row.last_generation = 0;
	return XXH3_64bits_withSeed(&row, sizeof(row), locality);
}

static uint64_t slot_hash(const struct plan_model *kernel, uint64_t slot)
{
	const uint64_t parts[] = { TABLE_ENTRY_TAG(slot), TABLE_ENTRY_THRESHOLD(slot),
				   backend_hash(kernel, TABLE_ENTRY_ROW(slot)) };

	return TABLE_IS_ENTRY(slot) ? XXH3_64bits(parts, sizeof(parts)) : slot;
}

static void add_table(struct printed *text, const struct plan_model *kernel, table_desc table)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < TABLE_BUCKETS(table) * BUCKET_SLOTS; i++) {
		const struct bucket *bucket =
			&kernel->buckets[TABLE_OFFSET(table) + i / BUCKET_SLOTS];

		hash = hash * 31 + slot_hash(kernel, bucket->slot[i % BUCKET_SLOTS]);
	}
	add(text, " table %x %u %llx", TABLE_SHAPE(table), TABLE_BUCKETS(table),
	    (unsigned long long)hash);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those in use, and those that have left the view: flows may still go there. */
static void add_backends(struct printed *text, const struct plan_model *kernel, uint32_t r)
{
	uint64_t hashes[MODEL_BACKENDS];
	size_t count = 0;

	for (uint32_t b = 1; b < MODEL_BACKENDS; b++)
		if (kernel->backends[b].generation && kernel->backends[b].service == r &&
		    kernel->backends[b].service_id == kernel->services[r].id &&
		    !(kernel->backends[b].flags & BACKEND_DRAINING))
			hashes[count++] = backend_hash(kernel, b);
	qsort(hashes, count, sizeof(*hashes), compare_numbers);
	for (size_t i = 0; i < count; i++)
		add(text, " %llx", (unsigned long long)hashes[i]);
}

static void add_service(struct printed *text, const struct plan_model *kernel, uint32_t r)
{
	const struct service *row = &kernel->services[r];

	add(text, " row %llx:%u/%u %u flags %x id %llx since %llu drop %llx name %llx %llx",
	    (unsigned long long)XXH3_64bits(&row->vip, sizeof(row->vip)), ntohs(row->port),
	    row->proto, row->family, row->flags, (unsigned long long)row->id,
	    (unsigned long long)row->captured_ns, (unsigned long long)row->drop,
	    (unsigned long long)name_hash(kernel, NAME_CLUSTER, r),
	    (unsigned long long)name_hash(kernel, NAME_DROPS, r));
	add_table(text, kernel, row->table);
	add_table(text, kernel, row->local_table);
	for (int i = 0; i < DROP_CATEGORIES && row->drop; i++)
		add(text, " %llx", (unsigned long long)kernel->drops[r].upto[i]);
	add_backends(text, kernel, r);
	add(text, "\n");
}

static void add_bytes(struct printed *text, const char *name, const void *bytes, size_t size)
{
	add(text, "%s", name);
	for (size_t i = 0; i < size; i++)
		add(text, " %x", ((const unsigned char *)bytes)[i]);
	add(text, "\n");
}

static void add_entries(struct printed *text, const struct plan_model *kernel)
{
	for (size_t i = 0; i < kernel->network_count; i++)
		add(text, "network %u %x %llx\n", kernel->networks[i].id,
		    kernel->networks[i].value.flags,
		    (unsigned long long)name_hash(kernel, NAME_NETWORK, kernel->networks[i].id));
	for (size_t i = 0; i < kernel->gateway_count; i++)
		add_bytes(text, "gateway", &kernel->gateways[i], sizeof(kernel->gateways[i]));
	for (size_t i = 0; i < kernel->allowed_count; i++)
		add_bytes(text, "allowed", &kernel->allowed[i], sizeof(kernel->allowed[i]));
	add_bytes(text, "settings", &kernel->settings, sizeof(kernel->settings));
	add(text, "filters %llx\n",
	    (unsigned long long)XXH3_64bits(&kernel->filters, sizeof(kernel->filters)));
}

const char *kernel_print(const struct plan_model *kernel, struct printed *ret)
{
	start(ret);
	for (size_t i = 0; i < kernel->vip_count; i++) {
		const struct ledger_vip *vip = &kernel->vips[i];

		add_bytes(ret, "vip", &vip->key, sizeof(vip->key));
		if (vip->key.port)
			add_service(ret, kernel, vip->row);
		else
			add(ret, "\n");
	}
	for (size_t i = 0; i < kernel->id_count; i++) {
		add(ret, "id %llx %u", (unsigned long long)kernel->ids[i].key.id,
		    kernel->ids[i].key.family);
		add_service(ret, kernel, kernel->ids[i].row);
	}
	add_entries(ret, kernel);
	return sort_lines(ret);
}
