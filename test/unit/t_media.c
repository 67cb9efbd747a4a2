/* t_media.c - the table of media types.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/media.h"

#include "lines.h"

static const char *const kinds[] = {
	[MEDIA_UNKNOWN] = "unknown",   [MEDIA_INDEX] = "index",
	[MEDIA_MANIFEST] = "manifest", [MEDIA_SCHEMA1] = "schema1",
	[MEDIA_CONFIG] = "config",     [MEDIA_LAYER] = "layer",
	[MEDIA_FOREIGN] = "foreign",   [MEDIA_EMPTY] = "empty",
	[MEDIA_SIF] = "sif",
};

static void test_types(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "media/types.txt"))
		is(kinds[media_of(lines_field(&l, 0))], lines_field(&l, 1),
		   lines_title(&l));
}

static void test_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		enum media m = (enum media)i;

		if (m == MEDIA_UNKNOWN || m == MEDIA_SCHEMA1) {
			is(media_name(m), "unknown", kinds[i]);
			continue;
		}
		ok(media_of(media_name(m)) == m, "%s", kinds[i]);
		ok(m == MEDIA_SIF ||
			   str_starts(media_name(m), "application/vnd.oci."),
		   "the name is OCI's");
	}
}

int main(void)
{
	test_types();
	test_names();
	is(media_accept(),
	   "application/vnd.oci.image.index.v1+json, "
	   "application/vnd.oci.image.manifest.v1+json, "
	   "application/vnd.docker.distribution.manifest.list.v2+json, "
	   "application/vnd.docker.distribution.manifest.v2+json",
	   "what a manifest is asked for as");
	return tap_done();
}
