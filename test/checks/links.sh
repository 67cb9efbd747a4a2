#!/bin/sh
# links.sh - what the tools are linked to.
# SPDX-License-Identifier: Apache-2.0
#
# ch-run starts in about the time of its system calls: the dynamic loader must
# not have to find the network, archive and crypto libraries first. What is linked
# in statically ldd does not show, and a start would pay for it in pages.
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
needs ldd nm readelf
cd "$builddir"
heavy='libcurl|libarchive|libcrypto|libssl|libz\.|libzstd|libisal'
inside=' (curl_easy_|archive_read_|EVP_|SSL_)'

result "ch-run and ch-check are linked to no network, archive or crypto library" \
	"$(for t in ch-run ch-run-full ch-check; do
		[ ! -e $t ] || ldd $t | grep -E "$heavy" || :
	done)"
if nm ch-run 2>/dev/null | grep -q ' T main$'; then
	result "ch-run and ch-check have nothing of them inside" \
		"$(for t in ch-run ch-run-full ch-check; do
			[ ! -e $t ] || nm $t | grep -E "$inside" || :
		done)"
	result "ch-convert has, so these names are looked for as they are" \
		"$(nm ch-convert | grep -Eq "$inside" || echo "none found")"
else
	n=$((n + 1))
	echo "ok $n - what is inside # SKIP ch-run is stripped"
fi
result "only what converts is linked to libsquashfs" \
	"$(for t in ch-check ch-image ch-run; do
		ldd $t | grep libsquashfs || :
	done)"
result "ch-run has no library path built in" \
	"$(readelf -d ch-run | grep -E 'RPATH|RUNPATH' || :)"
result "ch-pull is linked to libcurl" \
	"$(ldd ch-pull | grep -q libcurl || ldd ch-pull)"
finish
