/* t_detect.c - what kind of image is in a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/detect.h"

#include "mktar.h"
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct item {
	const char *title;
	struct mktar entries[6];
	enum name_kind want;
};

// clang-format off
static const struct item items[] = {
	{ "a root file system", { MK_DIR("./"), MK_DIR("./bin/"), MK_FILE("./bin/sh", "x") }, NAME_TAR },
	{ "docker export begins with a file", { MK_FILE(".dockerenv", ""), MK_DIR("bin/") }, NAME_TAR },
	{ "names without their directories", { MK_FILE("etc/passwd", "x") }, NAME_TAR },
	{ "no directory at all", { MK_FILE("hello", "x") }, NAME_TAR },
	{ "a manifest.json of its own", { MK_FILE("manifest.json", "{}"), MK_DIR("usr/") }, NAME_TAR },
	{ "a directory 'blobs' of its own", { MK_DIR("blobs/"), MK_DIR("bin/") }, NAME_TAR },
	{ "an OCI layout", { MK_DIR("blobs/"), MK_DIR("blobs/sha256/"), MK_FILE("index.json", "{}") }, NAME_OCI_ARCHIVE },
	{ "the layout's own file first", { MK_FILE("oci-layout", "{}") }, NAME_OCI_ARCHIVE },
	{ "podman save", { MK_FILE(HEX ".tar", "x"), MK_FILE(HEX ".json", "{}") }, NAME_OCI_ARCHIVE },
	{ "old docker save", { MK_DIR(HEX "/"), MK_FILE(HEX "/VERSION", "1.0") }, NAME_OCI_ARCHIVE },
	{ "crane", { MK_FILE("sha256:" HEX, "{}") }, NAME_OCI_ARCHIVE },
	{ "a manifest.json and what it names", { MK_FILE("config.json", "{}"), MK_FILE("layer.tar", "x"), MK_FILE("manifest.json", "[]") }, NAME_OCI_ARCHIVE },
};
// clang-format on

static int with(const void *p, size_t n)
{
	int fd = open(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
		      O_TMPFILE | O_RDWR, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		exit(99);
	return fd;
}

static void check(const char *title, const void *p, size_t n,
		  enum name_kind want)
{
	struct err e = { 0 };
	enum name_kind kind;
	int fd = with(p, n);
	int rc = detect_file(fd, "FILE", &kind, &e);

	ok(!rc && kind == want, "%s", title);
	is(e.msg, "", title);
	ok(lseek(fd, 0, SEEK_CUR) == 0, "it stands at its start");
	close(fd);
}

int main(void)
{
	struct err e = { 0 };
	enum name_kind kind;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		AUTO(str) struct str tar = { 0 };

		for (size_t k = 0; k < 6 && items[i].entries[k].name; k++)
			mktar_add(&tar, &items[i].entries[k]);
		mktar_end(&tar);
		check(items[i].title, tar.p, tar.len, items[i].want);
	}
	check("a squashfs", "hsqs....", 8, NAME_SQUASH);
	check("one of version 3", "sqsh....", 8, NAME_SQUASH);
	check("a SIF file", "0123456789abcdef0123456789abcdefSIF_MAGIC", 41,
	      NAME_SIF);
	fd = with("text", 4);
	ok(detect_file(fd, "FILE", &kind, &e) && e.kind == ERR_UNSUPPORTED,
	   "text");
	is(e.msg, "'FILE' is not an image", "text");
	close(fd);
	return tap_done();
}
