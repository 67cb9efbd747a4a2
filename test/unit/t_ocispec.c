/* t_ocispec.c - config.json of a bundle: what is read of it, as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/ocispec.h"

#include "lines.h"

static void add_list(struct str *out, const char *name,
		     const struct strlist *list)
{
	autostr char *text = strlist_join(list, "|");

	if (list->n)
		str_addf(out, "%s=%s ", name, text);
}

static void add_limit(struct str *out, uint64_t value)
{
	if (value == UINT64_MAX)
		str_add(out, ":max");
	else
		str_addf(out, ":%llu", (unsigned long long)value);
}

static void add_mount(struct str *out, const struct ocispec_mount *m)
{
	autostr char *options = strlist_join(&m->options, "|");

	str_addf(out, "mount=%s,%s,%s,%s ", m->destination,
		 m->type ? m->type : "-", m->source ? m->source : "-", options);
}

static char *text_of(const struct ocispec *s)
{
	struct str out = { 0 };

	add_list(&out, "args", &s->args);
	add_list(&out, "env", &s->env);
	str_addf(&out, "cwd=%s ", s->cwd);
	if (s->uid >= 0)
		str_addf(&out, "uid=%lld ", (long long)s->uid);
	if (s->gid >= 0)
		str_addf(&out, "gid=%lld ", (long long)s->gid);
	if (s->umask >= 0)
		str_addf(&out, "umask=0%o ", (unsigned)s->umask);
	for (size_t i = 0; i < s->n_limits; i++) {
		str_addf(&out, "limit=%s", s->limits[i].type);
		add_limit(&out, s->limits[i].soft);
		add_limit(&out, s->limits[i].hard);
		str_addc(&out, ' ');
	}
	str_addf(&out, "root=%s%s ", s->root, s->readonly ? ",ro" : "");
	for (size_t i = 0; i < s->n_mounts; i++)
		add_mount(&out, &s->mounts[i]);
	if (s->has_hooks)
		str_add(&out, "hooks ");
	add_list(&out, "others", &s->others);
	out.p[--out.len] = '\0';
	return str_take(&out);
}

static void test_good(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ocispec/good.txt")) {
		AUTO(ocispec) struct ocispec s = { 0 };
		struct err e = { 0 };
		autostr char *got = NULL;

		if (!ocispec_parse(l.field[0].p, l.field[0].len, &s, &e))
			got = text_of(&s);
		is(got ? got : e.msg, lines_field(&l, 1), lines_title(&l));
	}
}

static void test_bad(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ocispec/bad.txt")) {
		AUTO(ocispec) struct ocispec s = { 0 };
		struct err e = { 0 };
		int rc = ocispec_parse(lines_field(&l, 0), l.field[0].len, &s,
				       &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 2),
		   lines_title(&l));
		is(lines_kind(&e), lines_field(&l, 1), "kind");
		ok(rc && !s.cwd && !s.root && !s.mounts && !s.limits,
		   "nothing left");
	}
}

int main(void)
{
	test_good();
	test_bad();
	return tap_done();
}
