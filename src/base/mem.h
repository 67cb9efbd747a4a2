/* mem.h - allocation that aborts when memory is out.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For small sizes that we choose ourselves. A size that comes from outside is
 * checked against a named limit by the caller first (ERR_LIMIT). All results
 * are released with free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/auto.h"

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
/* Resize P to N items of SIZE; aborts when the product overflows. */
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);

/* Make room for at least WANT items of SIZE in the array P that holds *CAP:
 * grows geometrically, updates *CAP and returns the array (maybe moved). */
void *mem_grow(void *p, size_t *cap, size_t want, size_t size);

/* N bytes of which most will be used: from MEM_HUGE on they are aligned to it
 * and the kernel is asked for huge pages, which saves a page fault for each
 * 4 KiB. */
#define MEM_HUGE ((size_t)2 << 20)
void *mem_huge(size_t n);

/* Have malloc keep what is given back up to a MEM_HUGE at a time, for who takes
 * and gives back a lot while threads run: to unmap a page then interrupts every
 * processor. A C library that can't be told does as it likes. */
void mem_keep(void);

/* Say on stderr that WHAT could not be had and abort: for a library's
 * constructor that fails only when memory is out. */
NORETURN void mem_fail(const char *what);

#endif
