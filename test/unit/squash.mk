# Unit tests of squash/.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_sqcache \
	test/unit/t_sqcodec
if HAVE_SQUASHFS
check_PROGRAMS += test/unit/t_sqfile test/unit/t_sqlies
endif
EXTRA_DIST += test/unit/sqtest.h
