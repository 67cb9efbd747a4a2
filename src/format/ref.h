/* ref.h - image references: [HOST[:PORT]/]PATH[:TAG][@DIGEST].
 * SPDX-License-Identifier: Apache-2.0
 *
 * Grammar of the distribution specification (spec.md, "Pulling manifests")
 * with Docker's defaults: no host means docker.io, one path component there
 * means library/NAME, no tag and no digest means latest. A first component is
 * a host only if it has a dot or a colon, is "localhost" or an IPv6 address
 * in brackets. With tag and digest the digest decides; the tag is a label.
 * "docker://" or "oras://" in front is accepted. "index.docker.io" is
 * docker.io.
 */
#ifndef FORMAT_REF_H
#define FORMAT_REF_H

#include "base/err.h"
#include "format/digest.h"

struct ref {
	char *host;           /* "docker.io", "[::1]:5000"; lower case */
	char *repo;           /* "library/alpine" */
	char *tag;            /* "3.16" or NULL */
	struct digest digest; /* text "" if none */
	bool host_given;      /* the user named the host */
};

/* Parse TEXT. The result borrows nothing from TEXT. ERR_USAGE if malformed,
 * naming the character and the part: "reference 'Alpine': upper case 'A' is
 * not allowed in a repository name". Credentials in a reference are refused
 * without repeating them. */
MUST_CHECK int ref_parse(const char *text, struct ref *out, struct err *e);
void ref_clear(struct ref *r);
AUTO_DEFINE(ref, struct ref, ref_clear)

/* The one normalised name: "docker.io/library/alpine:3.16", with "@sha256:..."
 * if there is a digest. Caller frees. */
char *ref_name(const struct ref *r);
/* The name as people would type it: "alpine:3.16". Caller frees. */
char *ref_short(const struct ref *r);
/* What to ask the registry for: the digest's text or the tag. Borrowed. */
const char *ref_want(const struct ref *r);

/* HOST[:PORT] by itself (a configured registry) in its one form; caller frees.
 * NULL with ERR_USAGE. */
MUST_CHECK char *ref_read_host(const char *host, struct err *e);

#endif
