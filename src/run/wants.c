/* wants.c - what of the host shall be seen inside, and where it would go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/wants.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/bindspec.h"

#include <string.h>

struct want *wants_add(struct wants *w, const char *dst, const char *why,
		       unsigned flags)
{
	w->v = mem_grow(w->v, &w->cap, w->n + 1, sizeof *w->v);
	w->v[w->n] = (struct want){
		.dst = xstrdup(dst),
		.why = xstrdup(why),
		.flags = flags,
		.over = -1,
	};
	return &w->v[w->n++];
}

static int add_bind(struct wants *w, const struct opt_item *item, struct err *e)
{
	AUTO(bindspec) struct bindspec b = { 0 };
	autostr char *why = str_fmt("from --%s", item->name);
	unsigned flags = WANT_BIND;
	struct want *want;

	if (strcmp(item->name, "mount")
		    ? bindspec_parse(item->value, NULL, &b, e)
		    : bindspec_parse_mount(item->value, &b, e))
		return -1;
	flags |= b.readonly ? WANT_READONLY : 0;
	flags |= b.optional ? 0 : WANT_REQUIRED;
	flags |= b.src ? 0 : WANT_MEMORY | WANT_TMP;
	want = wants_add(w, b.dst, why, flags);
	want->src = TAKE(b.src);
	want->size = TAKE(b.size);
	return 0;
}

/* Move the last want in front of those, of the user's from FIRST on, that it
 * would hide. */
static void put_in_order(struct wants *w, size_t first)
{
	struct want last = w->v[w->n - 1];
	size_t at = w->n - 1;

	for (size_t i = first; i < w->n - 1; i++)
		if (strcmp(last.dst, w->v[i].dst) &&
		    path_is_within(last.dst, w->v[i].dst)) {
			at = i;
			break;
		}
	memmove(w->v + at + 1, w->v + at, (w->n - 1 - at) * sizeof *w->v);
	w->v[at] = last;
}

int wants_add_binds(struct wants *w, const struct run_options *o, struct err *e)
{
	size_t first = w->n;

	for (size_t i = 0; i < o->binds.n; i++) {
		if (add_bind(w, &o->binds.v[i], e))
			return -1;
		put_in_order(w, first);
	}
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

	w->kind = w->flags & WANT_MEMORY ? PATH_DIR : PATH_FILE;
	if (!w->src || (w->flags & WANT_LINK))
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

/* How many bytes of PATH, which begins with the N of a directory, lead to a
 * directory of the host; *KIND is what is behind that. */
static size_t existing(const char *path, size_t n, const struct look *look,
		       enum path_kind *kind)
{
	const char *rest = path + n;
	size_t len;

	while (path_next(&rest, &len)) {
		autostr char *at = xstrndup(path, (size_t)(rest - path));

		*kind = PATH_MISSING;
		if (look->host(look->ctx, at, kind) || *kind != PATH_DIR)
			break;
		n = (size_t)(rest - path);
	}
	if (*kind == PATH_FILE && *rest)
		*kind = PATH_BLOCKED;
	return n;
}

/* Where PATH of the host, of which the first N bytes exist, leads by symbolic
 * links, if that is not below ROOT; else NULL. Caller frees. */
static char *leads_out(const char *root, const char *path, size_t n,
		       const struct look *look)
{
	autostr char *there = xstrndup(path, n);
	autostr char *real_root = look->real(look->ctx, root);
	autostr char *real = look->real(look->ctx, there);

	return real_root && real && !path_is_within(real_root, real)
		       ? str_fmt("%s%s", real, path + n)
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
	const char *rest = below(root, path);
	autostr char *host = path_join(over->src ? over->src : "", rest);
	struct spot *s = &w->spot;
	size_t n;

	spot_clear(s);
	s->path = str_fmt("%s%s", over->spot.path, rest);
	s->kind = *rest ? PATH_MISSING : PATH_DIR;
	s->dir = xstrdup(over->spot.path);
	if (over->flags & WANT_MEMORY)
		return NULL;
	/* The usual case of a home or a working directory: it is there. */
	if (w->src && !(w->flags & WANT_BIND) && !strcmp(host, w->src)) {
		s->kind = w->kind;
		return NULL;
	}
	if (!look->host(look->ctx, host, &s->kind))
		return leads_out(over->src, host, strlen(host), look);
	n = existing(host, strlen(host) - strlen(rest), look, &s->kind);
	free(s->dir);
	s->dir = xstrndup(s->path, strlen(s->path) - (strlen(host) - n));
	return leads_out(over->src, host, n, look);
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

	if (!v || !v->src || !w->src || (w->flags & (WANT_BIND | WANT_LINK)))
		return false;
	shown = path_join(v->src, below(v->spot.path, w->spot.path));
	if (!strcmp(shown, w->src))
		return true;
	shown_real = look->real(look->ctx, shown);
	real = look->real(look->ctx, w->src);
	return real && str_eq(shown_real, real);
}

/* What is at the mount point is not what W needs: why? NULL if it is. */
static const char *misfit(const struct wants *all, const struct want *w,
			  bool write)
{
	const struct want *over = w->over >= 0 ? &all->v[w->over] : NULL;

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
	if (over && !(over->flags & WANT_MEMORY) && !(w->flags & WANT_BIND))
		return "there is no such mount point, and none is made in a "
		       "directory of the host by default";
	if (over)
		return NULL;
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
			  : misfit(all, w, write);
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
	if (!v->src)
		return !*below(root, clean);
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
		free(w->v[i].size);
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
