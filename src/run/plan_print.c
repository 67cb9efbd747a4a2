/* plan_print.c - the plan as text, for --dry-run, -vv and tests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/plan.h"

#include "base/str.h"
#include "run/unpacked.h"

#include <stdint.h>
#include <string.h>

static const char *const verbs[] = {
	[STEP_SCRATCH] = "scratch",   [STEP_IMAGE] = "image",
	[STEP_LAYERS] = "layers",     [STEP_MEMORY] = "memory",
	[STEP_LINK] = "link",         [STEP_OVERLAY] = "overlay",
	[STEP_ASSEMBLE] = "assemble", [STEP_MAKE] = "make",
	[STEP_BIND] = "bind",         [STEP_TEXT] = "text",
};

char *step_name(const struct step *s)
{
	autostr char *name = NULL;

	if (s->kind == STEP_SCRATCH)
		return str_fmt("%s (%s)", verbs[s->kind], s->why);
	if (s->kind == STEP_IMAGE)
		return str_fmt("%s '%s'", verbs[s->kind], s->src);
	name = want_name(s->src, s->dst);
	return str_fmt("%s %s (%s)", verbs[s->kind], name, s->why);
}

/* S, made harmless: names come from users and images. */
static void add_safe(struct str *out, const char *s)
{
	autostr char *safe = str_escape(s);

	str_add(out, safe);
}

static void print_fresh(const struct step *s, struct str *out)
{
	const char *sep = ": ";

	for (size_t i = 0; i < s->n_fresh; i++) {
		str_add(out, sep);
		add_safe(out, s->fresh[i].path);
		if (s->fresh[i].is_dir)
			str_addc(out, '/');
		sep = ", ";
	}
	if (s->n_entries == SIZE_MAX)
		str_add(out, ", beside what is there");
	else if (s->kind != STEP_LAYERS)
		str_addf(out, ", beside %zu others", s->n_entries);
}

static void print_layers(const struct step *s, struct str *out)
{
	if (s->upper_in_memory)
		str_add(out, ", writable in memory");
	else if (!s->readonly)
		str_add(out, ", writable");
	for (size_t i = s->lower.n; i-- > 0;) {
		str_add(out, ", over '");
		add_safe(out, s->lower.v[i]);
		str_addc(out, '\'');
	}
}

static void print_step(const struct step *s, struct str *out)
{
	autostr char *name = step_name(s);

	add_safe(out, name);
	if (s->kind == STEP_IMAGE)
		str_add(out, s->readonly ? ", read-only" : ", writable");
	else if (s->kind == STEP_MAKE)
		str_add(out, s->is_dir ? ", directory" : ", file");
	else if (s->readonly)
		str_add(out, ", read-only");
	if (s->unpack_at) {
		autostr char *place = unpacked_shown(s->unpack_at);

		str_add(out, ", unpacked to ");
		add_safe(out, place);
		str_add(out, " (--unpack)");
	}
	if (s->size)
		str_addf(out, ", size %s", s->size);
	if (s->kind == STEP_LAYERS)
		print_layers(s, out);
	if (s->n_fresh)
		print_fresh(s, out);
	str_addc(out, '\n');
}

static void print_env(const struct environ *v, struct str *out)
{
	for (size_t i = 0; i < v->n_why; i++) {
		str_add(out, "env ");
		add_safe(out, v->env.v[i]);
		str_addf(out, " (%s)\n", v->why[i]);
	}
	for (size_t i = 0; i < v->gone.n; i++) {
		str_add(out, "env -");
		add_safe(out, v->gone.v[i]);
		str_addf(out, " (%s)\n", v->gone_why[i]);
	}
}

/* What they would set is not known before. */
static void print_scripts(const struct plan *p, struct str *out)
{
	for (size_t i = 0; i < p->scripts->n; i++) {
		str_add(out, "script '");
		add_safe(out, p->scripts->v[i]);
		str_add(out, "' (the image's environment)\n");
	}
}

static void print_starts(const struct plan *p, struct str *out)
{
	const char *sep = "cd ";

	for (size_t i = 0; i < ARRAY_SIZE(p->starts) && p->starts[i].dir; i++) {
		str_add(out, sep);
		add_safe(out, p->starts[i].dir);
		str_addf(out, " (%s)", p->starts[i].why);
		sep = ", else ";
	}
	str_addc(out, '\n');
}

void plan_print(const struct plan *p, struct str *out)
{
	for (size_t i = 0; i < p->n; i++)
		print_step(&p->v[i], out);
	for (size_t i = 0; i < p->skipped.n; i++) {
		str_add(out, "skip ");
		add_safe(out, p->skipped.v[i]);
		str_addc(out, '\n');
	}
	if (p->ids_why)
		str_addf(out, "user %u, group %u (%s)\n", p->ids.uid,
			 p->ids.gid, p->ids_why);
	print_scripts(p, out);
	print_env(&p->env, out);
	print_starts(p, out);
	if (p->limits)
		limits_print(p->limits, "from config.json", out);
	if (p->seccomp)
		str_add(out, "fake root (from --seccomp)\n");
	str_add(out, "run");
	for (size_t i = 0; i < p->command.n; i++) {
		autostr char *word = str_shell(p->command.v[i]);

		str_addc(out, ' ');
		add_safe(out, word);
	}
	if (p->command_why)
		str_addf(out, " (%s)", p->command_why);
	str_addc(out, '\n');
}
