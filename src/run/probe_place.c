/* probe_place.c - try the directories of the host that we write to.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/num.h"
#include "base/str.h"
#include "base/strlist.h"
#include "base/tmp.h"
#include "image/store.h"
#include "run/attempts.h"
#include "run/fstype.h"
#include "run/nearby.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>

/* What container engines give by default is too little for MPI. */
#define SHM_LEAST ((uint64_t)256 << 20)
#define STORE_LEAST ((uint64_t)1 << 30)

/* What can be told of the file system that FD is on. */
struct space {
	uint64_t free;
	bool no_files; /* it has room for not one more file */
	bool noexec;
	char *text; /* "27.1 GiB free, ext4" */
};

static void space_clear(struct space *s)
{
	free(s->text);
}
AUTO_DEFINE(space, struct space, space_clear)

static int space_of(int fd, struct space *s, struct err *e)
{
	autostr char *fs = fstype_name(fd);
	autostr char *size = NULL;
	struct statvfs st;

	if (fstatvfs(fd, &st))
		return err_sys(e, "can't look at the file system");
	s->free = (uint64_t)st.f_bavail * st.f_frsize;
	s->no_files = st.f_files && !st.f_favail;
	s->noexec = st.f_flag & ST_NOEXEC;
	size = num_size_text(s->free);
	s->text = str_fmt("%s free, %s", size, fs);
	return 0;
}

/* Can a file be made in the directory PATH? *FD is it, opened. */
static int try_writing(const char *path, int *fd, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;

	*fd = dir_open(path, e);
	if (*fd < 0)
		return -1;
	return tmp_file(&t, *fd, e) ? err_ctx(e, "'%s'", path) : 0;
}

void probe_place_shm(const struct check_options *o, struct finding *f)
{
	AUTO(space) struct space s = { 0 };
	autofd int fd = -1;
	struct err e = { 0 };

	(void)o;
	if (try_writing("/dev/shm", &fd, &e) || space_of(fd, &s, &e)) {
		finding_fail(f, FINDING_NO, NULL, &e);
		if (e.kind == ERR_NOTFOUND)
			finding_fix(f, "mkdir -p /dev/shm && mount -t tmpfs "
				       "-o mode=1777 tmpfs /dev/shm");
		return;
	}
	finding_set(f, FINDING_OK, "%s", s.text);
	if (s.free >= SHM_LEAST)
		return;
	finding_set(f, FINDING_LIMITED, "%s: little for MPI", s.text);
	finding_fix(f, "mount -o remount,size=50%% /dev/shm");
}

void probe_place_tmpdir(const struct check_options *o, struct finding *f)
{
	const char *path = o->tmpdir && *o->tmpdir ? o->tmpdir : "/tmp";
	AUTO(space) struct space s = { 0 };
	autofd int fd = -1;
	struct err e = { 0 };

	if (try_writing(path, &fd, &e) || space_of(fd, &s, &e))
		finding_fail(f, FINDING_NO, NULL, &e);
	else if (s.noexec)
		finding_set(f, FINDING_LIMITED,
			    "'%s' is mounted 'noexec': no image can be run "
			    "from there",
			    path);
	else
		finding_set(f, FINDING_OK, "'%s', %s", path, s.text);
}

/* The store is there and may be used, or could be made. */
static int look_at_store(const struct nearby *n, struct err *e)
{
	AUTO(store) struct store s = STORE_INIT;
	autofd int fd = -1;
	bool is_there = !strcmp(n->store, n->path);

	if (is_there && store_open(&s, n->store, e) && e->kind != ERR_NOTFOUND)
		return -1;
	*e = (struct err){ 0 }; /* a directory that is to become one */
	return try_writing(n->path, &fd, e);
}

void probe_place_store(const struct check_options *o, struct finding *f)
{
	AUTO(nearby) struct nearby n = NEARBY_INIT;
	AUTO(space) struct space s = { 0 };
	struct err e = { 0 };
	const char *more = "";

	if (nearby_open(&n, o->store, &e) || look_at_store(&n, &e) ||
	    space_of(n.fd, &s, &e)) {
		finding_fail(f, FINDING_NO, NULL, &e);
		return;
	}
	if (strcmp(n.store, n.path))
		more = ", not there yet";
	finding_set(f, FINDING_OK, "'%s'%s, %s", n.store, more, s.text);
	if (s.noexec)
		finding_set(f, FINDING_NO,
			    "'%s' is mounted 'noexec': no image can be run "
			    "from there",
			    n.path);
	else if (s.free < STORE_LEAST || s.no_files)
		finding_set(f, FINDING_LIMITED, "'%s', %s: little room",
			    n.store, s.text);
	else if (fstype_is_network(n.fd))
		finding_set(f, FINDING_LIMITED,
			    "'%s', %s: slow for unpacked images, choose "
			    "squashfs files or a local disk (--store)",
			    n.store, s.text);
}

void probe_place_readonly(const struct check_options *o, struct finding *f)
{
	AUTO(strlist) struct strlist paths = { 0 };
	struct err e = { 0 };

	if (!o->readonly)
		return;
	strlist_split(&paths, o->readonly, ':', false);
	for (size_t i = 0; i < paths.n; i++) {
		AUTO(store) struct store s = STORE_INIT;

		if (!store_open_readonly(&s, paths.v[i], &e))
			continue;
		/* One that is missing is passed over by all tools. */
		finding_fail(f,
			     e.kind == ERR_NOTFOUND ? FINDING_LIMITED
						    : FINDING_NO,
			     NULL, &e);
		return;
	}
}

void probe_place_locks(const struct check_options *o, struct finding *f)
{
	AUTO(nearby) struct nearby n = NEARBY_INIT;
	AUTO(tmp) struct tmp t = TMP_INIT;
	struct err e = { 0 };

	if (nearby_open(&n, o->store, &e) || tmp_file(&t, n.fd, &e))
		finding_fail(f, FINDING_UNTRIED, NULL, &e);
	else if (flock(t.fd, LOCK_EX | LOCK_NB))
		finding_set(f, FINDING_LIMITED,
			    "'%s': %s; several pulls of one image at the same "
			    "time may do the work twice",
			    n.path, strerror(errno));
}
