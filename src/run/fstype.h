/* fstype.h - what kind of file system something is on.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_FSTYPE_H
#define RUN_FSTYPE_H

#include <stdbool.h>

/* "ext4" of the file system that FD is on, or a number. Caller frees. */
char *fstype_name(int fd);
/* Is it one that many machines share? */
bool fstype_is_network(int fd);

#endif
