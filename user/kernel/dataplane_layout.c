/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The layout of our maps, and that of pinned ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane_parts.h"
#include "parallax_abi.h"
#include "pins.h"

int dataplane_describe(struct dataplane *dataplane)
{
	int err = dataplane_list_maps(dataplane);

	dataplane->layout_text = err ? NULL : calloc(1, LAYOUT_TEXT_BYTES);
	if (!dataplane->layout_text)
		return err ? err : -ENOMEM;
	err = layout_write(bpf_object__btf(dataplane->objects[FAMILY_4]), 4,
			   dataplane->layout_text, LAYOUT_TEXT_BYTES);
	if (!err && dataplane->objects[FAMILY_6])
		err = layout_write(bpf_object__btf(dataplane->objects[FAMILY_6]), 6,
				   dataplane->layout_text, LAYOUT_TEXT_BYTES);
	if (!err)
		err = layout_parse(dataplane->layout_text, &dataplane->layout);
	return err ? dataplane_fail(dataplane, err, "cannot describe the maps: %s",
				    strerror(-err)) :
		     0;
}

/* The version comes first in every layout of `settings`. */
static int read_version(const char *directory, uint32_t *ret)
{
	struct pin_map info;
	__u32 zero = 0;
	void *value;
	int fd, err = pins_open(directory, "settings", &fd);

	if (err)
		return err;
	err = pins_map_info(fd, &info);
	value = err ? NULL : calloc(1, pins_stride(info.value_size));
	if (!err && !value)
		err = -ENOMEM;
	if (!err && bpf_map_lookup_elem(fd, &zero, value))
		err = -errno;
	if (!err)
		memcpy(ret, value, sizeof(*ret));
	free(value);
	close(fd);
	return err;
}

/* Returns -ENOENT for data planes of versions that did not describe themselves. */
static int read_text(const char *directory, char *buf)
{
	__u32 zero = 0;
	int fd, err = pins_open_map_checked(directory, "layout", sizeof(zero), LAYOUT_TEXT_BYTES,
					    &fd);

	if (err)
		return err;
	if (bpf_map_lookup_elem(fd, &zero, buf))
		err = -errno;
	close(fd);
	buf[LAYOUT_TEXT_BYTES - 1] = '\0';
	return err || *buf ? err : -ENOENT;
}

int dataplane_read_layout(const char *directory, struct layout *ret, uint32_t *ret_version)
{
	char *text = malloc(LAYOUT_TEXT_BYTES);
	const char *known = text;
	int err = text ? read_version(directory, ret_version) : -ENOMEM;

	if (!err) {
		err = read_text(directory, text);
		if (err == -ENOENT) {
			known = layout_history(*ret_version);
			err = known ? 0 : -EPROTO;
		}
	}
	if (!err)
		err = layout_parse(known, ret);
	free(text);
	return err;
}

bool dataplane_layout_is_ours(const struct dataplane *dataplane, const char *directory)
{
	char *text = malloc(LAYOUT_TEXT_BYTES);
	bool ours = text && !read_text(directory, text) && !strcmp(text, dataplane->layout_text);

	free(text);
	return ours;
}
