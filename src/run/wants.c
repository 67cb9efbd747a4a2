/* wants.c - what of the host shall be seen inside: the table of defaults, and
 * --bind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/wants.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/bindspec.h"
#include "format/envfile.h"

#include <string.h>

/* Everything here appears inside at the path that it has on the host. PATH may
 * also be "~" (home), "." (working directory) or "$NAME" (that variable). NAME
 * is for --no-default. In order: what may hold others comes first. */
// clang-format off
static const struct row {
	const char *name;
	const char *path;
	unsigned flags;
} defaults[] = {
	{ "dev",        "/dev", WANT_REQUIRED },
	{ "proc",       "/proc", WANT_REQUIRED },
	{ "sys",        "/sys", WANT_REQUIRED },
	{ "tmp",        "/tmp" },
	{ "tmp",        "/var/tmp" },
	{ "home",       "~" },
	{ "tmp",        "$TMPDIR" },
	{ "cwd",        "." },
	{ "hosts",      "/etc/hosts", WANT_IN_PLACE },
	{ "resolv",     "/etc/resolv.conf", WANT_IN_PLACE },
	{ "localtime",  "/etc/localtime", WANT_IN_PLACE },
	{ "machine-id", "/etc/machine-id", WANT_IN_PLACE },
	{ "user",       "/etc/passwd", WANT_IN_PLACE | WANT_PASSWD },
	{ "user",       "/etc/group", WANT_IN_PLACE | WANT_GROUP },
	/* What job steps and MPI ranks talk to: Slurm's spool directory holds
	 * the batch script and PMIx's sockets. */
	{ "scheduler",  "/run/munge" },
	{ "scheduler",  "/var/run/munge" },
	{ "scheduler",  "/var/spool/slurmd" },
	{ "scheduler",  "/var/spool/slurm" },
	{ "scheduler",  "$PMIX_SERVER_TMPDIR" },
	{ "scheduler",  "$PMIX_SYSTEM_TMPDIR" },
};

/* Directories that belong to the image: a command started there sees the
 * image's, not the host's. */
static const char *const not_as_cwd[] = {
	"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32",
	"/proc", "/run", "/sbin", "/sys", "/usr",
};

/* The same, but what is below them may be anybody's. */
static const char *const not_itself_as_cwd[] = {
	"/", "/home", "/media", "/mnt", "/opt", "/srv", "/var",
};
// clang-format on

static bool may_be_cwd(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_as_cwd); i++)
		if (path_is_within(not_as_cwd[i], path))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(not_itself_as_cwd); i++)
		if (!strcmp(not_itself_as_cwd[i], path))
			return false;
	return true;
}

/* Some accounts of the system have the programs for a home ("bin", "daemon").
 * Mounted inside, the host's would hide the image's. */
static bool may_be_home(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_as_cwd); i++)
		if (!strcmp(not_as_cwd[i], path))
			return false;
	return strcmp(path, "/usr/bin") && strcmp(path, "/usr/sbin");
}

/* The path that a row stands for, borrowed, or NULL if there is none. */
static const char *row_path(const struct row *r, const struct host *h)
{
	const char *path = r->path;

	if (*path == '~')
		path = h->home && may_be_home(h->home) ? h->home : NULL;
	else if (*path == '.')
		path = h->cwd && may_be_cwd(h->cwd) ? h->cwd : NULL;
	else if (*path == '$')
		path = env_get(&h->env, path + 1);
	return path && *path == '/' ? path : NULL;
}

static struct want *add(struct wants *w)
{
	w->v = mem_grow(w->v, &w->cap, w->n + 1, sizeof *w->v);
	w->v[w->n] = (struct want){ .over = -1 };
	return &w->v[w->n++];
}

static void add_default(struct wants *w, const struct row *r,
			const struct host *h)
{
	const char *path = row_path(r, h);
	autostr char *dst = path ? path_clean(path) : NULL;
	struct want *want;

	if (!dst || !strcmp(dst, "/"))
		return;
	want = add(w);
	if (!(r->flags & (WANT_PASSWD | WANT_GROUP)))
		want->src = xstrdup(dst);
	want->dst = TAKE(dst);
	want->why = str_fmt("default %s", r->name);
	want->flags = r->flags;
}

static bool is_default(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!strcmp(defaults[i].name, name))
			return true;
	return false;
}

/* "dev, proc, ...": each name once. Caller frees. */
static char *default_names(void)
{
	AUTO(strlist) struct strlist names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!strlist_has(&names, defaults[i].name))
			strlist_add(&names, defaults[i].name);
	return strlist_join(&names, ", ");
}

