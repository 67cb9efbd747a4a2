/* source.h - an image that is read, of whatever kind: its entries, its
 * configuration, and its layers if it has some.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who opens a kind (imgdir, imgtar, imgsqfs, imgsif, layered) fills one in.
 */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include "base/err.h"
#include "base/str.h"
#include "format/sing.h"
#include "image/imgoci.h"
#include "image/name.h"
#include "layer/dirread.h"
#include "layer/stack.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How it is to be opened. */
struct source_opts {
	const struct platform *want; /* of an index */
	bool is_asked;            /* the user named it: nothing else will do */
	const char *store;        /* path or NULL: the default */
	const char *readonly;     /* stores.h, or NULL */
	enum dirread_owner owner; /* in a directory */
	int tmpdir;               /* for what must be put aside */
};

struct source {
	char *shown;              /* for messages and /ch/image */
	struct stack stack;       /* its entries */
	struct platform platform; /* os "" if not known */
	/* The configuration, byte for byte; empty if it has none. If it
	 * IS_INSIDE its entries have it, in /ch, and it is only here after
	 * source_config, which also says what of /ch it has understood. */
	struct str config_text;
	struct imgconfig config;
	bool is_inside;
	bool has_ch_config, has_ch_env;
	/* Of the files sing_shown those that its entries have; known after
	 * source_config if READ_FILES is there. */
	struct str sing[SING_SHOWN];
	bool has_sing; /* its entries have /.singularity.d */
	/* Objects of a SIF file, byte for byte; empty: there is none. */
	struct str sif_definition, sif_inspect, sif_config;
	/* Read the N files PATHS ("ch/config.json"), at most JSON_BYTES_MAX
	 * each, to OUT[], which stays empty where there is no such file; NULL:
	 * it takes more than to look, and IS_INSIDE is not set. */
	int (*read_files)(void *ctx, const char *const *paths, size_t n,
			  struct str *out, struct err *e);
	/* The bytes that its files hold, if that can be told without going
	 * through them; else NULL. */
	int (*measure)(void *ctx, uint64_t *bytes, struct err *e);
	/* Its layers, in the layout ROOT, if it has some; else ROOT is -1. */
	int root;
	bool is_ours;  /* ROOT is nobody else's: its blobs were verified and
			* may be moved */
	bool is_store; /* its blobs were verified */
	struct imgoci image;
	/* The image is a SIF file in a registry's manner, and this has it: it
	 * is read as any SIF, but one can be had as it is. NULL: it is none. */
	const struct imgoci_layers *sif;
	struct ref ref; /* what the image is called; repo NULL: nothing */
	char *tag;      /* the word in the layout's index, or NULL */
	/* Going through the stack has failed with E: perhaps there is a deeper
	 * reason, and something to clean up. NULL: never. Returns -1. */
	int (*blame)(void *ctx, struct err *e);
	/* What was left out of the stack is said (log.h). NULL: nothing. */
	void (*report)(void *ctx);
	struct strlist warnings, notes; /* to be said then, too */
	void (*close)(void *ctx);
	void *ctx;
	bool is_known;         /* source_config was here */
	uint64_t size;         /* of what is read, 0 if not known */
	_Atomic uint64_t done; /* of that */
};
#define SOURCE_INIT        \
	{                  \
		.root = -1 \
	}

void source_close(struct source *s);
AUTO_DEFINE(source, struct source, source_close)

/* TEXT (moved) becomes S's configuration. ERR_FORMAT. */
MUST_CHECK int source_set_config(struct source *s, struct str *text,
				 struct err *e);
/* Have the configuration at hand, if there is one: that of /ch/config.json,
 * with the variables of /ch/environment, which a user may have changed, and
 * which is all that images of Charliecloud have. What can't be understood is a
 * warning and left aside. */
MUST_CHECK int source_config(struct source *s, struct err *e);

/* Say what was left out of what has been written. */
void source_report(const struct source *s);

#endif
