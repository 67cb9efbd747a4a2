/* joinenter.h - go into the namespaces of a container that exists.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_JOINENTER_H
#define RUN_JOINENTER_H

#include "base/err.h"

/* Enter the user namespace USER, then the mount namespace MOUNT, both open
 * files (setns(2)); its root is "/" and the working directory then.
 * ERR_UNSUPPORTED: the caller is in there already. */
MUST_CHECK int joinenter(int user, int mount, struct err *e);
/* Those of process PID, which is one process all the time, whoever gets its
 * number later. ERR_NOTFOUND: there is none; ERR_AUTH: it is another user's;
 * ERR_UNSUPPORTED: it is in no container. */
MUST_CHECK int joinenter_process(int pid, struct err *e);

#endif
