/* shadow.c - sums of names in a table.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sum of a path is that of its directory and its last component, so one
 * pass over a path gives those of all its prefixes. A slot is a sum whose two
 * lowest bits say what is known: something has that name, and nothing of lower
 * layers is below it.
 */
#include "config.h"

#include "layer/shadow.h"

#include "base/mem.h"
#include "base/sip.h"
#include "base/str.h"
#include "format/whiteout.h"

#include <string.h>

#define FIRST 1024 /* slots; a power of two */
#define HERE 1u    /* something has the name */
#define BELOW 2u   /* nothing of lower layers is below it */
#define BITS (HERE | BELOW)

struct shadow {
	uint64_t *slots; /* 0: free */
	size_t n_slots;  /* a power of two */
	size_t n;
	struct sip_key key;
	/* Of the layer that is being read: sums, with bits. */
	uint64_t *new;
	size_t n_new;
	size_t new_cap;
};

struct shadow *shadow_new(void)
{
	struct shadow *s = xcalloc(1, sizeof(*s));

	s->key = sip_key();
	s->n_slots = FIRST;
	s->slots = xcalloc(FIRST, sizeof(*s->slots));
	return s;
}

void shadow_free(struct shadow *s)
{
	free(s->slots);
	free(s->new);
	free(s);
}

/* Of directory DIR and a name in it. */
static uint64_t sum(const struct shadow *s, uint64_t dir, const char *name,
		    size_t len)
{
	return sip_sum(&s->key, dir, name, len) << 2; /* room for the bits */
}

/* The next component of *PATH that is one; its length, 0 at the end. */
static size_t component(const char **path)
{
	size_t n;

	for (;;) {
		*path += strspn(*path, "/");
		n = strcspn(*path, "/");
		if (n != 1 || **path != '.')
			return n;
		*path += 1;
	}
}

static uint64_t *find(const struct shadow *s, uint64_t sum_)
{
	size_t mask = s->n_slots - 1;
	size_t i = (sum_ >> 2) & mask;

	while (s->slots[i] && (s->slots[i] & ~(uint64_t)BITS) != sum_)
		i = (i + 1) & mask;
	return &s->slots[i];
}

static void grow(struct shadow *s)
{
	uint64_t *old = s->slots;
	size_t n_old = s->n_slots;

	s->n_slots *= 2;
	s->slots = xcalloc(s->n_slots, sizeof(*s->slots));
	for (size_t i = 0; i < n_old; i++)
		if (old[i])
			*find(s, old[i] & ~(uint64_t)BITS) = old[i];
	free(old);
}

static void note(struct shadow *s, uint64_t sum_, unsigned bits)
{
	s->new = mem_grow(s->new, &s->new_cap, s->n_new + 1, sizeof(*s->new));
	s->new[s->n_new++] = sum_ | bits;
}

/* Sum of NAME's directory to *DIR; its last component to *BASE, and the
 * component's length. */
static size_t split(const struct shadow *s, const char *name, uint64_t *dir,
		    const char **base)
{
	const char *at = name;
	size_t n = component(&at);

	*dir = 0;
	for (;;) {
		const char *next = at + n;
		size_t n_next = component(&next);

		*base = at;
		if (!n_next)
			return n;
		*dir = sum(s, *dir, at, n);
		at = next;
		n = n_next;
	}
}

void shadow_add(struct shadow *s, const char *name, enum entry_type type)
{
	const char *base, *hidden;
	uint64_t dir;
	size_t n = split(s, name, &dir, &base);
	autostr char *last = xstrndup(base, n);

	switch (whiteout_of(last, &hidden)) {
	case WHITEOUT_NONE:
		if (n)
			note(s, sum(s, dir, base, n),
			     type == ENTRY_DIR ? HERE : HERE | BELOW);
		break;
	case WHITEOUT_FILE:
		note(s, sum(s, dir, hidden, strlen(hidden)), HERE | BELOW);
		break;
	case WHITEOUT_OPAQUE:
		note(s, dir, BELOW);
		break;
	case WHITEOUT_IGNORE:
	case WHITEOUT_BAD:
		break;
	}
}

void shadow_layer(struct shadow *s)
{
	for (size_t i = 0; i < s->n_new; i++) {
		uint64_t sum_ = s->new[i] & ~(uint64_t)BITS;
		uint64_t *slot = find(s, sum_);

		s->n += !*slot;
		*slot |= s->new[i];
		if (s->n * 2 >= s->n_slots)
			grow(s);
	}
	s->n_new = 0;
}

bool shadow_hides(const struct shadow *s, const char *name)
{
	uint64_t at = 0;
	const char *path = name;
	size_t n = component(&path);

	if (!s->n)
		return false;
	/* The root's sum is 0, which is also a free slot: its opaque mark is
	 * in slot of sum 0 all the same, since bits make it differ. */
	while (n) {
		if (*find(s, at) & BELOW)
			return true;
		at = sum(s, at, path, n);
		path += n;
		n = component(&path);
	}
	return *find(s, at) & HERE;
}
