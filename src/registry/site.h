/* site.h - where the site and the user say how registries are reached: the
 * files of registries.conf, the directories of certs.d.
 * SPDX-License-Identifier: Apache-2.0
 *
 * containers-registries.conf(5), containers-registries.conf.d(5),
 * containers-certs.d(5). What the files mean is format/regconf.h's, what is
 * made of certificates trust.h's.
 */
#ifndef REGISTRY_SITE_H
#define REGISTRY_SITE_H

#include "base/err.h"
#include "base/strlist.h"
#include "format/regconf.h"

/* Each may be NULL; what was read from the environment in main. */
struct site_paths {
	const char *conf;        /* this file alone, or NULL or "" */
	const char *system;      /* "/etc/containers" */
	const char *docker;      /* "/etc/docker" */
	const char *config_home; /* $XDG_CONFIG_HOME */
	const char *home;        /* $HOME */
};

/* Add all that applies to OUT: `conf` alone if set; else the user's
 * containers/registries.conf and its registries.conf.d/NAME.conf, or if there
 * is no such file the system's, its drop-ins and then the user's, each in order
 * of name. A file of version 1 is warned about and passed over. One that can't
 * be read or parsed is an error that names it, since a pull must not go
 * elsewhere than the site wants. */
MUST_CHECK int site_load(const struct site_paths *p, struct regconf *out,
			 struct err *e);

/* Add the certs.d directories to OUT, those of the user first. */
void site_certs_dirs(const struct site_paths *p, struct strlist *out);

#endif
