/* t_imgconfig.c - the image configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/imgconfig.h"

#include "lines.h"

#define ZEROS "00000000000000000000000000000000"
#define ONES "11111111111111111111111111111111"
#define D0 "sha256:" ZEROS ZEROS
#define D1 "sha256:" ONES ONES

static void is_list(const struct strlist *l, const char *want, const char *what)
{
	autostr char *got = strlist_join(l, "|");

	is(got, want, what);
}

static void test_full(void)
{
	static const char text[] =
		"{\"created\":\"2024-01-01T00:00:00Z\","
		"\"architecture\":\"arm\","
		"\"variant\":\"v7\",\"os\":\"linux\",\"config\":{\"Env\":["
		"\"PATH=/bin\",\"bad\",\"=bad\",\"\",\"E=\",\"N=a\\nb\","
		"\"PATH=/usr/bin\"],\"Entrypoint\":[\"/bin/sh\",\"-c\"],"
		"\"Cmd\":[\"a b\",\"\"],\"WorkingDir\":\"/w\",\"User\":\"1:2\","
		"\"Volumes\":{\"/../../etc\":{}},\"Labels\":{\"z=\":"
		"\"\",\"a\":\"b=c\",\"n\":1},"
		"\"ExposedPorts\":{\"80/tcp\":{}}},\"rootfs\":{\"type\":"
		"\"layers\",\"diff_ids\":[\"" D0 "\",\"" D1 "\"]},"
		"\"history\":[{\"created_by\":\"x\",\"empty_layer\":true}]}";
	AUTO(imgconfig) struct imgconfig c = { 0 };
	struct err e = { 0 };
	autostr char *platform = NULL;

	if (!ok(!imgconfig_parse(text, strlen(text), &c, &e), "%s", e.msg))
		return;
	platform = platform_text(&c.platform);
	is(platform, "linux/arm/v7", "platform");
	is_list(&c.env, "PATH=/bin|E=|N=a\nb|PATH=/usr/bin", "environment");
	is_list(&c.entrypoint, "/bin/sh|-c", "entry point");
	is_list(&c.cmd, "a b|", "command");
	is_list(&c.labels, "a|b=c|z=|", "labels");
	is(c.workdir, "/w", "working directory");
	is(c.user, "1:2", "user");
	is_num((long long)c.n_diff_ids, 2, "layers");
	is(c.diff_ids[0].text, D0, "lowest layer");
	is(c.diff_ids[1].text, D1, "upper layer");
}

static void test_small(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "imgconfig/good.txt")) {
		AUTO(imgconfig) struct imgconfig c = { 0 };
		struct err e = { 0 };

		ok(!imgconfig_parse(l.field[0].p, l.field[0].len, &c, &e),
		   "%s %s", lines_title(&l), e.msg);
		ok(!c.workdir && !c.user && !c.env.n && !c.entrypoint.n &&
			   !c.cmd.n,
		   "and nothing in it");
	}
}

static void test_bad(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "imgconfig/bad.txt")) {
		struct imgconfig c;
		struct err e = { 0 };
		int rc = imgconfig_parse(lines_field(&l, 0), l.field[0].len, &c,
					 &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 2),
		   lines_title(&l));
		is(lines_kind(&e), lines_field(&l, 1), "kind");
		ok(!c.env.v && !c.diff_ids && !c.workdir, "nothing left");
		if (!rc)
			imgconfig_clear(&c);
	}
}

static void test_many(void)
{
	AUTO(str) struct str s = { 0 };
	struct imgconfig c;
	struct err e = { 0 };

	str_add(&s, "{\"rootfs\":{\"diff_ids\":[\"" D0 "\"");
	for (int i = 0; i < 1000; i++)
		str_add(&s, ",\"" D0 "\"");
	str_add(&s, "]}}");
	ok(imgconfig_parse(s.p, s.len, &c, &e), "1001 layers");
	is(e.msg,
	   "image configuration: rootfs.diff_ids: 1001 are more than 1000",
	   "message");
	is(lines_kind(&e), "limit", "kind");
}

static const struct platform arm = { "linux", "arm", "v7" };

// clang-format off
static const struct {
	const char *text;
	bool has_platform;
	const char *created, *created_by;
	const char *want; /* begins with '{', or a message */
} edits[] = {
	{ "", true, NULL, NULL,
	  "{\"architecture\":\"arm\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"" D1 "\"],\"type\":\"layers\"},\"variant\":\"v7\"}" },
	{ "{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"v1\"}", false, NULL, NULL,
	  "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"" D1 "\"],\"type\":\"layers\"},\"variant\":\"v1\"}" },
	{ "{\"x.y\":[1.5,null,{\"b\":1,\"a\":\"\\u00e4\\n\"}],\"created\":\"old\",\"history\":[{}],\"variant\":\"v1\","
	  "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D0 "\"]},\"config\":{\"Own\":{},\"Env\":[\"A=b\"]}}", true, "2024-01-01T00:00:00Z", "ch-convert",
	  "{\"architecture\":\"arm\",\"config\":{\"Env\":[\"A=b\"],\"Own\":{}},\"created\":\"2024-01-01T00:00:00Z\","
	  "\"history\":[{\"created\":\"2024-01-01T00:00:00Z\",\"created_by\":\"ch-convert\"}],\"os\":\"linux\","
	  "\"rootfs\":{\"diff_ids\":[\"" D1 "\"],\"type\":\"layers\"},\"variant\":\"v7\",\"x.y\":[1.5,null,{\"a\":\"\xc3\xa4\\n\",\"b\":1}]}" },
	{ "{}", true, NULL, "x",
	  "{\"architecture\":\"arm\",\"history\":[{\"created_by\":\"x\"}],\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"" D1 "\"],\"type\":\"layers\"},\"variant\":\"v7\"}" },
	{ "{}", false, NULL, NULL, "image configuration: os: expected a string, found nothing" },
	{ "{\"os\":\"linux\"}", false, NULL, NULL, "image configuration: architecture: expected a string, found nothing" },
	{ "[]", true, NULL, NULL, "image configuration: expected an object, found an array" },
	{ "<", true, NULL, NULL, "image configuration: expected JSON, found '<'" },
	{ "{}", true, "\xff", NULL, "image configuration: created: '\\xff' is not UTF-8" },
};

