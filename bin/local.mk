# bin/ - floor 6: one file per tool.
# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += ch-pull ch-convert ch-image ch-run ch-check

image_libs = libimage.a libregistry.a liblayer.a libformat.a libbase.a \
	$(CURL_LIBS) $(ARCHIVE_LIBS) $(SQUASHFS_LIBS) $(ISAL_LIBS) \
	$(ZLIB_LIBS) $(ZSTD_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

ch_pull_SOURCES = bin/ch-pull.c
ch_pull_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
ch_pull_LDADD = $(image_libs)
ch_convert_SOURCES = bin/ch-convert.c
ch_convert_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
ch_convert_LDADD = $(image_libs)
ch_image_SOURCES = bin/ch-image.c
ch_image_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
ch_image_LDADD = $(image_libs)
# Neither libcurl, libarchive nor libcrypto: test/checks/links.sh.
ch_run_SOURCES = bin/ch-run.c
run_libs = librun.a libsquash.a libimage.a libformat.a libbase.a
# Static, with a dynamic one for the starts that need a loader: src/run/twin.h.
if STATIC_RUN
ch_run_SOURCES += src/run/twinstatic.c src/run/twincodecs.c \
	src/run/twincodecs.h
ch_run_LDFLAGS = -pthread $(HARDEN_LDFLAGS:-pie=-static-pie)
ch_run_LDADD = $(run_libs) -ljansson $(STATIC_CODEC_LIBS)
pkglibexec_PROGRAMS += ch-run-full
ch_run_full_SOURCES = bin/ch-run.c
ch_run_full_LDADD = $(run_libs) $(JANSSON_RUN_LIBS)
else
ch_run_LDFLAGS = $(AM_LDFLAGS)
ch_run_LDADD = $(run_libs) $(JANSSON_RUN_LIBS)
endif
ch_check_SOURCES = bin/ch-check.c
ch_check_LDADD = librun.a libsquash.a libimage.a libformat.a libbase.a \
	$(JANSSON_RUN_LIBS)
