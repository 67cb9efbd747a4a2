# Unit tests of format/.
# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += \
	test/unit/t_authfile \
	test/unit/t_bindspec \
	test/unit/t_challenge \
	test/unit/t_digest \
	test/unit/t_envfile \
	test/unit/t_imgconfig \
	test/unit/t_json \
	test/unit/t_manifest \
	test/unit/t_media \
	test/unit/t_ocilayout \
	test/unit/t_ocispec \
	test/unit/t_platform \
	test/unit/t_ref \
	test/unit/t_regconf \
	test/unit/t_rootless \
	test/unit/t_saved \
	test/unit/t_shenv \
	test/unit/t_sifhdr \
	test/unit/t_sifsig \
	test/unit/t_sing \
	test/unit/t_sqfshdr \
	test/unit/t_toml \
	test/unit/t_whiteout

EXTRA_DIST += test/unit/lines.h
