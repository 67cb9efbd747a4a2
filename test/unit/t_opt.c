/* t_opt.c - base/opt: the command line, configuration keys, the environment,
 * and the three ways of printing the table.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/opt.h"
#include "base/str.h"
#include "base/strlist.h"
#include "tap.h"

struct cli {
	bool write;
	bool home;
	int parallel;
	const char *arch;
	const char *when;
	struct opt_list rules;
	int size;
};

static int check_size(const char *value, struct err *e)
{
	return !strcmp(value, "7")
		       ? 0
		       : err_set(e, ERR_USAGE, "expected 7, found '%s'", value);
}

// clang-format off
static const struct opt rows[] = {
	OPT_CONF('a', "arch", struct cli, arch, "ARCH",
		 "take the image for ARCH", "T_OPT_ARCH", "pull.arch"),
	OPT_CONF('j', "parallel", struct cli, parallel, "N",
		 "fetch N blobs at the same time, which is a long sentence "
		 "that has to go on in the next line",
		 "T_OPT_PARALLEL", "pull.parallel"),
	OPT('w', "write", struct cli, write, NULL,
	    "make the image writable"),
	OPT_ROW(0, "home", struct cli, home, NULL, "show the home directory",
		.negatable = true, .env = "T_OPT_HOME", .key = "run.home"),
	OPT_ROW(0, "when", struct cli, when, "WHEN", "colour, or not",
		.optional_arg = true),
	OPT('s', "set-env", struct cli, rules, "NAME=VALUE",
	    "set a variable"),
	OPT_ROW(0, "unset-env", struct cli, rules, "PATTERN",
		"unset the variables that match",
		.key = "run.unset-env"),
	OPT(0, "clear-env", struct cli, rules, NULL, "unset all of them"),
	OPT_ROW('z', "size", struct cli, size, "N", "take 7",
		.env = "T_OPT_SIZE", .env_too = "T_OPT_OTHER_SIZE",
		.key = "run.size", .check = check_size),
	OPT(0, "a-name-that-is-far-too-long-for-it", struct cli, write, NULL,
	    "show '.dotted' and \\back"),
};

static const struct {
	const char *args; /* words, between blanks */
	bool options_first;
	const char *want; /* what was set, or the error */
} cases[] = {
	{ "", false, "|" },
	{ "a b", false, "| a b" },
	{ "-a x86 img", false, "arch=x86 | img" },
	{ "-ax86 img", false, "arch=x86 | img" },
	{ "--arch x86 img", false, "arch=x86 | img" },
	{ "--arch=x86 img", false, "arch=x86 | img" },
	{ "--arch= img", false, "arch= | img" },
	{ "--arch=a=b", false, "arch=a=b |" },
	{ "--arch -w", false, "arch=-w |" },
	{ "-a -- b", false, "arch=-- | b" },
	{ "--ar x", false, "arch=x |" },
	{ "--arch a --arch b", false, "arch=b |" },
	{ "-j4", false, "parallel=4 |" },
	{ "-wj4 x", false, "write parallel=4 | x" },
	{ "-wj 4 x", false, "write parallel=4 | x" },
	{ "--no-home", false, "no-home |" },
	{ "--no-home --home", false, "|" },
	{ "--no-h", false, "no-home |" },
	{ "--ho --no-ho", false, "no-home |" },
	{ "--when", false, "when= |" },
	{ "--when x", false, "when= | x" },
	{ "--when=x y", false, "when=x | y" },
	{ "-s A=1 --unset-env B -sC=2 --clear-env", false,
	  "set-env:A=1 unset-env:B set-env:C=2 clear-env: |" },
	{ "-z 7", false, "size=7 |" },
	{ "--size=8", false, "option '--size': expected 7, found '8'" },
	{ "-z8", false, "option '-z': expected 7, found '8'" },
	/* order */
	{ "a -w b --arch x c", false, "write arch=x | a b c" },
	{ "a -- -w b", false, "| a -w b" },
	{ "-- a -- b", false, "| a -- b" },
	{ "--", false, "|" },
	{ "- -w -", false, "write | - -" },
	{ "-w a -w b", true, "write | a -w b" },
	{ "-w -- a -w", true, "write | a -w" },
	{ "a -- b", true, "| a -- b" },
	{ "img --help", true, "| img --help" },
	/* those that every tool has */
	{ "--help", false, "help= |" },
	{ "--help=man", false, "help=man |" },
	{ "--version", false, "version |" },
	{ "-q", false, "v-1 |" },
	{ "-vv", false, "v2 |" },
	{ "-qv --verbose", false, "v2 |" },
	{ "-vvvq", false, "v-1 |" },
	{ "-wv -a x", false, "v1 write arch=x |" },
	/* errors */
	{ "--foo", false, "unknown option '--foo'" },
	{ "--foo=bar", false, "unknown option '--foo'" },
	{ "--=x", false, "unknown option '--'" },
	{ "--archs", false,
	  "unknown option '--archs'; did you mean '--arch'?" },
	{ "--paralel=3", false,
	  "unknown option '--paralel'; did you mean '--parallel'?" },
	{ "--ver", false, "option '--ver' may be '--verbose' or '--version'" },
	{ "--verb=1", false, "option '--verbose' takes no argument" },
	{ "--no-arch", false, "unknown option '--no-arch'" },
	{ "--no-home=x", false, "option '--no-home' takes no argument" },
	{ "-x", false, "unknown option '-x'" },
	{ "-wx", false, "unknown option '-x'" },
	{ "-paralle", false,
	  "unknown option '-p'; did you mean '--parallel'?" },
	{ "-\xc3\xa4", false, "unknown option '-\\xc3'" },
	{ "--arch", false, "option '--arch' needs an argument (ARCH)" },
	{ "x -a", false, "option '-a' needs an argument (ARCH)" },
	{ "-wj", false, "option '-j' needs an argument (N)" },
	{ "--write=1", false, "option '--write' takes no argument" },
	{ "-j x", false, "option '-j': not a number: 'x'" },
	{ "--par=-1", false, "option '--parallel': not a number: '-1'" },
	{ "-j 2147483648", false,
	  "option '-j': '2147483648' is too large, the most is 2147483647" },
};
// clang-format on

