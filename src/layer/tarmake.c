/* tarmake.c - ustar headers, and PAX records for what they have no room for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By hand and not by libarchive, whose writer takes names through the locale's
 * character set and has another idea of fractions of a second before 1970; here
 * the bytes depend on nothing but the entry.
 */
#include "config.h"

#include "layer/tarmake.h"

#include <string.h>

#define OCTAL7_MAX 07777777         /* uid, gid, devices */
#define OCTAL11_MAX 077777777777ull /* size, mtime */

/* The header of POSIX, as it stands in the archive. */
struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char rest[12];
};
_Static_assert(sizeof(struct ustar) == TARMAKE_BLOCK, "no padding");

static const char types[] = {
	[ENTRY_FILE] = '0', [ENTRY_HARDLINK] = '1', [ENTRY_SYMLINK] = '2',
	[ENTRY_CHAR] = '3', [ENTRY_BLOCK] = '4',    [ENTRY_DIR] = '5',
	[ENTRY_FIFO] = '6',
};

static size_t n_digits(size_t n)
{
	size_t digits = 1;

	while (n >= 10) {
		n /= 10;
		digits++;
	}
	return digits;
}

/* A record begins with its own length, in digits that count themselves. */
void tarmake_record(struct str *records, const char *key, const void *value,
		    size_t n)
{
	size_t rest = strlen(key) + n + 3; /* " ", "=" and the newline */
	size_t len = rest + n_digits(rest);

	len = rest + n_digits(len);
	str_addf(records, "%zu %s=", len, key);
	str_addn(records, value, n);
	str_addc(records, '\n');
}

static void record_text(struct str *records, const char *key, const char *text)
{
	tarmake_record(records, key, text, strlen(text));
}

/* A name. That one is not UTF-8 is announced, once: libarchive fails without.
 * GNU tar does not know the announcement, and says so. */
static void record_name(struct str *records, const char *key, const char *name,
			size_t n, bool *is_binary)
{
	if (!*is_binary && !str_is_utf8(name)) {
		*is_binary = true;
		tarmake_record(records, "hdrcharset", "BINARY", 6);
	}
	tarmake_record(records, key, name, n);
}

void tarmake_number(struct str *records, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	record_text(records, key, text);
}

void tarmake_xattr(struct str *records, const char *name, const void *value,
		   size_t n)
{
	AUTO(str) struct str key = { 0 };

	str_add(&key, "SCHILY.xattr.");
	for (; *name; name++)
		if (*name == '=')
			str_add(&key, "%3D");
		else if (*name == '%')
			str_add(&key, "%25");
		else
			str_addc(&key, *name);
	tarmake_record(records, key.p, value, n);
}

/* Seconds as a decimal fraction: half a second before 1970 is "-0.5". */
static void record_time(struct str *records, const struct timespec *t)
{
	unsigned long long s = (unsigned long long)t->tv_sec;
	long ns = t->tv_nsec;
	bool is_before = t->tv_sec < 0;
	char text[48];
	int n;

	if (is_before) {
		s = 0 - s - (ns > 0);
		ns = ns ? 1000000000 - ns : 0;
	}
	n = snprintf(text, sizeof(text), "%s%llu.%09ld", is_before ? "-" : "",
		     s, ns);
	while (text[n - 1] == '0')
		n--;
	n -= text[n - 1] == '.';
	tarmake_record(records, "mtime", text, (size_t)n);
}

