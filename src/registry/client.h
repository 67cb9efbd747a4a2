/* client.h - the repository of a reference, wherever it is asked for (OCI
 * distribution specification).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include "base/err.h"
#include "base/str.h"
#include "format/ref.h"
#include "registry/auth.h"
#include "registry/http.h"
#include "registry/site.h"

#define CLIENT_MANIFEST_MAX (8u << 20)

struct client;

struct client_opts {
	struct http_opts http; /* without `trust` */
	struct auth_paths auth;
	struct site_paths site;
	const char *registry; /* HOST[:PORT][/PREFIX] asked for references
			       * without a host, in place of docker.io; or
			       * NULL */
};

/* A session for REF with the endpoints that endpoint.h makes of it, of which
 * one is in use at a time. https, or http for a loopback host (127.0.0.0/8,
 * ::1, localhost, without asking; https is tried there only if plain HTTP is
 * not understood) and, where it is insecure, for a host that does not speak
 * TLS; which of them is found out by the first request. With tls_verify off,
 * all endpoints are insecure, but no host that they redirect to. Nothing is
 * sent yet. O must outlive it. To be called before threads are started
 * (http_new). Errors of site_load and endpoint_list. */
struct client *client_open(const struct ref *ref, const struct client_opts *o,
			   struct err *e);
void client_close(struct client *c);
AUTO_DEFINE_PTR(client, struct client, client_close)

/* The host in use, for messages. Borrowed. */
const char *client_host(const struct client *c);

/* The manifest or index WANT (a tag or a digest's text), byte for byte, to
 * BODY. If WANT is a digest, the bytes are checked against it, else against
 * Docker-Content-Digest if the registry sends that. *DIGEST (sha256 of the
 * bytes, or WANT itself) is the name it can be asked for again. Endpoints that
 * don't have it or can't answer are left behind with a note; that of the last
 * is the error. ERR_NOTFOUND, ERR_AUTH, ERR_NET, ERR_DIGEST, ERR_LIMIT,
 * ERR_FORMAT: "not found at 'HOST' (HTTP 404)"; the caller adds the reference.
 */
MUST_CHECK int client_manifest(struct client *c, const char *want,
			       struct str *body, struct digest *digest,
			       struct err *e);
/* The digest that WANT has now, in one request (HEAD) beside the login; where
 * that is refused or tells none, of the bytes. Endpoints and errors as
 * client_manifest. */
MUST_CHECK int client_digest(struct client *c, const char *want,
			     struct digest *out, struct err *e);
/* A small blob (image configuration) of SIZE bytes, verified; from the endpoint
 * in use or, with a note, one after it. ERR_LIMIT if SIZE is over
 * CLIENT_MANIFEST_MAX. */
MUST_CHECK int client_blob(struct client *c, const struct digest *digest,
			   uint64_t size, struct str *body, struct err *e);

/* For fetch.c. Find out the scheme of the endpoint in use if no request has
 * yet. */
MUST_CHECK int client_settle(struct client *c, struct err *e);
/* URL of a blob (caller frees), and what is known of auth: of the endpoint in
 * use. */
char *client_blob_url(const struct client *c, const struct digest *digest);
struct auth *client_auth(struct client *c);
/* The options, with `trust`. */
const struct client_opts *client_options(const struct client *c);
struct http *client_http(struct client *c);
/* A blob failed with WHY: use the next endpoint, and say so in a note. False if
 * there is none or WHY is not the host's fault. Afterwards ask client_settle
 * again, then client_blob_url and client_auth: a URL and an auth from before
 * stay valid, but only with each other. */
bool client_fallback(struct client *c, const struct err *why);

#endif
