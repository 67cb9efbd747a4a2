/* dynlib.c - shared libraries that only some runs need, loaded when they do.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dynlib.h"

#include <dlfcn.h>
#include <string.h>

/* The loader's text without the name that it begins with: ours has it. */
static int not_loaded(const char *soname, struct err *e)
{
	const char *why = dlerror();
	size_t n = strlen(soname);

	if (!why)
		why = "unknown reason";
	if (!strncmp(why, soname, n) && !strncmp(why + n, ": ", 2))
		why += n + 2;
	return err_set(e, ERR_NOTFOUND, "%s can't be loaded: %s", soname, why);
}

void *dynlib_open(const char *soname, const struct dynlib_symbol *symbols,
		  size_t n, void *functions, struct err *e)
{
	void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		not_loaded(soname, e);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		void *p = dlsym(lib, symbols[i].name);

		if (!p) {
			err_set(e, ERR_NOTFOUND,
				"%s is too old or too new: it has no '%s'",
				soname, symbols[i].name);
			dlclose(lib);
			return NULL;
		}
		/* POSIX: a function's address fits into a void pointer. */
		memcpy((char *)functions + symbols[i].at, &p, sizeof(p));
	}
	return lib;
}

void dynlib_close(void *lib)
{
	if (lib)
		dlclose(lib);
}
