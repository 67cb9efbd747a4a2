/* ns.h - a user and a mount namespace of our own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One user namespace in which the user is himself, or who --uid and --gid say:
 * it gives every capability over the new mount namespace until the command is
 * executed. All mounts of the host that were shared become slaves by that
 * (mount_namespaces(7), "less privileged"), so nothing that we mount is seen
 * outside, while the host's unmounts and automounts still arrive.
 */
#ifndef RUN_NS_H
#define RUN_NS_H

#include "base/err.h"
#include "run/options.h"

#include <sys/types.h>

/* Who the user is inside: the one user and the one group that are mapped. All
 * files that are his are shown as theirs, all others as nobody's. */
struct ns_ids {
	uid_t uid;
	gid_t gid;
};

/* By --uid and --gid of O, else those that he has. */
struct ns_ids ns_ids(const struct run_options *o);

/* Enter them, as IDS (NULL: as himself). What the host forbids is explained
 * (probe.h). The supplementary groups stay; none can be set inside. */
MUST_CHECK int ns_enter(const struct ns_ids *ids, struct err *e);
/* In a user namespace that was just made: UID and GID, which we had before, are
 * these inside as well. */
MUST_CHECK int ns_map_self(uid_t uid, gid_t gid, struct err *e);

#endif
