/* sing.c - the directory /.singularity.d, made from an image configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sing.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"
#include "format/json.h"
#include "format/shenv.h"

#include <string.h>

// clang-format off
#define SH "#!/bin/sh\n"

/* What each action begins with. The arguments are still those of the action
 * when the scripts are through. */
#define ENTER \
	SH \
	"for sing_file in /.singularity.d/env/*.sh; do\n" \
	"\tif [ -f \"$sing_file\" ]; then\n" \
	"\t\t. \"$sing_file\"\n" \
	"\tfi\n" \
	"done\n" \
	"unset sing_file\n"

/* The app of the Scientific Filesystem that --app names. */
#define APP "sing_app=${APPTAINER_APPNAME:-${SINGULARITY_APPNAME:-}}\n"

#define ACTION_EXEC \
	ENTER \
	"exec \"$@\"\n"

#define ACTION_RUN \
	ENTER \
	APP \
	"if [ -n \"$sing_app\" ]; then\n" \
	"\texec \"/scif/apps/$sing_app/scif/runscript\" \"$@\"\n" \
	"elif [ -x /.singularity.d/runscript ]; then\n" \
	"\texec /.singularity.d/runscript \"$@\"\n" \
	"fi\n" \
	"exec /bin/sh \"$@\"\n"

#define ACTION_SHELL \
	ENTER \
	"sing_shell=${APPTAINER_SHELL:-${SINGULARITY_SHELL:-}}\n" \
	"if [ -n \"$sing_shell\" ] && [ -x \"$sing_shell\" ]; then\n" \
	"\texec \"$sing_shell\" \"$@\"\n" \
	"elif [ -x /bin/bash ]; then\n" \
	"\texec /bin/bash --norc \"$@\"\n" \
	"fi\n" \
	"exec /bin/sh \"$@\"\n"

/* Singularity before 3.6 runs this one itself, and waits. */
#define ACTION_START \
	SH \
	"kill -CONT 1 # which waits for this before it says that we run\n" \
	"for sing_file in /.singularity.d/env/*.sh; do\n" \
	"\tif [ -f \"$sing_file\" ]; then\n" \
	"\t\t. \"$sing_file\"\n" \
	"\tfi\n" \
	"done\n" \
	"unset sing_file\n" \
	"if [ -x /.singularity.d/startscript ]; then\n" \
	"\texec /.singularity.d/startscript \"$@\"\n" \
	"fi\n"

#define ACTION_TEST \
	ENTER \
	APP \
	"if [ -n \"$sing_app\" ]; then\n" \
	"\texec \"/scif/apps/$sing_app/scif/test\" \"$@\"\n" \
	"elif [ -x /.singularity.d/test ]; then\n" \
	"\texec /.singularity.d/test \"$@\"\n" \
	"fi\n" \
	"echo 'there is no test in this image' >&2\n"

#define ENV_BASE \
	SH \
	"# The first of the scripts that make the environment, in order of name.\n"

#define ENV_OWN \
	SH \
	"# What this image sets beyond its configuration goes here.\n"

#define ENV_APPS \
	SH \
	APP \
	"if [ -n \"$sing_app\" ]; then\n" \
	"\tSCIF_APPS=/scif/apps\n" \
	"\tSCIF_APPROOT=$SCIF_APPS/$sing_app\n" \
	"\tif [ ! -d \"$SCIF_APPROOT\" ]; then\n" \
	"\t\techo \"there is no app '$sing_app' in this image\" >&2\n" \
	"\t\texit 1\n" \
	"\tfi\n" \
	"\tPATH=$SCIF_APPROOT/bin:$SCIF_APPROOT:$PATH\n" \
	"\tLD_LIBRARY_PATH=$SCIF_APPROOT/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\n" \
	"\texport SCIF_APPS SCIF_APPROOT PATH LD_LIBRARY_PATH\n" \
	"\tfor sing_env in \"$SCIF_APPROOT\"/scif/env/*.sh; do\n" \
	"\t\tif [ -f \"$sing_env\" ]; then\n" \
	"\t\t\t. \"$sing_env\"\n" \
	"\t\tfi\n" \
	"\tdone\n" \
	"\tunset sing_env\n" \
	"fi\n" \
	"unset sing_app\n"

#define ENV_LAST \
	SH \
	"# Libraries that are mounted from the host, for a GPU perhaps.\n" \
	"LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/.singularity.d/libs\n" \
	"PS1='Apptainer> '\n" \
	"export LD_LIBRARY_PATH PS1\n"

#define ENV_RUNTIME \
	SH \
	"# What the user wants PATH to be, or to have at its ends.\n" \
	"PATH=${SING_USER_DEFINED_PREPEND_PATH:+$SING_USER_DEFINED_PREPEND_PATH:}$PATH\n" \
	"PATH=$PATH${SING_USER_DEFINED_APPEND_PATH:+:$SING_USER_DEFINED_APPEND_PATH}\n" \
	"PATH=${SING_USER_DEFINED_PATH:-$PATH}\n" \
	"export PATH\n" \
	"unset SING_USER_DEFINED_PREPEND_PATH SING_USER_DEFINED_APPEND_PATH\n" \
	"unset SING_USER_DEFINED_PATH\n"

