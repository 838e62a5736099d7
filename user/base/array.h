/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arrays of a fixed size. */
#ifndef ARRAY_H
#define ARRAY_H

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#endif