static struct tool make_tool(void)
{
	return (struct tool){
		.name = "ch-test",
		.synopsis = "[OPTION...] REF [DEST]",
		.about = "Test the table of options.",
		.opts = rows,
		.n_opts = ARRAY_SIZE(rows),
		.notes = "Two notes:\n  one that is so long that it has to be "
			 "broken into two lines, both of them indented\n"
			 "  and another.\n",
	};
}

static char *show_set(const struct cli *o, const struct opt_common *c)
{
	AUTO(str) struct str s = { 0 };

	if (c->help)
		str_addf(&s, "help=%s ", c->style);
	if (c->version)
		str_add(&s, "version ");
	if (c->verbosity)
		str_addf(&s, "v%d ", c->verbosity);
	if (o->write)
		str_add(&s, "write ");
	if (!o->home)
		str_add(&s, "no-home ");
	if (o->parallel)
		str_addf(&s, "parallel=%d ", o->parallel);
	if (o->arch)
		str_addf(&s, "arch=%s ", o->arch);
	if (o->when)
		str_addf(&s, "when=%s ", o->when);
	if (o->size)
		str_addf(&s, "size=%d ", o->size);
	for (size_t i = 0; i < o->rules.n; i++)
		str_addf(&s, "%s:%s ", o->rules.v[i].name, o->rules.v[i].value);
	str_addc(&s, '|');
	return str_take(&s);
}

static void test_parse(size_t i)
{
	AUTO(strlist) struct strlist words = { 0 };
	AUTO(str) struct str got = { 0 };
	struct tool tool = make_tool();
	struct cli o = { .home = true };
	struct opt_common c = { 0 };
	struct err e = { 0 };
	autostr char **argv = NULL;
	autostr char *set = NULL;
	int first;

	strlist_add(&words, tool.name);
	strlist_split(&words, cases[i].args, ' ', false);
	argv = calloc(words.n + 1, sizeof *argv);
	memcpy(argv, words.v, words.n * sizeof *argv);
	tool.options_first = cases[i].options_first;
	first = opt_parse(&tool, &o, &c, (int)words.n, argv, &e);
	set = show_set(&o, &c);
	str_add(&got, first < 0 ? e.msg : set);
	for (size_t k = first; first > 0 && k < words.n; k++)
		str_addf(&got, " %s", argv[k]);
	is(str_text(&got), cases[i].want, cases[i].args);
	ok(first >= 0 || e.kind == ERR_USAGE, "an error is ERR_USAGE");
	opt_list_clear(&o.rules);
}

static void test_no_arguments(void)
{
	struct tool tool = make_tool();
	struct cli o = { 0 };
	struct opt_common c = { 0 };
	struct err e = { 0 };
	char *argv[] = { NULL };

	is_num(opt_parse(&tool, &o, &c, 0, argv, &e), 0, "not even a name");
}

