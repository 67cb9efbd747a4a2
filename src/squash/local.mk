# squash/ - floor 2: squashfs images read at random, by many threads.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libsquash.a
libsquash_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
libsquash_a_SOURCES = \
	src/squash/fuseattr.c src/squash/fuseattr.h \
	src/squash/fuselist.c src/squash/fuselist.h \
	src/squash/fuseserve.c src/squash/fuseserve.h \
	src/squash/fusewire.c src/squash/fusewire.h \
	src/squash/sqblocks.c src/squash/sqblocks.h \
	src/squash/sqcache.c src/squash/sqcache.h \
	src/squash/sqcodec.c src/squash/sqcodec.h \
	src/squash/sqdata.c src/squash/sqdata.h \
	src/squash/sqdir.c src/squash/sqdir.h \
	src/squash/sqfile.c src/squash/sqfile.h \
	src/squash/sqimage.h \
	src/squash/sqmeta.c src/squash/sqmeta.h \
	src/squash/sqnode.c src/squash/sqnode.h \
	src/squash/sqread.c src/squash/sqread.h \
	src/squash/sqxattr.c src/squash/sqxattr.h
