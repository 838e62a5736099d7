/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Removes secrets from texts that leave the node. */
#include "redact.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "problem.h"
#include "report_common.h"
#include "report_yaml.h"
#include "yaml_tree.h"

/* ------------------------------------------------------------------ texts */

static bool begins(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - at) >= length && !strncasecmp(at, word, length);
}

static size_t token_length(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && (isalnum((unsigned char)*at) || (*at && strchr("-_.~+/=", *at))))
		at++;
	return (size_t)(at - start);
}

/* "-----BEGIN ...-----END ...-----", also one that was cut off. */
static size_t pem_length(const char *at, const char *end)
{
	const char *last;

	if (!begins(at, end, "-----BEGIN "))
		return 0;
	for (last = at + 5; last < end && !begins(last, end, "-----END "); last++)
		;
	if (last < end)
		last += strlen("-----END ");
	while (last < end && !begins(last, end, "-----"))
		last++;
	return (size_t)((last < end ? last + 5 : end) - at);
}

/* Three parts in base64url (RFC 7519), the first of which is a JSON object. */
static size_t jwt_length(const char *at, const char *end)
{
	size_t length = begins(at, end, "eyJ") ? token_length(at, end) : 0;

	return length && memchr(at, '.', length) ? length : 0;
}

/* What stands behind "Bearer ", or between "://" and "@". *ret_keep: bytes before the secret. */
static size_t named_length(const char *at, const char *end, size_t *ret_keep)
{
	const char *stop;

	if (begins(at, end, "bearer ")) {
		*ret_keep = strlen("bearer ");
		return token_length(at + *ret_keep, end);
	}
	if (!begins(at, end, "://"))
		return 0;
	*ret_keep = strlen("://");
	stop = at + *ret_keep;
	while (stop < end && !isspace((unsigned char)*stop) && *stop && !strchr("/@'\"<>", *stop))
		stop++;
	return stop < end && *stop == '@' ? (size_t)(stop - at) - *ret_keep : 0;
}

/* Length of the secret behind `at` + *ret_keep, or 0. */
static size_t secret_length(const char *at, const char *end, size_t *ret_keep)
{
	size_t length;

	*ret_keep = 0;
	length = pem_length(at, end);
	if (!length)
		length = jwt_length(at, end);
	return length ? length : named_length(at, end, ret_keep);
}

void redact_text(const char *text, size_t length, FILE *out)
{
	const char *end = text + length;

	while (text < end) {
		size_t keep, secret = secret_length(text, end, &keep);

		if (!secret) {
			fputc(*text++, out);
			continue;
		}
		fwrite(text, 1, keep, out);
		fputs(REDACTED, out);
		text += keep + secret;
	}
}

/* ------------------------------------------------------------------ configuration */

static bool names_secret(const char *key)
{
	static const char *const words[] = { "token",      "secret",        "passw",
					     "passphrase", "credential",    "apikey",
					     "privatekey", "authorization", "cookie" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), part = strlen(end);

	return length >= part && !strcasecmp(text + length - part, end);
}

static bool is_path(const struct tree_node *node)
{
	return node->kind == TREE_SCALAR && node->count < 256 &&
	       (*node->text == '/' || !strncmp(node->text, "./", 2) ||
		!strncmp(node->text, "../", 3)) &&
	       !node->text[strcspn(node->text, " \t\n")];
}

/* The path of a secret is none; a secret in the place of its path would be. */
static bool is_secret(const struct tree_node *node)
{
	const char *key = node->key;

	if (!key)
		return false;
	if (ends_with(key, "File"))
		return !is_path(node);
	return !strcmp(key, "metadata") || names_secret(key);
}

static json_t *scalar(const struct tree_node *node)
{
	char *end;
	long long number;

	if (node->quoted)
		return report_text(node->text);
	if (tree_is_null(node))
		return json_null();
	if (!strcmp(node->text, "true") || !strcmp(node->text, "false"))
		return json_boolean(*node->text == 't');
	number = strtoll(node->text, &end, 10);
	return isdigit((unsigned char)*node->text) && !*end ? json_integer(number) :
							      report_text(node->text);
}

static json_t *convert(const struct tree_node *node)
{
	json_t *json;

	if (is_secret(node))
		return json_string(REDACTED);
	if (node->kind == TREE_SCALAR)
		return scalar(node);
	json = node->kind == TREE_MAPPING ? json_object() : json_array();
	for (const struct tree_node *child = node->child; child; child = child->next) {
		if (node->kind == TREE_MAPPING)
			json_object_set_new(json, child->key, convert(child));
		else
			json_array_append_new(json, convert(child));
	}
	return json;
}

int redact_config(const char *label, const char *text, size_t length, FILE *out)
{
	struct problems problems = {};
	struct yaml_tree *tree;
	json_t *json;
	int err = yaml_tree_parse(label, text, length, &tree_limits_config, &tree, &problems);

	if (err) {
		fprintf(out, "# not shown, it cannot be parsed:\n# %s", problems_text(&problems));
		problems_done(&problems);
		return err == -ENOMEM ? err : 0;
	}
	problems_done(&problems);
	json = convert(tree->root);
	yaml_tree_free(tree);
	err = json ? report_yaml_write(json, out) : -ENOMEM;
	json_decref(json);
	return err;
}
