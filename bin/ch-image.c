/* ch-image.c - the images of the store: a table of verbs, and a call for each.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/log.h"
#include "base/num.h"
#include "base/verb.h"
#include "image/catalog.h"
#include "image/check.h"
#include "image/host.h"
#include "image/inspect.h"
#include "image/manage.h"

#include <stdio.h>
#include <time.h>

struct cli {
	const char *store;
	const char *readonly;
	const char *platform;
	const char *keep;
	bool json;
	bool dry_run;
	bool now;
	bool quick;
	bool repair;
};

static const struct tool tool;

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

/* For changing it; not made, as a pull would. What the killed have left in tmp/
 * is removed. */
static int open_own(const struct cli *c, struct store *s, struct err *e)
{
	AUTO(store) struct store there = STORE_INIT;

	if (store_open(&there, c->store, e))
		return -1;
	return store_open_write(s, c->store, e);
}

static int no_more(int argc, char **argv, int most, struct err *e)
{
	if (argc <= most)
		return 0;
	return err_set(e, ERR_USAGE, "unexpected argument '%s'", argv[most]);
}

/* What --arch says; NULL if it says nothing. */
static int read_platform(const struct cli *c, struct platform *room,
			 const struct platform **out, struct err *e)
{
	*out = c->platform ? room : NULL;
	return c->platform ? host_platform(c->platform, room, e) : 0;
}

static void print(const struct str *text)
{
	fputs(str_text(text), stdout);
}

static void tell_empty(const struct cli *c)
{
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };

	if (store_open(&s, c->store, &e))
		log_note("no images: %s", e.msg);
	else
		log_note("no images in store '%s'", s.path);
}

static int run_list(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(catalog) struct catalog all = { 0 };
	AUTO(str) struct str out = { 0 };
	autostr struct listing_row *rows = NULL;
	size_t n;

	if (catalog_open(&all, c->store, c->readonly, e) ||
	    catalog_rows(&all, argv, (size_t)argc, &rows, &n, e))
		return -1;
	if (c->json)
		listing_json(rows, n, &out);
	else
		listing_text(rows, n, now(), &out);
	print(&out);
	if (!n && !c->json)
		tell_empty(c);
	return 0;
}

static int run_inspect(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(catalog) struct catalog all = { 0 };
	AUTO(str) struct str out = { 0 };
	struct listing_row row;
	struct platform want;

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which image? REF is missing");
	if (no_more(argc, argv, 1, e) || host_platform(c->platform, &want, e) ||
	    catalog_open(&all, c->store, c->readonly, e) ||
	    catalog_find(&all, argv[0], &want, c->platform != NULL, &row, e) ||
	    inspect(row.v, row.image, &want, c->json, &out, e))
		return -1;
	print(&out);
	return 0;
}

static void plural(struct str *out, size_t n, const char *noun)
{
	if (n)
		str_addf(out, "%s%zu %s%s", out->len ? ", " : "", n, noun,
			 n == 1 ? "" : "s");
}

/* "freed 12 MiB: 3 blobs, 1 tree" */
static void tell_freed(const struct gc_done *d, bool dry_run)
{
	AUTO(str) struct str what = { 0 };
	autostr char *size = num_size_text(d->bytes);

	plural(&what, d->n_blobs, "blob");
	plural(&what, d->n_trees, "tree");
	plural(&what, d->n_partial, "partial download");
	if (what.len)
		log_note("%s %s: %s", dry_run ? "would free" : "freed", size,
			 what.p);
	else if (!d->n_kept && !d->is_busy)
		log_note("nothing to free");
	if (d->is_busy)
		log_note("blobs were left alone, since something is being "
			 "pulled; run 'ch-image gc' later");
}

static int run_delete(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(store) struct store s = STORE_INIT;
	AUTO(catalog) struct catalog all = { 0 };
	struct gc_opts o = { .now_s = now(), .now = c->now, .others = &all };
	const struct platform *want;
	struct platform room;
	struct gc_done done;

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which image? REF is missing");
	if (read_platform(c, &room, &want, e) || open_own(c, &s, e) ||
	    catalog_open(&all, c->store, c->readonly, e) ||
	    manage_delete(&s, argv, (size_t)argc, want, &o, &done, e))
		return -1;
	if (done.n_blobs || done.n_trees || done.is_busy)
		tell_freed(&done, false);
	else if (!done.n_kept)
		log_note("nothing to free: other names need all of it");
	return 0;
}

