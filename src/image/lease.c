/* lease.c - who works on something in a store right now.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is opened anew for each look and each beat: on NFS what one host has
 * written is seen by another once it was closed and is opened (nfs(5), "close-
 * to-open"), and a lease that was taken away is noticed.
 */
#include "config.h"

#include "image/lease.h"

#include "base/clock.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tmp.h"
#include "image/holder.h"
#include "image/layout.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BEAT_MS 1000
#define WAIT_MIN_MS 5
#define WAIT_MAX_MS 200
#define SAY_AFTER_MS 2000
#define TRIES 16

struct lease {
	int dirfd;
	char *file;
	struct holder holder;
	int64_t beat_ms; /* when it was last written */
};

static void pause_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL); /* a signal may cut it short */
}

/* The record in the file FD, if there is one. */
static void read_holder(int fd, struct holder *h)
{
	char record[HOLDER_RECORD_BYTES];
	ssize_t n = pread(fd, record, sizeof(record), 0);

	*h = (struct holder){ 0 };
	if (n > 0)
		holder_read(record, (size_t)n, h);
}

static int open_file(int dirfd, const char *file, int flags)
{
	return openat(dirfd, file,
		      flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Who holds the lease FILE; false if there is none. One that can't be read, or
 * has nothing sensible in it, is known by its inode. */
static bool look(int dirfd, const char *file, struct holder *h)
{
	autofd int fd = open_file(dirfd, file, O_RDONLY);
	struct stat st;

	*h = (struct holder){ 0 };
	if (fd < 0 ? fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW)
		   : fstat(fd, &st))
		return false;
	if (fd >= 0 && S_ISREG(st.st_mode))
		read_holder(fd, h);
	if (!*h->id)
		snprintf(h->id, sizeof(h->id), "?%" PRIx64,
			 (uint64_t)st.st_ino);
	return true;
}

/* Not by the inode: a new file often gets that of one just removed. */
static bool is_same(const struct holder *a, const struct holder *b)
{
	return !strcmp(a->id, b->id) && a->beat == b->beat;
}

/* Take away the lease file FILE, whose holder was found dead as SEEN; should it
 * be another's by now, that goes back in place. If there is a new one again by
 * then, two believe that they have it, which does no harm. */
static void take_away(int dirfd, const char *file, const struct holder *seen,
		      const char *id)
{
	autostr char *aside = str_fmt(TMP_PREFIX "%s", id);
	struct holder got;

	if (renameat(dirfd, file, dirfd, aside))
		return;
	if (look(dirfd, aside, &got) && !is_same(seen, &got) &&
	    linkat(dirfd, aside, dirfd, file, 0))
		log_debug("'%s' was put back too late", file);
	unlinkat(dirfd, aside, 0);
}

/* Make the file: complete when it gets its name. 1 if the name is taken. */
static int claim(struct lease *l, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	char record[HOLDER_RECORD_BYTES];

	holder_write(&l->holder, record);
	if (tmp_file(&t, l->dirfd, e) ||
	    io_write(t.fd, record, sizeof(record), l->file, e))
		return -1;
	if (fchmod(t.fd, layout_file_mode(l->dirfd)))
		return err_sys(e, "can't make '%s'", l->file);
	l->beat_ms = clock_ms();
	if (!tmp_publish(&t, l->dirfd, l->file, TMP_CLAIM, e))
		return 0;
	if (e->kind != ERR_EXISTS)
		return -1;
	*e = (struct err){ 0 };
	return 1;
}

/* Is the holder dead, as far as we can tell? VIEW remembers since when its beat
 * has stood still. */
static bool is_dead(const struct holder *h, const struct holder *self,
		    struct lease_view *view)
{
	enum holder_state state = holder_state(h, self);
	bool still = !strcmp(view->id, h->id) && view->beat == h->beat;

	holder_text(h, self, view->who, sizeof(view->who));
	view->done = h->done;
	view->total = h->total;
	view->beat = h->beat;
	memcpy(view->id, h->id, sizeof(view->id));
	if (!still || state == HOLDER_LIVES)
		view->since_ms = clock_ms();
	view->is_proved = state == HOLDER_GONE;
	return state == HOLDER_GONE ||
	       clock_ms() - view->since_ms >= LEASE_STALE_S * 1000;
}

static struct lease *lease_new(int dirfd, const char *name, struct err *e)
{
	struct lease *l = xcalloc(1, sizeof(*l));

	l->dirfd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	l->file = str_fmt(LEASE_PREFIX "%s", name);
	holder_self(&l->holder);
	if (l->dirfd < 0) {
		err_sys(e, "can't make '%s'", l->file);
		lease_free(l);
		return NULL;
	}
	return l;
}

enum lease_answer lease_try(int dirfd, const char *name,
			    struct lease_view *view, struct lease **out,
			    struct err *e)
{
	AUTO(lease) struct lease *l = lease_new(dirfd, name, e);
	bool taken = false;
	struct holder h;
	int rc;

	if (!l)
		return LEASE_ERROR;
	for (int i = 0; i < TRIES; i++) {
		if (look(dirfd, l->file, &h)) {
			if (!is_dead(&h, &l->holder, view))
				return LEASE_BUSY;
			take_away(dirfd, l->file, &h, l->holder.id);
			taken = true;
		}
		rc = claim(l, e);
		if (rc > 0)
			continue;
		if (rc < 0)
			return LEASE_ERROR;
		if (!taken)
			*view = (struct lease_view){ 0 };
		*out = TAKE(l);
		return LEASE_OURS;
	}
	return LEASE_BUSY;
}

int lease_wait(int dirfd, const char *name, bool (*done)(void *ctx), void *ctx,
	       struct lease **out, struct err *e)
{
	struct lease_view view = { 0 };
	int64_t begin = clock_ms(), next = WAIT_MIN_MS;
	enum lease_answer answer;
	bool said = false;

	*out = NULL;
	for (;;) {
		answer = lease_try(dirfd, name, &view, out, e);
		if (answer == LEASE_ERROR || intr_check(e))
			break;
		if (answer == LEASE_OURS || (done && done(ctx)))
			return 0;
		if (!said && clock_ms() - begin > SAY_AFTER_MS) {
			log_note("waiting for %s", view.who);
			said = true;
		}
		pause_ms(next);
		next = next * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : next * 2;
	}
	if (*out)
		lease_free(TAKE(*out));
	return -1;
}

const char *lease_id(const struct lease *l)
{
	return l->holder.id;
}

bool lease_holds(const struct lease *l)
{
	struct holder now;

	return look(l->dirfd, l->file, &now) && !strcmp(now.id, l->holder.id);
}

void lease_beat(struct lease *l, uint64_t done, uint64_t total)
{
	char record[HOLDER_RECORD_BYTES];
	int64_t now = clock_ms();
	struct holder now_there;
	autofd int fd = -1;

	if (now - l->beat_ms < BEAT_MS)
		return;
	l->beat_ms = now;
	l->holder.beat++;
	l->holder.done = done;
	l->holder.total = total;
	holder_write(&l->holder, record);
	fd = open_file(l->dirfd, l->file, O_RDWR);
	if (fd >= 0)
		read_holder(fd, &now_there);
	if (fd < 0 || strcmp(now_there.id, l->holder.id) != 0)
		return; /* taken away: we are believed dead */
	/* A beat that can't be written (a full disk) costs others their wait,
	 * no more. */
	if (pwrite(fd, record, sizeof(record), 0) < 0)
		log_debug("can't write '%s'", l->file);
}

void lease_free(struct lease *l)
{
	if (l->dirfd >= 0) {
		if (lease_holds(l))
			unlinkat(l->dirfd, l->file, 0);
		close(l->dirfd);
	}
	free(l->file);
	free(l);
}

bool lease_is_live(int dirfd, const char *file, int watch_s)
{
	int64_t until = clock_ms() + (int64_t)watch_s * 1000;
	struct lease_view view = { 0 };
	struct err ignored = { 0 }; /* then we do not wait */
	struct holder self;
	struct holder h;
	bool is_first = true;
	uint64_t beat = 0;

	holder_self(&self);
	while (look(dirfd, file, &h)) {
		if (is_dead(&h, &self, &view))
			return false;
		if (holder_state(&h, &self) == HOLDER_LIVES ||
		    (!is_first && h.beat != beat) || clock_ms() >= until ||
		    intr_check(&ignored))
			return true;
		is_first = false;
		beat = h.beat;
		pause_ms(BEAT_MS / 2);
	}
	return false;
}

void lease_sweep(int dirfd, const char *file)
{
	struct holder self;
	struct holder h;

	holder_self(&self);
	if (look(dirfd, file, &h) && holder_state(&h, &self) == HOLDER_GONE)
		take_away(dirfd, file, &h, self.id);
}
