/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Includes the header FAMILY_TEXT once per IP family, with ADDR as the type of its addresses and NAME(x)
 * as the names of what it defines. In bpf/, which is compiled once per family, those are the plain names;
 * elsewhere the plain names are IPv4's, and IPv6's end in 6. Has no guard. */

#ifdef FAMILY
#define NAME(name) name
#define ADDR struct addr
#include FAMILY_TEXT
#undef NAME
#undef ADDR
#else
#define NAME(name) name
#define ADDR struct addr4
#include FAMILY_TEXT
#undef NAME
#undef ADDR
#define NAME(name) name##6
#define ADDR struct addr6
#include FAMILY_TEXT
#undef NAME
#undef ADDR
#endif

#undef FAMILY_TEXT
