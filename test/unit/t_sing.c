/* t_sing.c - /.singularity.d, made and read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scripts are run by the shell that there is, too.
 */
#include "config.h"

#include "base/str.h"
#include "format/envfile.h"
#include "format/sing.h"

#include "tap.h"

#define HOSTILE "a'b\"c$HOME`id`\\\n$(id) ${X:-y};&|<>*~#!"
#define HOSTILE_JSON "a'b\\\"c$HOME`id`\\\\\\n$(id) ${X:-y};&|<>*~#!"

/* The configuration whose member `config` is INNER. */
static void parse(const char *inner, struct imgconfig *c)
{
	autostr char *text =
		str_fmt("{\"os\":\"linux\",\"rootfs\":{\"diff_ids\":"
			"[]},\"config\":%s}",
			inner);
	struct err e = { 0 };

	ok(!imgconfig_parse(text, strlen(text), c, &e), "parse %s", e.msg);
}

static char *make(const char *inner, const char *path)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };
	const char *text;

	parse(inner, &c);
	sing_make(&c, NULL, &f);
	text = sing_text(&f, path);
	return strdup(text ? text : "(none)");
}

/* What SCRIPT prints, run with ARGS (words for the shell). Caller frees. */
static char *run(const char *script, const char *args)
{
	autostr char *quoted = str_shell(script);
	autostr char *line = str_fmt("env -i FROM=host EMPTY= UID=7 /bin/sh -c "
				     "%s x %s",
				     quoted, args);
	AUTO(str) struct str out = { 0 };
	FILE *f = popen(line, "re");
	char buffer[4096];
	size_t n;

	while (f && (n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		str_addn(&out, buffer, n);
	ok(f && pclose(f) == 0, "the shell runs it");
	return str_take(&out);
}

// clang-format off
static const struct {
	const char *inner, *args;
	const char *script; /* behind the first two lines; NULL: not looked at */
	const char *want;   /* what it prints; NULL: it is not run */
} scripts[] = {
	{ "{}", "", "if [ $# -eq 0 ]; then\n\tset -- /bin/sh\nfi\nexec \"$@\"\n", NULL },
	{ "{}", "echo 'a  b'", NULL, "a  b\n" },
	{ "{\"Entrypoint\":[\"/.singularity.d/runscript\"],\"Cmd\":[\"x\"]}", "",
	  "if [ $# -eq 0 ]; then\n\tset -- /bin/sh\nfi\nexec \"$@\"\n", NULL },
	{ "{\"Cmd\":[\"sh\"]}", "", "if [ $# -eq 0 ]; then\n\tset -- sh\nfi\nexec \"$@\"\n", NULL },
	{ "{\"Cmd\":[\"printf\",\"[%s]\",\"\",\"a b\"]}", "", NULL, "[][a b]" },
	{ "{\"Cmd\":[\"false\"]}", "printf '[%s]' 'x y' ''", NULL, "[x y][]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\",\"e e\"]}", "",
	  "exec printf '[%s]' 'e e' \"$@\"\n", "[e e]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\"]}", "a 'b  c' '$x'", NULL, "[a][b  c][$x]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\"],\"Cmd\":[\"c\",\"d d\"]}", "", NULL, "[c][d d]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\"],\"Cmd\":[\"c\",\"d d\"]}", "''", NULL, "[]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\",\"" HOSTILE_JSON "\"],\"Cmd\":[\"" HOSTILE_JSON "\"]}", "",
	  NULL, "[" HOSTILE "][" HOSTILE "]" },
	{ "{\"Entrypoint\":[\"printf\",\"[%s]\"],\"Cmd\":[\"-n\",\"--\"]}", "", NULL, "[-n][--]" },
};

static const struct {
	const char *inner, *name;
	const char *want; /* its value afterwards */
} envs[] = {
	{ "{}", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
	{ "{\"Env\":[\"PATH=/a b:/usr/bin:/bin\"]}", "PATH", "/a b:/usr/bin:/bin" },
	{ "{\"Env\":[\"A=" HOSTILE_JSON "\"]}", "A", HOSTILE },
	{ "{\"Env\":[\"A=\"]}", "A", "" },
	{ "{\"Env\":[\"A=1\",\"B=2\",\"A=3\"]}", "A", "3" },
	{ "{\"Env\":[\"FROM=image\"]}", "FROM", "host" },
	{ "{\"Env\":[\"EMPTY=image\"]}", "EMPTY", "image" },
	{ "{\"Env\":[\"UID=image\"]}", "FROM", "host" }, /* and no complaint */
	{ "{\"Env\":[\"A-B=1\",\"1=2\",\"$(id)=3\",\"A=ok\"]}", "A", "ok" },
	{ "{\"Env\":[\"A=a=b\"]}", "A", "a=b" },
};
// clang-format on

static void test_runscript(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		autostr char *text = make(scripts[i].inner, SING_RUNSCRIPT);
		const char *head = "#!/bin/sh\n" SING_MADE "\n";
		autostr char *got = NULL;

		ok(str_starts(text, head), "%s: head", scripts[i].inner);
		if (scripts[i].script)
			is(text + strlen(head), scripts[i].script,
			   scripts[i].inner);
		if (!scripts[i].want)
			continue;
		got = run(text, scripts[i].args);
		is(got, scripts[i].want, scripts[i].inner);
	}
}

static void test_env(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(envs); i++) {
		autostr char *text = make(envs[i].inner, SING_ENV_DOCKER);
		autostr char *script =
			str_fmt("set -eu\n%sexec /usr/bin/printenv %s", text,
				envs[i].name);
		autostr char *want = str_fmt("%s\n", envs[i].want);
		autostr char *got = run(script, "2>&1");

		is(got, want, envs[i].inner);
	}
}

/* Each script is one that a shell reads to its end. */
static void test_syntax(void)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };

	parse("{\"Env\":[\"A=" HOSTILE_JSON "\"],\"Cmd\":[\"sh\"]}", &c);
	sing_make(&c, NULL, &f);
	for (size_t i = 0; i < f.n; i++) {
		autostr char *checked = NULL, *got = NULL;

		if (!f.v[i].text || !str_starts(f.v[i].text, "#!/bin/sh\n"))
			continue;
		ok(f.v[i].mode == 0755, "%s: mode", f.v[i].path);
		checked = str_fmt("if false; then :\n%sfi", f.v[i].text);
		got = run(checked, "2>&1");
		is(got, "", f.v[i].path);
	}
}

