/* fusewire.c - the kernel's questions about a mounted squashfs image, answered.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/fusewire.h"

#include "squash/fuselist.h"
#include "squash/sqdata.h"
#include "squash/sqdir.h"
#include "squash/sqxattr.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The version that is spoken: of Linux 5.8, all of whose features that help us
 * are announced one by one. Older kernels have at least 7.27 (Linux 4.18). */
#define MINOR 31

/* Features that the headers of older kernels do not know. */
#define CAN_MAX_PAGES (1u << 22)      /* Linux 4.20 */
#define CAN_CACHE_SYMLINKS (1u << 23) /* 4.20 */
#define CAN_NO_OPENDIR (1u << 24)     /* 5.1 */
#define OPENED_CACHE_DIR (1u << 3)    /* 4.20 */
#define WISHES                                                           \
	(FUSE_ASYNC_READ | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | \
	 FUSE_PARALLEL_DIROPS | CAN_MAX_PAGES | CAN_CACHE_SYMLINKS)

/* One read is answered at once, up to this much. */
#define READ_MAX ((size_t)1 << 20)
/* What a kernel asks for at most that has no CAN_MAX_PAGES, in pages. */
#define OLD_PAGES 32

#define BACKGROUND 64  /* reads ahead that may wait for us */
#define WRITE_MAX 4096 /* the least there is; nothing is ever written */
#define XATTR_LIST_MAX 65536

/* struct fuse_init_out of 7.28, under a name that no header has. */
struct init_out {
	uint32_t major, minor, max_readahead, flags;
	uint16_t max_background, congestion_threshold;
	uint32_t max_write, time_gran;
	uint16_t max_pages, unused;
	uint32_t reserved[8];
};

/* What a request says behind its header: exactly LEN bytes, and a NUL. */
struct question {
	const struct fuse_in_header *head;
	const char *arg;
	size_t len;
};

size_t fusewire_room(void)
{
	size_t old = (size_t)sysconf(_SC_PAGESIZE) * OLD_PAGES;

	return old > READ_MAX ? old : READ_MAX;
}

/* The argument as a struct of N bytes, or NULL if it is shorter. */
static const void *arg(const struct question *q, size_t n)
{
	return q->len < n ? NULL : q->arg;
}

/* A name that ends in NUL, from the AT-th byte on, or NULL. */
static const char *arg_name(const struct question *q, size_t at)
{
	return q->len > at && memchr(q->arg + at, '\0', q->len - at)
		       ? q->arg + at
		       : NULL;
}

static int read_node(const struct fusewire *w, const struct question *q,
		     struct sqnode *n)
{
	return sqnode_read(w->view.image,
			   fuseattr_ref(&w->view, q->head->nodeid), n);
}

static ssize_t init(struct fusewire *w, const struct question *q,
		    struct fusewire_reply *out)
{
	const struct fuse_init_in *in =
		arg(q, offsetof(struct fuse_init_in, flags) + 4);
	struct init_out *x = (void *)out->data;
	long page = sysconf(_SC_PAGESIZE);

	if (!in || in->major != FUSE_KERNEL_VERSION)
		return -EPROTO;
	w->no_opendir = in->flags & CAN_NO_OPENDIR;
	*x = (struct init_out){
		.major = FUSE_KERNEL_VERSION,
		.minor = MINOR,
		.max_readahead = READ_MAX,
		.flags = in->flags & WISHES,
		.max_background = BACKGROUND,
		.congestion_threshold = BACKGROUND,
		.max_write = WRITE_MAX,
		.time_gran = 1000000000, /* squashfs has whole seconds */
		.max_pages = (uint16_t)(READ_MAX / (size_t)page),
	};
	return sizeof(*x);
}

/* No such name: the kernel may remember that, too. */
static ssize_t no_entry(struct fusewire_reply *out)
{
	struct fuse_entry_out *x = (void *)out->data;

	*x = (struct fuse_entry_out){ .entry_valid = FUSEATTR_FOREVER_S };
	return sizeof(*x);
}

