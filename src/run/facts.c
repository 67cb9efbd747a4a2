/* facts.c - the host, the caller and the image as they are, for the plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/facts.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "format/envfile.h"
#include "run/defaults.h"
#include "run/imgfile.h"
#include "run/layers.h"
#include "run/look.h"
#include "run/ns.h"
#include "run/twin.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT_MAX ((size_t)1 << 20)
#define SHELL_ALWAYS "/bin/sh"

/* The working directory; NULL where there is none that has a path. */
static char *find_cwd(void)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof path) || *path != '/')
		return NULL;
	return xstrdup(path);
}

static char *find_home(const struct host *h)
{
	const char *home = env_get(&h->env, "HOME");

	if (home && *home == '/')
		return path_clean(home);
	home = h->user.home;
	return home && *home == '/' ? path_clean(home) : NULL;
}

/* Does RULE name a file? */
static bool names_file(const struct opt_item *rule)
{
	return !strcmp(rule->name, "set-env0") ||
	       (!strcmp(rule->name, "set-env") &&
		!environ_is_assignment(rule->value));
}

/* Not regular files only: a shell gives /dev/fd/63 for <(command). */
static int read_env_file(const struct opt_item *rule, struct strlist *out,
			 struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autofd int fd = open(rule->value, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "can't open '%s'", rule->value);
	/* What is read from a pipe can't be read again, after a name service
	 * turns out to be needed. */
	if (!fstat(fd, &st) && !S_ISREG(st.st_mode))
		twin_take_over();
	if (io_read_all(fd, TEXT_MAX, rule->value, &text, e))
		return -1;
	return !strcmp(rule->name, "set-env")
		       ? envfile_parse(rule->value, str_text(&text), text.len,
				       out, e)
		       : envfile_parse0(rule->value, str_text(&text), text.len,
					out, e);
}

static int read_env_files(struct facts *f, const struct run_options *o,
			  struct err *e)
{
	f->n_files = o->env.n;
	f->files = xcalloc(o->env.n + 1, sizeof *f->files);
	for (size_t i = 0; i < o->env.n; i++) {
		const struct opt_item *rule = &o->env.v[i];

		if (names_file(rule) && read_env_file(rule, &f->files[i], e))
			return err_ctx(e, "--%s", rule->name);
	}
	return 0;
}

/* The layer I of --overlay; -1 if there is none yet. */
static int open_layer(const struct run_options *o, size_t i)
{
	bool readonly;
	autostr char *dir = layers_dir(o->overlays.v[i].value, &readonly);
	autostr char *layer = path_join(dir, LAYERS_UPPER);
	struct err ignored = { 0 };

	return dir_open(layer, &ignored);
}

/* Will there be a file at the absolute PATH inside? */
static bool is_there(const struct facts *f, const struct run_options *o,
		     const struct look *look, int image, const char *path)
{
	if (wants_show(&f->wants, look, path))
		return true;
	for (size_t i = 0; look && i < o->overlays.n; i++) {
		autofd int fd = open_layer(o, i);

		if (fd >= 0 && imgfile_is_file(fd, path))
			return true;
	}
	return imgfile_is_file(image, path);
}

/* Can the command not start where the caller is? */
static bool lacks_cwd(const struct facts *f, const struct look *look, int image)
{
	const char *cwd = f->host.cwd;

	return !cwd || (!wants_show(&f->wants, look, cwd) &&
			!imgfile_is_dir(image, cwd));
}

/* The user's shell, if it can be had inside; else there is /bin/sh. */
static void find_shell(struct facts *f, const struct run_options *o,
		       const struct look *look, int image)
{
	const char *user = f->host.user.shell;
	const char *env = env_get(&f->host.env, "SHELL");

	if (user && *user == '/' && is_there(f, o, look, image, user))
		f->shell = user;
	f->has_env_shell =
		!env || !strcmp(env, f->shell) ||
		is_there(f, o, look, image, env);
}

/* What the host has loaded into each program and is not inside: the loader
 * would complain each time. One without a slash is looked for by the loader
 * alone, one with a '$' stands for several. */
static void find_absent(struct facts *f, const struct run_options *o,
			const struct look *look, int image)
{
	for (size_t i = 0; i < ENV_PRELOADS; i++) {
		const struct env_preload *p = &environ_preloads[i];
		const char *value = env_get(&f->host.env, p->name), *end;

		for (; value && *value; value = end + (*end != '\0')) {
			autostr char *path = NULL;

			end = value + strcspn(value, p->separators);
			path = xstrndup(value, (size_t)(end - value));
			if (*path == '/' && !strchr(path, '$') &&
			    !is_there(f, o, look, image, path))
				strlist_give(&f->absent, TAKE(path));
		}
	}
}

