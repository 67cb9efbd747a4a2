/* dynlib.h - shared libraries that only some runs need, loaded when they do.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program that is linked to a library pays for it at every start.
 */
#ifndef BASE_DYNLIB_H
#define BASE_DYNLIB_H

#include "base/err.h"

#include <stddef.h>

/* A function of a library, and where its pointer goes. */
struct dynlib_symbol {
	const char *name;
	size_t at; /* offset in the caller's struct of pointers */
};

/* The row for NAME, whose pointer is the field of that name in T. */
#define DYNLIB_SYMBOL(T, name)           \
	{                                \
#name, offsetof(T, name) \
	}

/* Load SONAME ("liblz4.so.1") from where the loader looks and fill FUNCTIONS
 * with the N symbols; the handle, for dynlib_close, or NULL. The library must
 * stay loaded as long as one of its functions is called. ERR_NOTFOUND: there is
 * none, or it lacks a symbol; the message names the library. FUNCTIONS is then
 * not to be used. */
void *dynlib_open(const char *soname, const struct dynlib_symbol *symbols,
		  size_t n, void *functions, struct err *e);
void dynlib_close(void *lib);

#endif
