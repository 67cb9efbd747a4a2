/* name.c - which image does this argument name?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/name.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct kind {
	const char *prefix;
	enum name_kind kind;
	bool known_only; /* part of the grammar, but not readable here */
};

// clang-format off
static const struct kind kinds[] = {
	{ "dir:",            NAME_DIR,      false },
	{ "oci:",            NAME_OCI,      false },
	{ "store:",          NAME_STORE,    false },
	{ "docker://",       NAME_REGISTRY, false },
	{ "oras://",         NAME_REGISTRY, false },
	{ "oci-archive:",    NAME_OCI_ARCHIVE,    false },
	{ "docker-archive:", NAME_DOCKER_ARCHIVE, false },
	{ "squash:",         NAME_DIR,      true },
	{ "sif:",            NAME_DIR,      true },
	{ "tar:",            NAME_DIR,      true },
};

/* What a file that is no directory is, for the message. */
static const struct {
	size_t at;
	const char *magic;
	size_t len;
	const char *what;
	bool may_hold; /* an image that was saved */
} magics[] = {
	{ 0,   "hsqs",      4, "a squashfs file", false },
	{ 32,  "SIF_MAGIC", 9, "a SIF file",      false },
	{ 257, "ustar",     5, "a tar archive",   true },
	{ 0,   "\x1f\x8b",  2, "a gzip file",     true },
	{ 0,   "\x28\xb5\x2f\xfd", 4, "a zstd file", true },
};
// clang-format on

static const struct kind *find_kind(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(text, kinds[i].prefix))
			return &kinds[i];
	return NULL;
}

static bool is_path(const char *text)
{
	return text[0] == '/' || str_starts(text, "./") ||
	       str_starts(text, "../") || str_eq(text, ".") ||
	       str_eq(text, "..");
}

/* A file: say what it is rather than only what it is not. */
static int refuse_file(const char *path, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[512] = { 0 };

	if (fd < 0)
		return err_sys(e, "can't open '%s'", path);
	if (read(fd, head, sizeof head) < 0)
		return err_sys(e, "can't read '%s'", path);
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (memcmp(head + magics[i].at, magics[i].magic, magics[i].len))
			continue;
		if (magics[i].may_hold)
			return err_set(e, ERR_UNSUPPORTED,
				       "'%s' is %s; an image saved there is "
				       "named 'docker-archive:%s' or "
				       "'oci-archive:%s'",
				       path, magics[i].what, path, path);
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is %s, which this version can't read",
			       path, magics[i].what);
	}
	return err_set(e, ERR_UNSUPPORTED,
		       "'%s' is neither a directory nor an image", path);
}

