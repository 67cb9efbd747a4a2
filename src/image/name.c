/* name.c - which image does this argument name?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/name.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/sqfshdr.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct kind {
	const char *prefix;
	enum name_kind kind;
	const char *what;
	bool is_stream; /* may be "-" */
	bool is_out;    /* can be written */
};

// clang-format off
static const struct kind kinds[] = {
	{ "dir:",            NAME_DIR,            "a directory",      false, true },
	{ "squash:",         NAME_SQUASH,         "a squashfs file",  false, true },
	{ "sif:",            NAME_SIF,            "a SIF file",       false, true },
	{ "tar:",            NAME_TAR,            "a tar archive",    true,  true },
	{ "oci:",            NAME_OCI,            "an OCI layout",    false, true },
	{ "oci-archive:",    NAME_OCI_ARCHIVE,    "an archive",       true,  true },
	{ "docker-archive:", NAME_DOCKER_ARCHIVE, "an archive",       true,  true },
	{ "store:",          NAME_STORE,          "in the store",     false, true },
	{ "docker://",       NAME_REGISTRY,       "in a registry",    false, false },
	{ "oras://",         NAME_REGISTRY,       "in a registry",    false, false },
};

/* What is written to a path that ends so. */
static const struct {
	const char *text;
	enum name_kind kind;
} suffixes[] = {
	{ ".sqfs",     NAME_SQUASH },
	{ ".squashfs", NAME_SQUASH },
	{ ".sif",      NAME_SIF },
	{ ".tar",      NAME_TAR },
	{ ".tar.gz",   NAME_TAR },
	{ ".tgz",      NAME_TAR },
	{ ".tar.zst",  NAME_TAR },
	{ ".tzst",     NAME_TAR },
};

/* Three or four letters behind the last dot look like a file's suffix, but for
 * these; and these others do, too. */
static const char *const dir_suffixes[] = {
	"dir", "root", "tree", "new", "old", "tmp", "bak", "test", "copy",
};
static const char *const file_suffixes[] = {
	"7z", "bz2", "cpio", "ext2", "ext3", "ext4", "gz", "qcow2", "xz", "zst",
};

static const struct {
	size_t at;
	const char *magic;
	size_t len;
	enum name_kind kind;
} magics[] = {
	{ 32,  "SIF_MAGIC",        9, NAME_SIF },
	{ 257, "ustar",            5, NAME_TAR },
	{ 0,   "\x1f\x8b",         2, NAME_TAR },
	{ 0,   "\x28\xb5\x2f\xfd", 4, NAME_TAR },
};
// clang-format on

static const struct kind *find_kind(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(text, kinds[i].prefix))
			return &kinds[i];
	return NULL;
}

static const struct kind *of_kind(enum name_kind kind)
{
	const struct kind *k = kinds;

	while (k->kind != kind)
		k++;
	return k;
}

static bool is_path(const char *text)
{
	return text[0] == '/' || str_starts(text, "./") ||
	       str_starts(text, "../") || str_eq(text, ".") ||
	       str_eq(text, "..");
}

enum name_kind name_of_bytes(const void *head, size_t n)
{
	if (sqfshdr_is(head, n))
		return NAME_SQUASH;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (magics[i].at + magics[i].len <= n &&
		    !memcmp((const char *)head + magics[i].at, magics[i].magic,
			    magics[i].len))
			return magics[i].kind;
	return NAME_DIR;
}

static int look_at_file(struct name *n, struct err *e)
{
	autofd int fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[NAME_HEAD];
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "can't open '%s'", n->path);
	if (S_ISFIFO(st.st_mode)) /* what is looked at would be gone */
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is a pipe, not a file; 'ch-convert - OUT "
			       "<%s' reads it",
			       n->path, n->path);
	got = S_ISREG(st.st_mode) ? read(fd, head, sizeof head) : 0;
	if (got < 0)
		return err_sys(e, "can't read '%s'", n->path);
	n->kind = name_of_bytes(head, (size_t)got);
	n->may_hold = n->kind == NAME_TAR;
	if (n->kind != NAME_DIR)
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "'%s' is neither a directory nor an image", n->path);
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
		return look_at_file(n, e);
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

	if (!*rest)
		return err_set(e, ERR_USAGE, "nothing behind '%s'", text);
	n->kind = k->kind;
	if (k->kind == NAME_STORE || k->kind == NAME_REGISTRY)
		return ref_parse(rest, &n->ref, e);
	n->path = xstrdup(rest);
	if (k->kind == NAME_OCI || is_archive(n))
		split_tag(n);
	if (str_eq(n->path, "-") && !k->is_stream)
		return err_set(e, ERR_USAGE,
			       "'%s': %s is no stream; a file of that name is "
			       "'%s./-'",
			       text, k->what, k->prefix);
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

/* N as another tool understands it, which may take a word alone for a
 * reference. Caller frees. */
