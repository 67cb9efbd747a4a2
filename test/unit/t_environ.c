/* t_environ.c - the rules that make the command's environment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/environ.h"

#include "tap.h"

#define ITEMS 4

// clang-format off
static const struct test {
	const char *what;
	const char *host[ITEMS], *image[ITEMS];
	const char *rules[ITEMS]; /* "+SET" or "-UNSET" */
	const char *file[ITEMS];  /* content of the file "+F" */
	const char *absent[ITEMS];
	const char *home, *shell, *user;
	enum env_mode mode;
	bool has_tmpdir;
	const char *want;         /* the items but CH_RUNNING, "|" between */
} tests[] = {
	{ "the host's passes",
	  { "PATH=/usr/bin:/bin", "A=1\n2", "HOME=/h" }, .home = "/h",
	  .want = "PATH=/usr/bin:/bin|A=1\n2|HOME=/h" },
	{ "the image's wins",
	  { "PATH=/usr/bin:/bin", "A=1", "HOME=/h" }, { "A=2", "B=" },
	  .home = "/h", .want = "PATH=/usr/bin:/bin|A=2|HOME=/h|B=" },
	{ "lists are joined, image first, each part once",
	  { "PATH=/a:/usr/bin:/bin", "HOME=/h" },
	  { "PATH=/i:/bin:/i", "LD_LIBRARY_PATH=/l" }, .home = "/h",
	  .want = "PATH=/i:/bin:/a:/usr/bin|HOME=/h|LD_LIBRARY_PATH=/l" },
	{ "no empty part comes into PATH", { "PATH=/a::", "HOME=/h" },
	  { "PATH=:/i:" }, .home = "/h",
	  .want = "PATH=/i:/a:/usr/bin:/bin|HOME=/h" },
	{ "PATH is completed by whole parts", { "PATH=/binfoo", "HOME=/h" },
	  .home = "/h", .want = "PATH=/binfoo:/usr/bin:/bin|HOME=/h" },
	{ "no PATH at all", { "HOME=/h" }, .home = "/h",
	  .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "an empty PATH", { "HOME=/h", "PATH=" }, .home = "/h",
	  .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "HOME is where it is mounted, whatever the image says",
	  { "PATH=/usr/bin:/bin", "HOME=/h" }, { "HOME=/root" }, .home = "/h",
	  .want = "PATH=/usr/bin:/bin|HOME=/h" },
	{ "no home", { "PATH=/usr/bin:/bin", "HOME=/h" },
	  .want = "PATH=/usr/bin:/bin|HOME=/" },
	{ "TMPDIR goes if it can't be seen",
	  { "PATH=/usr/bin:/bin", "TMPDIR=/t", "HOME=/" },
	  .want = "PATH=/usr/bin:/bin|HOME=/" },
	{ "TMPDIR stays if it can",
	  { "PATH=/usr/bin:/bin", "TMPDIR=/t", "HOME=/" }, .has_tmpdir = true,
	  .want = "PATH=/usr/bin:/bin|TMPDIR=/t|HOME=/" },
	{ "the image's TMPDIR stays",
	  { "PATH=/usr/bin:/bin", "TMPDIR=/t", "HOME=/" }, { "TMPDIR=/i" },
	  .want = "PATH=/usr/bin:/bin|TMPDIR=/i|HOME=/" },
	{ "rules in order, expanded from what is there so far",
	  { "PATH=/usr/bin:/bin", "HOME=/h" },
	  .rules = { "+A=$HOME/x", "+B=${A}:$NONE$$", "-A" }, .home = "/h",
	  .want = "PATH=/usr/bin:/bin|HOME=/h|B=/h/x:$" },
	{ "a file's values are taken as they are",
	  { "PATH=/usr/bin:/bin", "HOME=/h" }, .rules = { "+F", "+B=$A" },
	  .file = { "A=$HOME", "C=1=2" }, .home = "/h",
	  .want = "PATH=/usr/bin:/bin|HOME=/h|A=$HOME|C=1=2|B=$HOME" },
	{ "patterns", { "SLURM_A=1", "SLURM_B=2", "HOME=/h", "PATH=/usr/bin:/bin" },
	  .rules = { "-SLURM_*" }, .home = "/h",
	  .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "nothing left", { "A=1", "HOME=/h" }, .rules = { "-*", "+Z=1" },
	  .home = "/h", .want = "Z=1" },
	{ "twice the same name", { "A=1", "A=2", "HOME=/h", "PATH=/usr/bin:/bin" },
	  .home = "/h", .want = "A=1|HOME=/h|PATH=/usr/bin:/bin" },
	{ "what has no name", { "=x", "junk", "HOME=/h", "PATH=/usr/bin:/bin" },
	  .home = "/h", .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "the host's alone", { "PATH=/usr/bin:/bin", "A=1", "HOME=/h" },
	  { "A=2", "B=2", "PATH=/i" }, .mode = ENV_HOST, .home = "/h",
	  .want = "PATH=/usr/bin:/bin|A=1|HOME=/h" },
	{ "the image's alone, and what a job must know",
	  { "PATH=/h/bin", "A=1", "SLURM_JOB_ID=7", "LC_ALL=C" },
	  { "A=2", "PATH=/i" }, .mode = ENV_IMAGE, .home = "/h",
	  .want = "SLURM_JOB_ID=7|LC_ALL=C|A=2|PATH=/i:/usr/bin:/bin|HOME=/h" },
	{ "no name of the table in front of another",
	  { "HOMER=1", "XTERM=1", "MY_LC_ALL=1", "JOB_IDS=1" },
	  .mode = ENV_IMAGE, .home = "/h",
	  .want = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		  "/sbin:/bin|HOME=/h" },
	{ "what the image takes away", { "A=1", "HOME=/h", "PATH=/usr/bin:/bin" },
	  { "A", "NONE" }, .home = "/h",
	  .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "preloads that are not inside",
	  { "LD_PRELOAD=/a.so:/b.so /c.so", "LD_AUDIT=/b.so", "HOME=/h",
	    "PATH=/usr/bin:/bin" }, .absent = { "/b.so" }, .home = "/h",
	  .want = "LD_PRELOAD=/a.so:/c.so|HOME=/h|PATH=/usr/bin:/bin" },
	{ "the image's preloads are its own business",
	  { "LD_PRELOAD=/b.so", "HOME=/h", "PATH=/usr/bin:/bin" },
	  { "LD_PRELOAD=/b.so:/i.so" }, .absent = { "/b.so" }, .home = "/h",
	  .want = "LD_PRELOAD=/b.so:/i.so|HOME=/h|PATH=/usr/bin:/bin" },
	{ "all preloads are there",
	  { "LD_PRELOAD=/a.so /c.so", "HOME=/h", "PATH=/usr/bin:/bin" },
	  .home = "/h",
	  .want = "LD_PRELOAD=/a.so /c.so|HOME=/h|PATH=/usr/bin:/bin" },
	{ "a shell that the image has",
	  { "SHELL=/bin/zsh", "HOME=/h", "PATH=/usr/bin:/bin" }, .home = "/h",
	  .shell = "/bin/sh",
	  .want = "SHELL=/bin/sh|HOME=/h|PATH=/usr/bin:/bin" },
	{ "another user, where the host names one",
	  { "USER=me", "HOME=/h", "PATH=/usr/bin:/bin" }, .home = "/h",
	  .user = "root", .want = "USER=root|HOME=/h|PATH=/usr/bin:/bin" },
	{ "expanded from what the image set",
	  { "PATH=/usr/bin:/bin", "HOME=/h" }, { "A=i" },
	  .rules = { "+PATH=/x${PATH:+:$PATH}", "+B=${A:-j}", "+C=${D:-k}" },
	  .home = "/h",
	  .want = "PATH=/x:/usr/bin:/bin|HOME=/h|A=i|B=i|C=k" },
	{ "a path with '=' is a file", { "HOME=/h", "PATH=/usr/bin:/bin" },
	  .rules = { "+./a=b" }, .home = "/h",
	  .want = "HOME=/h|PATH=/usr/bin:/bin" },
	{ "a removed name comes back", { "A=1", "HOME=/h", "PATH=/usr/bin:/bin" },
	  .rules = { "-A", "+B=[$A]", "+A=2" }, .home = "/h",
	  .want = "A=2|HOME=/h|PATH=/usr/bin:/bin|B=[]" },
};
// clang-format on

