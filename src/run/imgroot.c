/* imgroot.c - the root directory of the image, however it came to be one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/imgroot.h"

#include "run/sqfuse.h"
#include "run/twin.h"

#include <fcntl.h>
#include <unistd.h>

static int open_file(struct imgroot *r, const struct run_options *o,
		     struct err *e)
{
	if (o->write)
		return err_set(e, ERR_USAGE,
			       "'%s' is a file with a squashfs, which can't be "
			       "written to: --write is for directories",
			       o->image);
	twin_check_file(&o->file);
	r->fd = sqfuse_mount(o, &r->place, e);
	r->is_entered = true;
	return r->fd < 0 ? -1 : 0;
}

int imgroot_open(struct imgroot *r, const struct run_options *o, struct err *e)
{
	*r = (struct imgroot)IMGROOT_INIT;
	if (o->is_file)
		return open_file(r, o, e);
	r->fd = open(o->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return err_sys(e, "can't open image '%s'", o->image);
	if (fstat(r->fd, &r->st))
		return err_sys(e, "can't read '%s'", o->image);
	return 0;
}

void imgroot_close(struct imgroot *r)
{
	auto_fd_(&r->fd);
	*r = (struct imgroot)IMGROOT_INIT;
}
