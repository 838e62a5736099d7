/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A report as YAML: the same tree as in JSON. */
#include "report_yaml.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

/* Words that YAML 1.1 reads as null or as a boolean. */
static bool is_reserved(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no",
					     "on",   "off",  "y",     "n" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* Begins with a letter or '/', or has two dots at least, as IP addresses and versions, which are no
 * numbers; the emitter itself knows the characters that need quotes. */
static bool is_plain(const char *text)
{
	const char *dot = strchr(text, '.');

	if (isalpha((unsigned char)*text) || *text == '/')
		return !is_reserved(text);
	return isdigit((unsigned char)*text) && dot && strchr(dot + 1, '.');
}

static int emit_scalar(yaml_emitter_t *emitter, const char *text, bool plain)
{
	yaml_scalar_style_t style = plain ? YAML_PLAIN_SCALAR_STYLE :
					    YAML_SINGLE_QUOTED_SCALAR_STYLE;
	yaml_event_t event;

	return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
					    (int)strlen(text), plain, 1, style) &&
	       yaml_emitter_emit(emitter, &event);
}

/* Without an exponent, which YAML 1.1 takes for text unless there is a dot before it. */
static void print_real(double value, char text[64])
{
	size_t length = (size_t)snprintf(text, 64, "%.9f", value);

	while (length > 2 && text[length - 1] == '0' && text[length - 2] != '.')
		text[--length] = '\0';
}

static int emit_literal(yaml_emitter_t *emitter, const json_t *value)
{
	char text[64];

	if (json_is_real(value))
		print_real(json_real_value(value), text);
	else if (json_is_integer(value))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else
		snprintf(text, sizeof(text), "%s",
			 json_is_true(value)  ? "true" :
			 json_is_false(value) ? "false" :
						"null");
	return emit_scalar(emitter, text, true);
}

static int emit(yaml_emitter_t *emitter, const json_t *value);

static int emit_list(yaml_emitter_t *emitter, const json_t *list)
{
	yaml_event_t event;
	json_t *item;
	size_t i;

	if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_SEQUENCE_STYLE) ||
	    !yaml_emitter_emit(emitter, &event))
		return 0;
	json_array_foreach(list, i, item)
		if (!emit(emitter, item))
			return 0;
	return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static int emit_object(yaml_emitter_t *emitter, const json_t *object)
{
	yaml_event_t event;
	const char *key;
	json_t *value;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_ANY_MAPPING_STYLE) ||
	    !yaml_emitter_emit(emitter, &event))
		return 0;
	json_object_foreach((json_t *)object, key, value)
		if (!emit_scalar(emitter, key, is_plain(key)) || !emit(emitter, value))
			return 0;
	return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static int emit(yaml_emitter_t *emitter, const json_t *value)
{
	if (json_is_object(value))
		return emit_object(emitter, value);
	if (json_is_array(value))
		return emit_list(emitter, value);
	if (json_is_string(value))
		return emit_scalar(emitter, json_string_value(value),
				   is_plain(json_string_value(value)));
	return emit_literal(emitter, value);
}

static int emit_document(yaml_emitter_t *emitter, const json_t *json)
{
	yaml_event_t event;

	return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
	       yaml_emitter_emit(emitter, &event) &&
	       yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
	       yaml_emitter_emit(emitter, &event) && emit(emitter, json) &&
	       yaml_document_end_event_initialize(&event, 1) &&
	       yaml_emitter_emit(emitter, &event) && yaml_stream_end_event_initialize(&event) &&
	       yaml_emitter_emit(emitter, &event);
}

int report_yaml_write(const json_t *json, FILE *out)
{
	yaml_emitter_t emitter;
	int err;

	if (!yaml_emitter_initialize(&emitter))
		return -ENOMEM;
	yaml_emitter_set_output_file(&emitter, out);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	err = emit_document(&emitter, json)      ? 0 :
	      emitter.error == YAML_MEMORY_ERROR ? -ENOMEM :
						   -EIO;
	yaml_emitter_delete(&emitter);
	return err ? err : ferror(out) ? -EIO : 0;
}
