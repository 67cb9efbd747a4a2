/* tarplain.c - fields of one block, read strictly.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarplain.h"

#include <assert.h>
#include <string.h>

/* The fields of a header. */
struct header {
	char name[TARPLAIN_NAME];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char sum[8];
	char type;
	char link[TARPLAIN_NAME];
	char magic[8]; /* with the version */
	char owner[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[TARPLAIN_PREFIX]; /* GNU's has other fields from here on */
	char rest[12];
};
static_assert(sizeof(struct header) == TARPLAIN_BLOCK, "a block");

/* Octal digits, then at least one blank or NUL. */
static bool number(const char *p, size_t n, uint64_t *value)
{
	size_t i = 0;

	*value = 0;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		*value = *value << 3 | (uint64_t)(p[i] - '0');
	if (!i || i == n)
		return false;
	for (; i < n; i++)
		if (p[i] && p[i] != ' ')
			return false;
	return true;
}

/* Of all bytes, with blanks for those of the sum: eight at a time, in four sums
 * of two bytes each, which 64 times do not overflow. */
static uint64_t sum_of(const struct header *h)
{
	static const uint64_t low = 0x00ff00ff00ff00ff;
	const char *p = (const char *)h;
	uint64_t sums = 0;
	uint64_t all = 0;
	uint64_t word;

	for (size_t i = 0; i < sizeof(*h); i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		sums += (word & low) + (word >> 8 & low);
	}
	for (; sums; sums >>= 16)
		all += sums & 0xffff;
	for (size_t i = 0; i < sizeof(h->sum); i++)
		all += ' ' - (uint64_t)(unsigned char)h->sum[i];
	return all;
}

static bool is_zero(const char *p, size_t n)
{
	return !*p && !memcmp(p, p + 1, n - 1);
}

/* Where GNU tar has fields of its own there is nothing. */
static bool is_known(const struct header *h)
{
	if (!is_zero(h->rest, sizeof(h->rest)))
		return false;
	if (!memcmp(h->magic, "ustar\00000", sizeof(h->magic)))
		return true;
	return !memcmp(h->magic, "ustar  ", sizeof(h->magic)) &&
	       is_zero(h->prefix, sizeof(h->prefix));
}

static char *add(char *to, const char *p, size_t n)
{
	size_t len = strnlen(p, n);

	memcpy(to, p, len);
	return to + len;
}

/* A slash at the end of either field means something, which is left to others.
 */
static bool read_name(const struct header *h, char *to)
{
	char *p = to;

	if (*h->prefix) {
		p = add(p, h->prefix, sizeof(h->prefix));
		if (p[-1] == '/')
			return false;
		*p++ = '/';
	}
	p = add(p, h->name, sizeof(h->name));
	*p = '\0';
	return p > to && (h->type == '5' || p[-1] != '/');
}

static bool read_type(const struct header *h, uint64_t size, struct tarplain *t,
		      enum entry_type *type)
{
	*add(t->link, h->link, sizeof(h->link)) = '\0';
	switch (h->type) {
	case '0':
		*t->link = '\0';
		*type = ENTRY_FILE;
		return true;
	case '1':
		*type = ENTRY_HARDLINK;
		return !size && *t->link;
	case '2':
		*type = ENTRY_SYMLINK;
		return !size && *t->link;
	case '5':
		*t->link = '\0';
		*type = ENTRY_DIR;
		return !size;
	default:
		return false;
	}
}

bool tarplain_read(const void *block, struct tarplain *t, struct entry *out)
{
	const struct header *h = block;
	uint64_t mode, uid, gid, size, mtime, sum;
	enum entry_type type;

	if (!is_known(h) || !number(h->sum, sizeof(h->sum), &sum) ||
	    sum != sum_of(h) || !number(h->mode, sizeof(h->mode), &mode) ||
	    !number(h->uid, sizeof(h->uid), &uid) ||
	    !number(h->gid, sizeof(h->gid), &gid) ||
	    !number(h->size, sizeof(h->size), &size) ||
	    !number(h->mtime, sizeof(h->mtime), &mtime) ||
	    !read_type(h, size, t, &type) || !read_name(h, t->name))
		return false;
	*out = (struct entry){
		.type = type,
		.name = t->name,
		.link = t->link,
		.size = size,
		.mode = mode & 07777,
		.mtime = { .tv_sec = (time_t)mtime },
		.uid = (uint32_t)uid,
		.gid = (uint32_t)gid,
	};
	return true;
}
