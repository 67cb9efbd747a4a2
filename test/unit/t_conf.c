/* t_conf.c - base/conf: the grammar, the limits, which files are read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/conf.h"
#include "base/str.h"
#include "tap.h"

#include <sys/stat.h>

// clang-format off
static const struct {
	const char *text, *want; /* "KEY=VALUE@LINE;" for each, or the error */
} cases[] = {
	{ "", "" },
	{ "\n\n  \n", "" },
	{ "[pull]", "" },
	{ "[pull]\narch = arm64\n", "pull.arch=arm64@2;" },
	{ "[pull]\narch=arm64", "pull.arch=arm64@2;" },
	{ "[pull]\r\narch = arm64\r\n", "pull.arch=arm64@2;" },
	{ " [ pull ] \n\t arch\t=\ta b \n", "pull.arch=a b@2;" },
	{ "[pull]\na =\n", "pull.a=@2;" },
	{ "[pull]\na = \" b \"\n", "pull.a= b @2;" },
	{ "[pull]\na = \"\"\n", "pull.a=@2;" },
	{ "[pull]\na = \"b\" \n", "pull.a=b@2;" },
	{ "[pull]\na = \"b\"c\"\n", "pull.a=b\"c@2;" },
	{ "[pull]\na = b\"c\"\n", "pull.a=b\"c\"@2;" },
	{ "# x\n[pull]\n # y\na = b # c\n", "pull.a=b # c@4;" },
	{ "[pull]\na = b=c\n", "pull.a=b=c@2;" },
	{ "[pull]\na = 1\na = 2\n[run]\na = 3\n[pull]\nb-c_D = 4\n",
	  "pull.a=1@2;pull.a=2@3;run.a=3@5;pull.b-c_D=4@7;" },
	{ "[x]\na = 1\n", "x.a=1@2;" },
	{ "a = 1\n", "f:1: expected a '[section]' before the first key, found 'a = 1'" },
	{ "\nnonsense\n", "f:2: expected 'key = value' or '[section]', found 'nonsense'" },
	{ "[pull\n", "f:1: expected '[section]', found '[pull'" },
	{ "[\n", "f:1: expected '[section]', found '['" },
	{ "[]\n", "f:1: expected '[section]', found '[]'" },
	{ "[a b]\n", "f:1: expected '[section]', found '[a b]'" },
	{ "[a.b]\n", "f:1: expected '[section]', found '[a.b]'" },
	{ "[pull] # x\n", "f:1: expected '[section]', found '[pull] # x'" },
	{ "[pull]\n= x\n", "f:2: expected a key before '=', found '= x'" },
	{ "[pull]\na b = x\n", "f:2: expected a key before '=', found 'a b = x'" },
	{ "[pull]\na.b = x\n", "f:2: expected a key before '=', found 'a.b = x'" },
	{ "[pull]\na = \"x\n", "f:2: expected '\"' at the end, found '\"x'" },
	{ "[pull]\na = \"\n", "f:2: expected '\"' at the end, found '\"'" },
	{ "[pull]\na = \"x\" y\n", "f:2: expected '\"' at the end, found '\"x\" y'" },
	{ "\033[2J\n", "f:1: expected 'key = value' or '[section]', found '\\x1b[2J'" },
};
// clang-format on

static char *show(const struct conf *c)
{
	struct str s = { 0 };

	for (size_t i = 0; i < c->n; i++)
		str_addf(&s, "%s=%s@%s;", c->v[i].key, c->v[i].value,
			 strrchr(c->v[i].where, ':') + 1);
	return str_take(&s);
}

static void test_parse(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(conf) struct conf c = { 0 };
		autostr char *got = NULL;
		struct err e = { 0 };
		const char *text = cases[i].text;
		int rc = conf_parse(&c, "f", text, strlen(text), &e);

		got = show(&c);
		is(rc ? e.msg : got, cases[i].want, "conf_parse");
		ok(!rc || e.kind == ERR_FORMAT, "an error is ERR_FORMAT");
	}
}

