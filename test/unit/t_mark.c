/* t_mark.c - what tells an image from any other file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/mark.h"

#include "mktar.h"
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// clang-format off
static const struct {
	const char *title;
	struct mktar entries[6];
	bool want;
} items[] = {
	{ "a root file system", { MK_DIR("./"), MK_DIR("./bin/"), MK_FILE("./etc/passwd", "x") }, true },
	{ "programs in /usr", { MK_FILE("usr/bin/sh", "x"), MK_FILE("usr/lib/libc.so", "x") }, true },
	{ "our configuration", { MK_DIR("work/"), MK_DIR("ch/"), MK_FILE("ch/config.json", "{}") }, true },
	{ "Charliecloud's variables", { MK_FILE("./ch/environment", "") }, true },
	{ "a backup", { MK_DIR("thesis/"), MK_FILE("thesis/main.tex", "x") }, false },
	{ "a backup of a home directory", { MK_DIR("./"), MK_FILE("./bin/run.sh", "x"), MK_FILE("./binary", "x") }, false },
	{ "a backup of a system's files", { MK_FILE("etc/passwd", "x"), MK_FILE("home/a/x", "x"), MK_FILE("usr/local/x", "x") }, false },
	{ "something called ch", { MK_FILE("ch", "x"), MK_FILE("d/ch/config.json", "{}") }, false },
	{ "nothing in it", { MK_DIR("./") }, false },
	{ "an OCI layout", { MK_DIR("blobs/"), MK_FILE("blobs/sha256/" HEX, "x") }, true },
	{ "the layout's own file", { MK_FILE("oci-layout", "{}") }, true },
	{ "podman save", { MK_FILE(HEX ".tar", "x"), MK_FILE(HEX ".json", "{}") }, true },
	{ "old docker save", { MK_DIR(HEX "/"), MK_FILE(HEX "/VERSION", "1.0") }, true },
	{ "a web page's manifest.json", { MK_FILE("index.html", "x"), MK_FILE("manifest.json", "{}") }, false },
};
// clang-format on

static bool is_marked(const void *p, size_t n)
{
	int fd = open(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
		      O_TMPFILE | O_RDWR, 0600);
	bool is_marked;

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		exit(99);
	is_marked = mark_file(fd);
	close(fd);
	return is_marked;
}

int main(void)
{
	static const char zeros[4096];

	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		AUTO(str) struct str tar = { 0 };

		for (size_t k = 0; k < 6 && items[i].entries[k].name; k++)
			mktar_add(&tar, &items[i].entries[k]);
		mktar_end(&tar);
		ok(is_marked(tar.p, tar.len) == items[i].want, "%s",
		   items[i].title);
	}
	ok(!is_marked(zeros, sizeof zeros), "zeros, as an empty archive");
	ok(!is_marked("", 0), "nothing");
	ok(!is_marked("some text", 9), "text");
	return tap_done();
}
