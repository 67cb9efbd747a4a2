/* imageinfo.c - what the image says of how it is run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/imageinfo.h"

#include "base/dir.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"
#include "format/imgconfig.h"
#include "format/shenv.h"
#include "format/sing.h"
#include "run/imgfile.h"

#include <fcntl.h>
#include <string.h>

#define ENVIRONMENT "/ch/environment"
#define CONFIG "/ch/config.json"
#define APPS "/scif/apps"
#define APP_DATA "/scif/data"
#define SCRIPTS_MAX 256 /* in one directory */

/* The names of the scripts in the directory PATH, in the order in which a shell
 * would run them. False if there is no such directory. */
static bool list_scripts(int image, const char *path, struct strlist *names)
{
	struct err why = { 0 };
	autofd int fd = dir_open_in_root(image, path, O_RDONLY | O_DIRECTORY, 0,
					 &why);

	if (fd < 0 || dir_list(fd, names, &why)) {
		if (why.kind != ERR_NOTFOUND)
			log_warn("ignored in the image: %s", why.msg);
		return false;
	}
	if (names->n <= SCRIPTS_MAX)
		return true;
	log_warn("ignored in the image: more than %d scripts in '%s'",
		 SCRIPTS_MAX, path);
	return false;
}

/* Read those scripts of DIR that make variables, add them to SCRIPTS. */
static void read_scripts(int image, const char *dir, struct shenv *s,
			 struct strlist *scripts)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!list_scripts(image, dir, &names))
		return;
	for (size_t i = 0; i < names.n; i++) {
		autostr char *path = str_fmt("%s%s", dir, names.v[i]);
		AUTO(str) struct str text = { 0 };

		if (!str_ends(path, ".sh") ||
		    (str_starts(path + 1, SING_ENV_DIR) &&
		     !sing_is_env(path + 1)) ||
		    !imgfile_optional(image, path, &text))
			continue;
		shenv_read(s, str_text(&text), text.len);
		strlist_add(scripts, path);
	}
}

/* False if there is no file of variables. */
static bool read_file(struct imageinfo *info, int image)
{
	AUTO(str) struct str text = { 0 };
	struct err why = { 0 };

	if (!imgfile_optional(image, ENVIRONMENT, &text))
		return false;
	if (envfile_parse(ENVIRONMENT, str_text(&text), text.len, &info->env,
			  &why))
		log_warn("ignored in the image, with what follows: %s",
			 why.msg);
	return true;
}

/* What the scripts make of the variables so far; APP may be NULL. */
static void add_scripts(struct imageinfo *info, int image, bool has_file,
			const char *app)
{
	AUTO(shenv) struct shenv s = { 0 };
	size_t lost;

	for (size_t i = 0; i < info->env.n; i++)
		shenv_set(&s, info->env.v[i]);
	lost = s.lost;
	if (!has_file)
		read_scripts(image, "/" SING_ENV_DIR, &s, &info->scripts);
	if (app) {
		autostr char *dir = str_fmt(APPS "/%s/scif/env/", app);

		read_scripts(image, dir, &s, &info->scripts);
	}
	if (info->scripts.n)
		shenv_list(&s, &info->env);
	if (s.lost == lost)
		strlist_clear(&info->scripts);
}

static void add_app(struct imageinfo *info, const char *app)
{
	autostr char *root = str_fmt(APPS "/%s", app);
	const char *path = env_get(&info->env, "PATH");

	strlist_addf(&info->env, "PATH=%s/bin:%s:%s", root, root,
		     path ? path : SHENV_PATH);
	strlist_addf(&info->env, "SCIF_APPS=" APPS);
	strlist_addf(&info->env, "SCIF_APPNAME=%s", app);
	strlist_addf(&info->env, "SCIF_APPROOT=%s", root);
	strlist_addf(&info->env, "SCIF_APPBIN=%s/bin", root);
	strlist_addf(&info->env, "SCIF_APPLIB=%s/lib", root);
	strlist_addf(&info->env, "SCIF_APPDATA=" APP_DATA "/%s", app);
}