static void test_limits(void)
{
	AUTO(conf) struct conf c = { 0 };
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };

	ok(conf_parse(&c, "f", "[a]\nb = \0c\n", 11, &e) < 0 &&
		   e.kind == ERR_FORMAT,
	   "NUL bytes are refused");
	is(e.msg, "'f' is not text: a NUL byte", "in words");
	ok(!conf_parse(&c, "f", NULL, 0, &e), "no bytes are no lines");
	for (int i = 0; i < 4096; i++)
		str_addc(&s, '\n');
	ok(!conf_parse(&c, "f", s.p, s.len, &e), "4096 lines");
	str_addc(&s, '\n');
	ok(conf_parse(&c, "f", s.p, s.len, &e) < 0 && e.kind == ERR_LIMIT,
	   "and one more");
	is(e.msg, "'f' has more than 4096 lines", "in words");
	str_clear(&s);
	str_add(&s, "[a]\nb = ");
	while (s.len < 1024 * 1024)
		str_addc(&s, 'x');
	ok(!conf_parse(&c, "f", s.p, s.len, &e), "1 MiB");
	str_addc(&s, 'x');
	ok(conf_parse(&c, "f", s.p, s.len, &e) < 0 && e.kind == ERR_LIMIT,
	   "and a byte");
	is(e.msg, "'f' has 1048577 bytes, the most is 1048576", "in words");
}

static void test_get(void)
{
	static const char text[] = "[a]\nb = 1\nb = 2\n[c]\nb = 3\n";
	AUTO(conf) struct conf c = { 0 };
	struct err e = { 0 };

	is(conf_get(&c, "a.b"), NULL, "nothing in nothing");
	ok(!conf_parse(&c, "f", text, strlen(text), &e), "%s", "parsed");
	is(conf_get(&c, "a.b"), "2", "the last line wins");
	is(conf_get(&c, "c.b"), "3", "sections are kept apart");
	is(conf_get(&c, "a.c"), NULL, "no such key");
	is(c.v[1].where, "f:3", "where");
}

static void put(const char *root, const char *path, const char *text)
{
	autostr char *full = str_fmt("%s/%s", root, path);
	FILE *f = fopen(full, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		ok(false, "can't write %s", full);
}

static void make_dir(const char *root, const char *path)
{
	autostr char *full = str_fmt("%s/%s", root, path);

	if (mkdir(full, 0700))
		ok(false, "can't make %s", full);
}

/* What is made below the temporary directory, removed backwards. */
static const char *const made[] = {
	"site",
	"site/chassis",
	"site/chassis/chassis.conf",
	"site/chassis/chassis.conf.d",
	"site/chassis/chassis.conf.d/20.conf",
	"site/chassis/chassis.conf.d/10.conf",
	"site/chassis/chassis.conf.d/.30.conf",
	"site/chassis/chassis.conf.d/40.conf~",
	"user",
	"user/chassis",
	"user/chassis/chassis.conf",
	"bad",
};

static void make_files(const char *root)
{
	make_dir(root, "site");
	make_dir(root, "site/chassis");
	make_dir(root, "site/chassis/chassis.conf.d");
	make_dir(root, "user");
	make_dir(root, "user/chassis");
	put(root, made[2], "[s]\na = main\n");
	put(root, made[4], "[s]\na = 20\n");
	put(root, made[5], "[s]\na = 10\n");
	put(root, made[6], "[s]\na = hidden\n");
	put(root, made[7], "[s]\na = backup\n");
	put(root, made[10], "[s]\na = user\n");
	put(root, "bad", "bad\n");
}

static void test_order(const char *root)
{
	AUTO(conf) struct conf c = { 0 }, none = { 0 };
	autostr char *site = str_fmt("%s/site", root);
	autostr char *user = str_fmt("%s/user", root);
	autostr char *file = str_fmt("%s/user/chassis", root);
	autostr char *got = NULL;
	struct err e = { 0 };

	ok(!conf_load_from(&c, site, user, &e), "all files: %s", e.msg);
	got = show(&c);
	is(got, "s.a=main@2;s.a=10@2;s.a=20@2;s.a=user@2;", "in their order");
	ok(!conf_load_from(&none, root, NULL, &e) && !none.n, "no files");
	ok(!conf_load_from(&none, "/dev/null", file, &e) && !none.n,
	   "places that are no directories");
}

static void test_environment(const char *root)
{
	static const struct {
		const char *named, *xdg, *home; /* below the root */
		const char *want;               /* value of "s.a" */
	} envs[] = {
		{ "site/chassis/chassis.conf", "user", NULL, "main" },
		{ NULL, "user", NULL, "user" },
		{ "", "user", NULL, "user" },
		{ NULL, NULL, "home", "home" },
		{ NULL, "", "home", "home" },
		{ NULL, "nowhere", "home", NULL },
		{ NULL, NULL, NULL, NULL },
	};
	autostr char *home = str_fmt("%s/home", root);
	autostr char *dot = str_fmt("%s/home/.config", root);

	make_dir(root, "home");
	if (symlink("../user", dot))
		ok(false, "can't link %s", dot);
	put(root, "user/chassis/chassis.conf", "[s]\na = home\n");
	for (size_t i = 0; i < ARRAY_SIZE(envs); i++) {
		const char *const names[] = { "CH_CONFIG", "XDG_CONFIG_HOME",
					      "HOME" };
		const char *const values[] = { envs[i].named, envs[i].xdg,
					       envs[i].home };
		AUTO(conf) struct conf c = { 0 };
		struct err e = { 0 };
		const char *want = envs[i].want;

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			autostr char *full = str_fmt(
				"%s/%s", root, values[k] ? values[k] : "");

			unsetenv(names[k]);
			if (values[k])
				setenv(names[k], *values[k] ? full : "", 1);
		}
		ok(!conf_load(&c, &e), "conf_load: %s", e.msg);
		is(conf_get(&c, "s.a"),
		   want && !strcmp(want, "user") ? "home" : want,
		   "the file that the environment names");
	}
	unlink(dot);
	rmdir(home);
}