static int add_defaults(struct wants *w, const struct host *h,
			const char *without, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };

	strlist_split(&names, without ? without : "", ',', false);
	for (size_t i = 0; i < names.n; i++) {
		autostr char *all = NULL;

		if (!strcmp(names.v[i], "all") || is_default(names.v[i]))
			continue;
		all = default_names();
		return err_set(e, ERR_USAGE,
			       "no default is called '%s', expected all, %s",
			       names.v[i], all);
	}
	if (strlist_has(&names, "all"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!strlist_has(&names, defaults[i].name))
			add_default(w, &defaults[i], h);
	return 0;
}

static int add_bind(struct wants *w, const struct opt_item *item, struct err *e)
{
	AUTO(bindspec) struct bindspec b = { 0 };
	struct want *want;

	if (bindspec_parse(item->value, &b, e))
		return -1;
	want = add(w);
	want->src = TAKE(b.src);
	want->dst = TAKE(b.dst);
	want->why = str_fmt("from --%s", item->name);
	want->flags = WANT_BIND | (b.readonly ? WANT_READONLY : 0) |
		      (b.optional ? 0 : WANT_REQUIRED);
	return 0;
}

int wants_make(struct wants *w, const struct host *h,
	       const struct run_options *o, struct err *e)
{
	if (add_defaults(w, h, o->no_default, e))
		return -1;
	for (size_t i = 0; i < o->binds.n; i++)
		if (add_bind(w, &o->binds.v[i], e))
			return -1;
	return 0;
}

char *want_name(const char *src, const char *dst)
{
	if (!src)
		return str_fmt("'%s'", dst);
	return strcmp(src, dst) ? str_fmt("'%s' on '%s'", src, dst)
				: str_fmt("'%s'", src);
}

/* The source: on the host, or nothing to look for. */
static int look_source(struct want *w, const struct look *look, struct err *e)
{
	autostr char *name = NULL;
	int code;

	w->kind = PATH_FILE;
	if (!w->src)
		return 0;
	code = look->host(look->ctx, w->src, &w->kind);
	if (!code)
		return 0;
	w->kind = PATH_MISSING;
	if (!(w->flags & WANT_REQUIRED))
		return 0;
	name = want_name(w->src, w->dst);
	return err_sysno(e, code, "bind %s (%s)", name, w->why);
}

bool want_is_on(const struct want *w)
{
	return w->kind != PATH_MISSING && !w->skip;
}

/* The want among the first N whose mount would hold PATH, the latest first;
 * -1 if none. */
static long find_over(const struct wants *w, size_t n, const char *path)
{
	while (n-- > 0) {
		const struct want *v = &w->v[n];

		if (v->kind == PATH_DIR && want_is_on(v) &&
		    (path_is_within(v->dst, path) ||
		     path_is_within(v->spot.path, path)))
			return (long)n;
	}
	return -1;
}

/* The part of PATH below ROOT ("" or "/x"), which it is within. */
static const char *below(const char *root, const char *path)
{
	return path + (strcmp(root, "/") ? strlen(root) : 0);
}

/* Where PATH of the host leads by symbolic links, if that is not below ROOT;
 * else NULL. Caller frees. */
static char *leads_out(const char *root, const char *path,
		       const struct look *look)
{
	autostr char *real_root = look->real(look->ctx, root);
	autostr char *real = look->real(look->ctx, path);

	return real_root && real && !path_is_within(real_root, real)
		       ? TAKE(real)
		       : NULL;
}

/* PATH lies in the mount of OVER: look there, that is, on the host. A link of
 * the host that leads out of that mount is followed in the image when the time
 * comes; then returns where to. Caller frees. */
static char *look_over(struct want *w, const struct want *over,
		       const char *path, const struct look *look)
{
	const char *root = path_is_within(over->spot.path, path)
				   ? over->spot.path
				   : over->dst;
	autostr char *host = path_join(over->src, below(root, path));
	char *inside = str_fmt("%s%s", over->spot.path, below(root, path));

	spot_clear(&w->spot);
	w->spot.path = inside;
	if (look->host(look->ctx, host, &w->spot.kind))
		w->spot.kind = PATH_MISSING;
	return leads_out(over->src, host, look);
}

/* *OUT: a link of the host leads elsewhere, look there. Caller frees. */
static int look_once(struct wants *all, size_t i, const struct look *look,
		     char **out, struct err *e)
{
	struct want *w = &all->v[i];

	/* First by the path as written: what the image has below a mount point
	 * is hidden when the time comes. Then by where the image leads. */
	w->over = find_over(all, i, w->dst);
	if (w->over >= 0) {
		*out = look_over(w, &all->v[w->over], w->dst, look);
		return 0;
	}
	if (look->image(look->ctx, w->dst, w->flags & WANT_IN_PLACE, &w->spot,
			e)) {
		if (w->flags & WANT_REQUIRED)
			return err_ctx(e, "mount point '%s' (%s)", w->dst,
				       w->why);
		w->skip = "its place in the image can't be found";
		return 0;
	}
	w->over = find_over(all, i, w->spot.path);
	if (w->over >= 0) {
		autostr char *path = TAKE(w->spot.path);

		*out = look_over(w, &all->v[w->over], path, look);
	}
	return 0;
}

