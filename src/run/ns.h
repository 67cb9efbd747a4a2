/* ns.h - a user and a mount namespace of our own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One user namespace in which the user is himself: it gives every capability
 * over the new mount namespace until the command is executed. All mounts of
 * the host that were shared become slaves by that (mount_namespaces(7),
 * "less privileged"), so nothing that we mount is seen outside, while the
 * host's unmounts and automounts still arrive.
 */
#ifndef RUN_NS_H
#define RUN_NS_H

#include "base/err.h"

#include <sys/types.h>

/* Enter them. What the host forbids is explained (probe.h). The supplementary
 * groups stay; none can be set inside. */
MUST_CHECK int ns_enter(struct err *e);
/* In a user namespace that was just made: UID and GID, which we had before, are
 * these inside as well. */
MUST_CHECK int ns_map_self(uid_t uid, gid_t gid, struct err *e);

#endif
