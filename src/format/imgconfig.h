/* imgconfig.h - the image configuration (OCI config.md; Docker's is the same
 * for what we read).
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
	char *workdir;           /* or NULL */
	char *user;              /* or NULL */
	struct digest *diff_ids; /* lowest layer first */
	size_t n_diff_ids;
};

/* Parse. Odd but harmless content of `config` is accepted: an Env item without
 * '=' or with an empty name is dropped. ERR_FORMAT, ERR_LIMIT. */
MUST_CHECK int imgconfig_parse(const void *text, size_t n,
			       struct imgconfig *out, struct err *e);
void imgconfig_clear(struct imgconfig *c);
AUTO_DEFINE(imgconfig, struct imgconfig, imgconfig_clear)

#endif
