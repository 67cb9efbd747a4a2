# format/ - floor 1: bytes to structs and back, pure.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libformat.a
libformat_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libformat_a_SOURCES = \
	src/format/authfile.c src/format/authfile.h \
	src/format/base64.c src/format/base64.h \
	src/format/bindspec.c src/format/bindspec.h \
	src/format/bytes.h \
	src/format/challenge.c src/format/challenge.h \
	src/format/descriptor.c src/format/descriptor.h \
	src/format/digest.c src/format/digest.h \
	src/format/envfile.c src/format/envfile.h \
	src/format/imgconfig.c src/format/imgconfig.h \
	src/format/imgconfig_edit.c \
	src/format/json.c src/format/json.h \
	src/format/manifest.c src/format/manifest.h \
	src/format/media.c src/format/media.h \
	src/format/ocilayout.c src/format/ocilayout.h \
	src/format/ocispec.c src/format/ocispec.h \
	src/format/platform.c src/format/platform.h \
	src/format/ref.c src/format/ref.h \
	src/format/regconf.c src/format/regconf.h \
	src/format/rootless.c src/format/rootless.h \
	src/format/saved.c src/format/saved.h \
	src/format/shenv.c src/format/shenv.h \
	src/format/shskip.c src/format/shskip.h \
	src/format/shword.c src/format/shword.h \
	src/format/sifarch.c src/format/sifarch.h \
	src/format/sifhdr.c src/format/sifhdr.h \
	src/format/sifhdr_write.c \
	src/format/sifsig.c src/format/sifsig.h \
	src/format/sing.c src/format/sing.h \
	src/format/sing_read.c \
	src/format/sqfshdr.c src/format/sqfshdr.h \
	src/format/toml.c src/format/toml.h \
	src/format/whiteout.c src/format/whiteout.h
