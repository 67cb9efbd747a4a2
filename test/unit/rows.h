/* rows.h - a tree with one of each kind of thing that squashfs has.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_ROWS_H
#define TEST_ROWS_H

#include "sqfstest.h"

#define LONG_NAME \
	"an-attribute-or-a-name-that-is-not-short-but-of-many-many-letters"

/* Rows of struct item; the directory "sub" is implied. */
// clang-format off
#define ROWS \
	{ 'd', ".", .mode = 0755, .mtime = 1000000000 }, \
	{ 'd', "bin", .mode = 01777, .uid = 3, .gid = 4, .mtime = 1, \
	  .xattrs = "user.dir=yes" }, \
	{ 'f', "bin/empty", "", .mode = 0644, .mtime = 5 }, \
	{ 'f', "bin/short", "hello\n", .mode = 04755, .mtime = 6, \
	  .xattrs = "security.capability=cap user.b=2" }, \
	{ 'f', "bin/short2", "hello\n", .mode = 0600, .uid = 70000 }, \
	{ 'f', "bin/block", NULL, 131072, 1, 0644 }, \
	{ 'f', "bin/block2", NULL, 131072, 1, 0644 }, \
	{ 'f', "bin/long", NULL, 1000001, 2, 0644, .xattrs = "user.b=2" }, \
	{ 'f', "bin/zeros", NULL, 300000, 0, 0644, .extents = { { 299999, 1 } } }, \
	{ 'f', "hole-in-front", NULL, 900000, 9, 0640, \
	  .extents = { { 899990, 10 } } }, \
	{ 'f', "hole-in-blocks", NULL, 4194304, 9, 0640, \
	  .extents = { { 0, 131072 }, { 262144, 1 }, { 4194303, 1 } } }, \
	{ 'f', "hole-at-end", NULL, 5000000, 8, 0640, .extents = { { 0, 5 } } }, \
	{ 's', "link", "bin/short", .mode = 0777, .mtime = 9 }, \
	{ 's', "xlink", "/" LONG_NAME, .mode = 0777, .xattrs = "trusted.t=1" }, \
	{ 'h', "z-short", "bin/short" }, \
	{ 'h', "z-link", "link" }, \
	{ 'h', "z-long", "bin/long" }, \
	{ 'p', "fifo", .mode = 0620 }, \
	{ 'c', "null", .mode = 0666, .major = 1, .minor = 3 }, \
	{ 'b', "disk", .mode = 0660, .gid = 6, .major = 259, .minor = 70000, \
	  .xattrs = "user.d=1" }, \
	{ 'h', "z-null", "null" }, \
	{ 'd', "sub/dir", .mode = 0700, .mtime = UINT32_MAX }, \
	{ 'f', "sub/dir/" LONG_NAME, "x", .mode = 07777 }, \
	{ 'd', "sub/dir/leaf", .mode = 0500 }
// clang-format on

#endif
