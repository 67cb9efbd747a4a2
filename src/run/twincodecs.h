/* twincodecs.h - the libraries that are linked into the static ch-run, for who
 * would load them (dynlib.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_TWINCODECS_H
#define RUN_TWINCODECS_H

#include "base/dynlib.h"

#include <stdbool.h>

/* Fill FUNCTIONS with the N symbols of SONAME, as dynlib_open does. False if it
 * is not linked, or one of them is not. */
bool twincodecs_find(const char *soname, const struct dynlib_symbol *symbols,
		     size_t n, void *functions);

#endif
