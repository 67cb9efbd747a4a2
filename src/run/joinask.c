/* joinask.c - what a container is made from, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/joinask.h"

#include "base/path.h"
#include "base/strlist.h"
#include "format/bindspec.h"

#include <string.h>

/* Relative as name.h and bindspec.h have it. */
static bool is_relative(const char *path)
{
	return *path != '/' && *path != '-';
}

/* "dir:../x": what stands behind the colon, if it is one of ours. */
static const char *path_in(const char *image)
{
	static const char *const kinds[] = { "dir:", "squash:", "sif:",
					     "oci:" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(image, kinds[i]))
			return image + strlen(kinds[i]);
	if (*image == '/' || str_starts(image, "./") ||
	    str_starts(image, "../"))
		return image;
	return NULL;
}

static void add_image(const char *image, const char *cwd, struct str *out)
{
	const char *path = path_in(image);
	autostr char *whole = NULL;
	autostr char *clean = NULL;

	str_add(out, "image ");
	if (!path) {
		str_addf(out, "%s\n", image);
		return;
	}
	whole = is_relative(path) && cwd ? str_fmt("%s/%s", cwd, path)
					 : str_fmt("%s", path);
	clean = path_clean(whole);
	str_addf(out, "%.*s%s\n", (int)(path - image), image, clean);
}

static void add_list(const struct opt_list *list, struct str *out)
{
	for (size_t i = 0; i < list->n; i++)
		str_addf(out, "--%s=%s\n", list->v[i].name, list->v[i].value);
}

/* Does what ITEM means depend on the directory that it is seen from? */
static bool is_seen_from(const struct opt_item *item)
{
	AUTO(bindspec) struct bindspec b = { 0 };
	struct err ignored = { 0 }; /* who reads it will say so */

	if (strcmp(item->name, "mount") != 0)
		return is_relative(item->value);
	return !bindspec_parse_mount(item->value, &b, &ignored) && b.src &&
	       is_relative(b.src);
}

static bool has_relative(const struct opt_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_seen_from(&list->v[i]))
			return true;
	return false;
}

static void add_text(const char *name, const char *value, struct str *out)
{
	if (value)
		str_addf(out, "--%s=%s\n", name, value);
}

static void add_flag(const char *name, bool value, struct str *out)
{
	if (value)
		str_addf(out, "--%s\n", name);
}

void joinask_text(const struct run_options *o, const char *image,
		  const char *cwd, struct str *out)
{
	add_image(image, cwd, out);
	add_list(&o->binds, out);
	if (has_relative(&o->binds) || has_relative(&o->overlays) ||
	    (o->home && *o->home != '/'))
		str_addf(out, "binds seen from %s\n", cwd ? cwd : "nowhere");
	add_list(&o->no_default, out);
	add_list(&o->overlays, out);
	add_text("home", o->home, out);
	add_text("write-fake", o->write_fake, out);
	add_flag("no-home", o->no_home, out);
	add_flag("private-tmp", o->private_tmp, out);
	add_flag("contain", o->contain, out);
	add_text("uid", o->uid, out);
	add_text("gid", o->gid, out);
	add_flag("write", o->write, out);
}

/* The first of A that B has not, or NULL. */
static const char *lacking(const struct strlist *a, const struct strlist *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strlist_has(b, a->v[i]))
			return a->v[i];
	return NULL;
}

int joinask_compare(const char *mine, const char *theirs, struct err *e)
{
	AUTO(strlist) struct strlist our = { 0 };
	AUTO(strlist) struct strlist their = { 0 };
	const char *has, *lacks;

	if (!strcmp(mine, theirs))
		return 0;
	strlist_split(&our, mine, '\n', false);
	strlist_split(&their, theirs, '\n', false);
	has = lacking(&their, &our);
	lacks = lacking(&our, &their);
	if (has && lacks)
		return err_set(e, ERR_EXISTS,
			       "it was made with '%s', not with '%s'", has,
			       lacks);
	if (has)
		return err_set(e, ERR_EXISTS,
			       "it was made with '%s', which is not asked for "
			       "here",
			       has);
	if (lacks)
		return err_set(e, ERR_EXISTS, "it was made without '%s'",
			       lacks);
	return err_set(e, ERR_EXISTS,
		       "it was made with the same options in another order");
}
