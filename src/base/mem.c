/* mem.c - allocation that aborts when memory is out.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A first allocation below this is not worth a second one soon after. */
#define GROW_MIN 8

static void complain(const char *text)
{
	/* Nothing can be done about a failure; abort follows anyway. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

NORETURN void mem_fail(const char *what)
{
	complain("error: out of memory for ");
	complain(what);
	complain("\n");
	abort();
}

static void *checked(void *p)
{
	if (!p)
		mem_fail("a small object");
	return p;
}

void *xmalloc(size_t n)
{
	return checked(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(n && size ? calloc(n, size) : calloc(1, 1));
}

void *xrealloc(void *p, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		mem_fail("an array");
	return checked(realloc(p, total ? total : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

void *xmemdup(const void *p, size_t n)
{
	void *copy = xmalloc(n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

void *mem_grow(void *p, size_t *cap, size_t want, size_t size)
{
	size_t n;

	if (want <= *cap)
		return p;
	/* Half as much again; the sum wraps only where xrealloc refuses the
	 * product, or where WANT is larger than both anyway. */
	n = *cap + *cap / 2 + GROW_MIN;
	if (n < want)
		n = want;
	p = xrealloc(p, n, size);
	*cap = n;
	return p;
}

void *mem_huge(size_t n)
{
	void *p;

	if (n < MEM_HUGE)
		return xmalloc(n);
	if (posix_memalign(&p, MEM_HUGE, n))
		mem_fail("a large buffer");
	madvise(p, n, MADV_HUGEPAGE); /* without it all works as well */
	return p;
}

/* mallopt(3). The thresholds that are set stay where they are. */
void mem_keep(void)
{
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
	mallopt(M_MMAP_THRESHOLD, MEM_HUGE);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
