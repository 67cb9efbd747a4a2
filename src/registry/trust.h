/* trust.h - which hosts are believed without a good certificate, and the
 * certificates of certs.d/HOST[:PORT] (containers-certs.d(5)).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_TRUST_H
#define REGISTRY_TRUST_H

#include "base/err.h"
#include "base/strlist.h"

#include <curl/curl.h>
#include <stdbool.h>

#define TRUST_FILE_MAX (1u << 20) /* of one certificate file */

struct trust;

/* CERTS_DIRS are the directories that have one for each HOST; where several
 * have one for the same host, the first counts. Copied. */
struct trust *trust_new(const struct strlist *certs_dirs);
void trust_free(struct trust *t);
AUTO_DEFINE_PTR(trust, struct trust, trust_free)

/* HOST[:PORT] needs no good certificate, on whatever port: a registry's token
 * server often is its neighbour. */
void trust_allow(struct trust *t, const char *host);
/* Must the host of URL have a good certificate? */
bool trust_verifies(const struct trust *t, const char *url);

/* Set EASY up for URL, whatever it was set up for before: verification, the
 * CAs of certs.d beside those of the bundle CA_FILE (NULL: libcurl's), the
 * client certificate. libcurl before 7.77 takes one file only: there the first
 * of certs.d is trusted in place of the bundle. An error names the file that
 * can't be read, holds no certificate, or lacks its other half. */
MUST_CHECK int trust_apply(struct trust *t, CURL *easy, const char *url,
			   const char *ca_file, struct err *e);

#endif
