/* holder.h - which process holds a lease, and whether it lives.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process is known by its host (name, boot ID, PID namespace), its number and
 * the time it was started (proc(5), /proc/PID/stat, field 22), which another
 * process that gets the same number does not share.
 */
#ifndef IMAGE_HOLDER_H
#define IMAGE_HOLDER_H

#include <stddef.h>
#include <stdint.h>

#define HOLDER_RECORD_BYTES 512

enum holder_state {
	HOLDER_GONE,    /* has ended, for certain */
	HOLDER_LIVES,   /* is there, perhaps stopped */
	HOLDER_UNKNOWN, /* on another host, or hidden */
};

struct holder {
	char id[32];    /* of this lease; "" if the record can't be read */
	char host[128]; /* harmless on a terminal, as all text here */
	char boot[64];
	char pid_ns[64];
	char tool[32];
	long pid;
	uint64_t start; /* clock ticks since boot; 0: not known */
	uint64_t beat;  /* counts while it lives */
	uint64_t done;  /* bytes, of */
	uint64_t total; /* these */
};

/* This process, with a new id. */
void holder_self(struct holder *h);
/* Does it live? SELF is this process. */
enum holder_state holder_state(const struct holder *h,
			       const struct holder *self);
/* "ch-pull 4711", or "ch-pull 4711 on node17" for another host than SELF's. */
void holder_text(const struct holder *h, const struct holder *self, char *text,
		 size_t size);
/* As the content of a file, all of the same length, so that one that is written
 * over another is never half of each in its names. */
void holder_write(const struct holder *h, char record[HOLDER_RECORD_BYTES]);
/* The reverse, for N bytes of anything; what is not there stays empty. */
void holder_read(const char *record, size_t n, struct holder *h);

#endif
