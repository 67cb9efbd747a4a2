# run/ - floor 4: from an image on disk to a running command.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += librun.a
if HAVE_ISAL
with_isal = 1
else
with_isal = 0
endif
librun_a_CPPFLAGS = $(AM_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"' \
	-DWITH_ISAL=$(with_isal)
librun_a_SOURCES = \
	src/run/affinity.c src/run/affinity.h \
	src/run/apply.c src/run/apply.h \
	src/run/assemble.c src/run/assemble.h \
	src/run/attempts.c src/run/attempts.h \
	src/run/cause.c src/run/cause.h \
	src/run/checkjson.c src/run/checkjson.h \
	src/run/checklist.c src/run/checklist.h \
	src/run/bundle.c src/run/bundle.h \
	src/run/defaults.c src/run/defaults.h \
	src/run/environ.c src/run/environ.h \
	src/run/envtab.c src/run/envtab.h \
	src/run/exec.c src/run/exec.h \
	src/run/facts.c src/run/facts.h \
	src/run/finding.c src/run/finding.h \
	src/run/envscript.c src/run/envscript.h \
	src/run/fstype.c src/run/fstype.h \
	src/run/imageinfo.c src/run/imageinfo.h \
	src/run/imgfile.c src/run/imgfile.h \
	src/run/imgroot.c src/run/imgroot.h \
	src/run/join.c src/run/join.h \
	src/run/joinask.c src/run/joinask.h \
	src/run/joincall.c src/run/joincall.h \
	src/run/joinenter.c src/run/joinenter.h \
	src/run/joinhold.c src/run/joinhold.h \
	src/run/jointag.c src/run/jointag.h \
	src/run/limits.c src/run/limits.h \
	src/run/layers.c src/run/layers.h \
	src/run/look.c src/run/look.h \
	src/run/mnt.c src/run/mnt.h \
	src/run/mountname.c src/run/mountname.h \
	src/run/nearby.c src/run/nearby.h \
	src/run/ns.c src/run/ns.h \
	src/run/options.h \
	src/run/plan.c src/run/plan.h \
	src/run/plan_print.c \
	src/run/plan_steps.c \
	src/run/prefetch.c src/run/prefetch.h \
	src/run/probe.c src/run/probe.h \
	src/run/probe_fuse.c \
	src/run/probe_mount.c \
	src/run/probe_ns.c \
	src/run/probe_overlay.c \
	src/run/probe_place.c \
	src/run/probe_tools.c \
	src/run/remover.c src/run/remover.h \
	src/run/root.c src/run/root.h \
	src/run/run.c src/run/run.h \
	src/run/seccomp.c src/run/seccomp.h \
	src/run/seccomp_tab.c src/run/seccomp_tab.h \
	src/run/sentinel.c src/run/sentinel.h \
	src/run/session.c src/run/session.h \
	src/run/sqfuse.c src/run/sqfuse.h \
	src/run/sqserver.c src/run/sqserver.h \
	src/run/twin.c src/run/twin.h \
	src/run/unpacked.c src/run/unpacked.h \
	src/run/user.c src/run/user.h \
	src/run/wants.c src/run/wants.h \
	src/run/whynot.c src/run/whynot.h