static int run_tag(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(store) struct store s = STORE_INIT;
	const struct platform *want;
	struct platform room;

	if (argc < 2)
		return err_set(e, ERR_USAGE, "%s is missing",
			       argc ? "the new name NEW" : "the image REF");
	if (no_more(argc, argv, 2, e) || read_platform(c, &room, &want, e) ||
	    open_own(c, &s, e))
		return -1;
	return manage_tag(&s, argv[0], argv[1], want, e);
}

static int run_du(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(store) struct store s = STORE_INIT;
	AUTO(inventory) struct inventory v = { 0 };
	AUTO(str) struct str out = { 0 };
	struct usage u;

	if (no_more(argc, argv, 0, e) || store_open(&s, c->store, e) ||
	    inventory_load(&s, &v, e) || usage_of(&v, now(), &u, e))
		return -1;
	if (c->json)
		listing_usage_json(&u, &out);
	else
		listing_usage_text(&u, &out);
	print(&out);
	return 0;
}

static int run_gc(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(store) struct store s = STORE_INIT;
	AUTO(catalog) struct catalog all = { 0 };
	AUTO(str) struct str list = { 0 };
	struct gc_opts o = {
		.now_s = now(),
		.others = &all,
		.dry_run = c->dry_run,
		.now = c->now,
	};
	struct gc_done done;

	if (no_more(argc, argv, 0, e) ||
	    (c->keep && gc_parse_keep(c->keep, &o, e)))
		return -1;
	if (c->dry_run ? store_open(&s, c->store, e) : open_own(c, &s, e))
		return -1;
	if (catalog_open(&all, c->store, c->readonly, e) ||
	    gc(&s, &o, &done, &list, e))
		return -1;
	print(&list);
	tell_freed(&done, c->dry_run);
	return 0;
}

static int tell_findings(const struct check_result *r, const struct store *s,
			 bool repair, struct err *e)
{
	AUTO(str) struct str what = { 0 };
	size_t left = r->n_found - r->n_repaired;

	plural(&what, r->n_images, "image");
	plural(&what, r->n_blobs, "blob");
	plural(&what, r->n_trees, "tree");
	if (!r->n_found)
		log_note("store '%s' is sound: %s", s->path,
			 what.len ? what.p : "empty");
	else if (!left)
		log_note("%zu repaired", r->n_repaired);
	if (!left)
		return 0;
	err_set(e, ERR_FORMAT, "store '%s': %zu found wrong%s", s->path, left,
		repair ? ", which can't be repaired" : "");
	return repair ? -1 : err_hint(e, "--repair repairs what can be");
}

static int run_check(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *c = ctx;
	AUTO(store) struct store s = STORE_INIT;
	struct check_opts o = {
		.now_s = now(),
		.quick = c->quick,
		.repair = c->repair,
	};
	struct check_result r = { 0 };
	int rc;

	if (no_more(argc, argv, 0, e) || open_own(c, &s, e))
		return -1;
	rc = check(&s, &o, &r, e);
	print(&r.lines);
	str_clear(&r.lines);
	return rc ? -1 : tell_findings(&r, &s, c->repair, e);
}

static int run_none(void *ctx, int argc, char **argv, struct err *e)
{
	(void)ctx;
	return verb_missing(&tool, argc, argv, e);
}

// clang-format off
#define OPTIONS_OF_ALL \
	OPT_CONF('s', "store", struct cli, store, "DIR", \
		 "the store (default /var/tmp/USER.ch)", \
		 "CH_STORE", "store.path"), \
	OPT_CONF(0, "store-readonly", struct cli, readonly, "DIR[:DIR]", \
		 "look for images there, too, and write nothing", \
		 "CH_STORE_READONLY", "store.readonly")
