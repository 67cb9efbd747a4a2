/* base64.h - base64 (RFC 4648, section 4), decoded.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_BASE64_H
#define FORMAT_BASE64_H

#include <sys/types.h>

/* Decode TEXT, whose padding may be missing, to OUT, which has room for as many
 * bytes as TEXT has. The count, or -1 if TEXT is something else. */
ssize_t base64_decode(const char *text, char *out);

#endif