static const struct {
	const char *text;
	const char *inner, *outer; /* begin with '{', or are messages */
} parts[] = {
	{ "{\"config\":{\"Env\":[\"A=b\"],\"Cmd\":null},\"os\":\"linux\"}",
	  "{\"Cmd\":null,\"Env\":[\"A=b\"]}", "{\"config\":{\"Cmd\":null,\"Env\":[\"A=b\"]},\"os\":\"linux\"}" },
	{ "{\"Env\":[\"A=b\"],\"Cmd\":[\"sh\"]}", "{}", "{\"config\":{\"Cmd\":[\"sh\"],\"Env\":[\"A=b\"]}}" },
	{ "{}", "{}", "{\"config\":{}}" },
	{ "{\"config\":null,\"architecture\":\"x\"}", "{}", "{\"architecture\":\"x\",\"config\":null}" },
	{ "{\"config\":7}", "image configuration: config: expected an object, found a number", "{\"config\":{\"config\":7}}" },
	{ "[]", "image configuration: expected an object, found an array", "image configuration: expected an object, found an array" },
	{ "", "image configuration: expected JSON, found nothing", "image configuration: expected JSON, found nothing" },
};
// clang-format on

static void test_edit(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		struct digest id = { 0 };
		struct imgconfig_change c = {
			.platform = edits[i].has_platform ? &arm : NULL,
			.diff_ids = &id,
			.n_diff_ids = 1,
			.created = edits[i].created,
			.created_by = edits[i].created_by,
		};
		struct err e = { 0 };
		autostr char *got = NULL;

		ok(!digest_parse(D1, &id, &e), "digest %s", e.msg);
		got = imgconfig_edit(edits[i].text, strlen(edits[i].text), &c,
				     &e);
		is(got ? got : e.msg, edits[i].want, edits[i].want);
	}
}

static void test_parts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *text = parts[i].text;
		struct err e = { 0 };
		autostr char *inner = NULL, *outer = NULL;

		inner = imgconfig_inner(text, strlen(text), &e);
		is(inner ? inner : e.msg, parts[i].inner, parts[i].inner);
		outer = imgconfig_outer(text, strlen(text), &e);
		is(outer ? outer : e.msg, parts[i].outer, parts[i].outer);
	}
}

static void test_set_env(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "{\"config\":{\"Env\":[\"A=1\",\"B=\"]},\"rootfs\":{"
		      "\"diff_ids\":[],\"type\":\"layers\"}}" },
		{ "{\"os\":\"linux\",\"config\":{\"Env\":[\"A=2\"],\"User\":"
		  "\"7\"}}",
		  "{\"config\":{\"Env\":[\"A=1\",\"B=\"],\"User\":\"7\"},\"os\":"
		  "\"linux\"}" },
		{ "{\"x\":1,\"config\":null}",
		  "{\"config\":{\"Env\":[\"A=1\",\"B=\"]},\"x\":1}" },
		{ "[]", "image configuration: expected an object, found an "
			"array" },
	};
	AUTO(strlist) struct strlist env = { 0 };

	strlist_add(&env, "A=1");
	strlist_add(&env, "C=\xff");
	strlist_add(&env, "B=");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		struct err e = { 0 };
		size_t lost = 1;
		autostr char *got =
			imgconfig_set_env(text, strlen(text), &env, &lost, &e);

		is(got ? got : e.msg, cases[i].want, cases[i].want);
		is_num((long long)lost, 1, "what is not UTF-8");
	}
}

int main(void)
{
	test_set_env();
	test_edit();
	test_parts();
	test_full();
	test_small();
	test_bad();
	test_many();
	return tap_done();
}
