/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the files that source.ads names can be used. */
#include "ads_files.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "grpc_tls.h"
#include "grpc_token.h"

struct visitor {
	ads_files_visit visit;
	void *arg;
};

static void report(const struct visitor *visitor, const struct config_place *at, const char *key,
		   const char *path, const char *problem)
{
	char text[GRPC_REASON];

	snprintf(text, sizeof(text), "%s %.400s", key, path);
	visitor->visit(visitor->arg, at, text, problem);
}

static void try_tls(const struct visitor *visitor, const struct config_ads *ads,
		    enum grpc_tls_file file, const struct config_place *at, const char *path)
{
	static const char *const keys[] = { "tls.caFile", "tls.certificateFile", "tls.keyFile" };
	const struct grpc_tls_options options = { ads->ca_file, ads->server_name,
						  ads->certificate_file, ads->key_file };
	char reason[GRPC_REASON];

	if (path)
		report(visitor, at, keys[file], path,
		       grpc_tls_try(&options, file, reason) ? reason : NULL);
}

static void try_token(const struct visitor *visitor, const struct config_ads *ads)
{
	char token[GRPC_TOKEN_MAX + 1], problem[GRPC_REASON];
	const char *why = grpc_token_read(ads->token_file, token);

	explicit_bzero(token, sizeof(token));
	if (why)
		snprintf(problem, sizeof(problem), "tokenFile %.400s: %s", ads->token_file, why);
	report(visitor, &ads->token_at, "tokenFile", ads->token_file, why ? problem : NULL);
}

void ads_files_try(const struct config_ads *ads, ads_files_visit visit, void *arg)
{
	const struct visitor visitor = { visit, arg };

	try_tls(&visitor, ads, GRPC_TLS_CA, &ads->ca_at, ads->ca_file);
	try_tls(&visitor, ads, GRPC_TLS_CERTIFICATE, &ads->certificate_at, ads->certificate_file);
	try_tls(&visitor, ads, GRPC_TLS_KEY, &ads->key_at, ads->key_file);
	if (ads->token_file)
		try_token(&visitor, ads);
}
