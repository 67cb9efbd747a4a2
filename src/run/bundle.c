/* bundle.c - config.json of an OCI bundle as options of ch-run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/bundle.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "format/bindspec.h"
#include "format/envfile.h"

#include <string.h>
#include <unistd.h>

/* The name of our items in lists of options, and of their reason. */
#define OPTION "oci-bundle"

/* Mounts that are of no use without privilege, or less so: the host's is shown
 * in their place. */
// clang-format off
static const struct {
	const char *type, *path;
} hosts[] = {
	{ "proc",    "/proc" },
	{ "sysfs",   "/sys" },
	{ "devpts",  "/dev/pts" },
	{ "mqueue",  "/dev/mqueue" },
	{ "cgroup",  "/sys/fs/cgroup" },
	{ "cgroup2", "/sys/fs/cgroup" },
};

/* Of the environment: where a launcher waits for its ranks. */
static const char *const launcher_dirs[] = {
	"PMIX_SERVER_TMPDIR", "PMIX_SYSTEM_TMPDIR",
};
// clang-format on

static const char *keep(struct bundle *b, char *text)
{
	strlist_give(&b->texts, text);
	return text;
}

static bool has(const struct ocispec_mount *m, const char *option)
{
	return strlist_has(&m->options, option);
}

static bool is_bind(const struct ocispec_mount *m)
{
	return has(m, "bind") || has(m, "rbind") ||
	       (m->type && !strcmp(m->type, "bind"));
}

/* A path as a part of --bind's argument. */
static void add_escaped(struct str *out, const char *path)
{
	for (; *path; path++) {
		if (*path == ':' || *path == '\\')
			str_addc(out, '\\');
		str_addc(out, *path);
	}
}

static void add_bind(struct bundle *b, struct opt_list *binds, const char *src,
		     const char *dst, const char *how)
{
	struct str text = { 0 };

	add_escaped(&text, src);
	str_addc(&text, ':');
	add_escaped(&text, dst);
	str_addf(&text, ":%s", how);
	opt_list_add(binds, OPTION, keep(b, str_take(&text)));
}

/* The host's path that stands for M, or NULL. */
static const char *host_path(const struct ocispec_mount *m)
{
	for (size_t i = 0; m->type && i < ARRAY_SIZE(hosts); i++)
		if (!strcmp(hosts[i].type, m->type))
			return hosts[i].path;
	if (m->type && !strcmp(m->type, "tmpfs") &&
	    path_is_within("/dev", m->destination))
		return m->destination;
	return NULL;
}

static bool is_memory(const struct ocispec_mount *m)
{
	return m->type && !strcmp(m->type, "tmpfs") && *m->destination == '/';
}

/* As --mount has it, with all of dst in quotes. */
static int add_memory(struct bundle *b, const struct ocispec_mount *m,
		      struct opt_list *binds, struct err *e)
{
	AUTO(str) struct str text = { 0 };

	str_add(&text, "type=tmpfs,\"dst=");
	for (const char *c = m->destination; *c; c++)
		str_addf(&text, *c == '"' ? "\"\"" : "%c", *c);
	str_addc(&text, '"');
	for (size_t i = 0; i < m->options.n; i++) {
		const char *option = m->options.v[i];

		if (!str_starts(option, "size="))
			continue;
		if (bindspec_check_size(option + strlen("size="), e))
			return err_ctx(e, "size");
		str_addf(&text, ",%s", option);
	}
	opt_list_add(binds, "mount", keep(b, str_take(&text)));
	return 0;
}

/* Mount I. */
static int add_mount(struct bundle *b, size_t i, struct opt_list *binds,
		     struct err *e)
{
	const struct ocispec_mount *m = &b->spec.mounts[i];
	const char *path = host_path(m);
	autostr char *src = NULL;

	if (is_bind(m)) {
		if (!m->source)
			return err_set(e, ERR_FORMAT,
				       "mounts[%zu]: a bind mount without a "
				       "source",
				       i);
		src = *m->source == '/' ? path_clean(m->source)
					: path_join(b->dir, m->source);
		add_bind(b, binds, src, m->destination,
			 has(m, "ro") || has(m, "rro") ? "ro" : "rw");
		return 0;
	}
	if (path) {
		/* At the host's place it is a default. */
		if (strcmp(path, m->destination) != 0)
			add_bind(b, binds, path, m->destination, "rw");
		return 0;
	}
	if (is_memory(m))
		return add_memory(b, m, binds, e) ? err_ctx(e, "mounts[%zu]", i)
						  : 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "mounts[%zu]: can't mount a file system of type '%s' on "
		       "'%s'; use a bind mount",
		       i, m->type ? m->type : "", m->destination);
}

static int add_mounts(struct bundle *b, struct opt_list *binds, struct err *e)
{
	for (size_t i = 0; i < b->spec.n_mounts; i++)
		if (add_mount(b, i, binds, e))
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(launcher_dirs); i++) {
		const char *dir = env_get(&b->spec.env, launcher_dirs[i]);

		if (dir && *dir == '/')
			add_bind(b, binds, dir, dir, "optional");
	}
	return 0;
}

