/* standin.c - standard input as a file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/standin.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/str.h"
#include "base/tmp.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT 0 /* the descriptor of standard input */

int standin_fd(const char *path)
{
	if (str_eq(path, STANDIN_PATH))
		return fcntl(INPUT, F_DUPFD_CLOEXEC, 3);
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int standin_file(const char *path, uint64_t *size, struct err *e)
{
	struct stat st;
	autofd int fd = standin_fd(path);

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "can't open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_UNSUPPORTED, "'%s' is not a file", path);
	*size = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

bool standin_is_file(void)
{
	struct stat st;

	return !fstat(INPUT, &st) && S_ISREG(st.st_mode) &&
	       !lseek(INPUT, 0, SEEK_CUR);
}

int standin_check(struct err *e)
{
	return isatty(INPUT)
		       ? err_set(e, ERR_USAGE,
				 "standard input is a terminal; give the image "
				 "with '<FILE' or through a pipe")
		       : 0;
}

int standin_open(int tmpdir, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	autostr char *place = NULL;

	if (standin_is_file())
		return 0;
	if (standin_check(e))
		return -1;
	place = dir_shown(tmpdir);
	if (tmp_file(&t, tmpdir, e) ||
	    io_copy(INPUT, "standard input", t.fd, place, NULL, e))
		return err_ctx(e, "can't put standard input aside");
	if (lseek(t.fd, 0, SEEK_SET) < 0 || dup2(t.fd, INPUT) < 0)
		return err_sys(e, "can't put standard input aside");
	return 0; /* the name goes, the file stays as long as it is open */
}
