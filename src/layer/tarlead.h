/* tarlead.h - the beginning of a tar archive, for a reader who is to go on in
 * the middle of another one: an empty file.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_TARLEAD_H
#define LAYER_TARLEAD_H

#include <stdbool.h>
#include <stddef.h>

/* *N bytes, with PAX records before the file or without. */
const void *tarlead(bool is_pax, size_t *n);

#endif
