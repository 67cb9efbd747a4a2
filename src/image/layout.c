/* layout.c - the directories of an OCI image layout, with its permissions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/layout.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "base/tmp.h"
#include "base/umask.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The new directory FD like ROOT. A group that can't be set (its files then
 * have another) is not worth failing for: those who can't read see so. */
static int liken(int fd, const struct stat *root, const char *name,
		 struct err *e)
{
	mode_t mode = root->st_mode & (S_ISGID | 0777);
	struct stat st;

	if (mode & S_IWGRP)
		mode |= S_ISGID;
	if (fstat(fd, &st))
		return err_sys(e, "can't stat '%s'", name);
	if (mode & S_IWGRP && st.st_gid != root->st_gid &&
	    fchown(fd, (uid_t)-1, root->st_gid))
		mode &= ~(mode_t)S_ISGID;
	if ((st.st_mode & (S_ISGID | 0777)) != mode && fchmod(fd, mode))
		return err_sys(e, "can't set the mode of '%s'", name);
	return 0;
}

/* One level; a descriptor. */
static int open_level(int above, const char *name, const struct stat *root,
		      struct err *e)
{
	bool is_new = !mkdirat(above, name, 0700);
	autofd int fd = -1;

	if (!is_new && errno != EEXIST)
		return err_sys(e, "can't make directory '%s'", name);
	fd = openat(above, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "can't open directory '%s'", name);
	if (is_new && liken(fd, root, name, e))
		return -1;
	return TAKE_FD(fd);
}

int layout_dir(int root, const char *name, struct err *e)
{
	struct err ignored = { 0 }; /* it is not there yet: made below */
	int fd = dir_open_beneath(root, name, O_RDONLY | O_DIRECTORY, 0,
				  &ignored);
	const char *part;
	struct stat st;
	size_t len;

	if (fd >= 0)
		return fd;
	if (fstat(root, &st))
		return err_sys(e, "can't stat a layout");
	while ((part = path_next(&name, &len))) {
		autostr char *level = str_fmt("%.*s", (int)len, part);
		autofd int above = fd;

		fd = open_level(above < 0 ? root : above, level, &st, e);
		if (fd < 0)
			return -1;
	}
	return fd;
}

mode_t layout_file_mode(int root)
{
	struct stat st;

	return fstat(root, &st) ? 0600 : (st.st_mode & 0666) | 0600;
}

mode_t layout_blob_mode(int root)
{
	return (layout_file_mode(root) & ~umask_read()) | 0600;
}

int layout_tmpdir(int root, struct err *e)
{
	struct err ignored = { 0 }; /* it has none */
	int fd = dir_open_beneath(root, "tmp", O_RDONLY | O_DIRECTORY, 0,
				  &ignored);

	if (fd < 0)
		fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "can't open a layout") : fd;
}

int layout_put(int root, const char *name, const char *text, size_t n,
	       struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	autofd int tmpdir = layout_tmpdir(root, e);

	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    io_write(t.fd, text, n, name, e))
		return -1;
	if (fchmod(t.fd, layout_file_mode(root)))
		return err_sys(e, "can't set the mode of '%s'", name);
	return tmp_publish(&t, root, name, TMP_REPLACE, e);
}
