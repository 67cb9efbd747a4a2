/* umask.c - the process's umask.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/umask.h"

#include "base/auto.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

mode_t umask_read(void)
{
	autofile FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	mode_t mask;

	while (f && fgets(line, sizeof(line), f))
		if (str_starts(line, "Umask:"))
			return (mode_t)strtoul(line + 6, NULL, 8) & 0777;
	mask = umask(077);
	umask(mask);
	return mask;
}