static char *as_typed(const struct name *n)
{
	bool is_word = !find_kind(n->text) && !is_path(n->text) &&
		       !str_eq(n->text, "-");

	return str_fmt("%s%s", is_word ? "./" : "", n->text);
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

int name_refuse_file(const struct name *n, struct err *e)
{
	autostr char *typed = as_typed(n);

	if (str_eq(n->text, "-"))
		return err_set(e, ERR_UNSUPPORTED,
			       "standard input can't be run as it is; unpack "
			       "it with 'ch-convert - ./DIR'");
	if (is_archive(n))
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is an archive; put it into the store with "
			       "'ch-pull %s'",
			       n->text, typed);
	if (n->kind != NAME_TAR && n->kind != NAME_SQUASH &&
	    n->kind != NAME_SIF)
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "'%s' is %s, which %s be run as it is; unpack it "
		       "with 'ch-convert %s ./DIR'",
		       n->text, of_kind(n->kind)->what,
		       n->kind == NAME_TAR ? "can't" : "can", typed);
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

	if (k) {
		rc = parse_kind(k, text, &n, e);
	} else if (str_eq(text, "-")) {
		n.kind = NAME_TAR;
		n.path = xstrdup(text);
		n.may_hold = true;
		rc = 0;
	} else if (is_path(text))
		rc = name_as_path(&n, e);
	else
		rc = parse_word(&n, e);
	if (rc)
		name_clear(&n);
	*out = n;
	return rc;
}

static bool is_one_of(const char *word, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, v[i]))
			return true;
	return false;
}

/* Is the word behind the last dot what a file's name would end in? "./img.v2"
 * and "./ubuntu-22.04" are good names for directories, and "./x.img" is not:
 * who types it wants a kind of file that we can't write. */
static bool looks_like_file(const char *word)
{
	size_t n = strlen(word);

	if (is_one_of(word, file_suffixes, ARRAY_SIZE(file_suffixes)))
		return true;
	if (n < 3 || n > 4 ||
	    is_one_of(word, dir_suffixes, ARRAY_SIZE(dir_suffixes)))
		return false;
	return strspn(word, "abcdefghijklmnopqrstuvwxyz") == n;
}

static int refuse_suffix(const char *text, const char *suffix, struct err *e)
{
	AUTO(str) struct str list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		str_addf(&list, "%s%s", i ? ", " : "", suffixes[i].text);
	return err_set(e, ERR_USAGE,
		       "'%s': no kind of image has the suffix '%s'; there are "
		       "%s; a directory of that name is 'dir:%s'",
		       text, suffix, list.p, text);
}

/* What a file called BASE is to become: its row of suffixes, or -1. */
static int find_suffix(const char *base)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_ends(base, suffixes[i].text) &&
		    strlen(base) > strlen(suffixes[i].text))
			return (int)i;
	return -1;
}

/* A word that says what kind of file it is can be nothing else, so it needs no
 * "./": "alpine.sqfs". */
static bool is_file_word(const char *text)
{
	return !strchr(text, ':') && find_suffix(path_base(text)) >= 0;
}

/* The path N->text is not explicit. */
static int out_path(struct name *n, struct err *e)
{
	const char *base = path_base(n->text);
	const char *dot = strrchr(base, '.');
	struct stat st;

	n->kind = NAME_DIR;
	n->path = xstrdup(n->text);
	if (!dot || dot == base || (!stat(n->path, &st) && S_ISDIR(st.st_mode)))
		return 0;
	int found = find_suffix(base);

	if (found >= 0) {
		n->kind = suffixes[found].kind;
		return 0;
	}
	return looks_like_file(dot + 1) ? refuse_suffix(n->text, dot, e) : 0;
}

/* An explicit kind, whose reference has to be one that the image can get. */
static int out_kind(const struct kind *k, const char *text, struct name *n,
		    struct err *e)
{
	AUTO(ref) struct ref given = { 0 };

	if (parse_kind(k, text, n, e))
		return -1;
	if (n->kind == NAME_DOCKER_ARCHIVE && n->tag &&
	    ref_parse(n->tag, &given, e))
		return -1;
	if (!*n->ref.digest.text && !*given.digest.text)
		return 0;
	return err_set(e, ERR_USAGE,
		       "can't write to '%s': a digest follows from the image, "
		       "and can't be given to one",
		       text);
}

static int refuse_out(const char *text, struct err *e)
{
	AUTO(str) struct str list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].is_out)
			str_addf(&list, "%s%s", i ? ", " : "", kinds[i].prefix);
	if (str_eq(text, "-"))
		return err_set(e, ERR_USAGE,
			       "'-' needs a kind: tar:-, oci-archive:- or "
			       "docker-archive:-");
	return err_set(e, ERR_USAGE,
		       "can't write to '%s': a path here is './%s', and other "
		       "kinds are %s",
		       text, text, list.p);
}

int name_parse_out(const char *text, struct name *out, struct err *e)
{
	const struct kind *k = find_kind(text);
	struct name n = { .text = xstrdup(text) };
	int rc;

	if (k && !k->is_out)
		rc = err_set(e, ERR_UNSUPPORTED,
			     "can't write to '%s': images can't be sent to a "
			     "registry yet",
			     text);
	else if (k)
		rc = out_kind(k, text, &n, e);
	else if (is_path(text) || is_file_word(text))
		rc = out_path(&n, e);
	else if (!*text)
		rc = err_set(e, ERR_USAGE,
			     "the name of the image to write is "
			     "empty");
	else
		rc = refuse_out(text, e);
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
