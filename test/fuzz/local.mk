# Fuzz entries, built only on request: clang is needed, and everything is to be
# built with its sanitizers.
#
#	../configure CC=clang \
#		CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address,undefined'
#	make fuzz FUZZ_SECONDS=60
#
# SPDX-License-Identifier: Apache-2.0
fuzzers = \
	test/fuzz/f_imgconfig \
	test/fuzz/f_ocispec \
	test/fuzz/f_rootless \
	test/fuzz/f_saved \
	test/fuzz/f_shenv \
	test/fuzz/f_sifhdr \
	test/fuzz/f_sqfile \
	test/fuzz/f_sqfshdr
if HAVE_SQUASHFS
fuzzers += test/fuzz/f_sqfsread
endif
EXTRA_PROGRAMS += $(fuzzers)
fuzz_libs = liblayer.a libsquash.a libformat.a libbase.a $(ARCHIVE_LIBS) $(ISAL_LIBS) \
	$(ZLIB_LIBS) $(ZSTD_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) \
	$(SQUASHFS_LIBS)
test_fuzz_f_imgconfig_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_imgconfig_LDADD = $(fuzz_libs)
test_fuzz_f_ocispec_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_ocispec_LDADD = $(fuzz_libs)
test_fuzz_f_rootless_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_rootless_LDADD = $(fuzz_libs)
test_fuzz_f_saved_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_saved_LDADD = $(fuzz_libs)
test_fuzz_f_shenv_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_shenv_LDADD = $(fuzz_libs)
test_fuzz_f_sifhdr_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_sifhdr_LDADD = $(fuzz_libs)
test_fuzz_f_sqfile_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_sqfile_LDADD = $(fuzz_libs)
test_fuzz_f_sqfshdr_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_sqfshdr_LDADD = $(fuzz_libs)
test_fuzz_f_sqfsread_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
test_fuzz_f_sqfsread_LDADD = $(fuzz_libs)

FUZZ_SECONDS = 60
.PHONY: fuzz
# What is found is left in the current directory; inputs in test/fuzz/NAME.corpus.
fuzz: $(fuzzers)
	for f in $(fuzzers); do \
		mkdir -p $$f.corpus && \
		$$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 \
			$$f.corpus || exit 1; \
	done
