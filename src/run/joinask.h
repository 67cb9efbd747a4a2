/* joinask.h - what a container is made from, as text, so that two processes can
 * tell whether they ask for the same one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line for the image and for each option that decides how the container
 * looks; what is each process's own (environment, directory, command) is not in
 * it. Pure.
 */
#ifndef RUN_JOINASK_H
#define RUN_JOINASK_H

#include "base/err.h"
#include "base/str.h"
#include "run/options.h"

/* Add O for the image called IMAGE on the command line to OUT. CWD is the
 * working directory, by which relative paths are known, or NULL. */
void joinask_text(const struct run_options *o, const char *image,
		  const char *cwd, struct str *out);
/* Is MINE what the container was made from, THEIRS? ERR_EXISTS names the first
 * difference: "it was made with '--bind=/a', not with '--bind=/b'". */
MUST_CHECK int joinask_compare(const char *mine, const char *theirs,
			       struct err *e);

#endif
