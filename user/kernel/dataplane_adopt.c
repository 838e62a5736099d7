/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares our maps with the pinned ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "array.h"
#include "dataplane_parts.h"
#include "parallax_abi.h"
#include "pins.h"

static int describe_older(struct dataplane *dataplane)
{
	int err = dataplane_read_layout(dataplane->pin_dir, &dataplane->older_layout,
					&dataplane->older_version);

	if (err == -ENOENT || !dataplane->older_version)
		return layout_parse(dataplane->layout_text, &dataplane->older_layout);
	if (err == -EPROTO)
		return dataplane_fail(
			dataplane, err,
			"%s was pinned with layout version %u, which this build cannot read: start "
			"the build that pinned it; or run `parallaxctl uninstall --pin-dir %s`, which "
			"ends its connections",
			dataplane->pin_dir, dataplane->older_version, dataplane->pin_dir);
	return err ? dataplane_fail(dataplane, err, "cannot read %s/settings: %s",
				    dataplane->pin_dir, strerror(-err)) :
		     0;
}

/* ------------------------------------------------------------------ comparison */

static bool has_shape(const struct bpf_map *map, const struct pin_map *pinned)
{
	return pinned->type == bpf_map__type(map) && pinned->key_size == bpf_map__key_size(map) &&
	       pinned->value_size == bpf_map__value_size(map) &&
	       pinned->flags == bpf_map__map_flags(map);
}

/* Records of rings are described by no layout, only by the version. */
static bool is_same(const struct dataplane *dataplane, const struct adoption *adoption,
		    const struct pin_map *pinned)
{
	const struct bpf_map *map = adoption->map;

	if (pinned->type == BPF_MAP_TYPE_RINGBUF && dataplane->older_version != ABI_VERSION)
		return false;
	return has_shape(map, pinned) && pinned->max_entries == bpf_map__max_entries(map) &&
	       adoption->ours && adoption->older &&
	       !strcmp(adoption->older->pin, adoption->ours->pin) &&
	       layout_same(adoption->ours, adoption->older);
}

static int open_older(struct dataplane *dataplane, struct adoption *adoption)
{
	struct pin_map info;
	int err;

	adoption->ours = layout_find(&dataplane->layout, adoption->pin);
	adoption->older = layout_find(&dataplane->older_layout, adoption->pin);
	err = pins_open(dataplane->pin_dir, adoption->older ? adoption->older->pin : adoption->pin,
			&adoption->older_fd);
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = pins_map_info(adoption->older_fd, &info);
	if (err)
		return dataplane_fail(dataplane, err, "cannot open %s/%s: %s", dataplane->pin_dir,
				      adoption->pin, strerror(-err));
	adoption->same = is_same(dataplane, adoption, &info);
	return 0;
}

/* Maps that change together: a flow is in several of them, and counted for its sender. */
static bool is_of_flows(const struct adoption *adoption)
{
	static const char *const names[] = { "flows", "embryonic", "reclaim", "reclaim_clock" };
	const char *name = bpf_map__name(adoption->map);

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Whether the flows stay where they are: no family's maps of them change, nor the senders' counters, which
 * the families share. */
static bool flows_stay(const struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->adoption_count; i++) {
		const struct adoption *adoption = &dataplane->adoptions[i];

		if ((is_of_flows(adoption) || !strcmp(adoption->pin, "owners")) && !adoption->same &&
		    adoption->older_fd >= 0)
			return false;
	}
	return true;
}

static void unite_flows(struct dataplane *dataplane)
{
	bool stay = flows_stay(dataplane);

	for (size_t i = 0; i < dataplane->adoption_count; i++)
		if (is_of_flows(&dataplane->adoptions[i]))
			dataplane->adoptions[i].same &= stay;
}

/* Nothing was written into the pinned map yet: no agent has served here. */
static int drop_unused(struct dataplane *dataplane, struct adoption *adoption)
{
	char path[PIN_PATH_MAX];
	struct pin_map info;
	int err = pins_path(dataplane->pin_dir, adoption->pin, path);

	if (!err)
		err = pins_map_info(adoption->older_fd, &info);
	if (!err && !has_shape(adoption->map, &info))
		return dataplane_fail(
			dataplane, -EPROTO,
			"%s was pinned by another version, without a layout: type %u with %u-byte keys "
			"and %u-byte values; run `parallaxctl uninstall --pin-dir %s`, then start again",
			path, info.type, info.key_size, info.value_size, dataplane->pin_dir);
	if (!err && unlink(path))
		err = -errno;
	return err;
}

static int take(struct dataplane *dataplane, struct adoption *adoption)
{
	if (adoption->older_fd < 0)
		return 0;
	if (!adoption->same && !dataplane->older_version)
		return drop_unused(dataplane, adoption);
	dataplane->adopted = true;
	return adoption->same ? bpf_map__reuse_fd(adoption->map, adoption->older_fd) : 0;
}

/* Of which each data plane needs its own: its description, and the programs that one calls. */
static bool is_own(const char *pin)
{
	return !strcmp(pin, "layout") || !strncmp(pin, "families", 8);
}

static void decide(struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->adoption_count; i++) {
		const struct adoption *adoption = &dataplane->adoptions[i];

		dataplane->hand_over |= dataplane->older_version && adoption->older_fd >= 0 &&
					!adoption->same;
	}
	for (size_t i = 0; i < dataplane->adoption_count; i++)
		if (is_own(dataplane->adoptions[i].pin))
			dataplane->adoptions[i].same &= !dataplane->hand_over;
}

static int compare(struct dataplane *dataplane)
{
	int err = 0;

	for (size_t i = 0; !err && i < dataplane->adoption_count; i++)
		err = open_older(dataplane, &dataplane->adoptions[i]);
	if (err)
		return err;
	unite_flows(dataplane);
	decide(dataplane);
	for (size_t i = 0; !err && i < dataplane->adoption_count; i++)
		err = take(dataplane, &dataplane->adoptions[i]);
	return err;
}

int dataplane_adopt(struct dataplane *dataplane)
{
	int err = describe_older(dataplane);

	return err ? err : compare(dataplane);
}

struct adoption *dataplane_map(struct dataplane *dataplane, const char *pin)
{
	for (size_t i = 0; i < dataplane->adoption_count; i++)
		if (!strcmp(dataplane->adoptions[i].pin, pin))
			return &dataplane->adoptions[i];
	return NULL;
}

struct adoption *dataplane_family_map(struct dataplane *dataplane, enum family_index family,
				      const char *name)
{
	for (size_t i = 0; i < dataplane->adoption_count; i++)
		if (dataplane->adoptions[i].family == family &&
		    !strcmp(bpf_map__name(dataplane->adoptions[i].map), name))
			return &dataplane->adoptions[i];
	return NULL;
}

void dataplane_adopt_done(struct dataplane *dataplane)
{
	for (size_t i = 0; i < dataplane->adoption_count; i++) {
		if (dataplane->adoptions[i].older_fd >= 0)
			close(dataplane->adoptions[i].older_fd);
		dataplane->adoptions[i].older_fd = -1;
	}
	layout_done(&dataplane->layout);
	layout_done(&dataplane->older_layout);
	free(dataplane->layout_text);
	dataplane->layout_text = NULL;
}
