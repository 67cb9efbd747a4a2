/* sing.h - the directory /.singularity.d, with which Apptainer and Singularity
 * run an image: made from an image configuration, and read back into one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is in it is documented with apptainer.org, "Build Environment" and
 * "Environment and Metadata". The scripts are POSIX sh, ours, and do what the
 * ones that Apptainer makes of a Docker image do, but for two things: nothing
 * is evaluated a second time (as with its --no-eval), and a value may hold
 * anything.
 */
#ifndef FORMAT_SING_H
#define FORMAT_SING_H

#include "base/err.h"
#include "format/imgconfig.h"

#include <stdbool.h>

#define SING_DIR ".singularity.d"
#define SING_DEFINITION SING_DIR "/Singularity"
#define SING_RUNSCRIPT SING_DIR "/runscript"
#define SING_STARTSCRIPT SING_DIR "/startscript"
#define SING_LABELS SING_DIR "/labels.json"
#define SING_ENV_DIR SING_DIR "/env/"
#define SING_ENV_DOCKER SING_ENV_DIR "10-docker2singularity.sh"
#define SING_ENV_OWN SING_ENV_DIR "90-environment.sh"
/* A line of the runscripts that we make from a configuration. */
#define SING_MADE "# Made from the entry point and the command of the image."

enum sing_type { SING_FILE, SING_FOLDER, SING_LINK };

struct sing_file {
	const char *path; /* without a slash in front */
	enum sing_type type;
	unsigned int mode;
	bool yields; /* only for an image that has nothing of that name */
	char *text;  /* content or target; NULL for a folder */
};

struct sing_files {
	struct sing_file *v; /* folders in front of what is in them */
	size_t n;
};

/* Is C a configuration that was read out of an image's own scripts
 * (sing_config)? That it names the runscript is all it knows of it. */
bool sing_is_own(const struct imgconfig *c);
/* All that an image of configuration C needs, owned by root: the directory, the
 * links to it in the root, and the mount points that Apptainer wants. SOURCE is
 * the reference that it came from, for the definition file, or NULL. A variable
 * whose name is no identifier is left out; of one that is there twice the last
 * counts. What C says of environment, labels, entry point and command does not
 * yield to files of the image - unless C was read out of them. Always the same
 * for the same input. */
void sing_make(const struct imgconfig *c, const char *source,
	       struct sing_files *out);
void sing_files_clear(struct sing_files *f);
AUTO_DEFINE(sing_files, struct sing_files, sing_files_clear)

/* The files that sing_inspect shows. */
#define SING_SHOWN 6
extern const char *const sing_shown[SING_SHOWN];

/* The text of PATH, borrowed, or NULL. */
const char *sing_text(const struct sing_files *f, const char *path);
/* The image has a file PATH of its own with TEXT (NULL: with a text that nobody
 * knows): if ours yields to it, that is the one to be shown from now on. */
void sing_keep(struct sing_files *f, const char *path, const char *text);
/* The object `inspect-metadata.json` of a SIF file. Caller frees. */
char *sing_inspect(const struct sing_files *f);

struct sing_text {
	const char *p; /* NULL: there is none */
	size_t n;
};

/* A script in /.singularity.d/env. */
struct sing_script {
	const char *path;
	struct sing_text text;
};

/* What an image has. */
struct sing_texts {
	struct sing_text runscript, labels;
	const struct sing_script *env; /* in the order in which they are run */
	size_t n_env;
	struct sing_text oci_config; /* the object of that name in a SIF file */
};

/* Is PATH a script that says what variables the image has? Not those that
 * Apptainer puts into each image for its own purposes. */
bool sing_is_env(const char *path);

/* What could not be taken over. */
struct sing_lost {
	size_t commands; /* of the environment, which are more than exports */
	bool is_labels;  /* labels.json is not a JSON object */
};

/* An image configuration, as imgconfig_edit takes it (no platform and no layers
 * yet), from T. Where there is an `oci-config.json`, it wins over what it was
 * made into: SING_ENV_DOCKER and a runscript that was made from it. Otherwise
 * the entry point is the runscript. Variables of the other scripts are set
 * behind it, labels added to it. Scripts are read as far as they are
 * assignments and exports; nothing is executed. Caller frees. NULL on error:
 * ERR_FORMAT (the configuration), ERR_LIMIT (shenv.h). */
char *sing_config(const struct sing_texts *t, struct sing_lost *lost,
		  struct err *e);

#endif
