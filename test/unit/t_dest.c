/* t_dest.c - where a SIF file goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/io.h"
#include "base/str.h"
#include "image/dest.h"

#include "tap.h"

#include <sys/stat.h>

static const char sif[] = "#!/usr/bin/env run-singularity\n\0SIF_MAGIC\00001";

static void put(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(99);
}

/* Write CONTENT as NAME: "mode MODE", or the error's message. Caller frees. */
static char *write_file(const char *name, bool force, const void *p, size_t n)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(tmp) struct tmp t = TMP_INIT;
	struct err e = { 0 };
	struct stat st;

	if (dest_open_file(&d, name, force, &e) || tmp_file(&t, d.parent, &e) ||
	    io_write(t.fd, p, n, name, &e) || dest_publish_file(&d, &t, &e))
		return str_fmt("%s", e.msg);
	if (stat(name, &st))
		return str_fmt("not there");
	return str_fmt("mode %o, %lld bytes", st.st_mode & 07777,
		       (long long)st.st_size);
}

// clang-format off
static const struct {
	const char *name;
	bool force;
	const char *want;
} cases[] = {
	{ "./new.sif", false, "mode 750, 45 bytes" },
	{ "./new.sif", false, "'./new.sif' exists; use --force to replace it" },
	{ "./new.sif", true, "mode 750, 45 bytes" },
	{ "./other", false, "'./other' exists and is not an image" },
	{ "./other", true, "'./other' is not a SIF file, so --force won't replace it; remove it yourself" },
	{ "./link", true, "'./link' is not a SIF file, so --force won't replace it; remove it yourself" },
	{ "./fifo", true, "'./fifo' is not a SIF file, so --force won't replace it; remove it yourself" },
	{ "./dir", true, "the image is a SIF file, but './dir' is a directory; name a file, as in './dir/image.sif'" },
	{ "./none/x.sif", false, "can't write './none/x.sif': can't open './none': No such file or directory" },
	{ "x.sif", false, "can't write to 'x.sif': only directories can be written; a directory here is './x.sif'" },
	{ "./dir/..", false, "'./dir/..' can't be the name of a new image" },
};
// clang-format on

int main(void)
{
	const char *top = getenv("TMPDIR");
	autostr char *dir = str_fmt("%s/t_dest.XXXXXX", top ? top : "/tmp");
	autostr char *bad = NULL;
	struct stat st;

	if (!mkdtemp(dir) || chdir(dir))
		return 99;
	umask(027);
	put("other", "text, but longer than a SIF file's header would be", 50);
	mkdir("dir", 0755);
	mkfifo("fifo", 0600);
	if (symlink("new.sif", "link"))
		return 99;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *got = write_file(cases[i].name, cases[i].force,
					       sif, sizeof sif);

		is(got, cases[i].want, cases[i].want);
	}
	bad = write_file("./bad.sif", false, "text", 4);
	is(bad,
	   "the image says that it is a SIF file, but at byte 32 'SIF_MAGIC' "
	   "is missing",
	   "no SIF file");
	ok(stat("bad.sif", &st) == -1, "and it is not written");
	unlink("new.sif");
	unlink("other");
	unlink("link");
	unlink("fifo");
	rmdir("dir");
	if (chdir("/") || rmdir(dir))
		return 99;
	return tap_done();
}
