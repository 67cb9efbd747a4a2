# squash/ - floor 2: squashfs images read at random, by many threads.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libsquash.a
libsquash_a_SOURCES = \
	src/squash/sqdata.h \
	src/squash/sqdir.h \
	src/squash/sqfile.h \
	src/squash/sqnode.h \
	src/squash/sqxattr.h
