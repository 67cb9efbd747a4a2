/* root.c - the new root: mount the image, add what it lacks, enter it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/root.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/assemble.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

/* Where to stack if the image is "/" itself: any directory that every system
 * has and nobody wants to have mounted inside. */
#define STACK_ELSEWHERE "/etc"

#define DIR_MODE 0755
#define FILE_MODE 0644

/* Of what we keep there: empty files, two small ones, directories. */
#define SCRATCH_SIZE "64m"

/* The classic calls take along what is mounted below a source when they bind
 * it, and that would be our own stack. They pass over a mount that is
 * unbindable, and all that is on it (mount_namespaces(7)). */
int root_hide_stack(const struct root *r, struct err *e)
{
	const char *at = r->mnt.stack;

	if (!r->mnt.classic)
		return 0;
	if (mount(at, at, NULL, MS_BIND | MS_REC, NULL) ||
	    mount(NULL, at, NULL, MS_UNBINDABLE, NULL))
		return err_sys(e, "can't mount on '%s'", at);
	return 0;
}

/* A mount of ours is nothing that can be taken from somewhere, it is put where
 * it belongs. */
static int take_mount(struct root *r, const struct imgroot *image,
		      struct err *e)
{
	r->mnt.stack = STACK_ELSEWHERE;
	r->place = image->mount.place;
	r->image = fcntl(image->fd, F_DUPFD_CLOEXEC, 0);
	return r->image < 0 ? err_sys(e, "can't keep the image") : 0;
}

/* A directory of a file system that is mounted nowhere can't be taken; so for
 * this it is. */
static int take_from_memory(struct root *r, int memory, struct err *e)
{
	autofd int top = -1;

	r->mnt.stack = STACK_ELSEWHERE;
	top = mnt_stack(&r->mnt, memory, 0, e);
	if (top < 0)
		return -1;
	r->image = mnt_take(&r->mnt, top, UNPACKED_TREE, e);
	if (r->image < 0)
		return -1;
	if (umount2(r->mnt.stack, MNT_DETACH))
		return err_sys(e, "can't unmount '%s'", r->mnt.stack);
	return 0;
}

int root_take_image(struct root *r, const char *path,
		    const struct imgroot *image, struct err *e)
{
	const struct stat *was = &image->st;
	struct stat st;

	if (image->copy.memory >= 0)
		return take_from_memory(r, image->copy.memory, e);
	if (image->is_entered)
		return take_mount(r, image, e);
	/* Not on "/": the host's root must have nothing of ours on top when it
	 * is unmounted, or that would be unmounted in its place. */
	r->mnt.stack = strcmp(path, "/") ? path : STACK_ELSEWHERE;
	r->image = mnt_take(&r->mnt, AT_FDCWD, path, e);
	if (r->image < 0)
		return -1;
	if (fstat(r->image, &st))
		return err_sys(e, "can't read '%s'", path);
	if (st.st_dev != was->st_dev || st.st_ino != was->st_ino)
		return err_set(e, ERR_NOTFOUND,
			       "'%s' was replaced while it was looked at",
			       path);
	return 0;
}

int root_mount_image(struct root *r, const struct step *s, struct err *e)
{
	int fd;

	r->flags = MNT_NOSUID | (s->readonly ? MNT_READONLY : 0);
	fd = mnt_stack(&r->mnt, r->image, r->flags, e);
	if (fd < 0)
		return -1;
	close(r->image);
	r->image = fd;
	if (r->place && umount2(r->place, MNT_DETACH))
		return err_sys(e, "can't unmount '%s'", r->place);
	r->top = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return r->top < 0 ? err_sys(e, "can't keep '%s'", s->src) : 0;
}

int root_add_scratch(struct root *r, const struct step *s, struct err *e)
{
	const char *size = s->size ? s->size : s->big ? NULL : SCRATCH_SIZE;

	r->scratch = mnt_stack_tmpfs(&r->mnt, size, e);
	return r->scratch < 0 ? -1 : 0;
}

/* A new file NAME in DIR; TEXT may be NULL. */
static int make_file(int dir, const char *name, const char *text, struct err *e)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	autofd int fd = openat(dir, name, flags, FILE_MODE);

	if (fd < 0)
		return err_sys(e, "can't make '%s'", name);
	return text ? io_write(fd, text, strlen(text), name, e) : 0;
}

