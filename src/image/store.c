/* store.c - the user's images: an OCI image layout with trees beside it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/store.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/tmp.h"
#include "format/json.h"
#include "format/ocilayout.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

char *store_default_path(void)
{
	struct passwd *pw = getpwuid(geteuid());

	if (pw && *pw->pw_name && !strchr(pw->pw_name, '/'))
		return str_fmt("/var/tmp/%s.ch", pw->pw_name);
	return str_fmt("/var/tmp/%u.ch", (unsigned)geteuid());
}

static bool goes_up(const char *path)
{
	const char *name;
	size_t len;

	while ((name = path_next(&path, &len)))
		if (len == 2 && !memcmp(name, "..", 2))
			return true;
	return false;
}

/* Not cleaned if it goes up: behind a symlink ".." is not what it looks like.
 */
static char *absolute(const char *path)
{
	autostr char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	autostr char *full = cwd ? path_join(cwd, path) : xstrdup(path);

	return goes_up(path) ? TAKE(full) : path_clean(full);
}

/* A store in a place that all can write to may have been put there by somebody
 * else, to be run by us. */
static int check_owner(const struct store *s, struct err *e)
{
	struct stat st;
	struct passwd *pw;

	if (fstat(s->fd, &st))
		return err_sys(e, "can't stat store '%s'", s->path);
	if (st.st_uid != geteuid()) {
		pw = getpwuid(st.st_uid);
		return err_set(e, ERR_AUTH,
			       "store '%s' belongs to user '%s' (uid %u), not "
			       "to you; choose another with --store or "
			       "CH_STORE",
			       s->path, pw ? pw->pw_name : "?",
			       (unsigned)st.st_uid);
	}
	if (st.st_mode & 022)
		return err_set(e, ERR_AUTH,
			       "store '%s' can be written by others (mode "
			       "%04o); run: chmod go-w '%s'",
			       s->path, (unsigned)st.st_mode & 07777, s->path);
	return 0;
}

static int open_at(struct store *s, const char *path, struct err *e)
{
	autostr char *fallback = path ? NULL : store_default_path();

	*s = (struct store)STORE_INIT;
	s->path = absolute(path ? path : fallback);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->fd < 0 ? -1 : check_owner(s, e);
}

static int check_layout(const struct store *s, struct err *e)
{
	AUTO(str) struct str text = { 0 };

	if (io_read_file(s->fd, "oci-layout", 4096, &text, e)) {
		if (e->kind != ERR_NOTFOUND)
			return err_ctx(e, "store '%s'", s->path);
		return err_set(e, ERR_FORMAT,
			       "'%s' is not a store: it has no file "
			       "'oci-layout'",
			       s->path);
	}
	if (ocilayout_check(text.p, text.len, e))
		return err_ctx(e, "store '%s'", s->path);
	return 0;
}

static int no_store(struct store *s, int errnum, struct err *e)
{
	if (errnum == ENOENT)
		err_set(e, ERR_NOTFOUND, "there is no store '%s' yet", s->path);
	else
		err_sysno(e, errnum, "can't open store '%s'", s->path);
	store_close(s);
	return -1;
}

int store_open(struct store *s, const char *path, struct err *e)
{
	int rc = open_at(s, path, e);

	if (s->fd < 0)
		return no_store(s, errno, e);
	if (!rc)
		rc = check_layout(s, e);
	if (rc)
		store_close(s);
	return rc;
}

/* Put a whole small file in place at once. */
static int put_file(const struct store *s, const char *name, const char *text,
		    size_t n, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	autofd int tmpdir = store_dir(s, "tmp", e);

	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    io_write(t.fd, text, n, name, e))
		return -1;
	return tmp_publish(&t, s->fd, name, TMP_REPLACE, e);
}

/* A new store: `oci-layout` comes last, so that one without it is not taken for
 * a store. */
