/* t_userdb.c - lines of passwd(5) and group(5), and who is known here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "base/userdb.h"

#include "tap.h"

#include <unistd.h>

// clang-format off
static const struct {
	const char *line, *want;
} lines[] = {
	{ "me:x:1000:100:::", "me 1000" },
	{ "me:x:1000", "me 1000" },
	{ "me:x:007:", "me 7" },
	{ "me:x::", "me -" },
	{ "me:x:-1:", "me -" },
	{ "me:x", "me -" },
	{ "me", "me -" },
	{ "", " -" },
	{ "::5:", " 5" },
	{ "me:x:99999999999999999999999:", "me 9999999999" },
};
// clang-format on

static void test_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *text = lines[i].line;
		struct userdb_line l = userdb_parse(text, strlen(text));
		autostr char *id = l.has_id ? str_fmt("%lu", l.id)
					    : str_fmt("-");
		autostr char *got =
			str_fmt("%.*s %s", (int)l.name_len, l.name, id);

		is(got, lines[i].want, text);
	}
}

static void test_known(void)
{
	const gid_t gids[] = { 0, 4000000001U, 0 };
	AUTO(userdb) struct nss_user u = { 0 };
	AUTO(userdb) struct nss_user none = { 0 };
	autostr char *group = userdb_group(0);
	char *names[3];

	ok(userdb_user(0, &u) && !strcmp(u.name, "root") && *u.home == '/',
	   "root");
	ok(!userdb_user(4000000001U, &none) && !none.name, "nobody has it");
	is(group, "root", "group 0");
	userdb_groups(gids, ARRAY_SIZE(gids), names);
	ok(names[0] && !names[1] && names[2], "those of several that are known");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		free(names[i]);
}

int main(void)
{
	test_lines();
	test_known();
	ok(!userdb_is_field("a:b") && !userdb_is_field("a\n") &&
		   !userdb_is_field("") && !userdb_is_field(NULL),
	   "no fields");
	ok(userdb_is_field("domain users"), "a field");
	return tap_done();
}
