/* t_umask.c - the process's umask.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/umask.h"

#include "tap.h"

#include <sys/stat.h>

int main(void)
{
	static const mode_t v[] = { 0, 022, 027, 077, 0777 };

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		umask(v[i]);
		ok(umask_read() == v[i], "%03o is read", (unsigned)v[i]);
		ok(umask(022) == v[i], "and stays");
	}
	return tap_done();
}