static void fill(struct strlist *l, const char *const items[ITEMS])
{
	for (size_t i = 0; i < ITEMS && items[i]; i++)
		strlist_add(l, items[i]);
}

static void run(const struct test *t)
{
	AUTO(strlist) struct strlist host = { 0 };
	AUTO(strlist) struct strlist image = { 0 };
	AUTO(environ) struct environ got = { 0 };
	AUTO(strlist) struct strlist absent = { 0 };
	struct strlist files[ITEMS] = { 0 };
	struct opt_list rules = { 0 };
	struct err e = { 0 };
	autostr char *text = NULL;
	struct env_sources s = {
		.mode = t->mode,
		.host = &host,
		.image = &image,
		.rules = &rules,
		.files = files,
		.absent = &absent,
		.home = t->home,
		.shell = t->shell,
		.user = t->user,
		.has_tmpdir = t->has_tmpdir,
	};

	fill(&host, t->host);
	fill(&image, t->image);
	fill(&absent, t->absent);
	for (size_t i = 0; i < ITEMS && t->rules[i]; i++) {
		const char *r = t->rules[i];

		opt_list_add(&rules, *r == '+' ? "set-env" : "unset-env",
			     r + 1);
		if (!strcmp(r, "+F"))
			fill(&files[i], t->file);
	}
	if (environ_make(&got, &s, &e))
		strlist_add(&got.env, e.msg);
	for (size_t i = 0; i < got.env.n; i++)
		if (!strcmp(got.env.v[i], "CH_RUNNING=chassis"))
			strlist_remove(&got.env, i--);
	text = strlist_join(&got.env, "|");
	is(text, t->want, t->what);
	for (size_t i = 0; i < ITEMS; i++)
		strlist_clear(&files[i]);
	opt_list_clear(&rules);
}

