# base/ - floor 0: libc with manners.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/auto.h \
	src/base/clock.c src/base/clock.h \
	src/base/conf.c src/base/conf.h \
	src/base/detach.c src/base/detach.h \
	src/base/dir.c src/base/dir.h \
	src/base/dirremove.c \
	src/base/dynlib.c src/base/dynlib.h \
	src/base/err.c src/base/err.h \
	src/base/fdpass.c src/base/fdpass.h \
	src/base/gate.c src/base/gate.h \
	src/base/hash.c src/base/hash.h \
	src/base/intr.c src/base/intr.h \
	src/base/io.c src/base/io.h \
	src/base/lock.c src/base/lock.h \
	src/base/log.c src/base/log.h \
	src/base/mem.c src/base/mem.h \
	src/base/nss.c src/base/nss.h \
	src/base/num.c src/base/num.h \
	src/base/opt.c src/base/opt.h \
	src/base/optprint.c \
	src/base/path.c src/base/path.h \
	src/base/pool.c src/base/pool.h \
	src/base/proc.c src/base/proc.h \
	src/base/ring.c src/base/ring.h \
	src/base/sha256.c src/base/sha256.h \
	src/base/sip.c src/base/sip.h \
	src/base/str.c src/base/str.h \
	src/base/strlist.c src/base/strlist.h \
	src/base/table.c src/base/table.h \
	src/base/tmp.c src/base/tmp.h \
	src/base/tool.c src/base/tool.h \
	src/base/umask.c src/base/umask.h \
	src/base/userdb.c src/base/userdb.h \
	src/base/verb.c src/base/verb.h \
	src/base/walk.c src/base/walk.h