/* PATH beneath DIR, with the directories on the way. */
static int make_entry(int dir, const char *path, bool is_dir, const char *text,
		      struct err *e)
{
	autostr char *parent = path_dir(path);
	autofd int fd = -1;

	if (!strcmp(parent, ".")) {
		if (!is_dir)
			return make_file(dir, path, text, e);
		if (!mkdirat(dir, path, DIR_MODE))
			return 0;
		if (errno != EEXIST)
			return err_sys(e, "can't make '%s'", path);
	}
	fd = dir_make_path(dir, is_dir ? path : parent, DIR_MODE, e);
	if (fd < 0)
		return -1;
	return is_dir ? 0 : make_file(fd, path_base(path), text, e);
}

static int make_fresh(const struct step *s, int dir, struct err *e)
{
	for (size_t i = 0; i < s->n_fresh; i++) {
		const struct fresh *f = &s->fresh[i];

		if (make_entry(dir, f->path, f->is_dir, f->text, e))
			return -1;
	}
	return 0;
}

/* A name in scratch. */
struct place {
	char text[24];
};

static struct place new_name(struct root *r)
{
	struct place p;

	snprintf(p.text, sizeof p.text, "%zu", r->n_made++);
	return p;
}

static int new_directory(struct root *r, struct err *e)
{
	struct place name = new_name(r);
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = -1;

	if (!mkdirat(r->scratch, name.text, DIR_MODE))
		fd = openat(r->scratch, name.text, flags);
	return fd < 0 ? err_sys(e, "can't make a directory") : fd;
}

/* Make the mount that FD is the root of what the command will see. */
static void set_top(struct root *r, int fd)
{
	close(r->top);
	r->top = fd;
}

/* The directories that lead to PATH in NEW, which are laid over the image's: as
 * those are. */
