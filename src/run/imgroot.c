/* imgroot.c - the root directory of the image, however it came to be one.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/imgroot.h"

#include "run/twin.h"

#include <fcntl.h>
#include <unistd.h>

static int open_directory(struct imgroot *r, int dir, const char *path,
			  const char *name, struct err *e)
{
	r->fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return err_sys(e, "can't open image '%s'", name);
	if (fstat(r->fd, &r->st))
		return err_sys(e, "can't read '%s'", name);
	return 0;
}

static int mount_file(struct imgroot *r, const struct run_options *o,
		      struct err *e)
{
	twin_check_file(&o->file);
	r->fd = sqfuse_mount(&r->mount, o, e);
	r->is_entered = true;
	return r->fd < 0 ? -1 : 0;
}

/* For a plan, without unpacking it. */
static int look_into(struct imgroot *r, const struct run_options *o,
		     struct err *e)
{
	autostr char *place = unpacked_shown(o->unpack_at);

	if (!mount_file(r, o, e))
		return 0;
	if (e->kind != ERR_UNSUPPORTED && e->kind != ERR_SYS)
		return -1;
	return err_set(e, ERR_UNSUPPORTED,
		       "'%s' would be unpacked to %s; --dry-run does nothing, "
		       "and there is no FUSE to look into it and tell more",
		       o->image, place);
}

static int open_file(struct imgroot *r, const struct run_options *o,
		     struct err *e)
{
	if (o->write)
		return err_set(e, ERR_USAGE,
			       "'%s' is a file with a squashfs, which can't be "
			       "written to: --write is for directories",
			       o->image);
	if (!o->unpack_at)
		return mount_file(r, o, e);
	if (o->dry_run)
		return look_into(r, o, e);
	if (unpacked_make(&r->copy, o, e))
		return -1;
	r->is_entered = r->copy.memory >= 0;
	return r->is_entered ? open_directory(r, r->copy.memory, UNPACKED_TREE,
					      o->image, e)
			     : open_directory(r, AT_FDCWD, r->copy.path,
					      o->image, e);
}

int imgroot_open(struct imgroot *r, const struct run_options *o, struct err *e)
{
	*r = (struct imgroot)IMGROOT_INIT;
	if (o->is_file)
		return open_file(r, o, e);
	return open_directory(r, AT_FDCWD, o->image, o->image, e);
}

void imgroot_close(struct imgroot *r)
{
	auto_fd_(&r->fd);
	unpacked_clear(&r->copy);
	*r = (struct imgroot)IMGROOT_INIT;
}
