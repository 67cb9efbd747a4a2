/* seen.c - a hash table with chains, keyed by device and inode.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernel gives the inodes, so nobody chooses who collides.
 */
#include "config.h"

#include "layer/seen.h"

#include "base/mem.h"

#include <string.h>

#define BUCKETS_MIN 64 /* a power of two, as always */

struct seen {
	struct seen_file **buckets;
	size_t n_buckets;
	size_t n;
};

struct seen *seen_new(void)
{
	struct seen *s = xcalloc(1, sizeof(*s));

	s->n_buckets = BUCKETS_MIN;
	s->buckets = xcalloc(s->n_buckets, sizeof(struct seen_file *));
	return s;
}

void seen_free(struct seen *s)
{
	for (size_t i = 0; i < s->n_buckets; i++) {
		struct seen_file *f = s->buckets[i];

		while (f) {
			struct seen_file *next = f->next;

			free(f);
			f = next;
		}
	}
	free(s->buckets);
	free(s);
}

/* Where files of that key are chained. The multiplier is 2^64 divided by the
 * golden ratio. */
static struct seen_file **bucket(const struct seen *s, dev_t dev, ino_t ino)
{
	uint64_t h = (ino ^ (uint64_t)dev << 40) * 0x9e3779b97f4a7c15u;

	return &s->buckets[(h >> 32) & (s->n_buckets - 1)];
}

static void put(struct seen *s, struct seen_file *f)
{
	struct seen_file **to = bucket(s, f->dev, f->ino);

	f->next = *to;
	*to = f;
}

static void grow(struct seen *s)
{
	struct seen old = *s;

	s->n_buckets *= 2;
	s->buckets = xcalloc(s->n_buckets, sizeof(struct seen_file *));
	for (size_t i = 0; i < old.n_buckets; i++) {
		struct seen_file *f = old.buckets[i];

		while (f) {
			struct seen_file *next = f->next;

			put(s, f);
			f = next;
		}
	}
	free(old.buckets);
}

struct seen_file *seen_add(struct seen *s, dev_t dev, ino_t ino, uint64_t links,
			   const char *path)
{
	size_t len = strlen(path) + 1;
	struct seen_file *f = xcalloc(1, sizeof(*f) + len);

	f->dev = dev;
	f->ino = ino;
	f->left = links - 1;
	memcpy(f->path, path, len);
	if (++s->n > s->n_buckets)
		grow(s);
	put(s, f);
	return f;
}

struct seen_file *seen_find(struct seen *s, dev_t dev, ino_t ino)
{
	struct seen_file *f = *bucket(s, dev, ino);

	while (f && (f->ino != ino || f->dev != dev))
		f = f->next;
	return f;
}

void seen_count(struct seen *s, struct seen_file *f)
{
	struct seen_file **at = bucket(s, f->dev, f->ino);

	if (--f->left)
		return;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	s->n--;
	free(f);
}
