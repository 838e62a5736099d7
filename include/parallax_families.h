/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Includes the header FAMILY_TEXT once per IP family, with ADDR as the type of its addresses and NAME(x)
 * as the names of what it defines. In bpf/, which is compiled once per family, those are the plain names;
 * elsewhere they end in the family, as in the maps. There the plain names are the wide form, which carries
 * either family (ADDR is struct ip_addr), but for a header that says FAMILY_NARROW; or they are those of
 * PLAIN_FAMILY, in tests of one family's programs. Has no guard. */

#ifdef FAMILY

#define NAME(name) name
#define ADDR struct addr
#include FAMILY_TEXT
#undef NAME
#undef ADDR

#else

#define NAME(name) name##4
#define ADDR struct addr4
#include FAMILY_TEXT
#undef NAME
#undef ADDR

#define NAME(name) name##6
#define ADDR struct addr6
#include FAMILY_TEXT
#undef NAME
#undef ADDR

#define NAME(name) name
#if defined(PLAIN_FAMILY) && PLAIN_FAMILY == 6
#define ADDR struct addr6
#elif defined(PLAIN_FAMILY)
#define ADDR struct addr4
#else
#define ADDR struct ip_addr
#endif
#if defined(PLAIN_FAMILY) || !defined(FAMILY_NARROW)
#include FAMILY_TEXT
#endif
#undef NAME
#undef ADDR

#endif

#undef FAMILY_TEXT
#undef FAMILY_NARROW
