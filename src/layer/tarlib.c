/* tarlib.c - libarchive's tar reader, with a second look at the headers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks go to libarchive as they are, without a copy. To see an entry's
 * headers for ourselves (tarhead.h) we note where libarchive stands before and
 * after it reads them; they mostly lie in the current block, and what lies in
 * earlier ones is put aside when the next block is asked for.
 */
#include "config.h"

#include "layer/tarlib.h"

#include "base/mem.h"
#include "base/str.h"
#include "layer/tarhead.h"
#include "layer/tarlead.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

/* What libarchive reads before it gives an entry, and so must be kept: a few
 * extensions, and the map of a sparse file of some 400,000 extents. */
#define HEAD_MAX (8u << 20)

struct tarlib {
	struct archive *archive;
	struct archive_entry *entry; /* libarchive's */
	int (*next)(void *ctx, const void **p, size_t *n, struct err *e);
	void *ctx;
	struct err *e;    /* of the call under way */
	const void *lead; /* to be given first, or NULL */
	size_t lead_len;
	bool is_open;
	bool has_failed; /* NEXT has */
	const char *block;
	size_t block_len;
	uint64_t block_at; /* where it stands in the archive */
	bool is_in_head;
	uint64_t head_at; /* where the entry's headers begin */
	struct str kept;  /* of them, what lies before the block */
	struct str name;
	struct str link;
	struct str xattr;
	uint64_t size;
	uint64_t data_end;    /* of the pieces given out */
	uint64_t content_end; /* where they must end; behind it is a hole */
	struct extent *extents;
	size_t extents_cap;
	bool is_ahead; /* the entry's first piece was read, and is: */
	const void *ahead;
	size_t ahead_len;
	uint64_t ahead_at;
};

static void keep_head(struct tarlib *r)
{
	uint64_t end = r->block_at + r->block_len;
	uint64_t from = r->head_at > r->block_at ? r->head_at : r->block_at;

	if (r->is_in_head && from < end)
		str_addn(&r->kept, r->block + (from - r->block_at),
			 (size_t)(end - from));
}

/* To be asked when all of the last block was read. */
static int check_head(struct tarlib *r)
{
	if (!r->is_in_head || r->block_at - r->head_at <= HEAD_MAX)
		return 0;
	return err_set(r->e, ERR_LIMIT,
		       "an entry with more than %u bytes of headers, the map "
		       "of a sparse file included",
		       HEAD_MAX);
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **buffer)
{
	struct tarlib *r = ctx;
	const void *p = NULL;
	size_t n = 0;

	if (r->lead) {
		*buffer = r->lead;
		r->lead = NULL;
		return (la_ssize_t)r->lead_len;
	}
	keep_head(r);
	r->block_at += r->block_len;
	r->block_len = 0;
	if (r->has_failed || check_head(r) || r->next(r->ctx, &p, &n, r->e)) {
		r->has_failed = true;
		archive_set_error(a, EIO, "no input");
		return ARCHIVE_FATAL;
	}
	r->block = p;
	r->block_len = n;
	*buffer = p;
	return (la_ssize_t)n;
}

struct tarlib *tarlib_new(enum tarlib_where where,
			  int (*next)(void *ctx, const void **p, size_t *n,
				      struct err *e),
			  void *ctx)
{
	struct tarlib *r = xcalloc(1, sizeof(*r));

	r->next = next;
	r->ctx = ctx;
	r->archive = archive_read_new();
	if (where != TARLIB_BEGIN)
		r->lead = tarlead(where == TARLIB_PAX, &r->lead_len);
	if (!r->archive || archive_read_support_format_tar(r->archive) ||
	    archive_read_support_format_empty(r->archive))
		mem_fail("a tar reader");
	archive_read_set_read_callback(r->archive, on_read);
	archive_read_set_callback_data(r->archive, r);
	return r;
}

