/* t_user.c - the passwd and group files that are shown inside.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "run/user.h"

#include "tap.h"

#define NOBODY "nobody:x:65534:65534:nobody:/:/sbin/nologin\n"
#define ME "me:x:1000:100:Me:/home/me:/bin/sh\n"

static struct user_group groups[] = { { 100, (char *)"users" },
				      { 5000, (char *)"domain users" } };

static const struct user me = {
	.uid = 1000,
	.gid = 100,
	.name = (char *)"me",
	.gecos = (char *)"Me",
	.groups = groups,
	.n_groups = ARRAY_SIZE(groups),
};

// clang-format off
static const struct {
	const char *what, *image, *want;
} passwds[] = {
	{ "no file in the image", "", ME NOBODY },
	{ "the image's accounts stay",
	  "root:x:0:0:root:/root:/bin/ash\nbin:x:1:1::/:\n",
	  "root:x:0:0:root:/root:/bin/ash\nbin:x:1:1::/:\n" ME NOBODY },
	{ "its nobody stays", "nobody:x:65534:1:::\n",
	  "nobody:x:65534:1:::\n" ME },
	{ "another with our uid goes", "ubuntu:x:1000:1000::/home/ubuntu:\n",
	  ME NOBODY },
	{ "another with our name goes", "me:x:7:7:::\n", ME NOBODY },
	{ "a name that starts with ours stays", "mel:x:7:7:::\n",
	  "mel:x:7:7:::\n" ME NOBODY },
	{ "no newline at the end, empty lines", "\na:x:1:1:::\n\nb:x:2:2:::",
	  "a:x:1:1:::\nb:x:2:2:::\n" ME NOBODY },
	{ "lines that are none", "me\n::\nx:y\nz:x:\n+\n",
	  "::\nx:y\nz:x:\n+\n" ME NOBODY },
	{ "a uid that overflows is not ours", "a:x:4294968296:1:::\n",
	  "a:x:4294968296:1:::\n" ME NOBODY },
	{ "zeros in front", "a:x:0001000:1:::\n", ME NOBODY },
};

#define OURS "users:x:100:me\ndomain users:x:5000:me\n"

static const struct {
	const char *what, *image, *want;
} groupfiles[] = {
	{ "no file in the image", "", OURS "nogroup:x:65534:\n" },
	{ "by name and by number",
	  "root:x:0:root\nusers:x:999:a,b\nother:x:5000:\nnogroup:x:65533:\n",
	  "root:x:0:root\nnogroup:x:65533:\n" OURS "nogroup:x:65534:\n" },
	{ "its nobody stays", "nobody:x:65534:\n", "nobody:x:65534:\n" OURS },
};
// clang-format on

static void test_lookup(void)
{
	AUTO(user) struct user u = { 0 };

	user_lookup(&u, "somebody");
	ok(u.uid == geteuid() && u.gid == getegid(), "our ids");
	ok(u.name && *u.name, "a name: %s", u.name);
	ok(u.n_groups >= 1 && u.groups[0].gid == u.gid, "our group first");
	for (size_t i = 0; i < u.n_groups; i++)
		ok(u.groups[i].name && *u.groups[i].name, "a group's name: %s",
		   u.groups[i].name);
}

static struct user make_user(void)
{
	struct user u = { .uid = 1000, .gid = 100, .n_groups = 3 };

	u.name = xstrdup("me");
	u.gecos = xstrdup("Me");
	u.groups = xcalloc(3, sizeof *u.groups);
	u.groups[0] = (struct user_group){ 100, xstrdup("users") };
	u.groups[1] = (struct user_group){ 0, xstrdup("wheel") };
	u.groups[2] = (struct user_group){ 7, xstrdup("seven") };
	return u;
}

static void is_user_now(uid_t uid, gid_t gid, const char *want_passwd,
			const char *want_group)
{
	AUTO(user) struct user u = make_user();
	autostr char *passwd = NULL;
	autostr char *group = NULL;

	user_become(&u, uid, gid, "bin:x:1:1:bin:/bin:/sh\n",
		    "bin:x:1:\nbad\n");
	passwd = user_passwd(&u, "", "/home/me", "/bin/sh");
	group = user_groups(&u, "");
	is(passwd, want_passwd, "passwd");
	is(group, want_group, "group");
}

static void test_become(void)
{
	is_user_now(1000, 100, ME NOBODY,
		    "users:x:100:me\nwheel:x:0:me\nseven:x:7:me\n"
		    "nogroup:x:65534:\n");
	is_user_now(0, 0, "root:x:0:0:Me:/home/me:/bin/sh\n" NOBODY,
		    "root:x:0:root\nseven:x:7:root\nnogroup:x:65534:\n");
	is_user_now(1, 1, "bin:x:1:1:Me:/home/me:/bin/sh\n" NOBODY,
		    "bin:x:1:bin\nwheel:x:0:bin\nseven:x:7:bin\n"
		    "nogroup:x:65534:\n");
	is_user_now(42, 43, "uid42:x:42:43:Me:/home/me:/bin/sh\n" NOBODY,
		    "gid43:x:43:uid42\nwheel:x:0:uid42\nseven:x:7:uid42\n"
		    "nogroup:x:65534:\n");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(passwds); i++) {
		autostr char *got = user_passwd(&me, passwds[i].image,
						"/home/me", "/bin/sh");

		is(got, passwds[i].want, passwds[i].what);
	}
	for (size_t i = 0; i < ARRAY_SIZE(groupfiles); i++) {
		autostr char *got = user_groups(&me, groupfiles[i].image);

		is(got, groupfiles[i].want, groupfiles[i].what);
	}
	test_lookup();
	test_become();
	return tap_done();
}
