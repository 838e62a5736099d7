/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of dataplane. */
#ifndef DATAPLANE_PARTS_H
#define DATAPLANE_PARTS_H

#include "dataplane.h"
#include "layout.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;

/* A map of ours that is pinned, and the one that was. */
struct adoption {
	struct bpf_map *map;
	enum family_index family; /* of its object file */
	char pin[LAYOUT_NAME];
	const struct layout_map *ours, *older; /* older: NULL if that data plane has no such map */
	int older_fd;                          /* -1: none was pinned */
	bool same;                             /* the pinned one is used as it is */
};

#define ADOPTIONS_MAX 64

struct dataplane {
	struct bpf_object *objects[FAMILIES]; /* IPv6's: NULL until it is needed */
	const char *pin_dir;
	struct config_limits limits;
	dataplane_note note;
	void *note_arg;
	char *reason; /* of the caller, during its call */
	bool adopted;
	bool hand_over; /* a pinned map is not used as it is */
	char *layout_text;
	struct layout layout, older_layout;
	uint32_t older_version; /* 0: nothing is pinned, or nothing was written yet */
	struct adoption adoptions[ADOPTIONS_MAX];
	size_t adoption_count;
};

/* Writes the reason; returns `err`. */
int dataplane_fail(struct dataplane *dataplane, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Opens the object file of a family, with maps of the limits. */
int dataplane_open_object(struct dataplane *dataplane, enum family_index family);
void dataplane_close_object(struct dataplane *dataplane, enum family_index family);
/* Sets a `const volatile` variable of `size` bytes, before load. Returns 0; -ENOENT, if there is none
 * of that size; or another -errno. */
int dataplane_set_constant(struct bpf_object *object, const char *name, const void *value,
			   size_t size);
/* IPv4's comes first, whose maps the families share. */
int dataplane_load_object(struct dataplane *dataplane, enum family_index family);
/* After load: lets the programs of each family call those of the other, if both are there. */
int dataplane_join_families(struct dataplane *dataplane);
/* Whether IPv6's programs are pinned, also in the middle of a handover. */
bool dataplane_pins_ipv6(const struct dataplane *dataplane);
/* Section of a variable that is a map of one element, and is pinned by the variable's name. */
#define VARIABLE_PREFIX ".data."
bool dataplane_is_variable(const struct bpf_map *map);
/* Whether the families share the map. */
bool dataplane_is_shared(const struct bpf_map *map);
/* By name; NULL if there is none. */
struct bpf_map *dataplane_object_map(const struct dataplane *dataplane, enum family_index family,
				     const char *name);
struct bpf_program *dataplane_program(const struct dataplane *dataplane, enum family_index family,
				      const char *name);

/* Lists the maps that are pinned, anew. */
int dataplane_list_maps(struct dataplane *dataplane);

/* Pins maps that are not pinned yet, and replaces the pins of older programs. Returns 0 or -errno with
 * the reason. */
int dataplane_pin(struct dataplane *dataplane);

/* Pins maps that are not the pinned ones, and all programs, in another directory. */
int dataplane_pin_newer(struct dataplane *dataplane, const char *directory);

/* Lists and describes our maps. */
int dataplane_describe(struct dataplane *dataplane);

/* Before load: compares our maps with the pinned ones, and takes those that fit. */
int dataplane_adopt(struct dataplane *dataplane);
void dataplane_adopt_done(struct dataplane *dataplane);

/* Reads layout and version of the data plane pinned in the directory. Returns 0; -ENOENT; -EPROTO, if
 * it is not known; or another -errno. */
int dataplane_read_layout(const char *directory, struct layout *ret, uint32_t *ret_version);
/* Whether the data plane pinned there is of this build's layout, by its own description. */
bool dataplane_layout_is_ours(const struct dataplane *dataplane, const char *directory);

/* Before the pinned maps are looked at: finishes or undoes the handover of an agent that was
 * killed. */
int dataplane_recover(struct dataplane *dataplane);

/* Our map of this pin, or NULL. */
struct adoption *dataplane_map(struct dataplane *dataplane, const char *pin);
/* The same for a map of which each family has its own. */
struct adoption *dataplane_family_map(struct dataplane *dataplane, enum family_index family,
				      const char *name);

/* Copies the contents of all maps that the agent writes and that are not used as they are. */
int dataplane_copy_rows(struct dataplane *dataplane);

/* Before load: checks that flows can be carried over, and tells the programs how to find them. */
int dataplane_prepare_flows(struct dataplane *dataplane);
/* Lets our programs look into the older flow maps, or not any more. */
int dataplane_show_older(struct dataplane *dataplane);
void dataplane_hide_older(struct dataplane *dataplane);
/* Moves the flows from the pinned maps of layout `older` to those pinned in `next`, if there are
 * such. */
int dataplane_carry_flows(struct dataplane *dataplane, const struct layout *older);

/* Before load, if dataplane->hand_over: checks that it is possible, and sets up the programs that do
 * it. */
int dataplane_prepare_handover(struct dataplane *dataplane);
/* After load: carries over the contents of pinned maps that are not used as they are, and puts our
 * programs in the place of the older ones. On failure the older data plane serves on. */
int dataplane_hand_over(struct dataplane *dataplane);

#endif
