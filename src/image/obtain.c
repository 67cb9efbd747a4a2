/* obtain.c - pull and convert in one go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/obtain.h"

#include "base/mem.h"
#include "base/str.h"
#include "image/name.h"

/* How TEXT is called while it is on its way. Caller frees. */
static char *shown(const char *text)
{
	AUTO(ref) struct ref r = { 0 };
	struct err ignored = { 0 }; /* then it is no reference */

	if (name_is_files(text) || ref_parse(text, &r, &ignored))
		return xstrdup(text);
	return ref_short(&r);
}

/* The image that TEXT names was pulled. */
static int from_store(const char *text, const char *out,
		      const struct convert_opts *c, struct progress *progress,
		      char **path, struct err *e)
{
	AUTO(name) struct name n = { 0 };
	autostr char *full = NULL;
	autostr char *in = NULL;

	if (name_parse_in(text, &n, e))
		return -1;
	full = ref_name(&n.ref);
	in = str_fmt("store:%s", full);
	return convert(in, out, c, progress, path, e);
}

/* With --offline the store is only read. */
static int pull_and_convert(const char *text, const char *out,
			    const struct pull_opts *p,
			    const struct convert_opts *c,
			    struct progress *progress, char **path,
			    struct err *e)
{
	struct pull_opts opts = *p;

	opts.is_part = true;
	opts.no_store = false;
	if (pull(text, NULL, &opts, progress, e))
		return -1;
	return from_store(text, out, c, progress, path, e);
}

/* A SIF file: the image may be one, which is written as it is, or is made into
 * one. */
static int pull_sif(const char *text, const char *dest,
		    const struct pull_opts *p, const struct convert_opts *c,
		    struct progress *progress, char **path, struct err *e)
{
	struct pull_opts opts = *p;
	bool is_left = false;

	opts.is_left = &is_left;
	if (pull(text, dest, &opts, progress, e))
		return -1;
	return is_left ? from_store(text, dest, c, progress, path, e) : 0;
}

/* DEST is of a kind that pull can't write. */
static int pull_to(const char *text, const char *dest, enum name_kind kind,
		   const struct pull_opts *p, const struct convert_opts *c,
		   struct progress *progress, struct err *e)
{
	struct convert_opts opts = *c;
	autostr char *path = NULL;

	opts.is_pull = true;
	if (name_is_files(text) && p->as_name)
		return err_set(e, ERR_USAGE,
			       "--name is for the store, and '%s' is made "
			       "without it",
			       dest);
	if (name_is_files(text))
		return convert(text, dest, &opts, progress, &path, e);
	if (kind == NAME_SIF)
		return pull_sif(text, dest, p, &opts, progress, &path, e);
	if (p->no_store && !p->offline)
		return err_set(e, ERR_USAGE,
			       "'%s' is made from what is in the store, so "
			       "--no-store can't be used",
			       dest);
	return pull_and_convert(text, dest, p, &opts, progress, &path, e);
}

/* All that can be said of OUT is said before anything is fetched, and before an
 * object of the progress goes where OUT does. */
int obtain_pull(const char *text, const char *dest, const struct pull_opts *p,
		const struct convert_opts *c, struct err *e)
{
	autostr char *image = shown(text);
	AUTO(name) struct name to = { 0 };

	if (dest && name_parse_out(dest, &to, e))
		return -1;
	if (dest && to.kind != NAME_DIR && convert_check_out(dest, c, e))
		return -1;
	AUTO(progress)
	struct progress *progress = progress_new(image, c->progress);

	if (!dest || to.kind == NAME_DIR)
		return pull(text, dest, p, progress, e);
	return pull_to(text, dest, to.kind, p, c, progress, e);
}

int obtain_convert(const char *in, const char *out, const struct pull_opts *p,
		   const struct convert_opts *c, char **path, struct err *e)
{
	struct convert_opts opts = *c;
	autostr char *image = shown(in);

	*path = NULL;
	if (out && convert_check_out(out, c, e))
		return -1;
	AUTO(progress)
	struct progress *progress = progress_new(image, c->progress);

	if (!str_starts(in, "docker://") && !str_starts(in, "oras://"))
		return convert(in, out, c, progress, path, e);
	opts.is_pull = true;
	return pull_and_convert(in, out, p, &opts, progress, path, e);
}
