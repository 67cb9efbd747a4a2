/* t_fusewire.c - tests of squash/fusewire: what the kernel asks about an image
 * and what it is told, without a kernel.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "sqfstest.h"
#include "squash/fusewire.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fuse.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define N_MANY 400 /* names of a directory */

static const struct item items[] = {
	{ 'd', ".", .mode = 0755, .mtime = 1000000000 },
	{ 'd', "dir", .mode = 01055, .uid = 3, .gid = 4, .mtime = 7 },
	{ 'f', "dir/setuid", "hello\n", .mode = 06711, .mtime = 6,
	  .xattrs = "security.capability=cap user.b=22 user.overlay.x=1" },
	{ 'f', "dir/secret", "x", .mode = 0, .uid = 70000 },
	{ 'f', "long", NULL, 300001, 2, 0644 },
	{ 's', "link", "dir/setuid", .mode = 0777 },
	{ 'c', "null", .mode = 0666, .major = 1, .minor = 0x345 },
};

struct rig {
	struct plant plant;
	struct sqfile *image;
	int fd;
	struct fusewire wire;
	struct fusewire_reply reply;
	char *memory;
	size_t n; /* of the last reply's data */
	int error;
};

static void rig_init(struct rig *r, const struct item *v, size_t n)
{
	struct sqfswrite_opts o = { "zstd", 0, 0, 1, 0 };
	struct sqfswrite_stats stats = { 0 };
	struct err e = { 0 };
	uint64_t size;

	*r = (struct rig){ .fd = memory() };
	plant_init(&r->plant);
	if (plant_write(&r->plant, r->fd, 0, &o, v, n, &size, &stats, &e) ||
	    sqfile_open(&r->image, r->fd, 0, size, "image", &e))
		printf("Bail out! %s\n", e.msg), exit(1);
	r->wire = (struct fusewire){ .view = { r->image, 1000, 100 } };
	r->memory = xmalloc(fusewire_room() + sizeof(*r->reply.head));
	r->reply.head = (void *)r->memory;
	r->reply.data = r->memory + sizeof(*r->reply.head);
	r->reply.room = fusewire_room();
}

static void rig_clear(struct rig *r)
{
	sqfile_close(r->image);
	plant_clear(&r->plant);
	free(r->memory);
	close(r->fd);
}
AUTO_DEFINE(rig, struct rig, rig_clear)

/* Ask with N bytes of ARG and, behind them, TEXT and its NUL if there is one.
 * The reply's data, or NULL and r->error. */
static const void *ask(struct rig *r, uint32_t opcode, uint64_t node,
		       const void *arg, size_t n, const char *text)
{
	struct fuse_in_header head = {
		.opcode = opcode,
		.unique = 42,
		.nodeid = node,
	};
	AUTO(str) struct str s = { 0 };
	size_t len;

	str_addn(&s, (const char *)&head, sizeof(head));
	if (n)
		str_addn(&s, arg, n);
	if (text)
		str_addn(&s, text, strlen(text) + 1);
	/* Exactly as long as it is, for the sanitizer. */
	autostr char *exact = xmalloc(s.len);

	memcpy(exact, s.p, s.len);
	len = fusewire_answer(&r->wire, exact, s.len, &r->reply);
	r->n = 0;
	r->error = 0;
	if (!len)
		return NULL;
	if (len != r->reply.head->len || r->reply.head->unique != 42)
		ok(false, "a reply of %zu bytes", len);
	r->n = len - sizeof(*r->reply.head);
	r->error = r->reply.head->error;
	return r->error ? NULL : r->reply.data;
}

/* Errors are negative, as the kernel wants them, and have no data. */
static void fails(struct rig *r, int code, const char *what)
{
	ok(r->error == -code && !r->n, "%s: %s", what, strerror(-r->error));
}

static uint64_t find(struct rig *r, const char *path,
		     struct fuse_entry_out *out)
{
	AUTO(strlist) struct strlist names = { 0 };
	uint64_t node = FUSE_ROOT_ID;

	strlist_split(&names, path, '/', false);
	for (size_t i = 0; i < names.n; i++) {
		const void *x = ask(r, FUSE_LOOKUP, node, NULL, 0, names.v[i]);

		if (!x)
			return 0;
		memcpy(out, x, sizeof(*out));
		node = out->nodeid;
	}
	return node;
}

