/* twin.c - the dynamic ch-run has all it needs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/twin.h"

void twin_take_over(void)
{
}

void twin_check_file(const struct run_file *file)
{
	(void)file;
}

bool twin_is_static(void)
{
	return false;
}
