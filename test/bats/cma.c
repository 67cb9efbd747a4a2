/* cma.c - read another process's memory, as MPI libraries do between ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	cma show          print "PID ADDRESS" of a text and wait for a signal
 *	cma PID ADDRESS   print the text there
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char text[16] = "from far away";

int main(int argc, char **argv)
{
	char copy[sizeof text] = "";
	struct iovec to = { copy, sizeof copy };
	struct iovec from = { NULL, sizeof copy };

	if (argc < 3) {
		printf("%d %llu\n", (int)getpid(),
		       (unsigned long long)(size_t)text);
		fflush(stdout);
		pause();
		return 0;
	}
	from.iov_base = (void *)(size_t)strtoull(argv[2], NULL, 10);
	if (process_vm_readv(atoi(argv[1]), &to, 1, &from, 1, 0) < 0) {
		perror("process_vm_readv");
		return 1;
	}
	puts(copy);
	return 0;
}