#define OPTION_ARCH(help) \
	OPT('a', "arch", struct cli, platform, "ARCH", help)
#define OPTION_JSON \
	OPT(0, "json", struct cli, json, NULL, "print JSON, for programs")
#define OPTION_NOW \
	OPT(0, "now", struct cli, now, NULL, \
	    "remove trees at once that others might run, on other hosts or of the group, where that can't be seen")

static const struct opt of_all[] = { OPTIONS_OF_ALL };
static const struct opt of_list[] = { OPTION_JSON, OPTIONS_OF_ALL };
static const struct opt of_inspect[] = {
	OPTION_ARCH("the image for ARCH or OS/ARCH[/VARIANT] instead of this machine's"),
	OPTION_JSON, OPTIONS_OF_ALL,
};
static const struct opt of_delete[] = {
	OPTION_ARCH("only the image for ARCH or OS/ARCH[/VARIANT]"),
	OPTION_NOW, OPTIONS_OF_ALL,
};
static const struct opt of_tag[] = {
	OPTION_ARCH("only the image for ARCH or OS/ARCH[/VARIANT]"),
	OPTIONS_OF_ALL,
};
static const struct opt of_du[] = { OPTION_JSON, OPTIONS_OF_ALL };
static const struct opt of_gc[] = {
	OPT(0, "dry-run", struct cli, dry_run, NULL,
	    "print what would be freed, and free nothing"),
	OPT(0, "keep", struct cli, keep, "SIZE|AGE",
	    "keep the newest of it up to SIZE (20G), or what is younger than AGE (12h, 7d, 2w)"),
	OPTION_NOW, OPTIONS_OF_ALL,
};
static const struct opt of_check[] = {
	OPT(0, "quick", struct cli, quick, NULL,
	    "compare sizes and no sums, and do not look into trees"),
	OPT(0, "repair", struct cli, repair, NULL,
	    "remove bad blobs and trees and the names of images that lack something, put modes right"),
	OPTIONS_OF_ALL,
};

#define VERB(v, s, a, n) \
	{ .name = "ch-image", .verb = #v, .synopsis = s, .about = a, \
	  .opts = of_##v, .n_opts = ARRAY_SIZE(of_##v), .notes = n, \
	  .run = run_##v }

static const struct tool verbs[] = {
	VERB(list, "[OPTION...] [REF...]",
	     "Show the images, or those that are named REF.",
	     "SIZE is what only this name needs (its blobs, and its tree if it is unpacked);\n"
	     "SHARED is what other names need as well; AGE is since when it is here; STATE\n"
	     "is unpacked, damaged (see check) or read-only (in another store). REF may be the\n"
	     "start of a digest."),
	VERB(inspect, "[OPTION...] REF",
	     "Show an image's configuration, layers and history.", NULL),
	VERB(delete, "[OPTION...] REF...",
	     "Delete names, and what no other name needs of their images.",
	     "What runs goes on; its tree is removed by the first 'ch-image gc' after that."),
	VERB(tag, "[OPTION...] REF NEW",
	     "Give the image REF a second name.", NULL),
	VERB(du, "[OPTION...]",
	     "Show how much the store takes, and how much gc would free.",
	     "SHARED is what several names need; RECLAIMABLE is what gc would free."),
	VERB(gc, "[OPTION...]",
	     "Free what no name needs.",
	     "Others may pull and run meanwhile."),
	VERB(check, "[OPTION...]",
	     "Check that all is there and unchanged, or repair it.", NULL),
};

static const struct tool tool = {
	.name = "ch-image",
	.synopsis = "[OPTION...] VERB [ARG...]",
	.about = "Show and manage the images in the store.",
	.opts = of_all,
	.n_opts = ARRAY_SIZE(of_all),
	.notes = "Example: ch-image delete alpine:3.16",
	.options_first = true,
	.verbs = verbs,
	.n_verbs = ARRAY_SIZE(verbs),
	.run = run_none,
};
// clang-format on

int main(int argc, char **argv)
{
	struct cli c = { 0 };

	return verb_main(&tool, &c, sizeof(c), argc, argv, true);
}
