/* host.c - which platform's images are meant on this host.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/host.h"

#include <sys/utsname.h>

int host_platform(const char *text, struct platform *out, struct err *e)
{
	struct utsname u;

	if (text)
		return platform_parse(text, out, e);
	if (uname(&u))
		return err_sys(e, "can't tell this machine's architecture");
	platform_of_machine(u.machine, out);
	return 0;
}
