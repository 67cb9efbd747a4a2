# Unit tests of layer/. t_codec is built twice: with what configure chose, and
# with zlib.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_changeset \
	test/unit/t_closer \
	test/unit/t_codec \
	test/unit/t_codec_zlib \
	test/unit/t_content \
	test/unit/t_dirread \
	test/unit/t_disk \
	test/unit/t_encode \
	test/unit/t_memread \
	test/unit/t_merge \
	test/unit/t_shadow \
	test/unit/t_sqfsread \
	test/unit/t_sqfswrite \
	test/unit/t_tarhead \
	test/unit/t_tarplain \
	test/unit/t_tarread \
	test/unit/t_tarsparse \
	test/unit/t_tarwrite \
	test/unit/t_tarwrite_merge \
	test/unit/t_tree \
	test/unit/t_unpack
if HAVE_SQUASHFS
check_PROGRAMS += test/unit/t_sqfsdata
endif
test_unit_t_codec_zlib_SOURCES = test/unit/t_codec.c src/layer/inflate_zlib.c
EXTRA_DIST += test/unit/dirtest.h test/unit/entrytest.h \
	test/unit/layercases.h test/unit/layertest.h test/unit/mksqfs.h \
	test/unit/mktar.h test/unit/rows.h test/unit/spoilt.h \
	test/unit/sqfslies.h test/unit/sqfstest.h \
	test/unit/stacktest.h test/unit/tartest.h