/* The scripts of the environment, one after the other as an action does it. */
static void test_chain(void)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };
	AUTO(str) struct str s = { 0 };
	autostr char *got = NULL;

	parse("{\"Env\":[\"PATH=/bin:/usr/bin\",\"LD_LIBRARY_PATH=/l\"]}", &c);
	sing_make(&c, NULL, &f);
	str_add(&s, "SING_USER_DEFINED_PREPEND_PATH=/first\n"
		    "SING_USER_DEFINED_APPEND_PATH=/last\n");
	for (size_t i = 0; i < f.n; i++)
		if (strstr(f.v[i].path, "/env/"))
			str_addf(&s, "%s\n", f.v[i].text);
	str_add(&s, "echo \"$PATH $LD_LIBRARY_PATH${sing_app-}${sing_env-}\"\n"
		    "echo \"${SING_USER_DEFINED_PREPEND_PATH-none}\"\n"
		    "echo \"${SING_USER_DEFINED_APPEND_PATH-none}\"\n");
	got = run(s.p, "");
	is(got,
	   "/first:/bin:/usr/bin:/last /l:/.singularity.d/libs\nnone\nnone\n",
	   "PATH, libraries, and nothing is left over");
}

static void test_table(void)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };

	parse("{\"Labels\":{\"b\":\"x\\ny\",\"a\":\"1\"}}", &c);
	sing_make(&c, "docker.io/library/busybox:1\nx", &f);
	for (size_t i = 0; i < f.n; i++) {
		const struct sing_file *file = &f.v[i];
		const char *slash = strrchr(file->path, '/');
		bool found = !slash;

		for (size_t k = 0; k < i && !found; k++)
			found = f.v[k].type == SING_FOLDER &&
				strlen(f.v[k].path) ==
					(size_t)(slash - file->path) &&
				str_starts(file->path, f.v[k].path);
		ok(found && *file->path != '/' &&
			   !file->text == (file->type == SING_FOLDER),
		   "%s: its folder comes first", file->path);
		if (file->type == SING_LINK)
			ok(sing_text(&f, file->text) != NULL, "%s -> %s",
			   file->path, file->text);
	}
	is(sing_text(&f, SING_LABELS),
	   "{\n  \"a\": \"1\",\n  \"b\": \"x\\ny\"\n}\n", "labels");
	is(sing_text(&f, SING_DIR "/Singularity"),
	   "bootstrap: docker\nfrom: docker.io/library/busybox:1\n",
	   "definition");
	is(sing_text(&f, "none"), NULL, "no such file");
}

