# image/ - floor 3: images as objects.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libimage.a
libimage_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS)
libimage_a_SOURCES = \
	src/image/aside.c src/image/aside.h \
	src/image/blobs.c src/image/blobs_sum.c src/image/blobs.h \
	src/image/carrier.c src/image/carrier.h \
	src/image/carry.c src/image/carry.h \
	src/image/catalog.c src/image/catalog.h \
	src/image/check.c src/image/check.h \
	src/image/checktree.c src/image/checktree.h \
	src/image/chmeta.c src/image/chmeta.h \
	src/image/convert.c src/image/convert.h \
	src/image/dest.c src/image/dest.h \
	src/image/detect.c src/image/detect.h \
	src/image/download.c src/image/download_document.c src/image/download.h \
	src/image/event.c src/image/event.h \
	src/image/flatten.c src/image/flatten.h \
	src/image/gc.c src/image/gc.h \
	src/image/holder.c src/image/holder.h \
	src/image/host.c src/image/host.h \
	src/image/imgarch.c src/image/imgarch.h \
	src/image/imgdir.c src/image/imgdir.h \
	src/image/imglayout.c src/image/imglayout.h \
	src/image/imgoci.c src/image/imgoci.h \
	src/image/imgsif.c src/image/imgsif_read.c \
	src/image/imgsif_write.c src/image/imgsif.h \
	src/image/imgsqfs.c src/image/imgsqfs.h \
	src/image/imgtar.c src/image/imgtar.h \
	src/image/import.c src/image/import.h \
	src/image/inflow.c src/image/inflow.h \
	src/image/inspect.c src/image/inspect.h \
	src/image/inuse.c src/image/inuse.h \
	src/image/inventory.c src/image/inventory.h \
	src/image/items.c src/image/items.h \
	src/image/label.c src/image/label.h \
	src/image/layered.c src/image/layered.h \
	src/image/layout.c src/image/layout.h \
	src/image/layoutindex.c src/image/layoutindex.h \
	src/image/lease.c src/image/lease.h \
	src/image/leftover.c src/image/leftover.h \
	src/image/listing.c src/image/listing.h \
	src/image/locate.c src/image/locate.h \
	src/image/manage.c src/image/manage.h \
	src/image/mark.c src/image/mark.h \
	src/image/match.c \
	src/image/meter.c src/image/meter.h \
	src/image/name.c src/image/name.h \
	src/image/newlayer.c src/image/newlayer.h \
	src/image/obtain.c src/image/obtain.h \
	src/image/outfile.c src/image/outfile.h \
	src/image/pack.c src/image/pack.h \
	src/image/partial.c src/image/partial.h \
	src/image/plain.c src/image/plain.h \
	src/image/progline.c src/image/progline.h \
	src/image/progress.c src/image/progress.h \
	src/image/pull.c src/image/pull.h \
	src/image/reach.c src/image/reach.h \
	src/image/resolve.c src/image/resolve.h \
	src/image/room.c src/image/room.h \
	src/image/saveload.c src/image/saveload.h \
	src/image/siffile.c src/image/siffile_check.c src/image/siffile.h \
	src/image/source.c src/image/source.h \
	src/image/spool.c src/image/spool.h \
	src/image/standin.c src/image/standin.h \
	src/image/store.c src/image/store_index.c src/image/store.h \
	src/image/stores.c src/image/stores.h \
	src/image/storetree.c src/image/storetree.h \
	src/image/strip.c src/image/strip.h \
	src/image/target.h \
	src/image/transfer.c src/image/transfer.h \
	src/image/treewalk.c src/image/treewalk.h \
	src/image/turn.c src/image/turn.h \
	src/image/usage.c src/image/usage.h \
	src/image/watch.c src/image/watch.h
