/* media.h - media types of manifests, configurations and layers (OCI
 * media-types.md, Docker image manifest v2 schema 2, Apptainer's SIF).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_MEDIA_H
#define FORMAT_MEDIA_H

#include <stdbool.h>

enum media {
	MEDIA_UNKNOWN = 0,
	MEDIA_INDEX,    /* OCI image index, Docker manifest list */
	MEDIA_MANIFEST, /* OCI image manifest, Docker manifest v2 */
	MEDIA_SCHEMA1,  /* Docker manifest v1: refused */
	MEDIA_CONFIG,   /* OCI and Docker image configuration */
	MEDIA_LAYER,   /* any layer tar; its compression is told by its bytes */
	MEDIA_FOREIGN, /* non-distributable layer */
	MEDIA_EMPTY,   /* application/vnd.oci.empty.v1+json */
	MEDIA_SIF,     /* a SIF file, as Apptainer pushes it */
};

/* Classify TYPE; parameters behind ';' and case are ignored. */
enum media media_of(const char *type);
/* The canonical OCI name of M, or "unknown". */
const char *media_name(enum media m);
/* The Accept header's value that asks for any image manifest or index. */
const char *media_accept(void);

#endif
