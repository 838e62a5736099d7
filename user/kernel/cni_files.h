/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CNI configuration that the container runtime uses, where we may read it. */
#ifndef CNI_FILES_H
#define CNI_FILES_H

#include "cni_config.h"

#define CNI_PATH_MAX 96

/* Reads the first usable file of the directory by name, as containerd and CRI-O do (containernetworking/cni:
 * libcni/api.go: .conf, .conflist, .json). Returns 0 with its path, cut to CNI_PATH_MAX; -ENOENT if there is
 * none or the directory cannot be read. */
int cni_files_read(const char *dir, char ret_path[CNI_PATH_MAX], struct cni_config *ret);

#endif
