/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads YAML and JSON into one kind of tree, whose nodes know their line and column. */
#include "yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "arena.h"
#include "problem.h"
#include "tree_build.h"

const struct tree_limits tree_limits_config = {4u << 20, 1u << 19, TREE_DEPTH_MAX};
const struct tree_limits tree_limits_eds = {256u << 20, 1u << 24, TREE_DEPTH_MAX};

struct reader {
	struct tree_build *build;
	yaml_parser_t parser;
	const char *text;
};

static struct tree_mark mark_of(const yaml_mark_t *mark)
{
	return (struct tree_mark){(uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

static int refuse(struct reader *reader, const yaml_event_t *event, const char *message)
{
	return tree_build_refuse(reader->build, mark_of(&event->start_mark), -EINVAL, message);
}

/* libyaml reports errors of the encoding by offset, without line and column. */
static int encoding_error(struct reader *reader)
{
	size_t line = 1, column = 1, offset = reader->parser.problem_offset;

	for (const char *at = reader->text; at < reader->text + offset; at++) {
		column = *at == '\n' ? 1 : column + (((unsigned char)*at & 0xc0) != 0x80);
		line += *at == '\n';
	}
	problems_add(reader->build->problems, reader->build->tree->label, line, column,
		     "expected UTF-8 text: %s", reader->parser.problem);
	return -EINVAL;
}

static int syntax_error(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *context = parser->context;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		return encoding_error(reader);
	problems_add(reader->build->problems, reader->build->tree->label,
		     parser->problem_mark.line + 1, parser->problem_mark.column + 1, "%s%s%s",
		     parser->problem ? parser->problem : "not YAML", context ? " " : "",
		     context ? context : "");
	return -EINVAL;
}

static int next_event(struct reader *reader, yaml_event_t *ret)
{
	return yaml_parser_parse(&reader->parser, ret) ? 0 : syntax_error(reader);
}

/* Three kinds of events have an anchor and a tag. */
static int check_decorations(struct reader *reader, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_ALIAS_EVENT)
		return refuse(reader, event,
			      "aliases are not accepted (put a text that starts with * in quotes)");
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	if (anchor)
		return refuse(reader, event,
			      "anchors are not accepted (put a text that starts with & in quotes)");
	if (tag)
		return refuse(reader, event,
			      "tags are not accepted (put a text that starts with ! in quotes)");
	return 0;
}

static int add_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	struct tree_mark mark = mark_of(&event->start_mark);

	if (tree_build_wants_key(reader->build))
		return tree_build_key(reader->build, text, length, mark);
	return tree_build_scalar(reader->build, text, length, quoted, mark);
}

static int add_event(struct reader *reader, const yaml_event_t *event)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;
	int err = check_decorations(reader, event);

	if (err)
		return err;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (tree_build_wants_key(reader->build))
			return refuse(reader, event, "expected a text as key");
		return tree_build_open(reader->build, mapping ? TREE_MAPPING : TREE_SEQUENCE,
				       mark_of(&event->start_mark));
	default: /* end of a sequence or mapping: no other event comes inside a document */
		return tree_build_close(reader->build);
	}
}

static int read_document(struct reader *reader)
{
	yaml_event_t event;
	int err;

	do {
		err = next_event(reader, &event);
		if (err)
			return err;
		if (event.type == YAML_DOCUMENT_START_EVENT) {
			yaml_event_delete(&event);
			continue;
		}
		err = add_event(reader, &event);
		yaml_event_delete(&event);
	} while (!err && (!reader->build->tree->root || reader->build->depth));
	return err;
}

/* Reads the end of the only document and of the stream. */
static int read_end(struct reader *reader)
{
	yaml_event_t event;
	int err, type;

	do {
		err = next_event(reader, &event);
		if (err)
			return err;
		type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT)
			err = refuse(reader, &event,
				     "a second document: expected one only");
		yaml_event_delete(&event);
	} while (!err && type != YAML_STREAM_END_EVENT);
	return err;
}

/* Reads the start of the stream; *ret is false if only comments follow. */
static int read_start(struct reader *reader, bool *ret)
{
	yaml_event_t event;
	int err, type = YAML_STREAM_START_EVENT;

	for (int i = 0; i < 2; i++) {
		err = next_event(reader, &event);
		if (err)
			return err;
		type = event.type;
		yaml_event_delete(&event);
	}
	*ret = type == YAML_DOCUMENT_START_EVENT;
	return 0;
}

static int yaml_scan(struct tree_build *build, const char *text, size_t length)
{
	struct reader reader = {.build = build, .text = text};
	bool something;
	int err;

	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const yaml_char_t *)text, length);
	err = read_start(&reader, &something);
	if (!err && something)
		err = read_document(&reader);
	if (!err && something)
		err = read_end(&reader);
	yaml_parser_delete(&reader.parser);
	return err;
}

static int scan(struct tree_build *build, const char *label, const char *text, size_t length,
		const struct tree_limits *limits, struct problems *problems)
{
	int err = tree_build_init(build, label, limits, problems);

	if (!err)
		err = json_scan(build, text, length);
	if (err != -ENOMSG)
		return err;
	yaml_tree_free(build->tree);
	err = tree_build_init(build, label, limits, problems);
	return err ? err : yaml_scan(build, text, length);
}

int yaml_tree_parse(const char *label, const char *text, size_t length,
		    const struct tree_limits *limits, struct yaml_tree **ret,
		    struct problems *problems)
{
	static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF, which both scanners refuse */
	struct tree_build build;
	int err;

	if (length >= strlen(mark) && !memcmp(text, mark, strlen(mark))) {
		text += strlen(mark);
		length -= strlen(mark);
	}
	if (length > limits->bytes) {
		problems_add(problems, label, 0, 0, "larger than %zu bytes", limits->bytes);
		return -E2BIG;
	}
	err = scan(&build, label, text, length, limits, problems);
	if (!err && (!build.tree->root || tree_is_null(build.tree->root))) {
		problems_add(problems, label, 0, 0, "empty: expected a YAML or JSON document");
		err = -EINVAL;
	}
	if (err)
		yaml_tree_free(build.tree);
	else
		*ret = build.tree;
	return err;
}

void yaml_tree_free(struct yaml_tree *tree)
{
	if (!tree)
		return;
	arena_free(tree->arena);
	free(tree);
}
