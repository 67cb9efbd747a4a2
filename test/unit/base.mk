# Unit tests of base/.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_arena \
	test/unit/t_conf \
	test/unit/t_dir \
	test/unit/t_dirremove \
	test/unit/t_dynlib \
	test/unit/t_err \
	test/unit/t_fdpass \
	test/unit/t_hash \
	test/unit/t_io \
	test/unit/t_log \
	test/unit/t_num \
	test/unit/t_opt \
	test/unit/t_path \
	test/unit/t_pool \
	test/unit/t_proc \
	test/unit/t_sip \
	test/unit/t_str \
	test/unit/t_strlist \
	test/unit/t_table \
	test/unit/t_tmp \
	test/unit/t_umask \
	test/unit/t_userdb \
	test/unit/t_walk

EXTRA_DIST += test/unit/pty.h
