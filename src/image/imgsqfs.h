/* imgsqfs.h - kind: a squashfs file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGSQFS_H
#define IMAGE_IMGSQFS_H

#include "image/source.h"
#include "image/target.h"

MUST_CHECK int imgsqfs_open(struct source *s, const struct name *n,
			    const struct source_opts *o, struct err *e);
/* S is what SIZE bytes from AT on in FD (moved) hold, a squashfs. NAME is the
 * file's for messages. */
MUST_CHECK int imgsqfs_open_at(struct source *s, int fd, uint64_t at,
			       uint64_t size, const char *name, struct err *e);
/* S as a squashfs, with /ch. */
MUST_CHECK int imgsqfs_write(struct target *t, struct source *s, struct err *e);
/* STACK to FD (O_RDWR) from AT on, packed as P says; *SIZE: its bytes. */
MUST_CHECK int imgsqfs_pack(const struct stack *stack, const struct pack *p,
			    int fd, uint64_t at, uint64_t *size, struct err *e);
/* The file PATH of the squashfs S (opened by one of the above), at most MAX
 * bytes, appended to OUT; one that is not there gives nothing. */
MUST_CHECK int imgsqfs_file(const struct source *s, const char *path,
			    size_t max, struct str *out, struct err *e);

#endif