static int look_target(struct wants *all, size_t i, const struct look *look,
		       struct err *e)
{
	struct want *w = &all->v[i];
	autostr char *out = NULL;
	autostr char *no_more = NULL; /* OUT is without links */

	if (look_once(all, i, look, &out, e))
		return -1;
	if (!out)
		return 0;
	free(w->dst);
	w->dst = TAKE(out);
	spot_clear(&w->spot);
	return look_once(all, i, look, &no_more, e);
}

/* Does the mount that W lies in show the same there already? */
static bool is_covered(const struct wants *all, const struct want *w,
		       const struct look *look)
{
	const struct want *v = w->over >= 0 ? &all->v[w->over] : NULL;
	autostr char *shown = NULL;
	autostr char *shown_real = NULL;
	autostr char *real = NULL;

	if (!v || (w->flags & WANT_BIND) || !w->src)
		return false;
	shown = path_join(v->src, below(v->spot.path, w->spot.path));
	if (!strcmp(shown, w->src))
		return true;
	shown_real = look->real(look->ctx, shown);
	real = look->real(look->ctx, w->src);
	return real && str_eq(shown_real, real);
}

/* What is at the mount point is not what W needs: why? NULL if it is. */
static const char *misfit(const struct want *w, bool write)
{
	if (!strcmp(w->spot.path, "/"))
		return "a symbolic link of the image leads it to '/'";
	switch (w->spot.kind) {
	case PATH_DIR:
		return w->kind == PATH_DIR ? NULL
					   : "a directory is in its place";
	case PATH_FILE:
		return w->kind != PATH_DIR ? NULL
					   : "no directory is in its place";
	case PATH_BLOCKED:
		return "something on the way to it is no directory";
	case PATH_MISSING:
	case PATH_LINK:
		break;
	}
	if (w->over >= 0)
		return "there is no such mount point, and none is made in a "
		       "directory of the host";
	if (write && !(w->flags & WANT_BIND))
		return "the image has no such path, and --write makes it for "
		       "--bind only";
	return write && w->spot.kind == PATH_LINK
		       ? "a symbolic link is in its place"
		       : NULL;
}

/* Has a link of the image led a default to where another one is? */
static bool is_taken(const struct wants *all, const struct want *w)
{
	const struct want *v = w->over >= 0 ? &all->v[w->over] : NULL;

	return v && !(w->flags & WANT_BIND) &&
	       !strcmp(v->spot.path, w->spot.path);
}

/* Is this want left out, or can the start not go on? */
static int decide(const struct wants *all, struct want *w,
		  const struct look *look, bool write, struct err *e)
{
	autostr char *name = NULL;

	if (is_covered(all, w, look)) {
		w->skip = "";
		return 0;
	}
	w->skip = is_taken(all, w)
			  ? "the image has another default in its place"
			  : misfit(w, write);
	if (!w->skip || !(w->flags & WANT_REQUIRED) ||
	    (write && !(w->flags & WANT_BIND)))
		return 0;
	name = want_name(w->src, w->dst);
	return err_set(e, ERR_UNSUPPORTED, "bind %s (%s): %s", name, w->why,
		       w->skip);
}

int wants_look(struct wants *w, const struct look *look, bool write,
	       struct err *e)
{
	for (size_t i = 0; i < w->n; i++) {
		if (look_source(&w->v[i], look, e))
			return -1;
		if (w->v[i].kind == PATH_MISSING)
			continue;
		if (look_target(w, i, look, e))
			return -1;
		if (!w->v[i].skip && decide(w, &w->v[i], look, write, e))
			return -1;
	}
	return 0;
}

bool wants_show(const struct wants *w, const struct look *look,
		const char *path)
{
	autostr char *clean = path_clean(path);
	long i = find_over(w, w->n, clean);
	const struct want *v = i < 0 ? NULL : &w->v[i];
	autostr char *host = NULL;
	const char *root;
	enum path_kind kind;

	if (!v)
		return false;
	root = path_is_within(v->dst, clean) ? v->dst : v->spot.path;
	host = path_join(v->src, below(root, clean));
	return !look->host(look->ctx, host, &kind);
}

void spot_clear(struct spot *s)
{
	free(s->path);
	free(s->dir);
	*s = (struct spot){ 0 };
}

void wants_clear(struct wants *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].src);
		free(w->v[i].dst);
		free(w->v[i].why);
		spot_clear(&w->v[i].spot);
	}
	free(w->v);
	*w = (struct wants){ 0 };
}

void host_clear(struct host *h)
{
	user_clear(&h->user);
	free(h->cwd);
	free(h->home);
	strlist_clear(&h->env);
	*h = (struct host){ 0 };
}
