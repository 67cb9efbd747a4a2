/* lease.h - who works on something in a store right now, so that others wait
 * instead of doing the same: a small file with a heartbeat.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lease only ever saves work. Nothing is wrong when two processes believe
 * that they hold the same one: each writes to files of its own and publishes by
 * rename. So there is no lock that a dead process could leave behind, and none
 * that a file system would have to know: O_EXCL and rename are enough.
 *
 * The file (512 bytes of text lines, always written whole) names host (name,
 * boot ID, PID namespace), process and its start time, a counter, and how far
 * the work is. A holder on this host is dead when its process is gone; one on
 * another host when its file has not changed for LEASE_STALE_S of the waiter's
 * own clock. A stopped process keeps its lease on its own host. Where /proc
 * says nothing of a process (there is none, or it hides those of others), this
 * host counts as another.
 */
#ifndef IMAGE_LEASE_H
#define IMAGE_LEASE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define LEASE_PREFIX "lease."
#define LEASE_IMAGE "image." /* behind it: an image on its way here */
#define LEASE_STALE_S 90

struct lease; /* held by us */

struct lease_view {    /* somebody else's, as last seen; zeroed to begin with */
	char who[256]; /* "ch-pull 4711" or "ch-pull 4711 on node17" */
	uint64_t done; /* bytes, of */
	uint64_t total; /* these; 0: not known */
	uint64_t beat;  /* what follows is for lease_try */
	int64_t since_ms;
	char id[32];
	bool is_proved; /* LEASE_OURS: it was taken from ID, whose process has
			 * ended for certain; `done` is what it said last */
};

enum lease_answer {
	LEASE_ERROR = -1,
	LEASE_OURS, /* *OUT is ours until lease_free */
	LEASE_BUSY, /* VIEW tells who has it; ask again in a while */
};

/* Try to take the lease NAME ("sha256.HEX", without the prefix) in DIRFD, a
 * store's tmp/. Never waits. Call it again with the same VIEW: that is how a
 * holder of another host is found dead. */
MUST_CHECK enum lease_answer lease_try(int dirfd, const char *name,
				       struct lease_view *view,
				       struct lease **out, struct err *e);
/* The same, but waits, and says for whom. DONE (may be NULL) is asked in
 * between whether the work is done by now: then *OUT is NULL. ERR_INTR. */
MUST_CHECK int lease_wait(int dirfd, const char *name, bool (*done)(void *ctx),
			  void *ctx, struct lease **out, struct err *e);
/* Not the same for any two leases, good in a file name. */
const char *lease_id(const struct lease *l);
/* Is it still ours? Someone may have believed us dead. */
bool lease_holds(const struct lease *l);
/* Say how far we are; cheap to call often, it writes once a second. */
void lease_beat(struct lease *l, uint64_t done, uint64_t total);
/* Remove the lease, if it is still ours. */
void lease_free(struct lease *l);
AUTO_DEFINE_PTR(lease, struct lease, lease_free)

/* For gc and check: does somebody living hold the lease file FILE (with its
 * prefix) in DIRFD? May watch it for up to WATCH_S seconds if it is of another
 * host; then still undecided counts as living. */
bool lease_is_live(int dirfd, const char *file, int watch_s);
/* Remove the lease file FILE if its process has ended for certain. */
void lease_sweep(int dirfd, const char *file);

#endif