static void check_init(struct rig *r)
{
	struct fuse_init_in in = { 7, 27, 131072, FUSE_ASYNC_READ };
	const struct fuse_init_out *out;

	out = ask(r, FUSE_INIT, 0, &in, 16, NULL);
	ok(out && r->n == 64 && out->major == 7 && out->minor >= 27 &&
		   out->flags == FUSE_ASYNC_READ,
	   "an old kernel gets what it can do");
	ok(ask(r, FUSE_OPENDIR, 1, NULL, 0, NULL) && r->n == 16,
	   "and directories are opened for it");
	in = (struct fuse_init_in){ 7, 45, 131072, UINT32_MAX };
	out = ask(r, FUSE_INIT, 0, &in, sizeof(in), NULL);
	ok(out &&
		   !(out->flags & (FUSE_WRITEBACK_CACHE | FUSE_POSIX_ACL |
				   FUSE_AUTO_INVAL_DATA | FUSE_INIT_EXT)) &&
		   out->flags & FUSE_DO_READDIRPLUS && out->max_pages,
	   "a new one is asked for no more than what is wanted");
	ask(r, FUSE_OPENDIR, 1, NULL, 0, NULL);
	fails(r, ENOSYS, "it need not open directories");
	ask(r, FUSE_OPEN, 1, NULL, 0, NULL);
	fails(r, ENOSYS, "nor files");
	in.major = 8;
	ask(r, FUSE_INIT, 0, &in, sizeof(in), NULL);
	fails(r, EPROTO, "another major version");
}

static void check_entries(struct rig *r)
{
	struct fuse_entry_out x;
	uint64_t node = find(r, "dir/setuid", &x);
	const struct fuse_attr_out *a;

	ok(node > FUSE_ROOT_ID && x.entry_valid > 1000000 &&
		   x.attr_valid > 1000000,
	   "a name is found, for long");
	ok(x.attr.mode == (S_IFREG | 0711) && x.attr.uid == 1000 &&
		   x.attr.gid == 100 && x.attr.size == 6 && x.attr.mtime == 6 &&
		   x.attr.nlink == 1,
	   "a file is the user's and has no set-ID bits");
	find(r, "dir/secret", &x);
	ok(x.attr.mode == (S_IFREG | 0400), "he can read what is his");
	find(r, "dir", &x);
	ok(x.attr.mode == (S_IFDIR | 01755) && x.attr.mtime == 7,
	   "and enter his directories");
	find(r, "null", &x);
	ok(x.attr.mode == (S_IFCHR | 0666) &&
		   x.attr.rdev == ((0x345u & ~0xffu) << 12 | 1 << 8 | 0x45),
	   "a device has its numbers");
	ok(find(r, "dir/none", &x) == 0 && !r->error && x.entry_valid > 1000000,
	   "that a name is not there is told for long, too");
	a = ask(r, FUSE_GETATTR, FUSE_ROOT_ID, NULL, 0, NULL);
	ok(a && a->attr.mode == (S_IFDIR | 0755) && a->attr.mtime == 1000000000,
	   "the root");
	ask(r, FUSE_LOOKUP, node, NULL, 0, "x");
	fails(r, ENOTDIR, "a name in a file");
	ask(r, FUSE_GETATTR, UINT64_MAX - 5, NULL, 0, NULL);
	fails(r, EIO, "a node that never was");
}

static void check_content(struct rig *r)
{
	struct fuse_read_in in = { .offset = 299999, .size = 4096 };
	struct fuse_entry_out x;
	uint64_t node = find(r, "long", &x);

	ok(ask(r, FUSE_READ, node, &in, sizeof(in), NULL) && r->n == 2,
	   "a read ends where the file does");
	in.offset = 400000;
	ok(ask(r, FUSE_READ, node, &in, sizeof(in), NULL) && r->n == 0,
	   "nothing is behind its end");
	in = (struct fuse_read_in){ .size = (uint32_t)r->reply.room };
	ok(ask(r, FUSE_READ, node, &in, sizeof(in), NULL) && r->n == 300001,
	   "all of it at once");
	in.size++;
	ask(r, FUSE_READ, node, &in, sizeof(in), NULL);
	fails(r, EINVAL, "more than there is room for");
	in.size = 10;
	ask(r, FUSE_READ, node, &in, sizeof(in) - 1, NULL);
	fails(r, EINVAL, "a short request");
	ask(r, FUSE_READ, FUSE_ROOT_ID, &in, sizeof(in), NULL);
	fails(r, EISDIR, "a directory is not read");
	node = find(r, "link", &x);
	ok(ask(r, FUSE_READLINK, node, NULL, 0, NULL) && r->n == 10 &&
		   !memcmp(r->reply.data, "dir/setuid", 10),
	   "a link's target, without NUL");
	ask(r, FUSE_READLINK, FUSE_ROOT_ID, NULL, 0, NULL);
	fails(r, EINVAL, "a directory is no link");
}

