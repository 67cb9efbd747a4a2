/* imgfile.c - small files of the image, which is hostile.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/imgfile.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#define TEXT_MAX ((size_t)1 << 20)

int imgfile_open(int image, const char *path, struct err *e)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
	struct stat st;
	autofd int fd = dir_open_in_root(image, path, flags, 0, e);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "'%s' is not a regular file",
			       path);
	return TAKE_FD(fd);
}

int imgfile_read(int image, const char *path, struct str *out, struct err *e)
{
	autofd int fd = imgfile_open(image, path, e);

	return fd < 0 ? -1 : io_read_all(fd, TEXT_MAX, path, out, e);
}

bool imgfile_optional(int image, const char *path, struct str *out)
{
	struct err why = { 0 };

	if (!imgfile_read(image, path, out, &why))
		return true;
	str_clear(out);
	if (why.kind != ERR_NOTFOUND)
		log_warn("ignored in the image: %s", why.msg);
	return false;
}

static bool is_type(int image, const char *path, mode_t type)
{
	struct err ignored = { 0 }; /* what can't be opened is not there */
	autofd int fd = dir_open_in_root(image, path, O_PATH, 0, &ignored);
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && (st.st_mode & S_IFMT) == type;
}

bool imgfile_is_file(int image, const char *path)
{
	return is_type(image, path, S_IFREG);
}

bool imgfile_is_dir(int image, const char *path)
{
	return is_type(image, path, S_IFDIR);
}