/* What the image has stays, but for what the configuration says. */
static void test_yields(void)
{
	static const struct {
		const char *inner, *want;
	} cases[] = {
		{ "{}", "" },
		{ "{\"Cmd\":[\"sh\"]}", SING_RUNSCRIPT },
		{ "{\"Entrypoint\":[\"sh\"],\"Env\":[\"A=1\"]}",
		  SING_ENV_DOCKER " " SING_RUNSCRIPT },
		{ "{\"Labels\":{\"a\":\"1\"}}", SING_LABELS },
		{ "{\"Entrypoint\":[\"/.singularity.d/runscript\"],"
		  "\"Env\":[\"A=1\"],\"Labels\":{\"a\":\"1\"}}",
		  "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(imgconfig) struct imgconfig c = { 0 };
		AUTO(sing_files) struct sing_files f = { 0 };
		AUTO(strlist) struct strlist wins = { 0 };
		autostr char *got = NULL;

		parse(cases[i].inner, &c);
		sing_make(&c, NULL, &f);
		for (size_t k = 0; k < f.n; k++)
			if (!f.v[k].yields)
				strlist_add(&wins, f.v[k].path);
		got = strlist_join(&wins, " ");
		is(got, cases[i].want, cases[i].inner);
	}
}

static void test_inspect(void)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };
	autostr char *got = NULL;

	parse("{\"Labels\":{\"a\":\"1\"},\"Env\":[\"PATH=/b\"]}", &c);
	sing_make(&c, NULL, &f);
	sing_keep(&f, "none", "x");
	sing_keep(&f, SING_ENV_DOCKER, "says the configuration");
	got = sing_inspect(&f);
	ok(str_starts(got,
		      "{\"data\":{\"attributes\":{\"deffile\":\"bootstrap: "
		      "scratch\\n\",\"environment\":{\"/.singularity.d/env/"
		      "10-docker2singularity.sh\":\"#!/bin/sh\\nexport "
		      "PATH=/b\\n\",") &&
		   strstr(got,
			  "\"labels\":{\"a\":\"1\"},\"runscript\":\"#!/") &&
		   str_ends(got, "}},\"type\":\"container\"}"),
	   "%s", got);
}

/* What the image has of its own, or may have. */
static void test_keep(void)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };
	autostr char *got = NULL;

	parse("{}", &c);
	sing_make(&c, NULL, &f);
	sing_keep(&f, SING_RUNSCRIPT, "mine");
	sing_keep(&f, SING_LABELS, "{\"l\":\"m\"}");
	sing_keep(&f, SING_DEFINITION, "\xff");
	for (size_t i = 0; i < 2; i++) /* the environment */
		sing_keep(&f, sing_shown[i], NULL);
	sing_keep(&f, SING_STARTSCRIPT, NULL);
	got = sing_inspect(&f);
	is(got,
	   "{\"data\":{\"attributes\":{\"environment\":{},\"labels\":{\"l\":"
	   "\"m\"},\"runscript\":\"mine\"}},\"type\":\"container\"}",
	   "kept");
	sing_keep(&f, SING_LABELS, "[]");
	free(got);
	got = sing_inspect(&f);
	ok(!strstr(got, "labels"), "labels that are none");
}

