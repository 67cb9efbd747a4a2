/* envtab.c - variables by name, each with the reason for its value.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/envtab.h"

#include "base/mem.h"
#include "base/str.h"

#include <fnmatch.h>
#include <stdint.h>
#include <string.h>

#define SLOTS_MIN 256

/* FNV-1a, 64 bit. Who finds names that collide has only made his own command
 * start late. */
static uint64_t hash(const char *name, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3;
	return h;
}

/* Where the variable is, or where it would go. */
static size_t *find_slot(const struct envtab *t, const char *name, size_t n)
{
	size_t i = hash(name, n) & (t->n_slots - 1);

	while (t->slots[i]) {
		const struct envtab_var *v = &t->v[t->slots[i] - 1];

		if (v->name_len == n && !memcmp(v->item, name, n))
			break;
		i = (i + 1) & (t->n_slots - 1);
	}
	return &t->slots[i];
}

/* At most half of the slots are ever taken. */
static void make_room(struct envtab *t)
{
	if (t->n_slots > 2 * t->n)
		return;
	t->n_slots = t->n_slots ? 4 * t->n_slots : SLOTS_MIN;
	free(t->slots);
	t->slots = xcalloc(t->n_slots, sizeof *t->slots);
	for (size_t i = 0; i < t->n; i++)
		*find_slot(t, t->v[i].item, t->v[i].name_len) = i + 1;
}

struct envtab_var *envtab_find(const struct envtab *t, const char *name,
			       size_t n)
{
	size_t slot = t->n_slots ? *find_slot(t, name, n) : 0;

	return slot ? &t->v[slot - 1] : NULL;
}

const char *envtab_get(const void *t, const char *name)
{
	size_t n = strlen(name);
	const struct envtab_var *v = envtab_find(t, name, n);

	return v && v->is_set ? v->item + n + 1 : NULL;
}

/* Takes ITEM, whose name has N bytes. */
static void give(struct envtab *t, char *item, size_t n, const char *why)
{
	struct envtab_var *v = envtab_find(t, item, n);

	if (!v) {
		make_room(t);
		t->v = mem_grow(t->v, &t->cap, t->n + 1, sizeof *t->v);
		v = &t->v[t->n++];
		*v = (struct envtab_var){ .name_len = n };
		*find_slot(t, item, n) = t->n;
	}
	free(v->item);
	v->item = item;
	v->is_set = true;
	v->why = why;
}

void envtab_put(struct envtab *t, const char *item, const char *why)
{
	give(t, xstrdup(item), strcspn(item, "="), why);
}

void envtab_set(struct envtab *t, const char *name, const char *value,
		const char *why)
{
	give(t, str_fmt("%s=%s", name, value), strlen(name), why);
}

void envtab_unset(struct envtab *t, const char *glob, const char *why)
{
	for (size_t i = 0; i < t->n; i++) {
		struct envtab_var *v = &t->v[i];
		autostr char *name = NULL;

		if (!v->is_set)
			continue;
		name = xstrndup(v->item, v->name_len);
		if (fnmatch(glob, name, 0))
			continue;
		v->is_set = false;
		v->why = why;
	}
}

void envtab_clear(struct envtab *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i].item);
	free(t->v);
	free(t->slots);
	*t = (struct envtab){ 0 };
}
