/* t_plan.c - plans compared as text; each file of data/plan is a case.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A case tells a host, an image and options, a line each, then "--" and the
 * plan as it is printed, or "error: TEXT". Lines of the first part:
 *
 *	cwd PATH | home PATH | env NAME=VALUE | image-env NAME=VALUE
 *	image-command WORD... | image-workdir PATH | image-script PATH
 *	host KIND PATH [REAL]     KIND is dir or file; REAL if it is a link
 *	image KIND PATH [N|TO]    KIND is dir (with N entries), file or link
 *	bind|mount|set-env|unset-env|no-default|cd|overlay|write-fake TEXT
 *	write | no-overlay | no-home | private-tmp | contain
 *	on-home TEXT              is --home
 *	seccomp
 *	unpack DIR                the image is a file, unpacked there
 *	command WORD...
 */
#include "config.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/defaults.h"
#include "run/plan.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>

struct entry {
	const char *kind, *path, *more;
};

struct world {
	struct host host;
	struct entry *on_host, *in_image;
	size_t n_host, n_image;
	struct imageinfo info;
	struct strlist command;
	struct run_options o;
};

static void world_clear(struct world *w)
{
	host_clear(&w->host);
	free(w->on_host);
	free(w->in_image);
	imageinfo_clear(&w->info);
	strlist_clear(&w->command);
	opt_list_clear(&w->o.binds);
	opt_list_clear(&w->o.no_default);
	opt_list_clear(&w->o.overlays);
	opt_list_clear(&w->o.env);
}
AUTO_DEFINE(world, struct world, world_clear)

static const struct entry *find(const struct entry *v, size_t n,
				const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].path, path))
			return &v[i];
	return NULL;
}

static int look_host(void *ctx, const char *path, enum path_kind *kind)
{
	const struct world *w = ctx;
	const struct entry *found = find(w->on_host, w->n_host, path);

	if (!found)
		return ENOENT;
	*kind = !strcmp(found->kind, "dir") ? PATH_DIR : PATH_FILE;
	return 0;
}

/* REAL of the longest known prefix that has one. */
static char *look_real(void *ctx, const char *path)
{
	const struct world *w = ctx;
	const struct entry *best = NULL;

	for (size_t i = 0; i < w->n_host; i++) {
		const struct entry *h = &w->on_host[i];

		if (*h->more && path_is_within(h->path, path) &&
		    (!best || strlen(h->path) > strlen(best->path)))
			best = h;
	}
	return best ? str_fmt("%s%s", best->more, path + strlen(best->path))
		    : xstrdup(path);
}

static int look_image(void *ctx, const char *path, bool in_place,
		      struct spot *s, struct err *e)
{
	const struct world *w = ctx;
	const char *rest = path, *done = path;
	size_t len;

	*s = (struct spot){ .path = xstrdup(path), .kind = PATH_DIR };
	while (path_next(&rest, &len)) {
		autostr char *at = xstrndup(path, (size_t)(rest - path));
		autostr char *dir = xstrndup(path, (size_t)(done - path));
		const struct entry *found = find(w->in_image, w->n_image, at);
		const char *parent = *dir ? dir : "/";
		const struct entry *in = find(w->in_image, w->n_image, parent);
		bool is_link = found && !strcmp(found->kind, "link");

		if (!found || (is_link && in_place && !*rest)) {
			s->kind = found ? PATH_LINK : PATH_MISSING;
			s->dir = xstrdup(parent);
			s->n_entries = in ? strtoul(in->more, NULL, 10) : 0;
			return 0;
		}
		if (is_link) { /* absolute ones only, in these tests */
			autostr char *to = str_fmt("%s%s", found->more, rest);

			spot_clear(s);
			return look_image(ctx, to, in_place, s, e);
		}
		if (strcmp(found->kind, "dir")) {
			s->kind = *rest ? PATH_BLOCKED : PATH_FILE;
			return 0;
		}
		done = rest;
	}
	return 0;
}

static void add_entry(struct entry **v, size_t *n, char *text)
{
	const char *kind = strsep(&text, " "), *path = strsep(&text, " ");

	*v = xrealloc(*v, *n + 1, sizeof **v);
	(*v)[(*n)++] = (struct entry){ kind, path, text ? text : "" };
}