static int make_layout(const struct store *s, struct err *e)
{
	autostr char *index = NULL;
	const char *layout = ocilayout_text();
	struct stat st;
	bool empty;

	if (!fstatat(s->fd, "oci-layout", &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (dir_is_empty(s->fd, &empty, e))
		return -1;
	if (!empty && fstatat(s->fd, "tmp", &st, AT_SYMLINK_NOFOLLOW))
		return err_set(e, ERR_EXISTS,
			       "'%s' is not a store and not empty; choose "
			       "another place with --store or CH_STORE",
			       s->path);
	index = xstrdup("{\"schemaVersion\":2,\"manifests\":[]}");
	if (fstatat(s->fd, "index.json", &st, AT_SYMLINK_NOFOLLOW) &&
	    put_file(s, "index.json", index, strlen(index), e))
		return -1;
	return put_file(s, "oci-layout", layout, strlen(layout), e);
}

static int make_store(const char *path, struct err *e)
{
	autostr char *fallback = path ? NULL : store_default_path();
	autostr char *full = absolute(path ? path : fallback);

	if (mkdir(full, 0700) && errno != EEXIST)
		return err_sys(e, "can't make store '%s'", full);
	return 0;
}

int store_open_write(struct store *s, const char *path, struct err *e)
{
	int rc;

	*s = (struct store)STORE_INIT;
	if (make_store(path, e))
		return -1;
	rc = open_at(s, path, e);
	if (s->fd < 0)
		return no_store(s, errno, e);
	if (!rc)
		rc = make_layout(s, e) || check_layout(s, e) ? -1 : 0;
	if (!rc) {
		autofd int tmpdir = store_dir(s, "tmp", e);

		if (tmpdir >= 0)
			tmp_sweep(tmpdir);
		rc = tmpdir < 0 ? -1 : 0;
	}
	if (rc)
		store_close(s);
	return rc;
}

void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	*s = (struct store)STORE_INIT;
}

static int read_index(const struct store *s, struct str *text, struct err *e)
{
	if (!io_read_file(s->fd, "index.json", JSON_BYTES_MAX, text, e))
		return 0;
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_FORMAT; /* a store without it is damaged */
	return err_ctx(e, "store '%s'", s->path);
}

int store_find(const struct store *s, const struct ref *ref,
	       const struct platform *want, struct descriptor *out,
	       struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autostr char *name = ref_name(ref);
	autostr char *shown = ref_short(ref);
	autostr char *there = NULL;
	autostr char *wanted = NULL;
	struct err ignored = { 0 };

	if (read_index(s, &text, e))
		return -1;
	if (!ocilayout_find(text.p, text.len, name, want, out, e))
		return 0;
	if (e->kind == ERR_NOTFOUND &&
	    ocilayout_find(text.p, text.len, name, NULL, out, &ignored))
		return err_set(e, ERR_NOTFOUND, "no image '%s' in store '%s'",
			       shown, s->path);
	if (e->kind == ERR_NOTFOUND) {
		there = platform_text(&out->platform);
		wanted = platform_text(want);
		descriptor_clear(out);
		return err_set(e, ERR_UNSUPPORTED,
			       "image '%s' is in store '%s' for %s, not for %s",
			       shown, s->path, there, wanted);
	}
	return err_ctx(e, "store '%s'", s->path);
}

int store_set(const struct store *s, const struct ref *ref,
	      const struct descriptor *d, struct err *e)
{
	AUTO(str) struct str old = { 0 };
	autostr char *name = ref_name(ref);
	autostr char *text = NULL;
	autofd int lock = -1;

	lock = lock_take(s->fd, "lock", e);
	if (lock < 0 || read_index(s, &old, e))
		return -1;
	text = ocilayout_set(old.p, old.len, name, d, e);
	if (!text)
		return err_ctx(e, "store '%s'", s->path);
	if (old.len == strlen(text) && !memcmp(old.p, text, old.len))
		return 0;
	return put_file(s, "index.json", text, strlen(text), e);
}

char *store_tree(const struct store *s, const struct digest *digest)
{
	autostr char *path = str_fmt("%s/trees/%s/%s", s->path,
				     digest_algo(digest), digest_hex(digest));
	struct stat st;

	if (lstat(path, &st) || !S_ISDIR(st.st_mode))
		return NULL;
	return TAKE(path);
}

int store_dir(const struct store *s, const char *name, struct err *e)
{
	int fd = dir_make_path(s->fd, name, 0700, e);

	return fd < 0 ? err_ctx(e, "store '%s'", s->path) : fd;
}