static void read_env(struct imageinfo *info, int image, const char *app)
{
	bool has_file = read_file(info, image);

	if (app)
		add_app(info, app);
	info->n_sure = info->env.n;
	if (!has_file || app)
		add_scripts(info, image, has_file, app);
	if (!app)
		return;
	/* Whatever the scripts made of it, the app's comes first; these are
	 * joined (environ.h). */
	strlist_addf(&info->env, "PATH=" APPS "/%s/bin:" APPS "/%s", app, app);
	strlist_addf(&info->env, "LD_LIBRARY_PATH=" APPS "/%s/lib", app);
	info->n_last = 2;
}

static void read_config(struct imageinfo *info, int image)
{
	AUTO(str) struct str text = { 0 };
	AUTO(imgconfig) struct imgconfig c = { .workdir = NULL };
	struct err why = { 0 };

	if (!imgfile_optional(image, CONFIG, &text))
		return;
	if (imgconfig_parse(str_text(&text), text.len, &c, &why)) {
		log_warn("ignored in the image: '%s': %s", CONFIG, why.msg);
		return;
	}
	if (c.workdir && *c.workdir == '/' && strcmp(c.workdir, "/"))
		info->workdir = TAKE(c.workdir);
	for (size_t i = 0; i < c.entrypoint.n; i++)
		strlist_add(&info->command, c.entrypoint.v[i]);
	info->n_entry = c.entrypoint.n;
	for (size_t i = 0; i < c.cmd.n; i++)
		strlist_add(&info->command, c.cmd.v[i]);
	info->why = "the image's command";
}

static void set_script(struct imageinfo *info, const char *path,
		       const char *why)
{
	strlist_clear(&info->command);
	strlist_add(&info->command, path);
	info->n_entry = 1;
	info->why = why;
}

/* "NAME, NAME": what the user can choose from. Caller frees. */
static char *app_names(int image)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err ignored = { 0 }; /* then there are none */
	autofd int fd = dir_open_in_root(image, APPS, O_RDONLY | O_DIRECTORY, 0,
					 &ignored);

	if (fd < 0 || dir_list(fd, &names, &ignored) || !names.n)
		return NULL;
	return strlist_join(&names, ", ");
}

static int find_app(int image, const char *app, struct err *e)
{
	autostr char *path = str_fmt(APPS "/%s", app);
	autostr char *names = NULL;

	if (!*app || strchr(app, '/') || !strcmp(app, ".") ||
	    !strcmp(app, ".."))
		return err_set(e, ERR_USAGE, "--app '%s': not a name", app);
	if (imgfile_is_dir(image, path))
		return 0;
	names = app_names(image);
	return err_set(e, ERR_NOTFOUND,
		       names ? "the image has no app '%s'; it has: %s"
			     : "the image has no app '%s', and no other",
		       app, names);
}

static void read_command(struct imageinfo *info, int image,
			 const struct run_options *o)
{
	autostr char *script = NULL;

	if (o->app) {
		script = str_fmt(APPS "/%s/scif/runscript", o->app);
		set_script(info, script, "the app's runscript");
	} else if (!info->command.n &&
		   imgfile_is_file(image, "/" SING_RUNSCRIPT)) {
		set_script(info, "/" SING_RUNSCRIPT, "the image's runscript");
	}
	/* The image's arguments make way for the user's. */
	while (*o->command && info->command.n > info->n_entry)
		strlist_remove(&info->command, info->command.n - 1);
}

int imageinfo_read(struct imageinfo *info, int image,
		   const struct run_options *o, bool no_env,
		   bool needs_workdir, struct err *e)
{
	bool needs_command = !*o->command || o->entrypoint;

	if (o->app && find_app(image, o->app, e))
		return -1;
	if (!no_env)
		read_env(info, image, o->app);
	if (needs_command || needs_workdir)
		read_config(info, image);
	if (needs_command)
		read_command(info, image, o);
	else
		strlist_clear(&info->command);
	return 0;
}

void imageinfo_clear(struct imageinfo *info)
{
	strlist_clear(&info->env);
	strlist_clear(&info->scripts);
	strlist_clear(&info->command);
	free(info->workdir);
	*info = (struct imageinfo){ 0 };
}
