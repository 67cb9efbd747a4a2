/* auto.h - scope-bound cleanup words and the compiler attributes we use.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A variable declared with one of these words is released when it goes out of
 * scope, whichever way the scope is left; errno is preserved. Initialise at
 * the declaration. Give the value away with TAKE, which leaves NULL (or, with
 * TAKE_FD, -1) behind:
 *
 *	autostr char *s = str_fmt("%s/x", dir);
 *	autofd int fd = open(...);
 *	...
 *	return TAKE(s);
 *
 * A module with its own type defines `AUTO_DEFINE(ref, struct ref, ref_clear)`
 * in its header; a user then writes `AUTO(ref) struct ref r = { 0 };`.
 */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN __attribute__((noreturn))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define AUTO(name) __attribute__((cleanup(auto_##name)))
#define autostr AUTO(str_)
#define autofd AUTO(fd_)
#define autofile AUTO(file_)
#define autodir AUTO(dir_)

/* Value of VAR, which becomes NULL: ownership moves to the reader. */
#define TAKE(var)                              \
	__extension__({                        \
		__typeof__(var) take_ = (var); \
		(var) = NULL;                  \
		take_;                         \
	})

/* The same for a descriptor; -1 stays behind. */
#define TAKE_FD(var)               \
	__extension__({            \
		int take_ = (var); \
		(var) = -1;        \
		take_;             \
	})

/* Define the cleanup function for AUTO(name): CLEAR takes a pointer to the
 * variable. For pointer types use AUTO_DEFINE_PTR, whose FREE takes the
 * pointer itself and accepts NULL. */
#define AUTO_DEFINE(name, type, clear)          \
	static inline void auto_##name(type *p) \
	{                                       \
		int saved_ = errno;             \
		clear(p);                       \
		errno = saved_;                 \
	}
#define AUTO_DEFINE_PTR(name, type, free_)       \
	static inline void auto_##name(type **p) \
	{                                        \
		int saved_ = errno;              \
		if (*p)                          \
			free_(*p);               \
		errno = saved_;                  \
	}

static inline void auto_str_(void *p)
{
	int saved_ = errno;
	free(*(void **)p);
	errno = saved_;
}

static inline void auto_fd_(const int *p)
{
	int saved_ = errno;
	if (*p >= 0)
		close(*p);
	errno = saved_;
}

AUTO_DEFINE_PTR(file_, FILE, fclose)
AUTO_DEFINE_PTR(dir_, DIR, closedir)

#endif
