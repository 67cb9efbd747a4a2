# Unit tests of image/.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_aside \
	test/unit/t_dest \
	test/unit/t_detect \
	test/unit/t_gc \
	test/unit/t_import \
	test/unit/t_inuse \
	test/unit/t_lease \
	test/unit/t_leftover \
	test/unit/t_mark \
	test/unit/t_name \
	test/unit/t_pack \
	test/unit/t_progline \
	test/unit/t_progress \
	test/unit/t_store \
	test/unit/t_stores
