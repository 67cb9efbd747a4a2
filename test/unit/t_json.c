/* t_json.c - JSON from outside: limits, faults and typed members.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/json.h"

#include "lines.h"

#include <sys/resource.h>

/* OPEN N times, then CLOSE N times. */
static void nested(struct str *s, const char *open, const char *shut, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_add(s, open);
	for (size_t i = 0; i < n; i++)
		str_add(s, shut);
}

/* WANT is the message or "" for success. */
static void check(const struct str *s, const char *want, const char *title)
{
	struct err e = { 0 };
	AUTO(json) json_t *j = json_parse("doc", s->p, s->len, &e);

	is(e.msg, want, title);
	ok(!j == !!*want, "the result agrees");
}

static void test_depth(void)
{
	static const struct {
		const char *open;
		const char *shut;
		size_t n;
		const char *want;
	} cases[] = {
		{ "[", "]", JSON_DEPTH_MAX, "" },
		{ "[", "]", JSON_DEPTH_MAX + 1,
		  "doc: nested deeper than 64 levels" },
		{ "[", "]", 100000, "doc: nested deeper than 64 levels" },
		{ "[", "", 1000000, "doc: nested deeper than 64 levels" },
		{ "{\"a\":[", "]}", 1000, "doc: nested deeper than 64 levels" },
		{ "[\"\\\"\",", "1]", 100000,
		  "doc: nested deeper than 64 levels" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str s = { 0 };

		nested(&s, cases[i].open, cases[i].shut, cases[i].n);
		check(&s, cases[i].want, cases[i].open);
	}
}

static void test_size(void)
{
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str keys = { 0 };
	AUTO(str) struct str text = { 0 };

	nested(&s, "[\"", "\"]", 1);
	s.len -= 2;
	nested(&s, "[[{{", "", 1000000);
	str_add(&s, "\\\"\"]");
	check(&s, "", "brackets in a string are no depth; 4 MiB");

	for (int i = 0; i < 1000000; i++)
		str_addf(&keys, "%s\"%d\":0", i ? "," : "{", i);
	str_add(&keys, "}");
	ok(keys.len > JSON_BYTES_MAX, "a million keys are long");
	check(&keys, "doc: longer than 8388608 bytes", "a million keys");

	str_add(&text, "[0");
	for (int i = 0; i < 600000; i++)
		str_add(&text, ",0");
	str_add(&text, "]");
	check(&text, "doc: more than 524288 values in one document",
	      "very many values");
}

static void test_faults(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "json/bad.txt")) {
		struct err e = { 0 };
		AUTO(json)
		json_t *j = json_parse("doc", l.field[0].p, l.field[0].len, &e);

		is(j ? "accepted" : e.msg, lines_field(&l, 1), lines_title(&l));
		is(lines_kind(&e), "format", "kind");
	}
}

static void test_accepted(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "json/good.txt")) {
		struct err e = { 0 };
		AUTO(json)
		json_t *j = json_parse("doc", l.field[0].p, l.field[0].len, &e);

		ok(j != NULL, "%s", lines_title(&l));
	}
}

/* Call the getter called NAME for KEY of OBJ and tell what came as text. */
static int call(const char *name, json_t *obj, const char *where,
		const char *key, struct str *out, struct err *e)
{
	AUTO(strlist) struct strlist strs = { 0 };
	const char *s = NULL;
	uint64_t size = 7;
	json_t *j = NULL;
	int rc = -2;

	if (!strcmp(name, "need_str"))
		rc = json_need_str(obj, where, key, &s, e);
	else if (!strcmp(name, "opt_str"))
		rc = json_opt_str(obj, where, key, &s, e);
	else if (!strcmp(name, "need_size"))
		rc = json_need_size(obj, where, key, &size, e);
	else if (!strcmp(name, "opt_size"))
		rc = json_opt_size(obj, where, key, &size, e);
	else if (!strcmp(name, "need_obj"))
		rc = json_need_obj(obj, where, key, &j, e);
	else if (!strcmp(name, "opt_obj"))
		rc = json_opt_obj(obj, where, key, &j, e);
	else if (!strcmp(name, "need_array"))
		rc = json_need_array(obj, where, key, &j, e);
	else if (!strcmp(name, "opt_array"))
		rc = json_opt_array(obj, where, key, &j, e);
	else if (!strcmp(name, "opt_strs"))
		rc = json_opt_strs(obj, where, key, &strs, e);
	if (strstr(name, "_size"))
		str_addf(out, "%llu", (unsigned long long)size);
	else if (strs.n)
		str_addf(out, "%zu strings", strs.n);
	else
		str_add(out, s ? s : j ? "found" : "absent");
	return rc;
}

static void test_getters(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "json/get.txt")) {
		struct err e = { 0 };
		AUTO(str) struct str out = { 0 };
		AUTO(json)
		json_t *j = json_parse("doc", l.field[1].p, l.field[1].len, &e);
		int rc = call(lines_field(&l, 0), j, lines_field(&l, 2), "key",
			      &out, &e);

		ok(rc == (e.kind == ERR_FORMAT ? -1 : 0), "%s",
		   lines_title(&l));
		is(rc ? e.msg : str_text(&out), lines_field(&l, 3), "result");
	}
}

static void test_secret(void)
{
	static const char *const texts[] = { "hunter2",      "\"hunter2\"",
					     "7hunter2",     "<hunter2>",
					     "{\"hunter2\"", "[hunter2]" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err e = { 0 };
		AUTO(json)
		json_t *j = json_parse_secret("doc", texts[i], strlen(texts[i]),
					      &e);

		ok(!j && str_starts(e.msg, "doc: ") && !strstr(e.msg, "hunter"),
		   "a secret stays one: %s", e.msg);
	}
}

/* The stack of 256 KiB is for the depth: a thread may have less. */
int main(void)
{
	const struct rlimit small = { 256 << 10, 256 << 10 };

	ok(!setrlimit(RLIMIT_STACK, &small), "a small stack");
	test_depth();
	test_size();
	test_faults();
	test_accepted();
	test_getters();
	test_secret();
	return tap_done();
}
