/* ocispec.h - config.json of an OCI bundle: what to run, in which root, with
 * which mounts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The OCI runtime specification 1.x, config.md, as far as a program without
 * privilege can carry it out. What else the document asks for is listed and not
 * read, so that it can be told. Not the image configuration (imgconfig.h).
 */
#ifndef FORMAT_OCISPEC_H
#define FORMAT_OCISPEC_H

#include "base/err.h"
#include "base/strlist.h"

#include <stdbool.h>
#include <stdint.h>

#define OCISPEC_BYTES_MAX (8u << 20)
#define OCISPEC_MOUNTS_MAX 1000
#define OCISPEC_LIMITS_MAX 32

struct ocispec_mount {
	char *destination; /* absolute */
	char *type;        /* or NULL */
	char *source;      /* or NULL */
	struct strlist options;
};

struct ocispec_limit {
	char *type;          /* "RLIMIT_NOFILE" */
	uint64_t soft, hard; /* UINT64_MAX: none */
};

struct ocispec {
	struct strlist args; /* may be empty */
	struct strlist env;  /* "NAME=VALUE"; malformed items dropped */
	char *cwd;           /* absolute */
	int64_t uid, gid;    /* -1: not told */
	int umask;           /* -1: not told */
	struct ocispec_limit *limits;
	size_t n_limits;
	char *root; /* absolute, or relative to the bundle */
	bool readonly;
	struct ocispec_mount *mounts; /* in order */
	size_t n_mounts;
	bool has_hooks;
	/* Members that ask for something and were not read: "hostname",
	 * "linux.namespaces (pid, uts)". */
	struct strlist others;
};

/* Parse N bytes. On failure OUT is empty. ERR_FORMAT, ERR_LIMIT;
 * ERR_UNSUPPORTED: another version of the specification. */
MUST_CHECK int ocispec_parse(const void *text, size_t n, struct ocispec *out,
			     struct err *e);
void ocispec_clear(struct ocispec *s);
AUTO_DEFINE(ocispec, struct ocispec, ocispec_clear)

#endif
