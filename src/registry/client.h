/* client.h - one repository of one registry (OCI distribution specification).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include "base/err.h"
#include "base/str.h"
#include "format/ref.h"
#include "registry/auth.h"
#include "registry/http.h"

#define CLIENT_MANIFEST_MAX (8u << 20)

struct client;

struct client_opts {
	struct http_opts http;
	struct auth_paths auth;
	const char
		*registry; /* HOST[:PORT][/PREFIX] asked for references without
			    * a host, in place of docker.io; or NULL */
};

/* A session for REF. https, or http for a loopback host (127.0.0.0/8, ::1,
 * localhost, without asking; https is tried there only if plain HTTP is not
 * understood) and, with tls_verify off, for any host that does not speak TLS;
 * which of them is found out by the first request. docker.io is asked at
 * registry-1.docker.io. With `registry` the repository is PREFIX/library/alpine
 * there, and if that has no such manifest PREFIX/alpine, since mirrors of Hub
 * differ in this. Nothing is sent yet. O must outlive it. To be called before
 * threads are started (http_new). ERR_USAGE for a malformed `registry`. */
struct client *client_open(const struct ref *ref, const struct client_opts *o,
			   struct err *e);
void client_close(struct client *c);
AUTO_DEFINE_PTR(client, struct client, client_close)

/* The host that is asked, for messages. Borrowed. */
const char *client_host(const struct client *c);

/* The manifest or index WANT (a tag or a digest's text), byte for byte, to
 * BODY. If WANT is a digest, the bytes are checked against it, else against
 * Docker-Content-Digest if the registry sends that. *DIGEST (sha256 of the
 * bytes, or WANT itself) is the name it can be asked for again. ERR_NOTFOUND,
 * ERR_AUTH, ERR_NET, ERR_DIGEST, ERR_LIMIT, ERR_FORMAT: "not found (HTTP 404)";
 * the caller adds the reference. */
MUST_CHECK int client_manifest(struct client *c, const char *want,
			       struct str *body, struct digest *digest,
			       struct err *e);
/* A small blob (image configuration) of SIZE bytes, verified. ERR_LIMIT if SIZE
 * is over CLIENT_MANIFEST_MAX. */
MUST_CHECK int client_blob(struct client *c, const struct digest *digest,
			   uint64_t size, struct str *body, struct err *e);

/* For fetch.c. Find out the scheme if no request has yet. */
MUST_CHECK int client_settle(struct client *c, struct err *e);
/* URL of a blob (caller frees), and what is known of auth. */
char *client_blob_url(const struct client *c, const struct digest *digest);
struct auth *client_auth(struct client *c);
const struct client_opts *client_options(const struct client *c);
struct http *client_http(struct client *c);
/* Move on to the next place that may have the repository, after WHY; false if
 * there is none. URLs and auth change. */
bool client_fallback(struct client *c, const struct err *why);

#endif