/* All; those whose text is made have none here. */
static const struct row {
	const char *path;
	enum sing_type type;
	unsigned int mode;
	const char *text;
} rows[] = {
	{ SING_DIR, SING_FOLDER, 0755, NULL },
	{ SING_DEFINITION, SING_FILE, 0644, NULL },
	{ SING_DIR "/actions", SING_FOLDER, 0755, NULL },
	{ SING_DIR "/actions/exec", SING_FILE, 0755, ACTION_EXEC },
	{ SING_DIR "/actions/run", SING_FILE, 0755, ACTION_RUN },
	{ SING_DIR "/actions/shell", SING_FILE, 0755, ACTION_SHELL },
	{ SING_DIR "/actions/start", SING_FILE, 0755, ACTION_START },
	{ SING_DIR "/actions/test", SING_FILE, 0755, ACTION_TEST },
	{ SING_DIR "/env", SING_FOLDER, 0755, NULL },
	{ SING_DIR "/env/01-base.sh", SING_FILE, 0755, ENV_BASE },
	{ SING_ENV_DOCKER, SING_FILE, 0755, NULL },
	{ SING_ENV_OWN, SING_FILE, 0755, ENV_OWN },
	{ SING_DIR "/env/95-apps.sh", SING_FILE, 0755, ENV_APPS },
	{ SING_DIR "/env/99-base.sh", SING_FILE, 0755, ENV_LAST },
	{ SING_DIR "/env/99-runtimevars.sh", SING_FILE, 0755, ENV_RUNTIME },
	{ SING_LABELS, SING_FILE, 0644, NULL },
	{ SING_DIR "/libs", SING_FOLDER, 0755, NULL },
	{ SING_RUNSCRIPT, SING_FILE, 0755, NULL },
	{ SING_STARTSCRIPT, SING_FILE, 0755, SH },
	{ ".exec", SING_LINK, 0777, SING_DIR "/actions/exec" },
	{ ".run", SING_LINK, 0777, SING_DIR "/actions/run" },
	{ ".shell", SING_LINK, 0777, SING_DIR "/actions/shell" },
	{ ".test", SING_LINK, 0777, SING_DIR "/actions/test" },
	{ "dev", SING_FOLDER, 0755, NULL },
	{ "environment", SING_LINK, 0777, SING_ENV_OWN },
	{ "etc", SING_FOLDER, 0755, NULL },
	{ "etc/hosts", SING_FILE, 0644, "" },
	{ "etc/resolv.conf", SING_FILE, 0644, "" },
	{ "home", SING_FOLDER, 0755, NULL },
	{ "proc", SING_FOLDER, 0755, NULL },
	{ "root", SING_FOLDER, 0755, NULL },
	{ "singularity", SING_LINK, 0777, SING_RUNSCRIPT },
	{ "sys", SING_FOLDER, 0755, NULL },
	{ "tmp", SING_FOLDER, 01777, NULL },
	{ "var", SING_FOLDER, 0755, NULL },
	{ "var/tmp", SING_FOLDER, 01777, NULL },
};
// clang-format on

/* PATH is always the image's. Another variable keeps the value that it has: in
 * Apptainer none has one at this point, under a plain sh it may be the host's.
 * The test also spares what a shell guards, such as UID in bash. */
static void add_export(struct str *s, const char *name, const char *value)
{
	autostr char *quoted = str_shell(value);

	if (str_eq(name, "PATH"))
		str_addf(s, "export PATH=%s\n", quoted);
	else
		str_addf(s, "test -n \"${%s:-}\" || export %s=%s\n", name, name,
			 quoted);
}

static char *env_docker(const struct imgconfig *c)
{
	AUTO(strlist) struct strlist env = { 0 };
	AUTO(str) struct str s = { 0 };

	for (size_t i = 0; i < c->env.n; i++) {
		size_t n = strcspn(c->env.v[i], "=");
		autostr char *name = xstrndup(c->env.v[i], n);

		if (n && shenv_name(name, n) == n)
			env_set(&env, name, c->env.v[i] + n + 1);
	}
	if (!env_get(&env, "PATH"))
		env_set(&env, "PATH", SHENV_PATH);
	str_add(&s, SH);
	for (size_t i = 0; i < env.n; i++) {
		char *value = strchr(env.v[i], '=');

		*value++ = '\0';
		add_export(&s, env.v[i], value);
	}
	return str_take(&s);
}

static void add_words(struct str *s, const struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++) {
		autostr char *quoted = str_shell(l->v[i]);

		str_addf(s, " %s", quoted);
	}
}

bool sing_is_own(const struct imgconfig *c)
{
	return c->entrypoint.n &&
	       str_eq(c->entrypoint.v[0], "/" SING_RUNSCRIPT);
}

/* Arguments replace the command, and follow the entry point. One that is this
 * very script would run it for ever, so it counts for none. */
