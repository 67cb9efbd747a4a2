# layer/ - floor 2: trees on disk and streams of archives.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += liblayer.a
liblayer_a_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS) \
	$(SQUASHFS_CFLAGS)
liblayer_a_SOURCES = \
	src/layer/arread.c src/layer/arread.h \
	src/layer/attrs.c src/layer/attrs.h \
	src/layer/changeset.c src/layer/changeset.h \
	src/layer/closer.c src/layer/closer.h \
	src/layer/codec.c src/layer/codec.h \
	src/layer/content.c src/layer/content.h \
	src/layer/dirread.c src/layer/dirread.h \
	src/layer/disk.c src/layer/disk.h \
	src/layer/encgzip.c src/layer/encgzip.h \
	src/layer/encode.c src/layer/encode.h \
	src/layer/enczstd.c src/layer/enczstd.h \
	src/layer/entry.c src/layer/entry.h \
	src/layer/inflate.h \
	src/layer/inode.h \
	src/layer/layersource.h \
	src/layer/lookup.c src/layer/lookup.h \
	src/layer/memread.c src/layer/memread.h \
	src/layer/merge.c src/layer/merge.h \
	src/layer/pipeline.c src/layer/pipeline.h \
	src/layer/place.c src/layer/place.h \
	src/layer/seen.c src/layer/seen.h \
	src/layer/shadow.c src/layer/shadow.h \
	src/layer/sqfsread.h \
	src/layer/sqfswrite.h \
	src/layer/stack.c src/layer/stack.h \
	src/layer/stats.h \
	src/layer/sums.c src/layer/sums.h \
	src/layer/tarhead.c src/layer/tarhead.h \
	src/layer/tarlead.c src/layer/tarlead.h \
	src/layer/tarlib.c src/layer/tarlib.h \
	src/layer/tarmake.c src/layer/tarmake.h \
	src/layer/tarplain.c src/layer/tarplain.h \
	src/layer/tarread.c src/layer/tarread.h \
	src/layer/tarwrite.c src/layer/tarwrite.h \
	src/layer/tarwrite_merge.c \
	src/layer/tree.c src/layer/tree.h \
	src/layer/unpack.c src/layer/unpack.h
if HAVE_ISAL
liblayer_a_SOURCES += src/layer/inflate_isal.c
else
liblayer_a_SOURCES += src/layer/inflate_zlib.c
endif
if HAVE_SQUASHFS
liblayer_a_SOURCES += $(sqfs_sources)
else
liblayer_a_SOURCES += $(sqfs_none)
endif
sqfs_sources = \
	src/layer/sqfsblocks.c src/layer/sqfsblocks.h \
	src/layer/sqfscomp.c src/layer/sqfscomp.h \
	src/layer/sqfsfile.c src/layer/sqfsfile.h \
	src/layer/sqfsids.c src/layer/sqfsids.h \
	src/layer/sqfsimage.c src/layer/sqfsimage.h \
	src/layer/sqfsinode.c src/layer/sqfsinode.h \
	src/layer/sqfslist.c src/layer/sqfslist.h \
	src/layer/sqfsread.c \
	src/layer/sqfsruns.c src/layer/sqfsruns.h \
	src/layer/sqfssets.c src/layer/sqfssets.h \
	src/layer/sqfstails.c src/layer/sqfstails.h \
	src/layer/sqfstree.c src/layer/sqfstree.h \
	src/layer/sqfswrite.c \
	src/layer/sqfsxattr.c src/layer/sqfsxattr.h
sqfs_none = src/layer/sqfsread_none.c src/layer/sqfswrite_none.c
EXTRA_DIST += $(sqfs_sources) $(sqfs_none)
EXTRA_DIST += src/layer/inflate_isal.c src/layer/inflate_zlib.c