static void add_option(struct world *w, const char *word, char *rest)
{
	if (!strcmp(word, "bind"))
		opt_list_add(&w->o.binds, "bind", rest);
	else if (!strcmp(word, "set-env"))
		opt_list_add(&w->o.env, "set-env", rest);
	else if (!strcmp(word, "unset-env"))
		opt_list_add(&w->o.env, "unset-env", rest);
	else if (!strcmp(word, "no-default"))
		opt_list_add(&w->o.no_default, word, rest);
	else if (!strcmp(word, "mount"))
		opt_list_add(&w->o.binds, word, rest);
	else if (!strcmp(word, "overlay"))
		opt_list_add(&w->o.overlays, word, rest);
	else if (!strcmp(word, "write-fake"))
		w->o.write_fake = rest ? rest : "";
	else if (!strcmp(word, "on-home"))
		w->o.home = rest;
	else if (!strcmp(word, "no-home"))
		w->o.no_home = true;
	else if (!strcmp(word, "private-tmp"))
		w->o.private_tmp = true;
	else if (!strcmp(word, "contain"))
		w->o.contain = true;
	else if (!strcmp(word, "cd"))
		w->o.cd = rest;
	else if (!strcmp(word, "write"))
		w->o.write = true;
	else if (!strcmp(word, "unpack"))
		w->o.unpack_at = rest;
	else if (!strcmp(word, "seccomp"))
		w->o.seccomp = true;
	else if (!strcmp(word, "no-overlay"))
		w->o.no_overlay = true;
	else
		printf("Bail out! unknown word '%s'\n", word), exit(1);
}

static void add_line(struct world *w, char *line)
{
	char *rest = strchr(line, ' ');

	if (*line == '#' || !*line)
		return;
	if (rest)
		*rest++ = '\0';
	if (!strcmp(line, "cwd"))
		w->host.cwd = xstrdup(rest);
	else if (!strcmp(line, "home"))
		w->host.home = xstrdup(rest);
	else if (!strcmp(line, "env"))
		strlist_add(&w->host.env, rest);
	else if (!strcmp(line, "image-env"))
		strlist_add(&w->info.env, rest);
	else if (!strcmp(line, "image-command"))
		strlist_split(&w->info.command, rest, ' ', false);
	else if (!strcmp(line, "image-workdir"))
		w->info.workdir = xstrdup(rest);
	else if (!strcmp(line, "image-script"))
		strlist_add(&w->info.scripts, rest);
	else if (!strcmp(line, "host"))
		add_entry(&w->on_host, &w->n_host, rest);
	else if (!strcmp(line, "image"))
		add_entry(&w->in_image, &w->n_image, rest);
	else if (!strcmp(line, "command"))
		strlist_split(&w->command, rest, ' ', false);
	else
		add_option(w, line, rest);
}

static int make(struct world *w, struct wants *wants, struct plan *p,
		struct err *e)
{
	struct look look = { w, look_host, look_real, look_image };
	struct strlist *files = xcalloc(w->o.env.n + 1, sizeof *files);
	struct env_sources env = {
		.host = &w->host.env,
		.image = &w->info.env,
		.rules = &w->o.env,
		.files = files,
	};
	struct plan_facts f = {
		.host = &w->host,
		.wants = wants,
		.env = &env,
		.image = &w->info,
		.passwd = "",
		.group = "",
		.shell = "/bin/sh",
	};
	static char *none[] = { NULL };

	w->info.why = "the image's command";
	w->o.image = "/img";
	w->o.command = w->command.v ? w->command.v : none;
	w->host.user = (struct user){ .uid = 1000, .gid = 1000 };
	w->host.user.name = xstrdup("u");
	w->host.user.gecos = xstrdup("");
	int bad = defaults_add(wants, &w->host, &w->o, e) ||
		  wants_add_binds(wants, &w->o, e) ||
		  wants_look(wants, &look, w->o.write, e) ||
		  plan_make(p, &w->o, &f, e);

	free(files);
	return bad ? -1 : 0;
}

static void run_case(const char *name, char *text)
{
	AUTO(world) struct world w = { 0 };
	AUTO(wants) struct wants wants = { 0 };
	AUTO(plan) struct plan p = { 0 };
	AUTO(str) struct str got = { 0 };
	struct err e = { 0 };
	char *want = strstr(text, "\n--\n");

	if (!want) {
		ok(false, "%s: no line '--'", name);
		return;
	}
	*want = '\0';
	want += 4;
	for (char *line, *next = text; (line = strsep(&next, "\n"));)
		add_line(&w, line);
	if (make(&w, &wants, &p, &e))
		str_addf(&got, "error: %s\n", e.msg);
	else
		plan_print(&p, &got);
	is(str_text(&got), want, name);
}

static char *slurp(const char *path)
{
	autofile FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 65536);

	if (!f || !fread(text, 1, 65535, f))
		printf("Bail out! can't read '%s'\n", path), exit(1);
	return text;
}

static int is_case(const struct dirent *d)
{
	return str_ends(d->d_name, ".txt");
}

int main(void)
{
	autostr char *dir = tap_data("plan");
	struct dirent **names;
	int n = scandir(dir, &names, is_case, alphasort);

	ok(n > 0, "there are cases in '%s'", dir);
	for (int i = 0; i < n; i++) {
		autostr char *path = path_join(dir, names[i]->d_name);
		autostr char *text = slurp(path);

		run_case(names[i]->d_name, text);
		free(names[i]);
	}
	free(names);
	return tap_done();
}
