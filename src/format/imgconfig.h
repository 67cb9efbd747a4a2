/* imgconfig.h - the image configuration (OCI config.md; Docker's is the same
 * for what we read), read and changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_IMGCONFIG_H
#define FORMAT_IMGCONFIG_H

#include "base/err.h"
#include "base/strlist.h"
#include "format/digest.h"
#include "format/platform.h"

struct imgconfig {
	struct platform platform;
	struct strlist env; /* "NAME=VALUE"; malformed items dropped */
	struct strlist entrypoint;
	struct strlist cmd;
	struct strlist labels;   /* name, value, name, value, ...; by name */
	char *workdir;           /* or NULL */
	char *user;              /* or NULL */
	struct digest *diff_ids; /* lowest layer first */
	size_t n_diff_ids;
};

/* Parse. Odd but harmless content of `config` is accepted: an Env item without
 * '=' or with an empty name is dropped, and a label that is no string.
 * ERR_FORMAT, ERR_LIMIT. */
MUST_CHECK int imgconfig_parse(const void *text, size_t n,
			       struct imgconfig *out, struct err *e);
void imgconfig_clear(struct imgconfig *c);
AUTO_DEFINE(imgconfig, struct imgconfig, imgconfig_clear)

/* What imgconfig_edit puts in the place of what was there. */
struct imgconfig_change {
	const struct platform *platform; /* NULL: as it was */
	const struct digest *diff_ids;   /* lowest layer first */
	size_t n_diff_ids;
	const char *created;    /* RFC 3339, of image and layers; NULL: none */
	const char *created_by; /* of each layer, for its entry in the history;
				 * NULL: no history */
};

/* The configuration TEXT (NULL or empty: a new one) with other layers. What
 * else it says stays, known to us or not. Always the same bytes for the same
 * input: compact, members sorted. Caller frees. NULL on error: ERR_FORMAT also
 * when the platform is neither there nor in C. */
char *imgconfig_edit(const void *text, size_t n,
		     const struct imgconfig_change *c, struct err *e);
/* The same with the variables ENV in the place of those that TEXT has, and
 * nothing else changed; a new one has no layers and no platform yet. What is
 * not UTF-8 is left out and counted in *LOST. The same form. Caller frees. NULL
 * on error. */
char *imgconfig_set_env(const void *text, size_t n, const struct strlist *env,
			size_t *lost, struct err *e);
/* The member `config` of TEXT as a document, "{}" if there is none: what a SIF
 * file has as `oci-config.json`. The same form. Caller frees. NULL on error. */
char *imgconfig_inner(const void *text, size_t n, struct err *e);
/* The reverse: INNER as a configuration that imgconfig_edit takes (it has no
 * platform or layers yet). A TEXT that is a whole configuration is taken as it
 * is. The same form. Caller frees. NULL on error. */
char *imgconfig_outer(const void *text, size_t n, struct err *e);

#endif
