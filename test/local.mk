# Tests: unit programs and checks (TAP, run by automake), bats suites.
# SPDX-License-Identifier: Apache-2.0
include test/unit/base.mk
include test/unit/format.mk
include test/unit/registry.mk
include test/unit/layer.mk
include test/unit/squash.mk
include test/unit/image.mk
include test/unit/run.mk

LDADD = librun.a libimage.a libregistry.a liblayer.a libsquash.a libformat.a libbase.a \
	$(CURL_LIBS) $(ARCHIVE_LIBS) $(ISAL_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(SQUASHFS_LIBS)

checks = \
	test/checks/exits.sh \
	test/checks/floors.sh \
	test/checks/harden.sh \
	test/checks/help.sh \
	test/checks/links.sh \
	test/checks/shell.sh \
	test/checks/size.sh \
	test/checks/spdx.sh \
	test/checks/state.sh
# The longest first, so that none is left alone in the end.
suites = \
	test/bats/convert-kinds.bats \
	test/bats/convert-options.bats \
	test/bats/join.bats \
	test/bats/ch-check.bats \
	test/bats/images.bats \
	test/bats/unpack.bats \
	test/bats/squash.bats \
	test/bats/run-host.bats \
	test/bats/tarsem.bats \
	test/bats/content.bats \
	test/bats/faults.bats \
	test/bats/store.bats \
	test/bats/convert-out.bats \
	test/bats/ch-pull.bats \
	test/bats/manifests.bats \
	test/bats/ch-image.bats \
	test/bats/ch-convert.bats \
	test/bats/import.bats \
	test/bats/tls.bats \
	test/bats/ch-run.bats \
	test/bats/run-root.bats \
	test/bats/run-env.bats \
	test/bats/bundle.bats \
	test/bats/refresh.bats \
	test/bats/redirects.bats \
	test/bats/sites.bats \
	test/bats/login.bats \
	test/bats/download.bats \
	test/bats/names.bats \
	test/bats/peers.bats \
	test/bats/sif.bats \
	test/bats/dialects.bats \
	test/bats/readonly.bats \
	test/bats/platforms.bats \
	test/bats/run-image.bats \
	test/bats/seccomp.bats \
	test/bats/run-privilege.bats
properties = test/property/flatten.sh
TESTS += $(suites) $(properties) $(check_PROGRAMS) $(checks)

# The images of all suites, made once. Another build of the same source may use
# them: make check fixtures=DIR.
fixtures = $(abs_top_builddir)/test/bats/fixtures
fixture_sources = \
	test/bats/fixtures.sh test/bats/push.sh test/bats/stage.sh \
	test/bats/registry/images.py test/bats/registry/oci.py \
	test/bats/registry/registry.sh test/bats/registry/rootfs.sh
$(suites:.bats=.log): $(fixtures)/made
$(fixtures)/made: $(fixture_sources)
	$(AM_V_GEN)$(AM_TESTS_ENVIRONMENT) \
		$(SHELL) $(top_srcdir)/test/bats/fixtures.sh '$(fixtures)'
clean-local:
	rm -rf '$(abs_top_builddir)/test/bats/fixtures'

# Everything speaks TAP.
TEST_EXTENSIONS = .sh .bats
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
BATS_LOG_DRIVER = $(tap_driver)
AM_LOG_DRIVER_FLAGS = --merge
AM_SH_LOG_DRIVER_FLAGS = --merge
AM_BATS_LOG_DRIVER_FLAGS = --merge
LOG_COMPILER = $(SHELL) $(top_srcdir)/test/unit/run.sh
SH_LOG_COMPILER = $(SHELL)
BATS_LOG_COMPILER = $(SHELL) $(top_srcdir)/test/bats/run.sh
AM_TESTS_ENVIRONMENT = \
	srcdir='$(abs_top_srcdir)'; export srcdir; \
	builddir='$(abs_top_builddir)'; export builddir; \
	tools='$(bin_PROGRAMS)'; export tools; \
	archives='$(noinst_LIBRARIES)'; export archives; \
	fixtures='$(fixtures)'; export fixtures; \
	TEST_SHARED='$(TEST_SHARED)'; export TEST_SHARED;

.PHONY: check-property
# The same as in "make check" with more stacks, each to all kinds: PROP_STACKS,
# PROP_SEED and what else test/property/flatten.py reads.
check-property: all
	srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' \
		PROP_STACKS="$${PROP_STACKS:-10000}" PROP_EACH=1 \
		$(SHELL) $(top_srcdir)/test/property/flatten.sh

# ch-pull as it is where there is no ISA-L: its own inflate comes first.
if HAVE_ISAL
bench_programs = test/bench/ch-pull-noisal
endif
EXTRA_PROGRAMS = test/bench/ch-pull-noisal
test_bench_ch_pull_noisal_SOURCES = bin/ch-pull.c src/layer/inflate_zlib.c
test_bench_ch_pull_noisal_CFLAGS = $(ch_pull_CFLAGS) $(ZLIB_CFLAGS)
test_bench_ch_pull_noisal_LDADD = $(image_libs)
# Not part of it: what reading a squashfs image costs without the kernel and
# FUSE in between; see the source.
EXTRA_PROGRAMS += test/bench/sqwalk
test_bench_sqwalk_LDADD = libsquash.a libformat.a libbase.a
CLEANFILES += $(bench_programs) test/bench/sqwalk$(EXEEXT)

.PHONY: bench
# Not a test: compares with other programs, see the script.
bench: all $(bench_programs)
	srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' \
		TEST_SHARED='$(TEST_SHARED)' CC='$(CC)' \
		bash $(top_srcdir)/test/bench/bench

EXTRA_DIST += $(checks) $(suites) $(properties) test/checks/lib.sh \
	test/user.sh test/unit/run.sh test/unit/tap.h test/unit/hostile.h \
	test/unit/forbid.h test/unit/le.h \
	test/data test/gen \
	test/bats/common.bash test/bats/faulty.bash test/bats/run.sh \
	test/bats/fixtures.sh test/bats/push.sh test/bats/stage.sh \
	test/bats/suite.sh test/bats/inside.c \
	test/bats/sifcheck.py test/bats/sifsign.py test/bats/tarlist.py test/bats/tree.py \
	test/bats/registry \
	test/bats/catalogue.py test/bats/content.py test/bats/tarsem.py \
	test/bats/deny.py test/bats/hardcases.py test/bats/onterm.py \
	test/bats/cma.c test/bats/holdname.py \
	test/bats/imgcases.py test/bats/sqfscases.py \
	test/bats/layertar.py test/bats/hostile.bash test/property/flatten.py \
	test/property/oracle.py test/property/stacks.py \
	test/property/trees.py \
	test/bench/bench test/bench/bench.py test/bench/convert.py \
	test/bench/line.py test/bench/measure.py \
	test/bench/read.py test/bench/start.py

include test/fuzz/local.mk