static void test_keys(void)
{
	static const struct {
		const char *key, *value, *want;
	} keys[] = {
		{ "pull.arch", "arm64", "arch=arm64 |" },
		{ "pull.parallel", "8", "parallel=8 |" },
		{ "pull.parallel", "many",
		  "f:3: pull.parallel: not a number: 'many'" },
		{ "run.home", "no", "no-home |" },
		{ "run.home", "yes", "|" },
		{ "run.home", "off", "no-home |" },
		{ "run.home", "false", "no-home |" },
		{ "run.home", "0", "no-home |" },
		{ "run.home", "true", "|" },
		{ "run.home", "maybe",
		  "f:3: run.home: expected 'yes' or 'no', found 'maybe'" },
		{ "run.unset-env", "LD_*", "unset-env:LD_* |" },
		{ "run.size", "7", "size=7 |" },
		{ "run.size", "8", "f:3: run.size: expected 7, found '8'" },
		{ "pull.none", "x", NULL },
		{ "arch", "x", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct tool tool = make_tool();
		struct cli o = { .home = true };
		struct opt_common c = { 0 };
		struct err e = { 0 };
		autostr char *set = NULL;
		bool known = false;
		int rc = opt_set_key(&tool, &o, keys[i].key, keys[i].value,
				     "f:3", &known, &e);

		set = show_set(&o, &c);
		ok(known == (keys[i].want != NULL), "is %s known?",
		   keys[i].key);
		is(rc ? e.msg : set, keys[i].want ? keys[i].want : "|",
		   keys[i].key);
		ok(!rc || e.kind == ERR_FORMAT,
		   "an error there is no wrong usage");
		opt_list_clear(&o.rules);
	}
}

static void test_env(void)
{
	static const struct {
		const char *arch, *parallel, *home, *size, *other, *want;
	} envs[] = {
		{ .want = "|" },
		{ .arch = "x86",
		  .parallel = "3",
		  .home = "no",
		  .want = "no-home parallel=3 arch=x86 |" },
		{ .arch = "", .parallel = "", .home = "", .want = "|" },
		{ .parallel = "x",
		  .want = "T_OPT_PARALLEL: not a number: 'x'" },
		{ .home = "2",
		  .want = "T_OPT_HOME: expected 'yes' or 'no', found '2'" },
		{ .size = "7", .want = "size=7 |" },
		{ .size = "8", .want = "T_OPT_SIZE: expected 7, found '8'" },
		{ .size = "", .other = "7", .want = "size=7 |" },
		{ .other = "9",
		  .want = "T_OPT_OTHER_SIZE: expected 7, found '9'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(envs); i++) {
		const char *const names[] = { "T_OPT_ARCH", "T_OPT_PARALLEL",
					      "T_OPT_HOME", "T_OPT_SIZE",
					      "T_OPT_OTHER_SIZE" };
		const char *const values[] = { envs[i].arch, envs[i].parallel,
					       envs[i].home, envs[i].size,
					       envs[i].other };
		struct tool tool = make_tool();
		struct cli o = { .home = true };
		struct opt_common c = { 0 };
		struct err e = { 0 };
		autostr char *set = NULL;
		int rc;

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			unsetenv(names[k]);
			if (values[k])
				setenv(names[k], values[k], 1);
		}
		rc = opt_set_env(&tool, &o, &e);
		set = show_set(&o, &c);
		is(rc ? e.msg : set, envs[i].want, "environment");
	}
}

static char *print_of(const struct tool *tool,
		      void (*printer)(const struct tool *, FILE *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	printer(tool, f);
	fclose(f);
	return text;
}

static char *print(void (*printer)(const struct tool *, FILE *))
{
	struct tool tool = make_tool();

	return print_of(&tool, printer);
}

static void has(const char *text, const char *part, const char *what)
{
	if (!ok(strstr(text, part), "%s", what))
		printf("# no '%s'\n", part);
}

static void test_help(void)
{
	autostr char *text = print(opt_print_help);
	bool fits = true, tidy = true;

	ok(str_starts(text, "Usage: ch-test [OPTION...] REF [DEST]\n"
			    "Test the table of options.\n\n  -a, --arch=ARCH"),
	   "the head");
	for (char *s = text; *s;) {
		size_t n = strcspn(s, "\n");

		fits &= n <= 80;
		tidy &= !n || s[n - 1] != ' ';
		s += n + 1;
	}
	ok(fits, "no line is over 80 columns");
	ok(tidy, "no blanks at the ends of lines");
	has(text, "      --[no-]home ", "a flag that can be negated");
	has(text, "      --when[=WHEN] ", "an optional argument");
	has(text, "  -q, --quiet ", "what every tool has");
	has(text, "--a-name-that-is-far-too-long-for-it\n    ",
	    "a long name has its own line");
	has(text,
	    "\n  one that is so long that it has to be broken into two "
	    "lines, both of them\n  indented\n  and another.\n",
	    "the notes");
}

static void test_man(void)
{
	autostr char *text = print(opt_print_man);

	ok(str_starts(text, ".SH OPTIONS\n.TP\n\\fB\\-a\\fR, "
			    "\\fB\\-\\-arch\\fR=\\fIARCH\\fR\n"
			    "Take the image for ARCH.\nAlso "
			    "$\\fBT_OPT_ARCH\\fR, or \\fBarch\\fR = under "
			    "\\fB[pull]\\fR in the configuration.\n.TP\n"),
	   "the first entry");
	has(text, "Show \\(aq\\&.dotted\\(aq and \\eback.\n", "escapes");
	has(text, "\\fB\\-\\-home\\fR, \\fB\\-\\-no\\-home\\fR\n", "negation");
	has(text, "Also $\\fBT_OPT_SIZE\\fR or $\\fBT_OPT_OTHER_SIZE\\fR, or ",
	    "two variables");
	has(text, "\\fB\\-\\-when\\fR[=\\fIWHEN\\fR]\n", "optional");
	has(text,
	    "\nAlso \\fBunset\\-env\\fR = under \\fB[run]\\fR in the "
	    "configuration.\n",
	    "a key without a variable");
	ok(!strstr(text, "\n.d") && !strstr(text, "\n'"),
	   "no text is a control line");
}

static void test_bash(void)
{
	autostr char *text = print(opt_print_bash);

	has(text, "\n_ch_test()\n{\n", "the function's name");
	has(text, "\t\t--arch=\n", "an option with a value");
	has(text, "\t\t--home\n\t\t--no-home\n", "a flag and its negation");
	has(text, "\t\t--when\n", "an optional value is left to the user");
	has(text, "\t\t--help\n", "what every tool has");
	has(text, "\ncomplete -o default -F _ch_test ch-test\n", "complete");
}

/* A table with headings. */
static void test_groups(void)
{
	static const struct opt divided[] = {
		OPT_GROUP("Looks"),
		OPT('a', "arch", struct cli, arch, "ARCH", "take ARCH"),
		OPT_GROUP("Other"),
		OPT('w', "write", struct cli, write, NULL, "make writable"),
	};
	struct tool tool = make_tool();
	struct opt_common common = { 0 };
	struct cli o = { 0 };
	struct err e = { 0 };
	char words[3][16] = { "ch-test", "-w", "--arch=x" };
	char *argv[] = { words[0], words[1], words[2], NULL };
	autostr char *help = NULL;
	autostr char *man = NULL;
	autostr char *bash = NULL;
	bool known = true;

	tool.opts = divided;
	tool.n_opts = ARRAY_SIZE(divided);
	ok(opt_parse(&tool, &o, &common, 3, argv, &e) == 3 && o.write &&
		   str_eq(o.arch, "x"),
	   "options below headings");
	ok(!opt_set_key(&tool, &o, "pull.arch", "y", "f:1", &known, &e) &&
		   !known && !opt_set_env(&tool, &o, &e),
	   "a heading is no key and no variable");
	help = print_of(&tool, opt_print_help);
	has(help, "\n\nLooks:\n  -a, --arch=ARCH ", "the first heading");
	has(help, "\n\nOther:\n  -w, --write ", "the second");
	has(help, "\n\nGeneral:\n      --help", "over what all tools have");
	man = print_of(&tool, opt_print_man);
	has(man, ".SH OPTIONS\n.SS Looks\n.TP\n\\fB\\-a", "in the manual");
	has(man, ".SS General\n.TP\n\\fB\\-\\-help", "and the last there");
	bash = print_of(&tool, opt_print_bash);
	has(bash, "options=\"\n\t\t--arch=\n\t\t--write\n\t\t--help\n",
	    "the completion has none");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_parse(i);
	test_no_arguments();
	test_keys();
	test_env();
	test_help();
	test_man();
	test_bash();
	test_groups();
	return tap_done();
}
