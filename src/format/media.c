/* media.c - the table of media types.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/media.h"

#include "base/auto.h"

#include <string.h>
#include <strings.h>

#define OCI "application/vnd.oci."
#define DOCKER "application/vnd.docker."

// clang-format off
/* OCI media-types.md (1.1), Docker's manifest v2 schema 2, and SIF. The canonical
 * name of a kind comes first. "diff.tar.zstd" is in no specification, but is
 * what some builders write. Encrypted layers ("+encrypted") are left out on
 * purpose: we can't read them. */
static const struct {
	const char *type;
	enum media media;
} types[] = {
	{ OCI "image.index.v1+json", MEDIA_INDEX },
	{ DOCKER "distribution.manifest.list.v2+json", MEDIA_INDEX },
	{ OCI "image.manifest.v1+json", MEDIA_MANIFEST },
	{ DOCKER "distribution.manifest.v2+json", MEDIA_MANIFEST },
	{ DOCKER "distribution.manifest.v1+json", MEDIA_SCHEMA1 },
	{ DOCKER "distribution.manifest.v1+prettyjws", MEDIA_SCHEMA1 },
	{ OCI "image.config.v1+json", MEDIA_CONFIG },
	{ DOCKER "container.image.v1+json", MEDIA_CONFIG },
	{ OCI "image.layer.v1.tar", MEDIA_LAYER },
	{ OCI "image.layer.v1.tar+gzip", MEDIA_LAYER },
	{ OCI "image.layer.v1.tar+zstd", MEDIA_LAYER },
	{ DOCKER "image.rootfs.diff.tar", MEDIA_LAYER },
	{ DOCKER "image.rootfs.diff.tar.gzip", MEDIA_LAYER },
	{ DOCKER "image.rootfs.diff.tar.zstd", MEDIA_LAYER },
	{ OCI "image.layer.nondistributable.v1.tar", MEDIA_FOREIGN },
	{ OCI "image.layer.nondistributable.v1.tar+gzip", MEDIA_FOREIGN },
	{ OCI "image.layer.nondistributable.v1.tar+zstd", MEDIA_FOREIGN },
	{ DOCKER "image.rootfs.foreign.diff.tar", MEDIA_FOREIGN },
	{ DOCKER "image.rootfs.foreign.diff.tar.gzip", MEDIA_FOREIGN },
	{ DOCKER "image.rootfs.foreign.diff.tar.zstd", MEDIA_FOREIGN },
	{ OCI "empty.v1+json", MEDIA_EMPTY },
	{ "application/vnd.sylabs.sif.layer.v1.sif", MEDIA_SIF },
};
// clang-format on

enum media media_of(const char *type)
{
	size_t n;

	type += strspn(type, " \t");
	n = strcspn(type, "; \t");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].type) == n &&
		    !strncasecmp(types[i].type, type, n))
			return types[i].media;
	return MEDIA_UNKNOWN;
}

const char *media_name(enum media m)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].media == m && m != MEDIA_SCHEMA1)
			return types[i].type;
	return "unknown";
}

/* All four at once: asked for lists only, some registries answer 404 for an
 * image that is not in a list. */
const char *media_accept(void)
{
	return OCI "image.index.v1+json, " OCI "image.manifest.v1+json, " DOCKER
		   "distribution.manifest.list.v2+json, " DOCKER
		   "distribution.manifest.v2+json";
}
