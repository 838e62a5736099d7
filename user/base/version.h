/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The version of both programs. */
#ifndef VERSION_H
#define VERSION_H

#define PARALLAX_VERSION "0.1.0"

#endif