void tarlib_free(struct tarlib *r)
{
	archive_read_free(r->archive);
	free(r->extents);
	str_clear(&r->kept);
	str_clear(&r->name);
	str_clear(&r->link);
	str_clear(&r->xattr);
	free(r);
}

/* The source's error if it failed, else libarchive's. */
static int failed(struct tarlib *r, struct err *e)
{
	const char *text = archive_error_string(r->archive);

	if (r->has_failed)
		return -1;
	if (archive_errno(r->archive) == ENOMEM)
		return err_sysno(e, ENOMEM, "can't read the tar archive");
	return err_set(e, ERR_FORMAT, "malformed tar archive (%s)",
		       text ? text : "no reason given");
}

/* Bytes behind the lead. */
static uint64_t position(const struct tarlib *r)
{
	return (uint64_t)archive_filter_bytes(r->archive, 0) - r->lead_len;
}

/* Whether an archive is tar libarchive asks only at its beginning; inside of
 * one it bears more. */
static int open_archive(struct tarlib *r, struct err *e)
{
	r->is_open = true;
	if (archive_read_open1(r->archive))
		return r->has_failed
			       ? -1
			       : err_set(e, ERR_FORMAT, "not a tar archive");
	if (r->lead_len &&
	    archive_read_next_header(r->archive, &r->entry) != ARCHIVE_OK)
		return failed(r, e);
	return 0;
}

/* Which of its limits? It has the same as tarhead.h. */
static int failed_head(struct tarlib *r, struct err *e)
{
	struct err look = { 0 };
	struct tarhead h;

	keep_head(r);
	if (tarhead_read(r->kept.p, r->kept.len, &h, &look) &&
	    look.kind == ERR_LIMIT) {
		*e = look;
		return -1;
	}
	return failed(r, e);
}

/* Have libarchive read the headers of the next entry: 1, 0 or -1. */
static int read_header(struct tarlib *r, struct err *e)
{
	if (!r->is_open && open_archive(r, e))
		return -1;
	switch (archive_read_next_header(r->archive, &r->entry)) {
	case ARCHIVE_OK:
		return 1;
	case ARCHIVE_EOF:
		return 0;
	case ARCHIVE_WARN:
		/* A name in a PAX record does not fit the locale's character
		 * set: we take its bytes. Other warnings mean damage. */
		return archive_errno(r->archive) == EILSEQ ? 1 : failed(r, e);
	default:
		return failed_head(r, e);
	}
}

/* Our look at the headers that were just read. */
static int read_head(struct tarlib *r, struct tarhead *h, struct err *e)
{
	uint64_t end = position(r);
	size_t len = (size_t)(end - r->head_at);

	if (!r->kept.len)
		return tarhead_read(r->block + (r->head_at - r->block_at), len,
				    h, e);
	if (end > r->block_at)
		str_addn(&r->kept, r->block, (size_t)(end - r->block_at));
	return tarhead_read(r->kept.p, len < r->kept.len ? len : r->kept.len, h,
			    e);
}

static void set_text(struct str *s, const struct tarhead_text *pax,
		     const char *other)
{
	s->len = 0;
	if (pax->p)
		str_addn(s, pax->p, pax->len);
	else
		str_add(s, other ? other : "");
}

/* libarchive takes a file whose name ends in a slash for a directory, as old
 * tar programs wrote them. */
static enum entry_type type_of(char letter, struct archive_entry *entry)
{
	switch (letter) {
	case '1':
		return ENTRY_HARDLINK;
	case '2':
		return ENTRY_SYMLINK;
	case '3':
		return ENTRY_CHAR;
	case '4':
		return ENTRY_BLOCK;
	case '5':
	case 'D':
		return ENTRY_DIR;
	case '6':
		return ENTRY_FIFO;
	default:
		return archive_entry_filetype(entry) == AE_IFDIR ? ENTRY_DIR
								 : ENTRY_FILE;
	}
}