/* LIST, with FIRST in front of what it has; FIRST is empty then. */
static void prepend(struct opt_list *list, struct opt_list *first)
{
	for (size_t i = 0; i < list->n; i++)
		opt_list_add(first, list->v[i].name, list->v[i].value);
	opt_list_clear(list);
	*list = *first;
	*first = (struct opt_list){ 0 };
}

/* A relative path stays in the bundle, whatever links are on the way. */
static int find_root(struct bundle *b, struct err *e)
{
	const char *path = b->spec.root;
	autostr char *joined = path_join(*path == '/' ? "" : b->dir, path);
	autostr char *real = realpath(joined, NULL);

	if (!real)
		return err_sys(e, "can't find root.path '%s'", joined);
	if (*path != '/' && !path_is_within(b->dir, real))
		return err_set(e, ERR_FORMAT,
			       "root.path '%s' leads out of the bundle, to "
			       "'%s'; give an absolute path if that is meant",
			       path, real);
	b->image = TAKE(real);
	return 0;
}

static int set_limits(struct bundle *b, struct err *e)
{
	b->limits.umask = b->spec.umask;
	for (size_t i = 0; i < b->spec.n_limits; i++) {
		const struct ocispec_limit *l = &b->spec.limits[i];

		if (limits_add(&b->limits, l->type, l->soft, l->hard, e))
			return err_ctx(e, "process.rlimits[%zu]", i);
	}
	return 0;
}

static int read_config(struct bundle *b, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autofd int fd = dir_open(b->dir, e);

	if (fd < 0 ||
	    io_read_file(fd, "config.json", OCISPEC_BYTES_MAX, &text, e))
		return -1;
	return ocispec_parse(str_text(&text), text.len, &b->spec, e);
}

/* The environment is the document's and no other, not even that of a file in
 * the image, unless --env says so. */
static void fill_env(struct bundle *b, struct run_options *o)
{
	struct opt_list env = { 0 };

	if (!o->env_mode) {
		o->env_mode = "host";
		opt_list_add(&env, OPTION, "*"); /* see environ.c */
	}
	for (size_t i = 0; i < b->spec.env.n; i++)
		opt_list_add(&env, OPTION, b->spec.env.v[i]);
	prepend(&o->env, &env);
}

/* The one user that can be shown inside is the caller, by any number. */
static void fill_user(struct bundle *b, struct run_options *o)
{
	if (!o->uid && b->spec.uid >= 0 && b->spec.uid != geteuid())
		o->uid = keep(b, str_fmt("%lld", (long long)b->spec.uid));
	if (!o->gid && b->spec.gid >= 0 && b->spec.gid != getegid())
		o->gid = keep(b, str_fmt("%lld", (long long)b->spec.gid));
}

/* What is the user's own choice on the command line stays. */
static int fill_options(struct bundle *b, struct run_options *o, struct err *e)
{
	struct opt_list binds = { 0 };

	int failed = add_mounts(b, &binds, e);

	prepend(&o->binds, &binds);
	if (failed)
		return -1;
	fill_env(b, o);
	fill_user(b, o);
	o->image = b->image;
	/* Other ways to write are the user's own choice. */
	if (!o->write_fake && !o->overlays.n && !b->spec.readonly)
		o->write |= !access(b->image, W_OK);
	opt_list_add(&o->no_default, OPTION, "home,cwd,tmp");
	if (!o->cd) {
		o->cd = b->spec.cwd;
		o->cd_why = "from config.json";
	}
	if (!*o->command && !b->spec.args.n)
		return err_set(e, ERR_FORMAT,
			       "process.args: nothing to run, and no COMMAND "
			       "is given");
	if (!*o->command)
		o->command = b->spec.args.v;
	o->limits = &b->limits;
	return 0;
}

/* What config.json asks for and is not done. Hooks are told always: without
 * them something may be missing. */
static void tell_skipped(struct bundle *b)
{
	for (size_t i = 0; i < b->spec.others.n; i++)
		strlist_addf(&b->skipped, "%s (from config.json): not done",
			     b->spec.others.v[i]);
	if (b->spec.has_hooks)
		log_warn("the hooks of bundle '%s' are not run", b->dir);
}

int bundle_load(struct bundle *b, const char *dir, struct run_options *o,
		struct err *e)
{
	*b = (struct bundle){ .dir = realpath(dir, NULL) };
	if (!b->dir)
		return err_sys(e, "can't open bundle '%s'", dir);
	if (read_config(b, e) || find_root(b, e) || set_limits(b, e) ||
	    fill_options(b, o, e))
		return err_ctx(e, "bundle '%s'", dir);
	tell_skipped(b);
	o->skipped = &b->skipped;
	return 0;
}

void bundle_clear(struct bundle *b)
{
	free(b->dir);
	free(b->image);
	ocispec_clear(&b->spec);
	strlist_clear(&b->texts);
	strlist_clear(&b->skipped);
	*b = (struct bundle){ 0 };
}
