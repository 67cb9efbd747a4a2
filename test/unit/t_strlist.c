/* t_strlist.c - base/strlist: adding, splitting, joining, removing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/strlist.h"
#include "tap.h"

static void test_split(void)
{
	static const struct {
		const char *text;
		bool keep;
		size_t n;
		const char *joined;
	} cases[] = {
		{ "", false, 0, "" },          { "", true, 1, "" },
		{ "a", false, 1, "a" },        { "a", true, 1, "a" },
		{ "a:b", false, 2, "a|b" },    { "a:b", true, 2, "a|b" },
		{ ":", false, 0, "" },         { ":", true, 2, "|" },
		{ ":a::b:", false, 2, "a|b" }, { ":a::b:", true, 5, "|a||b|" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(strlist) struct strlist l = { 0 };
		autostr char *joined = NULL;

		strlist_split(&l, cases[i].text, ':', cases[i].keep);
		joined = strlist_join(&l, "|");
		is(joined, cases[i].joined, cases[i].text);
		is_num(l.n, cases[i].n, "number of parts");
		ok(!l.v || !l.v[l.n], "ends in NULL");
	}
}

static void test_edit(void)
{
	AUTO(strlist) struct strlist l = { 0 };
	autostr char *joined = NULL, *left = NULL;

	ok(!strlist_has(&l, "a"), "an empty list has nothing");
	strlist_sort(&l);
	strlist_add(&l, "c");
	strlist_addn(&l, "bxx", 1);
	strlist_addf(&l, "%c%d", 'a', 1);
	strlist_give(&l, strdup("B"));
	joined = strlist_join(&l, ", ");
	is(joined, "c, b, a1, B", "in the order of adding");
	ok(strlist_has(&l, "a1") && !strlist_has(&l, "a"), "strlist_has");
	strlist_sort(&l);
	strlist_remove(&l, 2);
	left = strlist_join(&l, " ");
	is(left, "B a1 c", "sorted by bytes, the third removed");
	ok(l.n == 3 && !l.v[3], "ends in NULL");
	while (l.n)
		strlist_remove(&l, l.n - 1);
	ok(!l.v[0], "an emptied list still ends in NULL");
}

/* An item of the list itself may be added while the array moves. */
static void test_grow(void)
{
	AUTO(strlist) struct strlist l = { 0 };
	bool good = true;

	strlist_add(&l, "x");
	for (size_t i = 0; i < 500; i++) {
		strlist_add(&l, l.v[i]);
		good &= !l.v[l.n];
	}
	for (size_t i = 0; i < l.n; i++)
		good &= !strcmp(l.v[i], "x");
	ok(good && l.n == 501, "500 items");
}

int main(void)
{
	test_split();
	test_edit();
	test_grow();
	return tap_done();
}