static const char *link_of(enum entry_type type, struct archive_entry *entry)
{
	if (type == ENTRY_HARDLINK)
		return archive_entry_hardlink(entry);
	return type == ENTRY_SYMLINK ? archive_entry_symlink(entry) : "";
}

/* An ID that no system has is nobody's we know. */
static uint32_t id_of(int64_t id)
{
	return id >= 0 && id < UINT32_MAX ? (uint32_t)id : 0;
}

/* A size or a map can claim what is not there, and libarchive believes it: half
 * a kilobyte would be a file of any length. */
static int check_end(const struct tarlib *r, struct err *e)
{
	if (r->data_end >= r->content_end)
		return 0;
	return err_set(e, ERR_FORMAT,
		       "content that ends at %llu, not at %llu as its header "
		       "says",
		       (unsigned long long)r->data_end,
		       (unsigned long long)r->content_end);
}

static int next_piece(struct tarlib *r, const void **p, size_t *n,
		      uint64_t *offset, struct err *e)
{
	int64_t at;
	int rc = archive_read_data_block(r->archive, p, n, &at);

	if (rc == ARCHIVE_EOF)
		return check_end(r, e);
	if (rc != ARCHIVE_OK)
		return failed(r, e);
	if (at < 0 || (uint64_t)at < r->data_end || (uint64_t)at > r->size ||
	    *n > r->size - (uint64_t)at)
		return err_set(e, ERR_FORMAT, "malformed map of a sparse file");
	*offset = (uint64_t)at;
	r->data_end = *offset + *n;
	return 1;
}

/* libarchive knows no extents of a sparse file that is nothing but a hole, nor
 * of one that has none: its first piece tells. */
static int look_ahead(struct tarlib *r, struct entry *out, struct err *e)
{
	int got;

	do
		got = next_piece(r, &r->ahead, &r->ahead_len, &r->ahead_at, e);
	while (got > 0 && !r->ahead_len);
	r->is_ahead = got > 0;
	r->content_end = got > 0 ? r->size : 0;
	out->is_sparse = !got;
	return got < 0 ? -1 : 0;
}

/* What libarchive knows of a sparse file before its content is read. */
static void fill_extents(struct tarlib *r, struct entry *out)
{
	int64_t at, len;

	while (archive_entry_sparse_next(r->entry, &at, &len) == ARCHIVE_OK) {
		if (at < 0 || len <= 0)
			continue;
		r->extents = mem_grow(r->extents, &r->extents_cap,
				      out->n_extents + 1, sizeof(*r->extents));
		r->extents[out->n_extents++] = (struct extent){
			.at = (uint64_t)at,
			.n = (uint64_t)len,
		};
	}
	out->is_sparse = true;
	out->extents = r->extents;
	if (out->n_extents) {
		const struct extent *last = &r->extents[out->n_extents - 1];

		r->content_end = last->at + last->n;
	}
}

/* libarchive takes the fraction of a time before 1970 for one after the second:
 * -1.5 would be -0.5. */
static void fix_mtime(const struct tarhead_text *pax, struct timespec *t)
{
	const char *dot = pax->p ? memchr(pax->p, '.', pax->len) : NULL;
	long ns = 0;
	long unit = 100000000;

	if (!dot || *pax->p != '-')
		return;
	for (const char *p = dot + 1; p < pax->p + pax->len && unit; p++) {
		if (*p < '0' || *p > '9')
			return;
		ns += (*p - '0') * unit;
		unit /= 10;
	}
	int64_t seconds = 0;

	for (const char *p = pax->p + 1; p < dot; p++) {
		if (*p < '0' || *p > '9' || seconds > INT64_MAX / 10 - 10)
			return;
		seconds = seconds * 10 + (*p - '0');
	}
	t->tv_sec = -seconds - (ns > 0);
	t->tv_nsec = ns ? 1000000000 - ns : 0;
}

