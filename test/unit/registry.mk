# Unit tests of registry/: what is pure; the rest is tested against a real registry.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test/unit/t_http test/unit/t_refusal test/unit/t_retry