static void test_refused(const char *name, const char *value, const char *want)
{
	AUTO(environ) struct environ got = { 0 };
	struct strlist none = { 0 }, file = { 0 };
	struct opt_list rules = { 0 };
	struct env_sources s = {
		.host = &none,
		.image = &none,
		.rules = &rules,
		.files = &file,
	};
	struct err e = { 0 };

	opt_list_add(&rules, name, value);
	ok(environ_make(&got, &s, &e) && e.kind == ERR_USAGE, "%s", want);
	is(e.msg, want, "message");
	opt_list_clear(&rules);
}

/* As many as fit in a file of an image: once each, and soon. */
static void test_many(void)
{
	AUTO(strlist) struct strlist image = { 0 };
	AUTO(environ) struct environ got = { 0 };
	struct strlist none = { 0 };
	struct opt_list rules = { 0 };
	struct env_sources s = {
		.host = &none,
		.image = &image,
		.rules = &rules,
		.files = &none,
	};
	struct err e = { 0 };

	for (int i = 0; i < 200000; i++)
		strlist_addf(&image, "N%d=%d", i % 100000, i);
	ok(!environ_make(&got, &s, &e), "%s", e.msg);
	is_num((long long)got.env.n, 100003, "with PATH, HOME, CH_RUNNING");
	is(got.env.v[7], "N7=100007", "the last value");
	is(got.why[7], "image", "the reason");
}

static void test_mode(void)
{
	enum env_mode mode;
	struct err e = { 0 };

	ok(!environ_mode(NULL, &mode, &e) && mode == ENV_MERGE, "default");
	ok(!environ_mode("image", &mode, &e) && mode == ENV_IMAGE, "image");
	ok(!environ_mode("host", &mode, &e) && mode == ENV_HOST, "host");
	ok(environ_mode("Host", &mode, &e) && e.kind == ERR_USAGE, "unknown");
	is(e.msg, "expected 'host', 'merge' or 'image', found 'Host'",
	   "message");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		run(&tests[i]);
	test_refused("set-env", "=x",
		     "--set-env '=x': the name before '=' is empty");
	test_refused("unset-env", "", "--unset-env: the pattern is empty");
	test_many();
	test_mode();
	return tap_done();
}