static int copy_parents(int new, int image, const char *path, struct err *e)
{
	const char *rest = path;
	size_t len;

	while (path_next(&rest, &len) && *rest) {
		autostr char *at = xstrndup(path, (size_t)(rest - path));
		mode_t mode = DIR_MODE;
		struct stat st;

		if (!fstatat(image, at, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISDIR(st.st_mode))
			mode = st.st_mode & 07777;
		if (mkdirat(new, at, mode | S_IRWXU) && errno != EEXIST)
			return err_sys(e, "can't make '%s'", at);
	}
	return 0;
}

int root_add_layers(struct root *r, const struct step *s, struct err *e)
{
	autofd int new = new_directory(r, e);
	int top;

	if (new < 0)
		return -1;
	for (size_t i = 0; i < s->n_fresh; i++)
		if (copy_parents(new, r->image, s->fresh[i].path, e))
			return -1;
	if (make_fresh(s, new, e) ||
	    (s->upper_in_memory && layers_make(&r->layers, r->scratch, e)) ||
	    layers_mount(&r->layers, r->mnt.stack, new, r->image, e))
		return -1;
	r->is_layered = !s->readonly;
	top = mnt_open_stack(&r->mnt, e);
	if (top < 0)
		return -1;
	set_top(r, top);
	return 0;
}

static int try_overlay(struct root *r, const struct step *s, int upper,
		       int lower, struct err *e)
{
	int top;

	if (s->dst[1])
		return mnt_put_overlay(upper, lower, r->top, s->dst, e);
	top = mnt_stack_overlay(&r->mnt, upper, lower, e);
	if (top < 0)
		return -1;
	set_top(r, top);
	return 0;
}

/* Show the scratch directory NEW as the directory of S. The mount is read-only,
 * the directory behind it is not: it is still to be filled through NEW. */
static int show(struct root *r, const struct step *s, int new, struct err *e)
{
	unsigned flags = s->of_host && !s->readonly ? MNT_NOSUID : r->flags;
	autofd int fd = mnt_take(&r->mnt, new, ".", e);
	int top;

	if (fd < 0)
		return -1;
	if (s->dst[1])
		return mnt_put(&r->mnt, fd, r->top, s->dst, flags, e);
	top = mnt_stack(&r->mnt, fd, r->flags, e);
	if (top < 0)
		return -1;
	set_top(r, top);
	return 0;
}

/* A directory of the host can't be as it was: what is made in it would have to
 * go to the host, and what is ours must not. */
static int prepare_host(const struct step *s, int new, struct err *e)
{
	if (!s->was_readonly)
		log_warn(s->readonly
				 ? "'%s' has no '%s' to mount on: nothing new "
				   "can be made there beside it"
				 : "'%s' has no '%s' to mount on: what is made "
				   "there beside it is gone in the end",
			 s->dst, s->fresh[0].path);
	if (!s->readonly && fchmod(new, 01777))
		return err_sys(e, "can't change the mode of '%s'", s->dst);
	return 0;
}

int root_change(struct root *r, const struct plan *p, const struct step *s,
		struct err *e)
{
	int flags = O_RDONLY | O_DIRECTORY;
	autofd int new = new_directory(r, e);
	autofd int old = -1;
	struct err refused = { 0 };

	if (new < 0 || make_fresh(s, new, e) ||
	    (s->of_host && prepare_host(s, new, e)))
		return -1;
	/* Before NEW is in its place, which may hide it. */
	old = dir_open_in_root(s->of_host ? r->top : r->image, s->dst, flags, 0,
			       e);
	if (old < 0)
		return -1;
	if (s->kind == STEP_OVERLAY && !r->no_overlay) {
		if (!try_overlay(r, s, new, old, &refused))
			return 0;
		/* The reasons differ by kernel and file system (EPERM before
		 * 5.11, ENODEV, EINVAL, ELOOP); the remedy is the same. */
		log_info("overlay on '%s': %s; assembled instead", s->dst,
			 refused.msg);
	}
	if (show(r, s, new, e))
		return -1;
	if (!s->n_entries)
		return 0;
	return assemble_fill(&r->mnt, p, s, old, r->top, new, e);
}

int root_put_text(struct root *r, const char *path, const char *text,
		  struct err *e)
{
	unsigned flags = MNT_READONLY | MNT_NOSUID;
	struct place name = new_name(r);
	autofd int fd = -1;

	if (make_file(r->scratch, name.text, text, e))
		return -1;
	fd = mnt_take(&r->mnt, r->scratch, name.text, e);
	return fd < 0 ? -1 : mnt_put(&r->mnt, fd, r->top, path, flags, e);
}

int root_make(struct root *r, const char *path, bool is_dir, struct err *e)
{
	struct err missing = { 0 };
	autofd int fd = dir_open_in_root(r->top, path, O_PATH | O_NOFOLLOW, 0,
					 &missing);

	if (fd >= 0)
		return 0;
	return make_entry(r->top, path + 1, is_dir, NULL, e);
}

int root_link(struct root *r, const char *path, const char *target,
	      struct err *e)
{
	autostr char *parent = path_dir(path);
	autofd int dir =
		dir_open_in_root(r->top, parent, O_PATH | O_DIRECTORY, 0, e);

	if (dir < 0)
		return -1;
	return symlinkat(target, dir, path_base(path))
		       ? err_sys(e, "can't make the link '%s'", path)
		       : 0;
}

/* Where the host's root is the initramfs, as on nodes without disks, it can't
 * be moved (pivot_root(2), EINVAL). What is mounted over it becomes the root
 * instead, as switch_root(8) does it. The way back down is an unmount, which
 * needs a capability that the command does not get. */
int root_enter_over(struct err *e)
{
	if (mount(".", "/", NULL, MS_MOVE, NULL))
		return err_sys(e, "can't move the new root to '/'");
	if (chroot(".") || chdir("/"))
		return err_sys(e, "can't enter the new root");
	return 0;
}

int root_enter(struct root *r, struct err *e)
{
	if (fchdir(r->top))
		return err_sys(e, "can't enter the new root");
	if (r->no_pivot || syscall(SYS_pivot_root, ".", ".")) {
		if (!r->no_pivot && errno != EINVAL)
			return err_sys(e, "can't pivot to the new root");
		return root_enter_over(e);
	}
	/* The host's root now lies over the new one, at ".". */
	if (umount2(".", MNT_DETACH))
		return err_sys(e, "can't let go of the host's root");
	return chdir("/") ? err_sys(e, "can't enter the new root") : 0;
}

void root_close(struct root *r)
{
	auto_fd_(&r->image);
	auto_fd_(&r->scratch);
	auto_fd_(&r->top);
	layers_close(&r->layers);
	*r = (struct root)ROOT_INIT;
}
