/* t_path.c - tests of base/path.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/path.h"
#include "base/str.h"

#include "tap.h"

// clang-format off
static const struct {
	const char *a, *b, *joined;
} joins[] = {
	{ "/img",    "/etc",   "/img/etc" },
	{ "/img/",   "etc",    "/img/etc" },
	{ "/img//",  "//etc",  "/img/etc" },
	{ "/",       "etc",    "/etc" },
	{ "/",       "/",      "/" },
	{ "a",       "b/",     "a/b/" },
	{ "a",       "/",      "a/" },
	{ "a",       "",       "a" },
	{ "",        "b",      "b" },
	{ "",        "/b",     "/b" },
	{ "",        "",       "" },
	{ "a/..",    "../b",   "a/../../b" },
};

static const struct {
	const char *path, *clean, *dir, *base;
} paths[] = {
	{ "",             ".",        ".",         "" },
	{ ".",            ".",        ".",         "." },
	{ "/",            "/",        "/",         "" },
	{ "//",           "/",        "/",         "" },
	{ "a",            "a",        ".",         "a" },
	{ "/a",           "/a",       "/",         "a" },
	{ "//a",          "/a",       "/",         "a" },
	{ "a/",           "a",        ".",         "a/" },
	{ "a/b",          "a/b",      "a",         "b" },
	{ "/a/b/c",       "/a/b/c",   "/a/b",      "c" },
	{ "a//b",         "a/b",      "a",         "b" },
	{ "./a/./b/.",    "a/b",      "./a/./b",   "." },
	{ "a/..",         ".",        "a",         ".." },
	{ "a/../b",       "b",        "a/..",      "b" },
	{ "a/../..",      "..",       "a/..",      ".." },
	{ "../a",         "../a",     "..",        "a" },
	{ "../../a",      "../../a",  "../..",     "a" },
	{ "../a/../..",   "../..",    "../a/..",   ".." },
	{ "/..",          "/",        "/",         ".." },
	{ "/../../a",     "/a",       "/../..",    "a" },
	{ "/a/../../b",   "/b",       "/a/../..",  "b" },
	{ "/a/b/../..",   "/",        "/a/b/..",   ".." },
	{ "/a/b/../c",    "/a/c",     "/a/b/..",   "c" },
	{ "a/b/../../c",  "c",        "a/b/../..", "c" },
	{ "..a/...",      "..a/...",  "..a",       "..." },
	{ "a/...",        "a/...",    "a",         "..." },
	{ ".a/..",        ".",        ".a",        ".." },
};

static const struct {
	const char *root, *path;
	bool is_within;
} withins[] = {
	{ "/a",   "/a",     true },
	{ "/a",   "/a/b",   true },
	{ "/a",   "/ab",    false },
	{ "/a",   "/",      false },
	{ "/a/b", "/a",     false },
	{ "/",    "/",      true },
	{ "/",    "/a",     true },
	{ "/",    "a",      false },
	{ ".",    "a",      true },
	{ ".",    ".",      true },
	{ ".",    "..",     false },
	{ ".",    "../a",   false },
	{ ".",    "..a",    true },
	{ ".",    "/a",     false },
	{ "a",    "a/b",    true },
	{ "..",   "../a",   true },
};

static const struct {
	const char *path, *names; /* with a bar behind each */
} walks[] = {
	{ "",             "" },
	{ "///",          "" },
	{ "a",            "a|" },
	{ "/a//b/",       "a|b|" },
	{ ".././x",       "..|.|x|" },
};
// clang-format on

static void test_inside(void)
{
	static const char *const v[][2] = {
		{ "a/b", "a/b" },   { "./a", "a" },     { "/a", "a" },
		{ "././/a", "a" },  { "./", "" },       { ".", "." },
		{ "../a", "../a" }, { ".a/b", ".a/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		is(path_inside(v[i][0]), v[i][1], v[i][0]);
}

static void test_next(const char *path, const char *want)
{
	AUTO(str) struct str got = { 0 };
	const char *rest = path;
	const char *name;
	size_t len;

	while ((name = path_next(&rest, &len))) {
		str_addn(&got, name, len);
		str_addc(&got, '|');
	}
	is(str_text(&got), want, path);
	ok(!*rest, "all of '%s' is used up", path);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		autostr char *got = path_join(joins[i].a, joins[i].b);

		is(got, joins[i].joined, "join");
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		autostr char *clean = path_clean(paths[i].path);
		autostr char *again = path_clean(clean);
		autostr char *dir = path_dir(paths[i].path);

		is(clean, paths[i].clean, paths[i].path);
		is(again, clean, "cleaning twice changes nothing");
		is(dir, paths[i].dir, "dir");
		is(path_base(paths[i].path), paths[i].base, "base");
	}
	for (size_t i = 0; i < ARRAY_SIZE(withins); i++)
		ok(path_is_within(withins[i].root, withins[i].path) ==
			   withins[i].is_within,
		   "'%s' %s within '%s'", withins[i].path,
		   withins[i].is_within ? "is" : "is not", withins[i].root);
	for (size_t i = 0; i < ARRAY_SIZE(walks); i++)
		test_next(walks[i].path, walks[i].names);
	test_inside();
	return tap_done();
}
