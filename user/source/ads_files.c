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

static void report(const struct visitor *visitor, const char *key, const struct config_file *file,
		   const char *problem)
{
	char text[GRPC_REASON];

	snprintf(text, sizeof(text), "%s %.400s", key, file->path);
	visitor->visit(visitor->arg, &file->at, text, problem);
}

static void try_tls(const struct visitor *visitor, const struct config_ads *ads,
		    enum grpc_tls_file file, const struct config_file *named)
{
	static const char *const keys[] = { "tls.caFile", "tls.certificateFile", "tls.keyFile" };
	const struct grpc_tls_options options = { ads->ca.path, ads->server_name,
						  ads->certificate.path, ads->key.path };
	char reason[GRPC_REASON];

	if (named->path)
		report(visitor, keys[file], named,
		       grpc_tls_try(&options, file, reason) ? reason : NULL);
}

static void try_token(const struct visitor *visitor, const struct config_file *file)
{
	char token[GRPC_TOKEN_MAX + 1], problem[GRPC_REASON];
	const char *why = grpc_token_read(file->path, token);

	explicit_bzero(token, sizeof(token));
	if (why)
		snprintf(problem, sizeof(problem), "tokenFile %.400s: %s", file->path, why);
	report(visitor, "tokenFile", file, why ? problem : NULL);
}

void ads_files_try(const struct config_ads *ads, ads_files_visit visit, void *arg)
{
	const struct visitor visitor = { visit, arg };

	try_tls(&visitor, ads, GRPC_TLS_CA, &ads->ca);
	try_tls(&visitor, ads, GRPC_TLS_CERTIFICATE, &ads->certificate);
	try_tls(&visitor, ads, GRPC_TLS_KEY, &ads->key);
	if (ads->token.path)
		try_token(&visitor, &ads->token);
}
