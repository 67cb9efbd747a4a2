/* imgroot.c - the root directory of the image, however it came to be one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/imgroot.h"

#include <fcntl.h>
#include <unistd.h>

int imgroot_open(struct imgroot *r, const struct run_options *o, struct err *e)
{
	*r = (struct imgroot)IMGROOT_INIT;
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
