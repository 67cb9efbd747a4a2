/* prefetch.c - the command of a mounted file, read while its container is made.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/prefetch.h"

#include "base/str.h"
#include "format/envfile.h"
#include "run/imgfile.h"
#include "run/whynot.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of one file: what the beginning of most programs touches. */
#define BYTES_MAX (1 << 20)
/* The kernel reads no more at one call (VM_READAHEAD_PAGES). */
#define STEP (128 << 10)
#define HEAD 4096

static int open_file(int image, const char *path)
{
	struct err ignored = { 0 }; /* exec will find out */

	return imgfile_open(image, path, &ignored);
}

/* As exec.c will look for it. A path that is not absolute is left to it. */
static int open_command(const struct plan *p, int image)
{
	const char *name = p->command.v[0];
	const char *path = env_get(&p->env.env, "PATH");
	AUTO(strlist) struct strlist dirs = { 0 };

	if (strchr(name, '/'))
		return *name == '/' ? open_file(image, name) : -1;
	strlist_split(&dirs, path ? path : "", ':', false);
	for (size_t i = 0; i < dirs.n; i++) {
		autostr char *file = str_fmt("%s/%s", dirs.v[i], name);
		int fd = *file == '/' ? open_file(image, file) : -1;

		if (fd >= 0)
			return fd;
	}
	return -1;
}

static void fetch(int fd)
{
	for (off_t at = 0; at < BYTES_MAX; at += STEP)
		posix_fadvise(fd, at, STEP, POSIX_FADV_WILLNEED);
}

int prefetch_find(const struct plan *p, int image)
{
	return open_command(p, image);
}

void prefetch_start(int command, int image)
{
	unsigned char head[HEAD];
	autostr char *path = NULL;
	ssize_t n;
	int fd;

	fetch(command);
	n = pread(command, head, sizeof head, 0);
	path = n > 0 ? whynot_interpreter(head, (size_t)n) : NULL;
	fd = path && *path == '/' ? open_file(image, path) : -1;
	if (fd >= 0)
		fetch(fd);
}
