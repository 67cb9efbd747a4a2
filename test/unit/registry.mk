# Unit tests of registry/: what is pure, and the fetch against a small server of
# its own; the rest is tested against a real registry.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_client \
	test/unit/t_fetch \
	test/unit/t_http \
	test/unit/t_parts \
	test/unit/t_refusal \
	test/unit/t_retry \
	test/unit/t_site
EXTRA_DIST += test/unit/blobserver.h
test_unit_t_fetch_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=client_fallback -Wl,--wrap=client_blob_url
