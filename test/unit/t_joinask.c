/* t_joinask.c - whether two processes ask for the same container.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/joinask.h"

#include "tap.h"

#define BINDS 3

struct side {
	const char *image;
	const char *binds[BINDS];
	const char *cwd, *no_default, *mount;
	bool write;
};

// clang-format off
static const struct test {
	const char *what;
	struct side theirs, mine;
	const char *message; /* NULL: it is the same */
} tests[] = {
	{ "a name in the store, wherever one is",
	  { "alpine:3.16", .cwd = "/a" }, { "alpine:3.16", .cwd = "/b" } },
	{ "a path, written in two ways",
	  { "./img", .cwd = "/a/b" }, { "/a/./b/img/", .cwd = "/c" } },
	{ "a path with its kind",
	  { "dir:img", .cwd = "/a" }, { "dir:/a/img" } },
	{ "another image", { "/a" }, { "/b" },
	  "it was made with 'image /a', not with 'image /b'" },
	{ "the same path, elsewhere",
	  { "../img", .cwd = "/a/x" }, { "../img", .cwd = "/b/x" },
	  "it was made with 'image /a/img', not with 'image /b/img'" },
	{ "the working directory alone",
	  { "/a", { "/x:/y" }, "/u" }, { "/a", { "/x:/y" }, "/v" } },
	{ "a bind that depends on it",
	  { "/a", { "x:/y" }, "/u" }, { "/a", { "x:/y" }, "/v" },
	  "it was made with 'binds seen from /u', not with "
	  "'binds seen from /v'" },
	{ "a mount of an absolute path does not",
	  { "/a", .mount = "src=/x,dst=/y", .cwd = "/u" },
	  { "/a", .mount = "src=/x,dst=/y", .cwd = "/v" } },
	{ "nor does one in memory",
	  { "/a", .mount = "type=tmpfs,dst=/y", .cwd = "/u" },
	  { "/a", .mount = "type=tmpfs,dst=/y", .cwd = "/v" } },
	{ "a mount of a relative one does",
	  { "/a", .mount = "src=x,dst=/y", .cwd = "/u" },
	  { "/a", .mount = "src=x,dst=/y", .cwd = "/v" },
	  "it was made with 'binds seen from /u', not with "
	  "'binds seen from /v'" },
	{ "one bind more", { "/a", { "/x" } }, { "/a", { "/x", "/y" } },
	  "it was made without '--bind=/y'" },
	{ "one bind less", { "/a", { "/x", "/y" } }, { "/a", { "/x" } },
	  "it was made with '--bind=/y', which is not asked for here" },
	{ "another order", { "/a", { "/x", "/y" } }, { "/a", { "/y", "/x" } },
	  "it was made with the same options in another order" },
	{ "--write", { "/a" }, { "/a", .write = true },
	  "it was made without '--write'" },
	{ "defaults", { "/a", .no_default = "tmp" }, { "/a" },
	  "it was made with '--no-default=tmp', which is not asked for here" },
};
// clang-format on

static char *text_of(const struct side *s)
{
	struct opt_item items[BINDS];
	struct opt_item no_default = { "no-default", s->no_default };
	struct run_options o = {
		.binds = { .v = items },
		.no_default = { .v = &no_default, .n = s->no_default != NULL },
		.write = s->write,
	};
	AUTO(str) struct str out = { 0 };

	for (; o.binds.n < BINDS && s->binds[o.binds.n]; o.binds.n++)
		items[o.binds.n] = (struct opt_item){
			.name = "bind",
			.value = s->binds[o.binds.n],
		};
	if (s->mount)
		items[o.binds.n++] = (struct opt_item){
			.name = "mount",
			.value = s->mount,
		};
	joinask_text(&o, s->image, s->cwd, &out);
	return str_take(&out);
}

static void run(const struct test *t)
{
	autostr char *theirs = text_of(&t->theirs);
	autostr char *mine = text_of(&t->mine);
	struct err e = { 0 };
	int result = joinask_compare(mine, theirs, &e);

	is_num(result, t->message ? -1 : 0, t->what);
	is(e.msg, t->message ? t->message : "", "... and what it says");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		run(&tests[i]);
	return tap_done();
}