static int fill(struct tarlib *r, const struct tarhead *h, struct entry *out,
		struct err *e)
{
	static const struct tarhead_text none = { 0 };
	enum entry_type type = type_of(h->type, r->entry);
	bool is_link = type == ENTRY_HARDLINK || type == ENTRY_SYMLINK;
	int64_t size = archive_entry_size(r->entry);
	long ns = archive_entry_mtime_nsec(r->entry);

	if (size < 0)
		return err_set(e, ERR_FORMAT, "negative size");
	set_text(&r->name, &h->path, archive_entry_pathname(r->entry));
	set_text(&r->link, is_link ? &h->link : &none, link_of(type, r->entry));
	r->size = (uint64_t)size;
	r->data_end = 0;
	r->content_end = 0;
	r->is_ahead = false;
	*out = (struct entry){
		.type = type,
		.name = r->name.p,
		.link = r->link.p,
		.size = r->size,
		.mode = archive_entry_perm(r->entry) & 07777,
		.mtime = { .tv_sec = archive_entry_mtime(r->entry),
			   .tv_nsec = ns > 0 && ns < 1000000000 ? ns : 0 },
		.uid = id_of(archive_entry_uid(r->entry)),
		.gid = id_of(archive_entry_gid(r->entry)),
		.has_xattrs = archive_entry_xattr_reset(r->entry) > 0,
	};
	fix_mtime(&h->mtime, &out->mtime);
	if (type == ENTRY_CHAR || type == ENTRY_BLOCK) {
		out->major = (uint32_t)archive_entry_rdevmajor(r->entry);
		out->minor = (uint32_t)archive_entry_rdevminor(r->entry);
	}
	if (type != ENTRY_FILE)
		return 0;
	if (archive_entry_sparse_reset(r->entry) > 0)
		fill_extents(r, out);
	else if (h->is_sparse && r->size)
		return look_ahead(r, out, e);
	else
		r->content_end = r->size;
	return 0;
}

int tarlib_skip(struct tarlib *r, uint64_t *at, struct err *e)
{
	r->e = e;
	if (r->entry && archive_read_data_skip(r->archive) < ARCHIVE_OK)
		return failed(r, e);
	r->entry = NULL;
	*at = r->is_open ? position(r) : 0;
	return 0;
}

int tarlib_next(struct tarlib *r, struct entry *entry, struct err *e)
{
	struct tarhead h;

	if (tarlib_skip(r, &r->head_at, e))
		return -1;
	r->kept.len = 0;
	r->is_in_head = true;
	int got = read_header(r, e);

	r->is_in_head = false;
	if (got <= 0)
		return got;
	if (read_head(r, &h, e) || fill(r, &h, entry, e))
		return -1;
	return 1;
}

int tarlib_data(struct tarlib *r, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	r->e = e;
	if (!r->is_ahead)
		return next_piece(r, p, n, offset, e);
	r->is_ahead = false;
	*p = r->ahead;
	*n = r->ahead_len;
	*offset = r->ahead_at;
	return 1;
}

/* The name of an attribute, in which GNU tar writes "%3D" for "=" and "%25" for
 * "%": xattr_decode_keyword of its xheader.c. */
static void decode(const char *name, struct str *out)
{
	out->len = 0;
	while (*name) {
		bool is_equals = str_starts(name, "%3D");
		bool is_coded = is_equals || str_starts(name, "%25");

		str_addc(out, is_equals ? '=' : *name);
		name += is_coded ? 3 : 1;
	}
}

bool tarlib_xattr(struct tarlib *r, const char **name, const void **value,
		  size_t *size)
{
	if (archive_entry_xattr_next(r->entry, name, value, size) != ARCHIVE_OK)
		return false;
	if (!strchr(*name, '%'))
		return true;
	decode(*name, &r->xattr);
	*name = r->xattr.p;
	return true;
}

bool tarlib_is_pax(const struct tarlib *r)
{
	return archive_format(r->archive) == ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE;
}
