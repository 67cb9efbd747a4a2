/* t_mountname.c - the mount that a path is on, as the user knows it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/mountname.h"

#include "tap.h"

#define LINE(root, point) \
	"36 35 98:0 " root " " point " rw,noexec shared:1 - ext4 /dev/sda1 rw\n"

// clang-format off
static const struct {
	const char *what, *text, *path, *image, *want;
} cases[] = {
	{ "the image's own", LINE("/img", "/"), "/bin/x", "/mnt/img", "/mnt" },
	{ "deeper", LINE("/a/img", "/"), "/bin/x", "/mnt/a/img", "/mnt" },
	{ "all of a mount", LINE("/", "/"), "/bin/x", "/mnt", "/mnt" },
	{ "a mount of a directory", LINE("/x/img", "/"), "/b", "/mnt/img",
	  "/mnt" },
	{ "on the root", LINE("/a/img", "/"), "/b", "/a/img", "/" },
	{ "an entry of the image", LINE("/", "/") LINE("/i/usr/bin", "/usr/bin"),
	  "/usr/bin/x", "/mnt/i", "/mnt" },
	{ "a bind", LINE("/img", "/") LINE("/", "/data"), "/data/x", "/m/img",
	  "/data" },
	{ "a bind of the same file system",
	  LINE("/img", "/") LINE("/home", "/home"), "/home/x", "/img", "/home" },
	{ "beside a mount", LINE("/img", "/") LINE("/", "/data"), "/database",
	  "/mnt/img", "/mnt" },
	{ "below another", LINE("/img", "/") LINE("/", "/a") LINE("/", "/a/b"),
	  "/a/b/c", "/mnt/img", "/a/b" },
	{ "the later of two", LINE("/one", "/") LINE("/img", "/"), "/x",
	  "/mnt/img", "/mnt" },
	{ "blanks", LINE("/my\\040img", "/"), "/x", "/a\\b/my img", "/a\\b" },
	{ "a bind with blanks", LINE("/", "/") LINE("/", "/a\\040b\\134"),
	  "/a b\\/x", "/img", "/a b\\" },
	{ "the image is the root", LINE("/", "/"), "/x", "/", "/" },
	{ "no image", LINE("/img", "/"), "/x", NULL, "/" },
	{ "no line", "", "/x", "/img", NULL },
	{ "no such line", "nonsense\n1 2 3 4\n1 2 3 / relative\n", "/x", "/img",
	  NULL },
	{ "an odd root", LINE("net:[1]", "/"), "/x", "/img", NULL },
	{ "a cut escape", LINE("/\\04", "/"), "/x", "/img", "/img" },
};
// clang-format on

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *got = mountname_find(cases[i].text, cases[i].path,
						   cases[i].image);

		is(got, cases[i].want, cases[i].what);
	}
	return tap_done();
}
