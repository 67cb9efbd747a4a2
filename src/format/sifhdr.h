/* sifhdr.h - the header and the descriptors of a SIF file (Singularity Image
 * Format, version 1), read and written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format is that of github.com/apptainer/sif, pkg/sif: little-endian,
 * packed; a header of 128 bytes, a table of descriptors of 585 bytes each, and
 * the data of the objects. What signatures say is sifsig's.
 */
#ifndef FORMAT_SIFHDR_H
#define FORMAT_SIFHDR_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define SIFHDR_BYTES 128
#define SIFHDR_OBJECT_BYTES 585
#define SIFHDR_OBJECTS_MAX                                           \
	4096            /* slots in the table of a file that we read \
			 */
#define SIFHDR_SLOTS 48 /* slots in one that we write */
#define SIFHDR_TABLE_AT 4096
/* Where data begins in what we write; so much does sifhdr_write make. */
#define SIFHDR_DATA_AT (SIFHDR_TABLE_AT + SIFHDR_SLOTS * SIFHDR_OBJECT_BYTES)
#define SIFHDR_ALIGN 4096 /* of partitions */
#define SIFHDR_GROUP 0xf0000000u
#define SIFHDR_LAUNCH "#!/usr/bin/env run-singularity\n"
#define SIFHDR_NO_TIME (-62135596800ll) /* of reproducible files: year 1 */

enum sifobj_type {
	SIFOBJ_DEFINITION = 0x4001,
	SIFOBJ_ENVIRONMENT = 0x4002,
	SIFOBJ_LABELS = 0x4003,
	SIFOBJ_PARTITION = 0x4004,
	SIFOBJ_SIGNATURE = 0x4005,
	SIFOBJ_JSON = 0x4006,
	SIFOBJ_RAW = 0x4007,
	SIFOBJ_CRYPTO = 0x4008,
	SIFOBJ_SBOM = 0x4009,
	SIFOBJ_OCI_INDEX = 0x400a,
	SIFOBJ_OCI_BLOB = 0x400b,
};

enum sifobj_fs {
	SIFOBJ_SQUASHFS = 1,
	SIFOBJ_EXT3 = 2,
	SIFOBJ_ARCHIVE = 3,
	SIFOBJ_RAW_FS = 4,
	SIFOBJ_DMCRYPT = 5,   /* squashfs in a LUKS volume */
	SIFOBJ_GOCRYPTFS = 6, /* encrypted file by file */
};

enum sifobj_part {
	SIFOBJ_SYSTEM = 1,
	SIFOBJ_PRIMARY = 2, /* the root file system */
	SIFOBJ_DATA = 3,
	SIFOBJ_OVERLAY = 4,
};

struct sifhdr {
	char launch[33]; /* first line of a script */
	char arch[16];   /* of the primary partition, as OCI names it; "" if
			  * there is none or its code is unknown */
	unsigned char uuid[16];
	int64_t created, modified; /* seconds since 1970, often negative */
	uint64_t n_free, n_slots;
	uint64_t table_at, table_size;
	uint64_t data_at, data_size;
};

struct sifobj {
	uint32_t type; /* enum sifobj_type, or a later one */
	uint32_t id;
	size_t slot;    /* in the table that was read */
	uint32_t group; /* SIFHDR_GROUP + n, or 0 */
	uint32_t link;  /* an ID, or SIFHDR_GROUP + n, or 0 */
	uint64_t at, size;
	uint64_t padded_size; /* with the bytes skipped in front of it */
	int64_t created, modified;
	char name[129];
	uint32_t fs;      /* of a partition: enum sifobj_fs, or a later one */
	uint32_t part;    /* of a partition: enum sifobj_part */
	uint32_t hash;    /* of a signature: its kind of digests, unchecked */
	char arch[16];    /* of a partition; as in the header */
	char digest[136]; /* of an OCI object: "sha256:...", unchecked */
};

/* Do these bytes begin like a SIF file? Never more than SIFHDR_BYTES are
 * looked at; fewer than 42 are no SIF. */
bool sifhdr_is(const void *p, size_t n);

/* Read the header, the first N bytes of a file of FILE_SIZE. All places in it
 * are inside of the file. ERR_FORMAT; ERR_LIMIT for more than
 * SIFHDR_OBJECTS_MAX slots. */
MUST_CHECK int sifhdr_parse(const void *p, size_t n, uint64_t file_size,
			    struct sifhdr *out, struct err *e);

/* The objects in the table: H->table_size bytes at P, of which N are there.
 * All are inside of the file and none overlaps the header, the table or
 * another. Data types and file systems that we don't know are passed on. *V is
 * for the caller to free, and NULL if there is none or on failure.
 * ERR_FORMAT. */
MUST_CHECK int sifhdr_objects(const void *p, size_t n, const struct sifhdr *h,
			      uint64_t file_size, struct sifobj **v,
			      size_t *n_out, struct err *e);

/* The one partition with the root file system, a squashfs; *OUT is borrowed
 * from V. ERR_FORMAT if there are more; ERR_UNSUPPORTED if there is none or its
 * file system is another, which is named. */
MUST_CHECK int sifhdr_primary(const struct sifobj *v, size_t n,
			      const struct sifobj **out, struct err *e);
/* The first object of TYPE and of NAME (NULL: any), borrowed, or NULL. */
const struct sifobj *sifhdr_find(const struct sifobj *v, size_t n,
				 uint32_t type, const char *name);

/* Give the N objects V, which have type, size and the rest, their IDs, group
 * and places, one after the other as Apptainer does: partitions aligned. H
 * gets what follows from them. May be called again when the size of the last
 * one is known. ERR_LIMIT for more than SIFHDR_SLOTS; ERR_UNSUPPORTED for an
 * architecture that SIF has no code for. */
MUST_CHECK int sifhdr_place(struct sifhdr *h, struct sifobj *v, size_t n,
			    struct err *e);
/* The first SIFHDR_DATA_AT bytes of the file, as sifhdr_place made H and V. */
void sifhdr_write(const struct sifhdr *h, const struct sifobj *v, size_t n,
		  unsigned char out[SIFHDR_DATA_AT]);

#endif
