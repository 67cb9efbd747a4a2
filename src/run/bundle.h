/* bundle.h - run an OCI bundle: its config.json as options of ch-run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bundle is a directory with config.json and a root file system (OCI runtime
 * specification, bundle.md). The document says what shall be seen inside, so of
 * the host's directories only those appear that every program needs: no home,
 * working directory or /tmp. Its environment takes the place of the caller's.
 */
#ifndef RUN_BUNDLE_H
#define RUN_BUNDLE_H

#include "base/err.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/ocispec.h"
#include "run/limits.h"
#include "run/options.h"

struct bundle {
	char *dir; /* absolute, without links */
	char *image;
	struct ocispec spec;
	struct limits limits;
	struct strlist texts;   /* what the options point to */
	struct strlist skipped; /* a line for what is not done */
};

/* Put what the bundle DIR asks for into O, where O asks for nothing else: the
 * command line wins. O borrows from B. ERR_NOTFOUND, ERR_FORMAT, ERR_LIMIT,
 * ERR_UNSUPPORTED. */
MUST_CHECK int bundle_load(struct bundle *b, const char *dir,
			   struct run_options *o, struct err *e);
void bundle_clear(struct bundle *b);
AUTO_DEFINE(bundle, struct bundle, bundle_clear)

#endif