#define RUN "\"Entrypoint\":[\"/.singularity.d/runscript\"]"
#define APPTAINER \
	"#!/bin/sh\nOCI_ENTRYPOINT=''\nOCI_CMD='\"sh\"'\nCMDLINE_ARGS=\"\"\n"

// clang-format off
static const struct {
	const char *oci, *runscript, *docker, *own, *labels;
	const char *want;
	size_t lost;
} images[] = {
	{ NULL, NULL, NULL, NULL, NULL, "{\"config\":{}}", 0 },
	{ NULL, "#!/bin/sh\n", NULL, NULL, NULL, "{\"config\":{" RUN "}}", 0 },
	{ NULL, APPTAINER, "#!/bin/sh\nexport PATH=\"/b\"\nexport A=\"${A:-\"x y\"}\"\n",
	  "#!/bin/sh\n# Custom\n\nexport B=$A PATH=/c:$PATH\n", "{\"l\":\"m\"}",
	  "{\"config\":{" RUN ",\"Env\":[\"PATH=/c:/b\",\"A=x y\",\"B=x y\"],\"Labels\":{\"l\":\"m\"}}}", 0 },
	/* oci-config.json wins, but not over what was not made from it */
	{ "{\"Cmd\":[\"sh\"],\"Env\":[\"A=1\"]}", APPTAINER, "export A=2", NULL, NULL,
	  "{\"config\":{\"Cmd\":[\"sh\"],\"Env\":[\"A=1\"]}}", 0 },
	{ "{\"Cmd\":[\"sh\"],\"Env\":[\"A=1\"]}", "#!/bin/sh\nexec mine\n", NULL, "export A=3 B=4", NULL,
	  "{\"config\":{" RUN ",\"Env\":[\"A=3\",\"B=4\"]}}", 0 },
	{ "{\"Labels\":{\"a\":\"1\"}}", NULL, NULL, NULL, "{\"a\":\"2\",\"b\":\"3\",\"c\":4}",
	  "{\"config\":{\"Labels\":{\"a\":\"1\",\"b\":\"3\"}}}", 0 },
	{ "{\"os\":\"linux\",\"architecture\":\"arm64\",\"config\":{\"User\":\"7\"}}", NULL, NULL, NULL, NULL,
	  "{\"architecture\":\"arm64\",\"config\":{\"User\":\"7\"},\"os\":\"linux\"}", 0 },
	{ "{\"os\":\"linux\",\"architecture\":\"arm64\",\"config\":null}", NULL, NULL, NULL, NULL,
	  "{\"architecture\":\"arm64\",\"config\":{},\"os\":\"linux\"}", 0 },
	{ NULL, NULL, "export A=\xff B=$(x)", "if x; then\n export A=1\nfi", "[\"x\"]", "{\"config\":{}}", 5 },
	{ NULL, NULL, NULL, NULL, "<html>", "{\"config\":{}}", 0 },
	{ NULL, NULL, NULL, NULL, "", "{\"config\":{}}", 0 },
	{ "", NULL, NULL, NULL, NULL, "oci-config.json: image configuration: expected JSON, found nothing", 0 },
	{ "[]", NULL, NULL, NULL, NULL, "oci-config.json: image configuration: expected an object, found an array", 0 },
	{ "{\"Env\":7}", NULL, NULL, NULL, NULL, "oci-config.json: config.Env: expected an array, found a number", 0 },
};
// clang-format on

static struct sing_text text_of(const char *s)
{
	return (struct sing_text){ s, s ? strlen(s) : 0 };
}

static void test_config(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		const struct sing_script env[] = {
			{ SING_ENV_DOCKER, text_of(images[i].docker) },
			{ SING_ENV_OWN, text_of(images[i].own) },
		};
		struct sing_texts t = {
			.oci_config = text_of(images[i].oci),
			.runscript = text_of(images[i].runscript),
			.env = env,
			.n_env = 2,
			.labels = text_of(images[i].labels),
		};
		struct sing_lost lost;
		struct err e = { 0 };
		autostr char *got = sing_config(&t, &lost, &e);

		is(got ? got : e.msg, images[i].want, images[i].want);
		is_num((long long)lost.commands, (long long)images[i].lost,
		       "commands lost");
		ok(lost.is_labels ==
			   (images[i].labels && *images[i].labels != '{'),
		   "labels lost");
	}
}

