/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* YAML and JSON as one tree: values, places, refused documents. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "problem.h"
#include "yaml_tree.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct yaml_tree *parse_length(const char *text, size_t length)
{
	struct problems problems = {0};
	struct yaml_tree *tree = NULL;

	if (yaml_tree_parse("f", text, length, &tree_limits_config, &tree, &problems))
		fail_msg("%s", problems_text(&problems));
	assert_int_equal(problems.count, 0);
	return tree;
}

static struct yaml_tree *parse(const char *text)
{
	return parse_length(text, strlen(text));
}

/* The tree written out again: [a,"b",{k:v}]; quotes as in the source. */
static void dump(const struct tree_node *node, char *buf)
{
	char *at = buf + strlen(buf);

	if (node->kind == TREE_SCALAR) {
		sprintf(at, node->quoted ? "\"%s\"" : "%s", node->text);
		return;
	}
	strcpy(at, node->kind == TREE_MAPPING ? "{" : "[");
	for (const struct tree_node *child = node->child; child; child = child->next) {
		if (child->key)
			sprintf(buf + strlen(buf), "%s:", child->key);
		dump(child, buf);
		strcat(buf, child->next ? "," : "");
	}
	strcat(buf, node->kind == TREE_MAPPING ? "}" : "]");
}

static const struct {
	const char *text, *tree;
} documents[] = {
	/* YAML */
	{"a: 1", "{a:1}"},
	{"---\na: 1\n...\n", "{a:1}"},
	{"\xef\xbb\xbf" "a: 1", "{a:1}"},
	{"a: [x, 'y', \"z\"]\nb:\n- c: d\n  e: ~\n-\n", "{a:[x,\"y\",\"z\"],b:[{c:d,e:~},]}"},
	{"a: |\n  text\n  more\n", "{a:\"text\nmore\n\"}"},
	{"a: b\r\nc: d\r\n", "{a:b,c:d}"},
	{"{a: b, c: [d]}", "{a:b,c:[d]}"},
	{"a: \"\\/ \\u00e9\"", "{a:\"/ \xc3\xa9\"}"},
	{"a: b # comment\n# more\n", "{a:b}"},
	{"a:\n", "{a:}"},
	/* JSON */
	{"{}", "{}"},
	{"[]", "[]"},
	{" [ ] ", "[]"},
	{"\t{\t\"a\"\t:\t1\t,\r\n\t\"b\": [ true , null, -1.5e+3, \"x\" ]\t}\t", "{a:1,b:[true,null,-1.5e+3,\"x\"]}"},
	{"{\"a\\/b\": \"\\/\\\"\\\\\\b\\f\\n\\r\\t\"}", "{a/b:\"/\"\\\b\f\n\r\t\"}"},
	{"[\"\\u00e9\\u00E9\\u20ac\\ud83d\\ude00\"]", "[\"\xc3\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"},
	{"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]", "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"},
	{"{\"a\"\n:\n1}", "{a:1}"},
	{"[0,-0,0.5,1E5]", "[0,-0,0.5,1E5]"},
	/* behind a byte order mark */
	{"\xef\xbb\xbf" "{\"a\":\t\"\\ud83d\\ude00\"}", "{a:\"\xf0\x9f\x98\x80\"}"},
	{"\xef\xbb\xbf[]", "[]"},
	{"\xef\xbb\xbf# comment\n---\na: 1\n", "{a:1}"},
	{"\xef\xbb\xbf%YAML 1.1\n---\na: \xef\xbb\xbf", "{a:\xef\xbb\xbf}"},
	/* almost JSON, so YAML */
	{"{\"a\": b}", "{a:b}"},
	{"[1,]", "[1]"},
	{"[01]", "[01]"},
};

static void reads_yaml_and_json(void **state)
{
	char buf[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct yaml_tree *tree = parse(documents[i].text);

		buf[0] = '\0';
		dump(tree->root, buf);
		assert_string_equal(buf, documents[i].tree);
		yaml_tree_free(tree);
	}
}

/* {line, column} of x's value, its key, and y's value. */
static const struct {
	const char *text;
	uint32_t x[2], key[2], y[2];
} places[] = {
	{"a: 1\nx: 2\ny: 3\n", {2, 4}, {2, 1}, {3, 4}},
	{"{\"a\": 1,\n  \"x\": 2,\n\"y\":\n 3}", {2, 8}, {2, 3}, {4, 2}},
	{"{\"a\": \"\xc3\xa9\", \"x\": 2, \"y\": 3}", {1, 17}, {1, 12}, {1, 25}},
	{"{a: \xc3\xa9, x: 2, y: 3}", {1, 11}, {1, 8}, {1, 17}},
	{"x:\n  z: 1\ny:\n- 1\n", {2, 3}, {1, 1}, {4, 1}},
	{"{\"x\":{\"z\":1},\"y\":[1]}", {1, 6}, {1, 2}, {1, 18}},
	{"\xef\xbb\xbfx: 1\ny: 2\n", {1, 4}, {1, 1}, {2, 4}},
	{"\xef\xbb\xbf{\"x\": 1, \"y\": 2}", {1, 7}, {1, 2}, {1, 15}},
};

