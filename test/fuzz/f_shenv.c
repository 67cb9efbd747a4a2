/* f_shenv.c - fuzz: scripts that set variables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/shenv.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	AUTO(shenv) struct shenv s = { 0 };
	AUTO(strlist) struct strlist env = { 0 };

	shenv_set(&s, "A=a");
	shenv_read(&s, (const char *)p, size);
	shenv_list(&s, &env);
	return 0;
}