/* VALUE into a field of SIZE bytes, the last of which is a NUL. */
static void octal(char *field, size_t size, uint64_t value)
{
	field[--size] = '\0';
	while (size > 0) {
		field[--size] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

/* VALUE, or 0 and a record if it is too large for seven digits. */
static void id(char field[8], uint32_t value, const char *key,
	       struct str *records)
{
	bool fits = value <= OCTAL7_MAX;

	octal(field, 8, fits ? value : 0);
	if (!fits)
		tarmake_number(records, key, value);
}

static void size(struct ustar *h, uint64_t value, struct str *records)
{
	bool fits = value <= OCTAL11_MAX;

	octal(h->size, sizeof(h->size), fits ? value : 0);
	if (!fits)
		tarmake_number(records, "size", value);
}

static void mtime(struct ustar *h, const struct timespec *t,
		  struct str *records)
{
	bool is_octal = t->tv_sec >= 0 && (uint64_t)t->tv_sec <= OCTAL11_MAX;

	octal(h->mtime, sizeof(h->mtime), is_octal ? (uint64_t)t->tv_sec : 0);
	if (!is_octal || t->tv_nsec)
		record_time(records, t);
}

static void copy(char *field, size_t max, const char *text, size_t len)
{
	memcpy(field, text, len < max ? len : max);
}

/* At which slash can LEN bytes of NAME be split, so that both parts fit? 0 if
 * at none. */
static size_t split_at(const char *name, size_t len)
{
	const struct ustar *h = NULL;
	size_t from = len - sizeof(h->name) - 1;
	const char *slash;

	if (from > sizeof(h->prefix))
		return 0;
	from += !from; /* nothing in front of it is no prefix */
	slash = memchr(name + from, '/', len - 1 - from);
	if (!slash || (size_t)(slash - name) > sizeof(h->prefix))
		return 0;
	return (size_t)(slash - name);
}

static void plain_name(struct ustar *h, const char *name, size_t len,
		       struct str *records, bool *is_binary)
{
	size_t at;

	copy(h->name, sizeof(h->name), name, len);
	if (len <= sizeof(h->name))
		return;
	at = split_at(name, len);
	if (!at) {
		record_name(records, "path", name, len, is_binary);
		return;
	}
	copy(h->prefix, sizeof(h->prefix), name, at);
	memset(h->name, 0, sizeof(h->name));
	copy(h->name, sizeof(h->name), name + at + 1, len - at - 1);
}

/* DIR, a slash and the last part of NAME, cut. */
static void made_up_name(struct ustar *h, const char *dir, const char *name,
			 size_t len)
{
	size_t n = strlen(dir);
	size_t from = len;

	while (from > 1 && name[from - 1] == '/')
		from--;
	len = from;
	while (from > 0 && name[from - 1] != '/')
		from--;
	memcpy(h->name, dir, n);
	copy(h->name + n, sizeof(h->name) - n, name + from, len - from);
}

/* A directory's name ends in a slash; others must not, libarchive would take
 * them for directories. */
static void full_name(const struct entry *x, struct str *name)
{
	str_add(name, x->name);
	while (name->len > 1 && name->p[name->len - 1] == '/')
		name->p[--name->len] = '\0';
	if (x->type == ENTRY_DIR && !str_eq(name->p, "/"))
		str_addc(name, '/');
}

static void names(struct ustar *h, const struct entry *x, bool is_sparse,
		  struct str *records)
{
	AUTO(str) struct str name = { 0 };
	size_t n = strlen(x->link);
	bool is_binary = false;

	full_name(x, &name);
	if (is_sparse) {
		made_up_name(h, "GNUSparseFile.0/", name.p, name.len);
		record_name(records, "GNU.sparse.name", name.p, name.len,
			    &is_binary);
	} else {
		plain_name(h, name.p, name.len, records, &is_binary);
	}
	copy(h->link, sizeof(h->link), x->link, n);
	if (n > sizeof(h->link))
		record_name(records, "linkpath", x->link, n, &is_binary);
}

static void finish(struct ustar *h, char type, struct str *out)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	h->type = type;
	memcpy(h->magic, "ustar", sizeof(h->magic));
	memcpy(h->version, "00", sizeof(h->version));
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	octal(h->checksum, 7, sum);
	str_addn(out, h, sizeof(*h));
}

void tarmake_pad(struct str *out, uint64_t n)
{
	size_t rest = (size_t)(-n % TARMAKE_BLOCK);

	memset(str_reserve(out, rest), 0, rest + 1);
	out->len += rest;
}

/* The header of records, with all that does not matter always the same. */
static void add_records(const struct entry *x, const struct str *records,
			struct str *out)
{
	struct ustar h = { 0 };

	made_up_name(&h, "PaxHeaders/", x->name, strlen(x->name));
	octal(h.mode, sizeof(h.mode), 0644);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), records->len);
	octal(h.mtime, sizeof(h.mtime), 0);
	octal(h.major, sizeof(h.major), 0);
	octal(h.minor, sizeof(h.minor), 0);
	finish(&h, 'x', out);
	str_addn(out, records->p, records->len);
	tarmake_pad(out, records->len);
}

int tarmake_head(const struct entry *x, uint64_t stored, bool is_sparse,
		 struct str *records, struct str *out, struct err *e)
{
	bool is_device = x->type == ENTRY_CHAR || x->type == ENTRY_BLOCK;
	struct ustar h = { 0 };

	names(&h, x, is_sparse, records);
	octal(h.mode, sizeof(h.mode), x->mode & 07777);
	id(h.uid, x->uid, "uid", records);
	id(h.gid, x->gid, "gid", records);
	size(&h, stored, records);
	mtime(&h, &x->mtime, records);
	id(h.major, is_device ? x->major : 0, "SCHILY.devmajor", records);
	id(h.minor, is_device ? x->minor : 0, "SCHILY.devminor", records);
	if (records->len > TARMAKE_RECORDS_MAX)
		return err_set(e, ERR_LIMIT,
			       "'%s': names and attributes of %zu bytes, more "
			       "than the %d of a tar entry",
			       x->name, records->len, TARMAKE_RECORDS_MAX);
	if (records->len)
		add_records(x, records, out);
	finish(&h, types[x->type], out);
	return 0;
}