static void knows_every_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		struct yaml_tree *tree = parse(places[i].text);
		const struct tree_node *x = tree_get(tree->root, "x");
		const struct tree_node *y = tree_get(tree->root, "y");

		assert_int_equal(x->line, places[i].x[0]);
		assert_int_equal(x->column, places[i].x[1]);
		assert_int_equal(x->key_line, places[i].key[0]);
		assert_int_equal(x->key_column, places[i].key[1]);
		assert_int_equal(y->line, places[i].y[0]);
		assert_int_equal(y->column, places[i].y[1]);
		yaml_tree_free(tree);
	}
}

#define TEN(text) text text text text text text text text text text

static const struct {
	const char *text;
	int err;
	const char *problem; /* its beginning */
} refused[] = {
	{"", -EINVAL, "f: empty"},
	{" \n# only a comment\n", -EINVAL, "f: empty"},
	{"---\n", -EINVAL, "f: empty"},
	{"~", -EINVAL, "f: empty"},
	{"a: 1\n---\nb: 2\n", -EINVAL, "f:2:1: a second document"},
	{"a: 1\n...\n---\n", -EINVAL, "f:3:1: a second document"},
	{"a: 1\nb: 2\na: 3\n", -EINVAL, "f:3:1: duplicate key 'a', first on line 1\n"},
	{"{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}", -EINVAL,
	 "f:2:16: duplicate key 'c', first on line 2\n"},
	{"{\"a\": 1, \"\\u0061\": 2}", -EINVAL, "f:1:10: duplicate key 'a'"},
	{"a: &x 1\nb: 2", -EINVAL, "f:1:4: anchors are not accepted"},
	{"a: *x\n", -EINVAL, "f:1:4: aliases are not accepted"},
	{"*x : 1\n", -EINVAL, "f:1:1: aliases are not accepted"},
	{"a: &x\n- &y [*x, *x]\n", -EINVAL, "f:1:4: anchors are not accepted"},
	{"a: !!int 1\n", -EINVAL, "f:1:4: tags are not accepted"},
	{"a: !x [1]\n", -EINVAL, "f:1:4: tags are not accepted"},
	{"? [1]\n: 2\n", -EINVAL, "f:1:3: expected a text as key"},
	{"? {a: 1}\n: 2\n", -EINVAL, "f:1:3: expected a text as key"},
	{"a: \"x\\0y\"\n", -EINVAL, "f:1:4: zero byte in a text"},
	{"[\"x\\u0000y\"]", -EINVAL, "f:1:2: zero byte in a text"},
	{"{\"x\\u0000\": 1}", -EINVAL, "f:1:2: zero byte in a key"},
	{"a: \xff\n", -EINVAL, "f:1:4: expected UTF-8 text"},
	{"[\"\xc3\"]", -EINVAL, "f:1:4: expected UTF-8 text"},
	{"[\"\xed\xa0\x80\"]", -EINVAL, "f:1:3: expected UTF-8 text"},
	{"[\"\xc0\x80\"]", -EINVAL, "f:1:3: expected UTF-8 text"},
	{"[\"\\ud83d\"]", -EINVAL, "f:1:"},
	{"a: [1, 2\n", -EINVAL, "f:2:1: did not find expected ',' or ']'"},
	{"a: b: c\n", -EINVAL, "f:1:5: mapping values are not allowed"},
	{"a:\n\t- 1\n", -EINVAL, "f:2:1: found character that cannot start any token"},
	{"{\"a\": 1", -EINVAL, "f:2:1: did not find expected"},
	{"{\"a\": 1} x", -EINVAL, "f:1:"},
	{"[1] [2]", -EINVAL, "f:1:"},
	{TEN("[[[[[[[") , -E2BIG, "f:1:65: nested too deeply"},
	{TEN("{\"a\":{\"a\":{\"a\":[{\"a\":{\"a\":{\"a\":"), -E2BIG, "f:1:285: nested too deeply"},
	{TEN("- - - - - - - "), -E2BIG, "f:1:129: nested too deeply"},
};

static void refuses_other_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct yaml_tree *tree = (void *)1;
		struct problems problems = {0};
		int err = yaml_tree_parse("f", refused[i].text, strlen(refused[i].text),
					  &tree_limits_config, &tree, &problems);
		const char *text = problems_text(&problems);

		if (err != refused[i].err ||
		    strncmp(text, refused[i].problem, strlen(refused[i].problem)))
			fail_msg("row %zu: %d %s", i, err, text);
		assert_ptr_equal(tree, (void *)1);
		problems_done(&problems);
	}
}

static void finds_all_duplicates_of_a_large_mapping(void **state)
{
	struct problems problems = {0};
	struct yaml_tree *tree;
	char text[4000] = "", expected[] = "f:101:1: duplicate key 'k7', first on line 8\n"
					   "f:102:1: duplicate key 'k7', first on line 101\n";

	(void)state;
	for (int i = 0; i < 100; i++)
		sprintf(text + strlen(text), "k%d: %d\n", i, i);
	strcat(text, "k7: x\nk7: y\n");
	assert_int_equal(yaml_tree_parse("f", text, strlen(text), &tree_limits_config, &tree,
					 &problems), -EINVAL);
	assert_string_equal(problems_text(&problems), expected);
	problems_done(&problems);
}

