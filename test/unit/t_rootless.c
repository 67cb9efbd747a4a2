/* t_rootless.c - the value of user.rootlesscontainers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/rootless.h"

#include "tap.h"

/* "UID:GID", or the message. Caller frees. */
static char *show(const void *p, size_t n)
{
	struct rootless r;
	struct err e = { 0 };

	if (rootless_parse(p, n, &r, &e))
		return str_fmt("%s%s", e.kind == ERR_LIMIT ? "limit: " : "",
			       e.msg);
	return str_fmt("%u:%u", r.uid, r.gid);
}

#define NAME "user.rootlesscontainers: "

// clang-format off
static const struct {
	const char *bytes;
	size_t n;
	const char *want;
} cases[] = {
	{ "", 0, "0:0" },
	{ "\x08\x2a", 2, "42:0" },
	{ "\x10\x2a", 2, "0:42" },
	{ "\x08\xe8\x07\x10\xe9\x07", 6, "1000:1001" },
	{ "\x10\xe9\x07\x08\xe8\x07", 6, "1000:1001" },
	{ "\x08\xff\xff\xff\xff\x0f\x10\x05", 8, "4294967295:5" },
	{ "\x08\x01\x08\x02", 4, "2:0" },
	{ "\x08\x80\x00", 3, "0:0" }, /* longer than it need be */
	{ "\x18\x80\x01\x08\x07", 5, "7:0" },
	{ "\x1a\x03" "abc" "\x08\x07", 7, "7:0" },
	{ "\x19" "12345678" "\x08\x07", 11, "7:0" },
	{ "\x1d" "1234" "\x08\x07", 7, "7:0" },
	{ "\x08", 1, NAME "uid: ends in a number" },
	{ "\x08\x80", 2, NAME "uid: ends in a number" },
	{ "\x80", 1, NAME "ends in a number" },
	{ "\x10\x80\x80\x80\x80\x10", 6, NAME "gid: expected at most 4294967295, found 4294967296" },
	{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, NAME "uid: a number is longer than 10 bytes" },
	{ "\x0a\x01" "a", 3, NAME "uid: expected wire type 0, found 2" },
	{ "\x1a\x04" "abc", 5, NAME "a field of 4 bytes: there are 3" },
	{ "\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, NAME "a field of 9223372036854775807 bytes: there are 0" },
	{ "\x1d" "123", 4, NAME "a field of 4 bytes: there are 3" },
	{ "\x1b", 1, NAME "unknown wire type 3" },
	{ "\x00\x00", 2, NAME "a field has the number 0" },
	{ "0x7f", 4, NAME "unknown wire type 7" }, /* text */
};
// clang-format on

static void test_parse(void)
{
	static const char zeros[ROOTLESS_BYTES_MAX + 1];
	autostr char *large = show(zeros, sizeof(zeros));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *got = show(cases[i].bytes, cases[i].n);

		is(got, cases[i].want, cases[i].want);
	}
	is(large, "limit: " NAME "257 bytes are more than 256", "too long");
}

int main(void)
{
	test_parse();
	return tap_done();
}