static void check_xattrs(struct rig *r)
{
	struct fuse_getxattr_in in = { .size = 64 };
	const struct fuse_getxattr_out *size;
	struct fuse_entry_out x;
	uint64_t node = find(r, "dir/setuid", &x);

	ok(ask(r, FUSE_GETXATTR, node, &in, sizeof(in), "user.b") &&
		   r->n == 2 && !memcmp(r->reply.data, "22", 2),
	   "an attribute");
	ask(r, FUSE_GETXATTR, node, &in, sizeof(in), "security.capability");
	fails(r, ENODATA, "the system's are not shown");
	ask(r, FUSE_GETXATTR, node, &in, sizeof(in), "user.overlay.x");
	fails(r, ENODATA, "nor an overlay's");
	ok(ask(r, FUSE_LISTXATTR, node, &in, sizeof(in), NULL) && r->n == 7 &&
		   !memcmp(r->reply.data, "user.b", 7),
	   "a list of those that are");
	in.size = 6;
	ask(r, FUSE_LISTXATTR, node, &in, sizeof(in), NULL);
	fails(r, ERANGE, "a list that does not fit");
	in.size = 0;
	size = ask(r, FUSE_LISTXATTR, node, &in, sizeof(in), NULL);
	ok(size && size->size == 7, "how long the list is");
	size = ask(r, FUSE_GETXATTR, node, &in, sizeof(in), "user.b");
	ok(size && size->size == 2, "how long a value is");
	ask(r, FUSE_GETXATTR, node, &in, sizeof(in), NULL);
	fails(r, EINVAL, "no name");
}

static void check_others(struct rig *r)
{
	const struct fuse_statfs_out *s;

	ok(!ask(r, FUSE_FORGET, 1, NULL, 0, NULL) && !r->error && !r->n,
	   "to be forgotten needs no answer");
	ask(r, FUSE_WRITE, 1, NULL, 0, NULL);
	fails(r, ENOSYS, "a request that we have no answer for");
	ask(r, 100000, 1, NULL, 0, NULL);
	fails(r, ENOSYS, "one that nobody knows");
	ok(!fusewire_answer(&r->wire, "short", 5, &r->reply), "no request");
	s = ask(r, FUSE_STATFS, 1, NULL, 0, NULL);
	ok(s && s->st.files == ARRAY_SIZE(items) && s->st.namelen == 255 &&
		   !s->st.bfree,
	   "statfs");
}

/* All names of the root as the kernel reads them, SIZE bytes at a time. */
static void list(struct rig *r, bool plus, uint32_t size, struct strlist *out)
{
	struct fuse_read_in in = { .size = size };
	size_t front = plus ? sizeof(struct fuse_entry_out) : 0;
	const char *p;

	while ((p = ask(r, plus ? FUSE_READDIRPLUS : FUSE_READDIR, FUSE_ROOT_ID,
			&in, sizeof(in), NULL)) &&
	       r->n) {
		for (size_t at = 0; at < r->n;) {
			struct fuse_entry_out x = { 0 };
			struct fuse_dirent d;

			if (plus)
				memcpy(&x, p + at, sizeof(x));
			memcpy(&d, p + at + front, FUSE_NAME_OFFSET);
			strlist_addf(out, "%.*s %u%s", (int)d.namelen,
				     p + at + front + FUSE_NAME_OFFSET, d.type,
				     x.nodeid ? " known" : "");
			at += front +
			      FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + d.namelen);
			in.offset = d.off;
		}
	}
}

static void check_lists(void)
{
	struct item v[N_MANY + 1] = { { 'd', ".", .mode = 0755 } };
	char names[N_MANY][8];
	AUTO(rig) struct rig r = { 0 };
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(strlist) struct strlist bits = { 0 };
	AUTO(strlist) struct strlist plus = { 0 };

	for (int i = 0; i < N_MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "n%03d", i);
		v[i + 1] = (struct item){ 'f', names[i], "", .mode = 0644 };
	}
	rig_init(&r, v, N_MANY + 1);
	list(&r, false, 1 << 20, &all);
	ok(all.n == N_MANY + 2 && !strcmp(all.v[0], ". 4") &&
		   !strcmp(all.v[1], ".. 4") && !strcmp(all.v[2], "n000 8") &&
		   !strcmp(all.v[N_MANY + 1], "n399 8"),
	   "all names of a directory at once, and dots: %zu", all.n);
	list(&r, false, 100, &bits);
	autostr char *joined = strlist_join(&bits, "\n");
	autostr char *wanted = strlist_join(&all, "\n");

	ok(!strcmp(joined, wanted), "the same a few at a time");
	list(&r, true, 1000, &plus);
	ok(plus.n == N_MANY + 2 && !strcmp(plus.v[1], ".. 4") &&
		   !strcmp(plus.v[2], "n000 8 known"),
	   "the same with what a look-up would tell");
}

int main(void)
{
	AUTO(rig) struct rig r = { 0 };

	rig_init(&r, items, ARRAY_SIZE(items));
	check_init(&r);
	check_entries(&r);
	check_content(&r);
	check_xattrs(&r);
	check_others(&r);
	check_lists();
	return tap_done();
}
