/* f_saved.c - fuzz: manifest.json of docker save, read and written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/saved.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	AUTO(saved) struct saved s = { 0 };
	struct err e = { 0 };
	autostr char *manifest = NULL;
	autostr char *repositories = NULL;

	if (saved_parse(p, size, &s, &e))
		return 0;
	manifest = saved_write(&s, &e);
	repositories = saved_repositories(&s, &e);
	return 0;
}
