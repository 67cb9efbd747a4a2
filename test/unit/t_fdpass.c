/* t_fdpass.c - tests of base/fdpass.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/fdpass.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int pair[2];

static bool is_same(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

static void send_with(const int *fds, size_t n)
{
	static char two[] = "two", parts[] = " parts";
	struct iovec data[] = { { two, 3 }, { parts, 6 } };

	is_num(fdpass_send(pair[0], data, 2, fds, n, 0), 9, "sent");
}

static ssize_t take(char text[9], int *fds, size_t n)
{
	struct iovec data = { text, 9 };

	return fdpass_take(pair[1], &data, 1, fds, n, MSG_DONTWAIT);
}

static void test_descriptors(const int files[2])
{
	char text[9];
	int got[2];

	send_with(files, 2);
	is_num(take(text, got, 2), 9, "received");
	ok(!memcmp(text, "two parts", 9), "the text");
	ok(is_same(got[0], files[0]) && is_same(got[1], files[1]),
	       "the same files in the same order");
	ok(fcntl(got[0], F_GETFD) == FD_CLOEXEC, "closed on exec");
	close(got[0]);
	close(got[1]);
}

/* Those that are not wanted are not kept open. */
static void test_other_number(const int files[2])
{
	char text[9];
	int got[2], next = dup(files[0]);

	close(next);
	send_with(files, 0);
	is_num(take(text, got, 2), 9, "none were sent");
	ok(got[0] < 0 && got[1] < 0, "none are there");
	send_with(files, 1);
	is_num(take(text, got, 2), 9, "one was sent");
	ok(got[0] < 0 && got[1] < 0, "none of two");
	send_with(files, 2);
	is_num(take(text, got, 1), 9, "two were sent");
	ok(got[0] < 0, "not one of two");
	got[0] = dup(files[0]);
	is_num(got[0], next, "all were closed");
	close(got[0]);
}

static void test_no_room(const int files[2])
{
	struct rlimit old, none;
	char text[9];
	int got[2];

	send_with(files, 2);
	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){ 3, old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	errno = 0;
	is_num(take(text, got, 2), -1, "no descriptor is free");
	is_num(errno, EMFILE, "and that is the reason");
	setrlimit(RLIMIT_NOFILE, &old);
}

static void test_end(void)
{
	char text[9];
	int got[1];

	is_num(take(text, got, 1), -1, "nothing there");
	is_num(errno, EAGAIN, "yet");
	close(pair[0]);
	is_num(take(text, got, 1), 0, "the end");
}

int main(void)
{
	int files[2] = { open("/dev/null", O_RDONLY), open("/", O_RDONLY) };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) || files[1] < 0)
		return 1;
	test_descriptors(files);
	test_other_number(files);
	test_no_room(files);
	test_end();
	return tap_done();
}
