/* sifarch.h - the codes of architectures in a SIF file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three bytes: two digits and a NUL. Names are OCI's (GOARCH).
 */
#ifndef FORMAT_SIFARCH_H
#define FORMAT_SIFARCH_H

#include <stddef.h>

/* The name for CODE (3 bytes) into OUT; "" for none ("00") or one that we
 * don't know. */
void sifarch_name(const unsigned char *code, char *out, size_t size);
/* The code of NAME, two digits, borrowed; "00" for ""; NULL if there is none.
 */
const char *sifarch_code(const char *name);

#endif
