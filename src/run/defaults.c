/* defaults.c - what of the host is shown inside without being asked for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/defaults.h"

#include "base/mem.h"
#include "base/path.h"
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
	{ "tmp",        "/tmp", WANT_TMP },
	{ "tmp",        "/var/tmp", WANT_TMP },
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

/* The /dev of --contain: what every program may expect, and no device. */
static const struct dev {
	const char *path;
	const char *link; /* what it leads to, or NULL: the host's */
} devs[] = {
	{ "/dev/null" },
	{ "/dev/zero" },
	{ "/dev/full" },
	{ "/dev/random" },
	{ "/dev/urandom" },
	{ "/dev/tty" },
	{ "/dev/pts" },
	{ "/dev/ptmx", "pts/ptmx" },
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" },
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

/* The names of one --no-default; "none" forgets those before it. */
static int add_names(struct strlist *out, const char *text, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };

	strlist_split(&names, text, ',', false);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		autostr char *all = NULL;

		if (!strcmp(name, "none")) {
			strlist_clear(out);
			continue;
		}
		strlist_add(out, name);
		if (!strcmp(name, "all") || is_default(name))
			continue;
		all = default_names();
		return err_set(e, ERR_USAGE,
			       "no default is called '%s', expected all, "
			       "none, %s",
			       name, all);
	}
	return 0;
}

static int left_out(struct strlist *out, const struct run_options *o,
		    struct err *e)
{
	for (size_t i = 0; i < o->no_default.n; i++)
		if (add_names(out, o->no_default.v[i].value, e))
			return -1;
	return 0;
}

/* Why is the row R, which stands for PATH, not the host's? NULL if it is; "" if
 * something else is in its place. */
static const char *not_shown(const struct row *r, const char *path,
			     const struct host *h,
			     const struct strlist *without,
			     const struct run_options *o)
{
	bool is_home = *r->path == '~';

	if (strlist_has(without, "all") || strlist_has(without, r->name))
		return "--no-default";
	if (o->no_home && (is_home || (*r->path == '.' && h->home &&
				       path_is_within(path, h->home))))
		return "--no-home";
	if (!strcmp(r->name, "tmp") && (o->private_tmp || o->contain))
		return r->flags & WANT_TMP ? ""
		       : o->contain        ? "--contain"
					   : "--private-tmp";
	if (!o->contain)
		return is_home && o->home ? "" : NULL;
	if (is_home || !strcmp(r->name, "dev"))
		return "";
	return *r->path == '.' || !strcmp(r->name, "scheduler") ? "--contain"
								: NULL;
}

static struct want *add_memory(struct wants *w, const char *dst,
			       const char *why, unsigned flags)
{
	struct want *want = wants_add(w, dst, why, WANT_MEMORY | flags);

	if (!(flags & WANT_PRIVATE))
		want->flags |= WANT_TMP;
	return want;
}

/* A /dev in memory. */
static void add_dev(struct wants *w)
{
	const char *why = "--contain";

	wants_add(w, "/dev", why, WANT_MEMORY | WANT_REQUIRED);
	for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
		const struct dev *d = &devs[i];
		struct want *want =
			wants_add(w, d->path, why, d->link ? WANT_LINK : 0);

		want->src = xstrdup(d->link ? d->link : d->path);
	}
	add_memory(w, "/dev/shm", why, 0);
}

/* What stands in the place of row R at PATH. */
static void add_other(struct wants *w, const struct row *r, const char *path,
		      const struct run_options *o)
{
	const char *why = o->contain ? "--contain" : "--private-tmp";

	if (r->flags & WANT_TMP)
		add_memory(w, path, why, 0);
	else if (!strcmp(r->name, "dev"))
		add_dev(w);
	else if (!o->home)
		add_memory(w, path, why, WANT_PRIVATE);
}

static void add_row(struct wants *w, const struct row *r, const char *path,
		    const char *not_so, const struct run_options *o)
{
	autostr char *why = str_fmt("default %s", r->name);
	struct want *want;

	if (not_so) {
		if (!*not_so)
			add_other(w, r, path, o);
		return;
	}
	want = wants_add(w, path, why, r->flags);
	if (!(r->flags & (WANT_PASSWD | WANT_GROUP)))
		want->src = xstrdup(path);
}

/* --home: another directory of the host at the home, or where it says. */
static int set_home(struct host *h, const char *text, struct bindspec *b,
		    struct err *e)
{
	autostr char *home =
		h->home ? xstrdup(h->home) : path_join("/home", h->user.name);

	if (bindspec_parse(text, home, b, e))
		return err_ctx(e, "--home");
	free(h->home);
	h->home = xstrdup(b->dst);
	return 0;
}

static int add_home(struct wants *w, struct host *h, const char *text,
		    struct err *e)
{
	AUTO(bindspec) struct bindspec b = { 0 };
	struct want *want;

	if (set_home(h, text, &b, e))
		return -1;
	want = wants_add(w, b.dst, "from --home",
			 WANT_BIND | (b.readonly ? WANT_READONLY : 0) |
				 (b.optional ? 0 : WANT_REQUIRED));
	want->src = TAKE(b.src);
	return 0;
}

int defaults_add(struct wants *w, struct host *h, const struct run_options *o,
		 struct err *e)
{
	AUTO(strlist) struct strlist without = { 0 };

	if (left_out(&without, o, e))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		const struct row *r = &defaults[i];
		const char *path = row_path(r, h);
		autostr char *clean = path ? path_clean(path) : NULL;

		if (*r->path == '~' && o->home) {
			if (add_home(w, h, o->home, e))
				return -1;
		} else if (clean && strcmp(clean, "/")) {
			add_row(w, r, clean,
				not_shown(r, clean, h, &without, o), o);
		}
	}
	return 0;
}

int defaults_list(struct str *out, const struct host *h,
		  const struct run_options *o, const struct look *look,
		  struct err *e)
{
	AUTO(strlist) struct strlist without = { 0 };

	if (left_out(&without, o, e))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		const struct row *r = &defaults[i];
		const char *path = row_path(r, h);
		enum path_kind kind;
		const char *state;

		if (path && (state = not_shown(r, path, h, &without, o)))
			state = *state ? state : "replaced";
		else if (!path)
			state = "none";
		else if (r->flags & (WANT_PASSWD | WANT_GROUP))
			state = "made";
		else
			state = look->host(look->ctx, path, &kind) ? "absent"
								   : "shown";
		str_addf(out, "%-10s  %-9s  ", r->name, state);
		if (*r->path != '/')
			str_addf(out, "%s%s", r->path, path ? " = " : "");
		if (path) {
			autostr char *safe = str_escape(path);

			str_add(out, safe);
		}
		str_addc(out, '\n');
	}
	return 0;
}