static void keeps_to_limits(void **state)
{
	static const struct {
		struct tree_limits limits;
		int err;
	} rows[] = {
		{{100, 100, 10}, 0},	 {{12, 4, 2}, 0},	{{11, 100, 10}, -E2BIG},
		{{100, 3, 10}, -E2BIG}, {{100, 100, 1}, -E2BIG},
	};
	static const char *const texts[] = {"{\"a\":[1, 2]}", "a: [1,   2] "};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(texts); j++) {
			struct problems problems = {0};
			struct yaml_tree *tree = NULL;

			assert_int_equal(yaml_tree_parse("f", texts[j], strlen(texts[j]),
							 &rows[i].limits, &tree, &problems),
					 rows[i].err);
			assert_int_equal(!tree, problems.count);
			yaml_tree_free(tree);
			problems_done(&problems);
		}
	}
}

static void reads_no_byte_beyond_the_text(void **state)
{
	static const char text[] = "{\"a\": [true, -1.5e3, \"\\ud83d\\ude00\xc3\xa9\", {\"b\": null}]}";

	(void)state;
	for (size_t length = 0; length < sizeof(text) - 1; length++) {
		struct problems problems = {0};
		struct yaml_tree *tree;
		char *copy = malloc(length + !length);

		memcpy(copy, text, length);
		assert_int_equal(yaml_tree_parse("f", copy, length, &tree_limits_config, &tree,
						 &problems), -EINVAL);
		assert_true(problems.count > 0);
		problems_done(&problems);
		free(copy);
	}
}

static void tells_null_from_text(void **state)
{
	static const struct {
		const char *text;
		bool null;
	} rows[] = {
		{"x:", true},	    {"x: ~", true},   {"x: null", true}, {"x: NULL", true},
		{"x: 'null'", false}, {"x: ''", false}, {"x: nul", false}, {"x: []", false},
		{"x: 0", false},    {"y: 0", true},   {"{\"x\": null}", true},
		{"{\"x\": \"null\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct yaml_tree *tree = parse(rows[i].text);

		assert_int_equal(tree_is_null(tree_get(tree->root, "x")), rows[i].null);
		yaml_tree_free(tree);
	}
}

static void takes_nodes_that_no_file_contains(void **state)
{
	struct yaml_tree *tree = parse("a: 1\nb: 2\nc: 3\n");
	struct tree_node *made = tree_made(tree, "VARIABLE", TREE_SCALAR, "x");
	struct tree_node *list = tree_made(tree, "VARIABLE", TREE_SEQUENCE, NULL);
	char buf[100] = "";

	(void)state;
	tree_set(tree->root, "b", made);
	tree_append(list, tree_made(tree, "VARIABLE", TREE_SCALAR, "1"));
	tree_append(list, tree_made(tree, "VARIABLE", TREE_SCALAR, "2"));
	tree_set(tree->root, "d", list);
	tree_remove(tree->root, "a");
	tree_remove(tree->root, "nothing");
	dump(tree->root, buf);
	assert_string_equal(buf, "{b:x,c:3,d:[1,2]}");
	assert_int_equal(tree->root->count, 3);
	assert_int_equal(list->count, 2);
	assert_string_equal(tree_made_label(made), "VARIABLE");
	assert_null(tree_made_label(tree_get(tree->root, "c")));
	yaml_tree_free(tree);
	yaml_tree_free(NULL);
}

static void read_file(const char *path, size_t max, int err, const char *content)
{
	struct problems problems = {0};
	char *text = NULL;
	size_t length;

	assert_int_equal(yaml_tree_read_file(path, max, &text, &length, &problems), err);
	assert_int_equal(problems.count, !!err);
	if (!err) {
		assert_string_equal(text, content);
		assert_int_equal(length, strlen(content));
	}
	free(text);
	problems_done(&problems);
}

static void reads_regular_files_only(void **state)
{
	char dir[] = "/tmp/px-tree-XXXXXX", file[64], fifo[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "content", 7), 7);
	close(fd);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	read_file(file, 100, 0, "content");
	read_file(file, 7, 0, "content");
	read_file(file, 6, -EFBIG, NULL);
	read_file(fifo, 100, -EINVAL, NULL);
	read_file(dir, 100, -EISDIR, NULL);
	read_file("/proc/self/mem/no", 100, -ENOTDIR, NULL);
	read_file("/nonexistent", 100, -ENOENT, NULL);
	unlink(file);
	unlink(fifo);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_yaml_and_json),
		cmocka_unit_test(knows_every_place),
		cmocka_unit_test(refuses_other_documents),
		cmocka_unit_test(finds_all_duplicates_of_a_large_mapping),
		cmocka_unit_test(keeps_to_limits),
		cmocka_unit_test(reads_no_byte_beyond_the_text),
		cmocka_unit_test(tells_null_from_text),
		cmocka_unit_test(takes_nodes_that_no_file_contains),
		cmocka_unit_test(reads_regular_files_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
