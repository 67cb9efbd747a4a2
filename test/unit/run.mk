# Unit tests of run/.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_affinity \
	test/unit/t_apply \
	test/unit/t_checklist \
	test/unit/t_environ \
	test/unit/t_joinask \
	test/unit/t_joincall \
	test/unit/t_jointag \
	test/unit/t_mountname \
	test/unit/t_plan \
	test/unit/t_seccomp \
	test/unit/t_user \
	test/unit/t_whynot
if HAVE_SQUASHFS
check_PROGRAMS += test/unit/t_fusewire
endif