static char *runscript(const struct imgconfig *c)
{
	static const struct imgconfig empty = { .workdir = NULL };
	AUTO(str) struct str s = { 0 };
	bool is_none;

	if (sing_is_own(c))
		c = &empty;
	is_none = !c->entrypoint.n && !c->cmd.n;

	str_add(&s, SH SING_MADE "\n");
	if (c->cmd.n || is_none) {
		str_add(&s, "if [ $# -eq 0 ]; then\n\tset --");
		add_words(&s, &c->cmd);
		str_add(&s, is_none ? " /bin/sh\nfi\n" : "\nfi\n");
	}
	str_add(&s, "exec");
	add_words(&s, &c->entrypoint);
	str_add(&s, " \"$@\"\n");
	return str_take(&s);
}

static json_t *labels_of(const struct imgconfig *c)
{
	json_t *obj = json_object();

	for (size_t i = 0; i + 1 < c->labels.n; i += 2)
		json_object_set_new(obj, c->labels.v[i],
				    json_string(c->labels.v[i + 1]));
	return obj;
}

static char *labels(const struct imgconfig *c)
{
	AUTO(json) json_t *obj = labels_of(c);
	autostr char *text = json_dumps(obj, JSON_INDENT(2) | JSON_SORT_KEYS);

	return str_fmt("%s\n", text);
}

static char *definition(const char *source)
{
	if (!source)
		return str_fmt("bootstrap: scratch\n");
	return str_fmt("bootstrap: docker\nfrom: %.*s\n",
		       (int)strcspn(source, "\r\n"), source);
}

static char *text_of(const struct row *r, const struct imgconfig *c,
		     const char *source)
{
	if (r->type == SING_FOLDER)
		return NULL;
	if (r->text)
		return xstrdup(r->text);
	if (str_eq(r->path, SING_ENV_DOCKER))
		return env_docker(c);
	if (str_eq(r->path, SING_LABELS))
		return labels(c);
	if (str_eq(r->path, SING_RUNSCRIPT))
		return runscript(c);
	return definition(source);
}

/* What the configuration says wins over what the image has. */
static bool yields(const char *path, const struct imgconfig *c)
{
	if (sing_is_own(c))
		return true;
	if (str_eq(path, SING_RUNSCRIPT))
		return !c->entrypoint.n && !c->cmd.n;
	if (str_eq(path, SING_ENV_DOCKER))
		return !c->env.n;
	return !str_eq(path, SING_LABELS) || !c->labels.n;
}

void sing_make(const struct imgconfig *c, const char *source,
	       struct sing_files *out)
{
	out->n = ARRAY_SIZE(rows);
	out->v = xcalloc(out->n, sizeof(*out->v));
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = (struct sing_file){
			.path = rows[i].path,
			.type = rows[i].type,
			.mode = rows[i].mode,
			.yields = yields(rows[i].path, c),
			.text = text_of(&rows[i], c, source),
		};
}

void sing_files_clear(struct sing_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].text);
	free(f->v);
	*f = (struct sing_files){ 0 };
}

static struct sing_file *find(const struct sing_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

const char *sing_text(const struct sing_files *f, const char *path)
{
	const struct sing_file *file = find(f, path);

	return file ? file->text : NULL;
}

void sing_keep(struct sing_files *f, const char *path, const char *text)
{
	struct sing_file *file = find(f, path);

	if (!file || !file->yields)
		return;
	free(file->text);
	file->text = text ? xstrdup(text) : NULL;
}

const char *const sing_shown[SING_SHOWN] = {
	SING_ENV_DOCKER, SING_ENV_OWN,   SING_LABELS,
	SING_DEFINITION, SING_RUNSCRIPT, SING_STARTSCRIPT,
};

/* What is not UTF-8 is left out, and what is not known. */
static void add_text(json_t *obj, const char *key, const char *text)
{
	if (text)
		json_object_set_new(obj, key, json_string(text));
}

static void add_labels(json_t *obj, const char *text)
{
	struct err ignored = { 0 }; /* as above */
	json_t *labels =
		text ? json_parse(SING_LABELS, text, strlen(text), &ignored)
		     : NULL;

	if (json_is_object(labels))
		json_object_set(obj, "labels", labels);
	json_decref(labels);
}

char *sing_inspect(const struct sing_files *f)
{
	AUTO(json) json_t *root = json_object();
	json_t *data = json_object(), *attributes = json_object();
	json_t *env = json_object();

	json_object_set_new(root, "type", json_string("container"));
	json_object_set_new(root, "data", data);
	json_object_set_new(data, "attributes", attributes);
	json_object_set_new(attributes, "environment", env);
	add_text(env, "/" SING_ENV_DOCKER, sing_text(f, SING_ENV_DOCKER));
	add_text(env, "/" SING_ENV_OWN, sing_text(f, SING_ENV_OWN));
	add_labels(attributes, sing_text(f, SING_LABELS));
	add_text(attributes, "deffile", sing_text(f, SING_DEFINITION));
	add_text(attributes, "runscript", sing_text(f, SING_RUNSCRIPT));
	add_text(attributes, "startscript", sing_text(f, SING_STARTSCRIPT));
	return json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
}