static void test_errors(const char *root)
{
	AUTO(conf) struct conf c = { 0 };
	autostr char *bad = str_fmt("%s/bad", root);
	autostr char *missing = str_fmt("%s/missing", root);
	autostr char *want_bad = str_fmt("CH_CONFIG: %s:1: expected 'key = "
					 "value' or '[section]', found 'bad'",
					 bad);
	autostr char *want_missing =
		str_fmt("CH_CONFIG: can't open '%s': No such file or "
			"directory",
			missing);
	struct err e = { 0 };

	setenv("CH_CONFIG", bad, 1);
	ok(conf_load(&c, &e) < 0, "a broken file");
	is(e.msg, want_bad, "says file and line");
	setenv("CH_CONFIG", missing, 1);
	ok(conf_load(&c, &e) < 0, "a file that was named must exist");
	is(e.msg, want_missing, "in words");
	setenv("CH_CONFIG", "/dev/null", 1);
	ok(!conf_load(&c, &e) && !c.n, "/dev/null is no configuration");
	setenv("CH_CONFIG", "/dev/zero", 1);
	ok(conf_load(&c, &e) < 0 && e.kind == ERR_LIMIT, "/dev/zero: %s",
	   e.msg);
	setenv("CH_CONFIG", root, 1);
	ok(conf_load(&c, &e) < 0, "a directory: %s", e.msg);
	unsetenv("CH_CONFIG");
}

/* Only where modes bind us, which they do not for root. */
static void test_modes(const char *root)
{
	AUTO(conf) struct conf c = { 0 };
	autostr char *user = str_fmt("%s/user", root);
	autostr char *file = str_fmt("%s/chassis/chassis.conf", user);
	struct err e = { 0 };

	if (!geteuid()) {
		tap_skip("unreadable files", "root reads everything");
		return;
	}
	chmod(file, 0);
	ok(conf_load_from(&c, "/dev/null", user, &e) < 0 && e.code == EACCES,
	   "a file that can't be read is an error");
	chmod(user, 0);
	ok(!conf_load_from(&c, "/dev/null", user, &e),
	   "a place that can't be searched is as good as empty");
	chmod(user, 0700);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	autostr char *root = str_fmt("%s/t_conf.XXXXXX", tmp ? tmp : "/tmp");

	test_parse();
	test_limits();
	test_get();
	if (!mkdtemp(root)) {
		ok(false, "can't make %s", root);
		return tap_done();
	}
	make_files(root);
	test_order(root);
	test_environment(root);
	test_errors(root);
	test_modes(root);
	for (size_t i = ARRAY_SIZE(made); i-- > 0;) {
		autostr char *path = str_fmt("%s/%s", root, made[i]);

		remove(path);
	}
	ok(!rmdir(root), "nothing is left behind");
	return tap_done();
}