static bool is_layout(int dir)
{
	struct stat st;

	return !fstatat(dir, "oci-layout", &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(st.st_mode);
}

/* Is the directory PATH an OCI image layout? (image-layout.md: it has the file
 * oci-layout.) */
static int look_at_path(struct name *n, struct err *e)
{
	struct stat st;
	autofd int fd = -1;

	if (stat(n->path, &st)) {
		err_sys(e, "can't use '%s' as an image", n->path);
		if (errno == ENOENT)
			e->kind = ERR_NOTFOUND;
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return refuse_file(n->path, e);
	fd = dir_open(n->path, e);
	if (fd < 0)
		return -1;
	if (is_layout(fd))
		n->kind = NAME_OCI;
	return 0;
}

static bool is_archive(const struct name *n)
{
	return n->kind == NAME_OCI_ARCHIVE || n->kind == NAME_DOCKER_ARCHIVE;
}

/* PATH[:TAG]. Names of images have colons and slashes themselves (the store's
 * all do), so PATH is the longest part that exists; if none does, or it is
 * standard input, what is before the first colon, as in
 * containers-transports(5). */
static void split_tag(struct name *n)
{
	const char *text = n->text + strlen(n->text) - strlen(n->path);
	char *first = strchr(n->path, ':');
	struct stat st;

	if (!first || !stat(n->path, &st))
		return;
	if (is_archive(n) && str_starts(n->path, "-:")) {
		n->tag = xstrdup(first + 1);
		*first = '\0';
		return;
	}
	for (char *c = strrchr(n->path, ':'); c; c = strrchr(n->path, ':')) {
		*c = '\0';
		free(n->tag);
		n->tag = xstrdup(text + (c + 1 - n->path));
		if (c == first || !stat(n->path, &st))
			return;
	}
}

static int parse_kind(const struct kind *k, const char *text, struct name *n,
		      struct err *e)
{
	const char *rest = text + strlen(k->prefix);

	if (k->known_only)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s': images of kind '%.*s' can't be used by "
			       "this version",
			       text, (int)strcspn(k->prefix, ":"), k->prefix);
	if (!*rest)
		return err_set(e, ERR_USAGE, "nothing behind '%s'", text);
	n->kind = k->kind;
	if (k->kind == NAME_STORE || k->kind == NAME_REGISTRY)
		return ref_parse(rest, &n->ref, e);
	n->path = xstrdup(rest);
	if (k->kind != NAME_DIR)
		split_tag(n);
	return 0;
}

/* A reference by default. Where it can't be one, a file of that name is meant
 * if there is one. */
static int parse_word(struct name *n, struct err *e)
{
	struct stat st;

	n->kind = NAME_STORE;
	n->maybe_path = *n->text && !stat(n->text, &st);
	if (!ref_parse(n->text, &n->ref, e))
		return 0;
	return n->maybe_path ? name_as_path(n, e) : -1;
}

bool name_is_files(const char *text)
{
	const struct kind *k = find_kind(text);
	autofd int dir = -1;
	struct stat st;

	if (k)
		return k->kind != NAME_STORE && k->kind != NAME_REGISTRY;
	if (!is_path(text) || stat(text, &st))
		return false;
	if (!S_ISDIR(st.st_mode))
		return true;
	dir = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 && is_layout(dir);
}

int name_refuse_archive(const struct name *n, struct err *e)
{
	if (!is_archive(n))
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "'%s' is an archive; put it into the store with "
		       "'ch-pull %s'",
		       n->text, n->text);
}

int name_as_path(struct name *n, struct err *e)
{
	ref_clear(&n->ref);
	n->kind = NAME_DIR;
	n->maybe_path = false;
	n->path = xstrdup(n->text);
	return look_at_path(n, e);
}

int name_parse_in(const char *text, struct name *out, struct err *e)
{
	const struct kind *k = find_kind(text);
	struct name n = { .text = xstrdup(text) };
	int rc;

	if (k)
		rc = parse_kind(k, text, &n, e);
	else if (is_path(text))
		rc = name_as_path(&n, e);
	else
		rc = parse_word(&n, e);
	if (rc)
		name_clear(&n);
	*out = n;
	return rc;
}

int name_parse_out(const char *text, struct name *out, struct err *e)
{
	const struct kind *k = find_kind(text);
	struct name n = { .text = xstrdup(text) };
	int rc = 0;

	if (k) {
		rc = parse_kind(k, text, &n, e);
	} else if (is_path(text)) {
		n.kind = NAME_DIR;
		n.path = xstrdup(text);
	} else if (!*text) {
		rc = err_set(e, ERR_USAGE,
			     "the name of the directory is "
			     "empty");
	}
	if (!rc && n.kind != NAME_DIR)
		rc = err_set(e, ERR_USAGE,
			     "can't write to '%s': only directories can be "
			     "written; a directory here is './%s'",
			     text, text);
	if (rc)
		name_clear(&n);
	*out = n;
	return rc;
}

void name_clear(struct name *n)
{
	free(n->text);
	free(n->path);
	free(n->tag);
	ref_clear(&n->ref);
	*n = (struct name){ 0 };
}