static void test_is_env(void)
{
	static const struct {
		const char *path;
		bool want;
	} cases[] = {
		{ SING_ENV_DOCKER, true },
		{ SING_ENV_OWN, true },
		{ SING_ENV_DIR "91-environment.sh", true },
		{ SING_ENV_DIR "x.sh", true },
		{ SING_ENV_DIR "01-base.sh", false },
		{ SING_ENV_DIR "99-base.sh", false },
		{ SING_ENV_DIR "91-environment", false },
		{ SING_ENV_DIR "d/x.sh", false },
		{ SING_ENV_DIR, false },
		{ "x.sh", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ok(sing_is_env(cases[i].path) == cases[i].want, "%s",
		   cases[i].path);
}

/* What is made is read back as it was, without oci-config.json. */
static void test_back(void)
{
	static const char env[] = "PATH=/bin|A=" HOSTILE "|E=|B=x";
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(imgconfig) struct imgconfig back = { 0 };
	AUTO(sing_files) struct sing_files f = { 0 };
	struct sing_script both[2];
	struct sing_texts t = { .env = both, .n_env = 2 };
	struct sing_lost lost;
	struct err e = { 0 };
	autostr char *outer = NULL, *whole = NULL, *got = NULL, *labels = NULL;
	struct imgconfig_change change = { .platform = &c.platform };

	parse("{\"Env\":[\"PATH=/bin\",\"A=" HOSTILE_JSON "\",\"E=\",\"B=x\"],"
	      "\"Labels\":{\"k\":\"" HOSTILE_JSON "\"},\"Cmd\":[\"sh\"]}",
	      &c);
	sing_make(&c, NULL, &f);
	both[0] =
		(struct sing_script){ SING_ENV_DOCKER,
				      text_of(sing_text(&f, SING_ENV_DOCKER)) };
	both[1] = (struct sing_script){ SING_ENV_OWN,
					text_of(sing_text(&f, SING_ENV_OWN)) };
	t.runscript = text_of(sing_text(&f, SING_RUNSCRIPT));
	t.labels = text_of(sing_text(&f, SING_LABELS));
	outer = sing_config(&t, &lost, &e);
	whole = outer ? imgconfig_edit(outer, strlen(outer), &change, &e)
		      : NULL;
	if (!ok(whole && !imgconfig_parse(whole, strlen(whole), &back, &e),
		"read back %s", e.msg))
		return;
	got = strlist_join(&back.env, "|");
	is(got, env, "environment");
	labels = strlist_join(&back.labels, "|");
	is(labels, "k|" HOSTILE, "labels");
	is(back.entrypoint.v[0], "/" SING_RUNSCRIPT, "entry point");
	is_num((long long)lost.commands, 0, "nothing lost");
}

/* A script is looked at up to a limit, and a NUL in it is no end. */
static void test_bad_texts(void)
{
	static char large[(1u << 20) + 2];
	struct sing_script script = { SING_ENV_OWN, { large, sizeof(large) } };
	const struct sing_texts t = { .env = &script, .n_env = 1 };
	struct sing_lost lost;
	struct err e = { 0 };
	autostr char *got = sing_config(&t, &lost, &e);

	ok(got, "too long a script: %s", e.msg);
	is_num((long long)lost.commands, 1, "is lost");
	free(got);
	script.text = (struct sing_text){ "\0\nexport A=1", 12 };
	got = sing_config(&t, &lost, &e);
	is(got, "{\"config\":{\"Env\":[\"A=1\"]}}", "behind a NUL");
	is_num((long long)lost.commands, 1, "which is lost");
}

int main(void)
{
	test_runscript();
	test_env();
	test_syntax();
	test_chain();
	test_table();
	test_yields();
	test_inspect();
	test_keep();
	test_config();
	test_is_env();
	test_back();
	test_bad_texts();
	return tap_done();
}
