/* tarmake.h - the headers in front of a tar entry, made (POSIX.1-2008, pax,
 * "ustar Interchange Format" and "pax Interchange Format").
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ustar header if all fits into it, else a header of PAX records in front.
 * Names are bytes; the records have them as they are. Owners are numbers. Pure.
 */
#ifndef LAYER_TARMAKE_H
#define LAYER_TARMAKE_H

#include "base/err.h"
#include "base/str.h"
#include "layer/entry.h"

#include <stdint.h>

#define TARMAKE_BLOCK 512
#define TARMAKE_RECORDS_MAX 1048576 /* bytes; more is not read (tarhead.h) */

/* Add the PAX record KEY=VALUE. */
void tarmake_record(struct str *records, const char *key, const void *value,
		    size_t n);
void tarmake_number(struct str *records, const char *key, uint64_t value);
/* An extended attribute. As GNU tar does, a "=" in its name is written as "%3D"
 * and a "%" as "%25". */
void tarmake_xattr(struct str *records, const char *name, const void *value,
		   size_t n);

/* Add the headers of ENTRY to OUT. STORED: bytes that follow (0 for all but
 * files). IS_SPARSE: they are a map and data (GNU.sparse 1.0). RECORDS: those
 * that the caller has already; others are added to it. ERR_LIMIT if they are
 * too many. */
MUST_CHECK int tarmake_head(const struct entry *entry, uint64_t stored,
			    bool is_sparse, struct str *records,
			    struct str *out, struct err *e);
/* Behind N bytes: zeros up to the end of a block. */
void tarmake_pad(struct str *out, uint64_t n);

#endif
