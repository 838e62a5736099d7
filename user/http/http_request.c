/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The head of an HTTP request (RFC 9112), as far as a server of pages needs it. */
#include "http_request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct text {
	const char *start;
	size_t length;
};

/* Bytes of the head up to its empty line; 0 while that has not come. */
static size_t head_length(const char *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++)
		if (bytes[i] == '\n' && (bytes[i + 1] == '\n' || (i + 2 < length &&
		    bytes[i + 1] == '\r' && bytes[i + 2] == '\n')))
			return i + 1;
	return 0;
}

/* Up to `end`, which is taken off as well; all that is left when there is none. */
static struct text cut(struct text *rest, char end)
{
	const char *at = memchr(rest->start, end, rest->length);
	struct text part = { rest->start, at ? (size_t)(at - rest->start) : rest->length };
	size_t taken = part.length + !!at;

	rest->start += taken;
	rest->length -= taken;
	return part;
}

static struct text cut_line(struct text *rest)
{
	struct text line = cut(rest, '\n');

	if (line.length && line.start[line.length - 1] == '\r')
		line.length--;
	return line;
}

static bool is(struct text text, const char *word)
{
	return text.length == strlen(word) && !memcmp(text.start, word, text.length);
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct text text)
{
	static const char chars[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < text.length; i++)
		if (!memchr(chars, text.start[i], sizeof(chars) - 1))
			return false;
	return text.length > 0;
}

/* RFC 9112 section 3.2: the path of the origin form or of the absolute form. */
static int read_target(struct text target, struct http_request *ret)
{
	static const char scheme[] = "http://";
	size_t skip = sizeof(scheme) - 1;
	struct text path;

	if (target.length > skip && !strncasecmp(target.start, scheme, skip)) {
		const char *slash = memchr(target.start + skip, '/', target.length - skip);

		if (!slash)
			return 400;
		target.length -= (size_t)(slash - target.start);
		target.start = slash;
	}
	path = cut(&target, '?');
	if (!path.length || path.start[0] != '/')
		return 400;
	if (path.length >= sizeof(ret->path))
		return 414;
	for (size_t i = 0; i < path.length; i++)
		if (path.start[i] <= ' ' || path.start[i] == 0x7f)
			return 400;
	memcpy(ret->path, path.start, path.length);
	ret->path[path.length] = '\0';
	return 0;
}

/* RFC 9112 section 3.2: HTTP/1.1 is nothing without Host. */
static int check_fields(struct text fields, bool needs_host)
{
	size_t hosts = 0;

	while (fields.length) {
		struct text line = cut_line(&fields), name = cut(&line, ':');

		if (!is_token(name))
			return 400;
		hosts += name.length == 4 && !strncasecmp(name.start, "host", 4);
	}
	return hosts > 1 || (needs_host && !hosts) ? 400 : 0;
}

int http_request_parse(const char *bytes, size_t length, struct http_request *ret)
{
	struct text rest = { bytes, length }, line, verb, target;
	struct http_request request = {};
	int status;

	/* RFC 9112 section 2.2: empty lines before a request are passed over. */
	while (rest.length && (*rest.start == '\r' || *rest.start == '\n'))
		cut(&rest, *rest.start);
	rest.length = head_length(rest.start, rest.length);
	if (!rest.length)
		return -EAGAIN;
	line = cut_line(&rest);
	verb = cut(&line, ' ');
	target = cut(&line, ' ');
	if (!is_token(verb) || line.length < 8 || memcmp(line.start, "HTTP/", 5))
		return 400;
	if (line.length != 8 || memcmp(line.start, "HTTP/1.", 7))
		return 505;
	status = check_fields(rest, line.start[7] != '0');
	if (!status)
		status = read_target(target, &request);
	request.head = is(verb, "HEAD");
	if (!status && !request.head && !is(verb, "GET"))
		status = 405;
	if (!status)
		*ret = request;
	return status;
}
