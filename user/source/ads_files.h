/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the files that source.ads names can be used. */
#ifndef ADS_FILES_H
#define ADS_FILES_H

struct config_ads;
struct config_place;

/* Called for each file: `text` names its key and path; `problem` is NULL, or it names them too and
 * says what is wrong. */
typedef void (*ads_files_visit)(void *arg, const struct config_place *at, const char *text,
				const char *problem);

/* Reads caFile, certificateFile, keyFile and tokenFile as a connection would. */
void ads_files_try(const struct config_ads *ads, ads_files_visit visit, void *arg);

#endif
