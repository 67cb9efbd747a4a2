/* turn.h - when many pull the same image into one store, one after the other.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_TURN_H
#define IMAGE_TURN_H

#include "base/err.h"
#include "format/platform.h"
#include "image/lease.h"
#include "image/progress.h"

#include <stdbool.h>

/* Take the lease (lease.h) on the image NAME for the platform WANT in TMPDIR, a
 * store's tmp/. Waits while somebody else has it, who is told with how far he
 * is in P's last line. *WAITED: somebody had it, so the image may be there by
 * now. ERR_INTR on a signal. */
MUST_CHECK int turn_take(int tmpdir, const char *name,
			 const struct platform *want, struct progress *p,
			 struct lease **out, bool *waited, struct err *e);

#endif
