/* conf.h - configuration files: lines "key = value" under "[section]".
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read in order: SYSCONFDIR/chassis/chassis.conf, its drop-ins
 * chassis.conf.d/NAME.conf by name, $XDG_CONFIG_HOME/chassis/chassis.conf
 * (else $HOME/.config/...); $CH_CONFIG names one file in place of all. A later
 * line wins, a key that is a list appends. '#' starts a comment at the start
 * of a line only. None of the files needs to exist save the one that $CH_CONFIG
 * names, but one that exists and can't be read or parsed is an error that names
 * file and line. A value may be put in double quotes to keep blanks at its
 * ends. Limits: 1 MiB, 4096 lines for each file.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/err.h"

#include <stddef.h>

struct conf_line {
	char *key; /* "pull.registry" */
	char *value;
	char *where; /* "FILE:LINE" */
};

struct conf { /* zeroed is empty */
	struct conf_line *v;
	size_t n;
	size_t cap;
};

/* Parse TEXT of N bytes, adding to C; NAME for messages. Pure. */
MUST_CHECK int conf_parse(struct conf *c, const char *name, const char *text,
			  size_t n, struct err *e);
/* Read all files of this host and user. Empty variables count as unset. */
MUST_CHECK int conf_load(struct conf *c, struct err *e);
/* Add SITE/chassis/chassis.conf, its drop-ins and USER/chassis/chassis.conf;
 * USER may be NULL. */
MUST_CHECK int conf_load_from(struct conf *c, const char *site,
			      const char *user, struct err *e);
/* The last value of KEY, borrowed, or NULL. */
const char *conf_get(const struct conf *c, const char *key);
void conf_clear(struct conf *c);
AUTO_DEFINE(conf, struct conf, conf_clear)

#endif