static bool has_flag(const struct wants *w, unsigned flag)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].flags & flag)
			return true;
	return false;
}

static bool is_hidden(const struct wants *w, const struct look *look,
		      const char *path)
{
	return path && *path == '/' && strcmp(path, "/") &&
	       !wants_show(w, look, path);
}

/* PATH as the topmost layer has it that has it. */
static void read_database(const struct run_options *o, int image,
			  const char *path, struct str *out)
{
	for (size_t i = o->overlays.n; i-- > 0;) {
		struct err ignored = { 0 }; /* none, or a mark of removal */
		autofd int fd = open_layer(o, i);

		if (fd >= 0 && !imgfile_read(fd, path, out, &ignored))
			return;
		str_clear(out);
	}
	(void)imgfile_optional(image, path, out);
}

/* Who the user is inside. */
static void become(struct facts *f, const struct run_options *o, int image)
{
	struct ns_ids ids = ns_ids(o);

	read_database(o, image, "/etc/passwd", &f->passwd);
	read_database(o, image, "/etc/group", &f->group);
	user_become(&f->host.user, ids.uid, ids.gid, str_text(&f->passwd),
		    str_text(&f->group));
}

static int read_info(struct facts *f, const struct run_options *o,
		     const struct look *look, int image, struct err *e)
{
	return imageinfo_read(&f->image, image, o, f->env_mode == ENV_HOST,
			      !o->cd && lacks_cwd(f, look, image), e);
}

void facts_user(struct facts *f)
{
	struct host *h = &f->host;

	if (h->user.name)
		return;
	user_lookup(&h->user, env_get(&h->env, "USER"));
	if (!h->home)
		h->home = find_home(h);
}

int facts_caller(struct facts *f, const struct run_options *o, struct err *e)
{
	struct host *h = &f->host;

	*f = (struct facts){ .shell = SHELL_ALWAYS };
	for (char **item = environ; *item; item++)
		strlist_add(&h->env, *item);
	h->cwd = find_cwd();
	h->home = find_home(h);
	if (environ_mode(o->env_mode, &f->env_mode, e))
		return -1;
	return read_env_files(f, o, e);
}

int facts_host(struct facts *f, const struct run_options *o, struct err *e)
{
	facts_user(f);
	return defaults_add(&f->wants, &f->host, o, e) ||
			       wants_add_binds(&f->wants, o, e)
		       ? -1
		       : 0;
}

int facts_image(struct facts *f, const struct run_options *o, int image,
		struct err *e)
{
	AUTO(look_image) struct look_image inside = { .fd = image };
	struct look look = {
		.ctx = &inside,
		.host = look_on_host,
		.real = look_real,
		.image = look_in_image,
	};

	if (wants_look(&f->wants, &look, o->write, e))
		return -1;
	f->host.hides_home = is_hidden(&f->wants, &look, f->host.home);
	f->host.hides_tmpdir =
		is_hidden(&f->wants, &look, env_get(&f->host.env, "TMPDIR"));
	find_absent(f, o, &look, image);
	find_shell(f, o, &look, image);
	if (o->uid || o->gid || has_flag(&f->wants, WANT_PASSWD))
		become(f, o, image);
	return read_info(f, o, &look, image, e);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int facts_joined(struct facts *f, const struct run_options *o, struct err *e)
{
	const char *tmpdir = env_get(&f->host.env, "TMPDIR");
	autofd int root = dir_open("/", e);

	if (root < 0)
		return -1;
	wants_clear(&f->wants); /* what there is, is there */
	f->host.hides_home = f->host.home && !is_directory(f->host.home);
	f->host.hides_tmpdir = tmpdir && !is_directory(tmpdir);
	find_absent(f, o, NULL, root);
	find_shell(f, o, NULL, root);
	if (o->uid || o->gid)
		become(f, o, root);
	return read_info(f, o, NULL, root, e);
}

void facts_clear(struct facts *f)
{
	host_clear(&f->host);
	wants_clear(&f->wants);
	imageinfo_clear(&f->image);
	for (size_t i = 0; i < f->n_files; i++)
		strlist_clear(&f->files[i]);
	free(f->files);
	str_clear(&f->passwd);
	str_clear(&f->group);
	strlist_clear(&f->absent);
	*f = (struct facts){ 0 };
}