static ssize_t look_up(struct fusewire *w, const struct question *q,
		       struct fusewire_reply *out)
{
	const char *name = arg_name(q, 0);
	struct sqnode n;
	uint64_t ref;
	int rc;

	if (!name)
		return -EINVAL;
	rc = read_node(w, q, &n);
	if (!rc)
		rc = sqdir_find(w->view.image, &n, name, strlen(name), &ref);
	if (rc == -ENOENT)
		return no_entry(out);
	if (!rc)
		rc = sqnode_read(w->view.image, ref, &n);
	if (rc)
		return rc;
	fuseattr_entry(&w->view, &n, (void *)out->data);
	return sizeof(struct fuse_entry_out);
}

static ssize_t get_attr(struct fusewire *w, const struct question *q,
			struct fusewire_reply *out)
{
	struct fuse_attr_out *x = (void *)out->data;
	struct sqnode n;
	int rc = read_node(w, q, &n);

	if (rc)
		return rc;
	*x = (struct fuse_attr_out){ .attr_valid = FUSEATTR_FOREVER_S };
	fuseattr_fill(&w->view, &n, &x->attr);
	return sizeof(*x);
}

static ssize_t read_link(struct fusewire *w, const struct question *q,
			 struct fusewire_reply *out)
{
	struct sqnode n;
	int rc = read_node(w, q, &n);

	return rc ? rc
		  : sqdata_readlink(w->view.image, &n, out->data,
				    SQNODE_LINK_MAX);
}

/* The node that Q wants to read from, and what of it. 0, or an error. */
static int read_asked(struct fusewire *w, const struct question *q,
		      const struct fusewire_reply *out,
		      const struct fuse_read_in **in, struct sqnode *n)
{
	*in = arg(q, sizeof(**in));
	if (!*in || (*in)->size > out->room)
		return -EINVAL;
	return read_node(w, q, n);
}

static ssize_t read_file(struct fusewire *w, const struct question *q,
			 struct fusewire_reply *out)
{
	const struct fuse_read_in *in;
	struct sqnode n;
	int rc = read_asked(w, q, out, &in, &n);

	return rc ? rc
		  : sqdata_read(w->view.image, &n, in->offset, out->data,
				in->size);
}

static ssize_t read_dir(struct fusewire *w, const struct question *q,
			struct fusewire_reply *out)
{
	bool plus = q->head->opcode == FUSE_READDIRPLUS;
	const struct fuse_read_in *in;
	struct sqnode n;
	int rc = read_asked(w, q, out, &in, &n);

	return rc ? rc
		  : fuselist(&w->view, &n, in->offset, plus, out->data,
			     in->size);
}

/* ENOSYS tells the kernel not to ask again. */
static ssize_t open_dir(struct fusewire *w, const struct question *q,
			struct fusewire_reply *out)
{
	struct fuse_open_out *x = (void *)out->data;

	(void)q;
	if (w->no_opendir)
		return -ENOSYS;
	*x = (struct fuse_open_out){
		.open_flags = FOPEN_KEEP_CACHE | OPENED_CACHE_DIR,
	};
	return sizeof(*x);
}

static ssize_t stat_fs(struct fusewire *w, const struct question *q,
		       struct fusewire_reply *out)
{
	const struct sqfshdr *h = sqfile_header(w->view.image);
	struct fuse_statfs_out *x = (void *)out->data;

	(void)q;
	*x = (struct fuse_statfs_out){
		.st = {
			.blocks = (h->size + h->block_size - 1) / h->block_size,
			.files = h->n_inodes,
			.bsize = h->block_size,
			.frsize = h->block_size,
			.namelen = SQDIR_NAME_MAX,
		},
	};
	return sizeof(*x);
}

/* The same attributes as in an unpacked image: the system's are not shown, and
 * neither are those by which an overlay knows its own (overlayfs.rst). */
static bool is_shown(const char *name)
{
	return !strncmp(name, "user.", 5) && strncmp(name, "user.overlay.", 13);
}

