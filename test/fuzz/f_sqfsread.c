/* f_sqfsread.c - fuzz: squashfs images.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsread.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

#define DATA_MAX (1 << 24) /* bytes that are looked at; holes are cheap */

/* Every entry with its attributes and content. */
static void all(int fd, uint64_t size, struct err *e)
{
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, size, e);
	struct entries r;
	struct entry x;
	uint64_t offset;
	size_t done = 0;
	const char *name;
	const void *bytes;
	size_t n;

	if (!s)
		return;
	r = sqfsread_entries(s);
	while (done < DATA_MAX && r.next(r.ctx, &x, e) > 0) {
		while (r.xattr(r.ctx, &name, &bytes, &n))
			;
		while (done < DATA_MAX &&
		       r.data(r.ctx, &bytes, &n, &offset, e) > 0) {
			if (n > x.size || offset > x.size - n)
				__builtin_trap();
			done += n;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct err e = { 0 };

	if (fd >= 0 && write(fd, p, size) == (ssize_t)size)
		all(fd, size, &e);
	close(fd);
	return 0;
}
