/* mark.c - what tells an image from any other directory or file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/mark.h"

#include "base/err.h"
#include "base/path.h"
#include "base/str.h"
#include "image/detect.h"
#include "layer/arread.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SHOWN "OUT" /* of errors that nobody reads */
#define HEX_DIGITS "0123456789abcdef"
#define HEX_LEN 64

/* What was seen in an archive. */
struct seen {
	bool is_image; /* no doubt */
	bool programs;
	bool others; /* what programs need in their root file system */
};

/* Ours and Charliecloud's, of a directory and of a flat archive. */
static const char *const marks[] = {
	"ch/image",
	"ch/config.json",
	"ch/environment",
	"WEIRD_AL_YANKOVIC",
};

bool mark_dir(int fd)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (!fstatat(fd, marks[i], &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			return true;
	return false;
}

/* Is NAME the directory DIR, with a slash or without, or in it? */
static bool is_in(const char *name, const char *dir)
{
	size_t n = strlen(dir);

	return str_starts(name, dir) && (!name[n] || name[n] == '/');
}

static bool is_in_one(const char *name, const char *const *dirs)
{
	for (; *dirs; dirs++)
		if (is_in(name, *dirs))
			return true;
	return false;
}

static void look_flat(struct seen *s, const char *name)
{
	static const char *const programs[] = { "bin", "usr/bin", NULL };
	static const char *const others[] = {
		"etc", "lib", "usr/lib", "dev", "proc", NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		s->is_image = s->is_image || str_eq(name, marks[i]);
	s->programs = s->programs || is_in_one(name, programs);
	s->others = s->others || is_in_one(name, others);
	s->is_image = s->is_image || (s->programs && s->others);
}

/* The names that only those who save images give. */
static void look_saved(struct seen *s, const char *name)
{
	s->is_image = s->is_image || str_eq(name, "oci-layout") ||
		      str_starts(name, "blobs/sha") ||
		      str_starts(name, "sha256:") ||
		      strspn(name, HEX_DIGITS) == HEX_LEN;
}

static bool look_inside(int fd, bool is_flat)
{
	AUTO(arread) struct arread *r = arread_new(fd, SHOWN);
	struct err ignored = { 0 }; /* then it is none */
	struct seen s = { 0 };
	struct entry entry;

	for (int i = 0; i < MARK_ENTRIES && !s.is_image; i++) {
		const char *name;

		if (arread_next(r, &entry, &ignored) <= 0)
			return false;
		name = path_inside(entry.name);
		if (is_flat)
			look_flat(&s, name);
		else
			look_saved(&s, name);
	}
	return s.is_image;
}

bool mark_file(int fd)
{
	struct err ignored = { 0 }; /* then it is none */
	enum name_kind kind;

	if (detect_file(fd, SHOWN, &kind, &ignored))
		return false;
	if (kind == NAME_SQUASH || kind == NAME_SIF)
		return true;
	return look_inside(fd, kind == NAME_TAR);
}