/* As getxattr(2): SIZE 0 asks for the length. */
static ssize_t as_size(ssize_t n, struct fusewire_reply *out)
{
	struct fuse_getxattr_out *x = (void *)out->data;

	if (n < 0)
		return n;
	*x = (struct fuse_getxattr_out){ .size = (uint32_t)n };
	return sizeof(*x);
}

static ssize_t get_xattr(struct fusewire *w, const struct question *q,
			 struct fusewire_reply *out)
{
	const struct fuse_getxattr_in *in = arg(q, sizeof(*in));
	const char *name = arg_name(q, sizeof(*in));
	struct sqnode n;
	ssize_t got;
	int rc;

	if (!sqfile_has_xattrs(w->view.image))
		return -ENOSYS;
	if (!in || !name || in->size > out->room)
		return -EINVAL;
	if (!is_shown(name))
		return -ENODATA;
	rc = read_node(w, q, &n);
	if (rc)
		return rc;
	got = sqxattr_get(w->view.image, &n, name, out->data, in->size);
	return in->size ? got : as_size(got, out);
}

/* LIST of N bytes without the names that are not shown; its new length. */
static ssize_t filter(char *list, ssize_t n)
{
	char *to = list;

	for (const char *from = list; from < list + n;) {
		size_t len = strlen(from) + 1;

		if (is_shown(from)) {
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	return to - list;
}

static ssize_t list_xattr(struct fusewire *w, const struct question *q,
			  struct fusewire_reply *out)
{
	const struct fuse_getxattr_in *in = arg(q, sizeof(*in));
	struct sqnode n;
	ssize_t got;
	int rc;

	if (!sqfile_has_xattrs(w->view.image))
		return -ENOSYS;
	if (!in)
		return -EINVAL;
	rc = read_node(w, q, &n);
	if (rc)
		return rc;
	got = sqxattr_list(w->view.image, &n, out->data, XATTR_LIST_MAX);
	if (got > 0)
		got = filter(out->data, got);
	if (!in->size)
		return as_size(got, out);
	return got > (ssize_t)in->size ? -ERANGE : got;
}

static ssize_t nothing(struct fusewire *w, const struct question *q,
		       struct fusewire_reply *out)
{
	(void)w;
	(void)q;
	(void)out;
	return 0;
}

/* The length of the data of a reply, or a negative errno. */
typedef ssize_t answer(struct fusewire *w, const struct question *q,
		       struct fusewire_reply *out);

// clang-format off
static answer *const answers[] = {
	[FUSE_LOOKUP] = look_up,
	[FUSE_GETATTR] = get_attr,
	[FUSE_READLINK] = read_link,
	[FUSE_READ] = read_file,
	[FUSE_STATFS] = stat_fs,
	[FUSE_GETXATTR] = get_xattr,
	[FUSE_LISTXATTR] = list_xattr,
	[FUSE_INIT] = init,
	[FUSE_OPENDIR] = open_dir,
	[FUSE_READDIR] = read_dir,
	[FUSE_READDIRPLUS] = read_dir,
	[FUSE_RELEASEDIR] = nothing,
	[FUSE_DESTROY] = nothing,
};
// clang-format on

static bool needs_reply(uint32_t opcode)
{
	return opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET;
}

size_t fusewire_answer(struct fusewire *w, const void *in, size_t n,
		       struct fusewire_reply *out)
{
	struct question q = { .head = in };
	answer *fn = NULL;
	ssize_t got = -ENOSYS;

	if (n < sizeof(*q.head) || !needs_reply(q.head->opcode))
		return 0;
	q.arg = (const char *)in + sizeof(*q.head);
	q.len = n - sizeof(*q.head);
	if (q.head->opcode < ARRAY_SIZE(answers))
		fn = answers[q.head->opcode];
	if (fn)
		got = fn(w, &q, out);
	*out->head = (struct fuse_out_header){
		.error = got < 0 ? (int)got : 0,
		.unique = q.head->unique,
	};
	out->head->len =
		(uint32_t)(sizeof(*out->head) + (got < 0 ? 0 : (size_t)got));
	return out->head->len;
}
