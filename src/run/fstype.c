/* fstype.c - what kind of file system something is on.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/fstype.h"

#include "base/mem.h"
#include "base/str.h"

#include <sys/vfs.h>

// clang-format off
/* linux/magic.h has most; those of parallel file systems are from their own
 * sources. */
static const struct {
	unsigned magic;
	const char *name;
	bool is_network;
} systems[] = {
	{ 0x0187, "autofs", true }, { 0x01021994, "tmpfs", false },
	{ 0x01021997, "9p", true }, { 0x0bd00bd0, "Lustre", true },
	{ 0x19830326, "BeeGFS", true }, { 0x2fc12fc1, "ZFS", false },
	{ 0x47504653, "GPFS", true }, { 0x58465342, "XFS", false },
	{ 0x65735546, "FUSE", false }, { 0x6969, "NFS", true },
	{ 0x794c7630, "overlay", false }, { 0x858458f6, "ramfs", false },
	{ 0x00c36400, "Ceph", true }, { 0x9123683e, "Btrfs", false },
	{ 0xef53, "ext4", false }, { 0xfe534d42, "SMB", true },
	{ 0xff534d42, "CIFS", true },
};
// clang-format on

static size_t find_system(int fd, unsigned *magic)
{
	struct statfs fs;
	size_t i = 0;

	*magic = fstatfs(fd, &fs) ? 0 : (unsigned)fs.f_type;
	while (i < ARRAY_SIZE(systems) && systems[i].magic != *magic)
		i++;
	return i;
}

char *fstype_name(int fd)
{
	unsigned magic;
	size_t i = find_system(fd, &magic);

	return i < ARRAY_SIZE(systems) ? str_fmt("%s", systems[i].name)
				       : str_fmt("file system 0x%x", magic);
}

bool fstype_is_network(int fd)
{
	unsigned magic;
	size_t i = find_system(fd, &magic);

	return i < ARRAY_SIZE(systems) && systems[i].is_network;
}
