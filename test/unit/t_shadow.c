/* t_shadow.c - tests of layer/shadow.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/shadow.h"

#include "base/str.h"
#include "tap.h"

#define N_MANY 20000

// clang-format off
static const struct {
	const char *upper; /* a path ending in a slash is a directory */
	const char *name;
	bool is_hidden;
} cases[] = {
	{ "a", "a", true },
	{ "a", "./a", true },
	{ "./a", "/a", true },
	{ "a", "a/b", true },
	{ "a", "ab", false },
	{ "a", "b/a", false },
	{ "a/b", "a", false },
	{ "a/b", "a//b", true },
	{ "a/b", "a/./b", true },
	{ "a/b", "a/b/c/d", true },
	{ "a/", "a", true },
	{ "a/", "a/b", false },
	{ ".wh.a", "a", true },
	{ ".wh.a", "a/b", true },
	{ ".wh.a", "b", false },
	{ "d/.wh.a", "d/a/x", true },
	{ "d/.wh.a", "a", false },
	{ ".wh..wh..opq", "a", true },
	{ "d/.wh..wh..opq", "d/a", true },
	{ "d/.wh..wh..opq", "d", false },
	{ "d/.wh..wh..opq", "e/a", false },
	{ ".wh..wh.plnk", "plnk", false },
	{ ".wh.", "a", false },
	{ ".", "a", false },
	{ "12345678", "12345678", true },
	{ "12345678", "1234567", false },
	{ "123456789", "12345678", false },
	{ "1234567812345678", "12345678", false },
	{ "\xff\x80", "\xff\x80", true },
};
// clang-format on

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(shadow) struct shadow *s = shadow_new();
		const char *upper = cases[i].upper;

		shadow_add(s, upper,
			   str_ends(upper, "/") ? ENTRY_DIR : ENTRY_FILE);
		ok(!shadow_hides(s, cases[i].name), "%s: not its own layer's",
		   cases[i].name);
		shadow_layer(s);
		ok(shadow_hides(s, cases[i].name) == cases[i].is_hidden,
		   "%s %s %s", upper,
		   cases[i].is_hidden ? "hides" : "does not hide",
		   cases[i].name);
	}
}

static void test_many(void)
{
	AUTO(shadow) struct shadow *s = shadow_new();
	size_t n_hidden = 0, n_other = 0;

	for (int i = 0; i < N_MANY; i++) {
		autostr char *name = str_fmt("dir/%d/file", i);

		shadow_add(s, name, ENTRY_FILE);
	}
	shadow_layer(s);
	for (int i = 0; i < N_MANY; i++) {
		autostr char *name = str_fmt("dir/%d/file", i);
		autostr char *other = str_fmt("dir/%d/other", i);

		n_hidden += shadow_hides(s, name);
		n_other += shadow_hides(s, other);
	}
	is_num((long long)n_hidden, N_MANY, "all of many");
	is_num((long long)n_other, 0, "and no other");
}

int main(void)
{
	test_cases();
	test_many();
	return tap_done();
}
