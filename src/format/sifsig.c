/* sifsig.c - does a signature in a SIF file fit what is in the file?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sifsig.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/base64.h"
#include "format/bytes.h"
#include "format/digest.h"
#include "format/json.h"

#include <endian.h>
#include <string.h>

#define PGP_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define PGP_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define PGP_END "-----END PGP SIGNATURE-----"
#define DSSE_TYPE "application/vnd.sylabs.sif-metadata+json"
#define OLD "SIFHASH:" /* what is signed begins so before 2020 */
#define WHAT "what is signed"
#define HASHES 5 /* sha256, sha384, sha512, blake2s, blake2b */

/* --- the text: what is signed, out of its container */

struct lines {
	const char *p, *end;
};

/* The next line, without what ends it; NULL if there is none. Caller frees. */
static char *next_line(struct lines *l)
{
	const char *start = l->p, *stop;
	size_t n;

	if (start == l->end)
		return NULL;
	stop = memchr(start, '\n', (size_t)(l->end - start));
	l->p = stop ? stop + 1 : l->end;
	n = (size_t)((stop ? stop : l->end) - start);
	while (n && (start[n - 1] == '\r' || start[n - 1] == ' '))
		n--;
	return xstrndup(start, n);
}

static int missing(const char *line, struct err *e)
{
	return err_set(e, ERR_FORMAT, "its line '%s' is missing", line);
}

/* Header lines ("Hash: SHA256") up to an empty one are passed over. */
static int read_pgp(struct lines l, struct str *out, struct err *e)
{
	bool is_body = false;

	for (;;) {
		autostr char *line = next_line(&l);

		if (!line)
			return missing(PGP_SIGNATURE, e);
		if (str_eq(line, PGP_SIGNATURE))
			break;
		if (is_body) /* RFC 9580, 7.2: dash-escaped */
			str_addf(out, "%s\n",
				 line + (str_starts(line, "- ") ? 2 : 0));
		is_body = is_body || !*line;
	}
	for (;;) {
		autostr char *line = next_line(&l);

		if (!line)
			return missing(PGP_END, e);
		if (str_eq(line, PGP_END))
			return 0;
	}
}

static int read_dsse(const char *text, size_t n, struct str *out, struct err *e)
{
	AUTO(json) json_t *root = json_parse("DSSE envelope", text, n, e);
	const char *type, *payload;
	json_t *signatures;
	ssize_t got;

	if (!root)
		return -1;
	if (json_need_str(root, "", "payloadType", &type, e) ||
	    json_need_str(root, "", "payload", &payload, e) ||
	    json_need_array(root, "", "signatures", &signatures, e))
		return -1;
	if (!str_eq(type, DSSE_TYPE))
		return err_set(e, ERR_FORMAT,
			       "payloadType: expected '%s', found '%.100s'",
			       DSSE_TYPE, type);
	if (!json_array_size(signatures))
		return err_set(e, ERR_FORMAT,
			       "signatures: expected one, found none");
	got = base64_decode(payload, str_reserve(out, strlen(payload) + 1));
	if (got < 0)
		return err_set(e, ERR_FORMAT, "payload: is not base64");
	out->len = (size_t)got;
	out->p[got] = '\0';
	return 0;
}

static int read_text(const char *text, size_t n, struct str *out, struct err *e)
{
	struct lines l = { text, text + n };
	autostr char *first = NULL;

	if (n && *text == '{')
		return read_dsse(text, n, out, e);
	first = next_line(&l);
	if (first && str_eq(first, PGP_BEGIN))
		return read_pgp(l, out, e);
	return err_set(e, ERR_FORMAT,
		       "expected a clear-signed message or a DSSE envelope, "
		       "found '%.40s'",
		       first ? first : "");
}

/* --- what is signed */

/* The objects that SIG is of. */
struct group {
	uint32_t id;
	uint32_t lowest; /* of their IDs, to which others are relative */
};

static const struct sifobj *find(const struct sifsig_file *f, uint32_t id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].id == id)
			return &f->v[i];
	return NULL;
}

static int find_group(const struct sifsig_file *f, const struct sifobj *sig,
		      struct group *g, struct err *e)
{
	bool is_group = sig->link > SIFHDR_GROUP;
	const struct sifobj *o =
		is_group || !sig->link ? NULL : find(f, sig->link);
	bool is_there = false;

	*g = (struct group){ o ? o->group : sig->link, UINT32_MAX };
	for (size_t i = 0; i < f->n; i++) {
		if ((!is_group && !o) || f->v[i].group != g->id)
			continue;
		is_there = true;
		if (f->v[i].id < g->lowest)
			g->lowest = f->v[i].id;
	}
	if (is_there)
		return 0;
	return err_set(e, ERR_FORMAT, "is linked to %s %u, which is not there",
		       is_group ? "group" : "object",
		       is_group ? sig->link - SIFHDR_GROUP : sig->link);
}

/* Is TEXT the digest of WHAT, which was summed up to HEX? */
static int compare(const char *text, enum hash_algo algo, const char *hex,
		   const char *what, struct err *e)
{
	struct digest have;

	digest_set(&have, algo, hex);
	if (str_eq(text, have.text))
		return 0;
	return err_set(e, ERR_DIGEST, "%s: expected %.140s, got %s", what, text,
		       have.text);
}

/* What is of an algorithm that we don't have can't be told. */
static bool read_algo(const char *text, enum hash_algo *out)
{
	*out = str_starts(text, "sha512:") ? HASH_SHA512 : HASH_SHA256;
	return *out == HASH_SHA512 || str_starts(text, "sha256:");
}

/* All of the header that never changes: launch line, magic, version, UUID. */
static int check_header(const struct sifsig_file *f, const char *text,
			struct err *e)
{
	char hex[HASH_HEX_MAX];
	enum hash_algo algo;

	if (!read_algo(text, &algo))
		return 0;
	AUTO(hash) struct hash *h = hash_new(algo);

	hash_add(h, f->head, 45);
	hash_add(h, f->head + 48, 16);
	hash_hex(h, hex);
	return compare(text, algo, hex, "header", e);
}

/* Type, use, ID, link, size, when it was made, owner, name and the rest.
 * Neither places, padding nor the time of a change count, so that objects can
 * be moved. */
static int check_descriptor(const struct sifsig_file *f, const struct sifobj *o,
			    uint32_t relative, const char *text, struct err *e)
{
	const unsigned char *p = f->table + o->slot * SIFHDR_OBJECT_BYTES;
	uint32_t id = htole32(relative);
	char hex[HASH_HEX_MAX];
	enum hash_algo algo;

	if (!read_algo(text, &algo))
		return 0;
	AUTO(hash) struct hash *h = hash_new(algo);

	hash_add(h, p, 5);
	hash_add(h, &id, sizeof(id));
	hash_add(h, p + 13, 4);
	hash_add(h, p + 25, 8);
	hash_add(h, p + 41, 8);
	hash_add(h, p + 57, SIFHDR_OBJECT_BYTES - 57);
	hash_hex(h, hex);
	return compare(text, algo, hex, "descriptor", e);
}

static int check_data(const struct sifsig_file *f, const struct sifobj *o,
		      const char *text, struct err *e)
{
	char hex[HASH_HEX_MAX];
	enum hash_algo algo;

	if (!read_algo(text, &algo))
		return 0;
	if (f->sum(f->ctx, o, algo, hex, e))
		return -1;
	return compare(text, algo, hex, "data", e);
}

static int check_object(const struct sifsig_file *f, const struct group *g,
			json_t *item, const char *where, struct err *e)
{
	const char *descriptor, *data;
	const struct sifobj *o;
	uint64_t relative;

	if (json_need_size(item, where, "relativeId", &relative, e) ||
	    json_need_str(item, where, "descriptorDigest", &descriptor, e) ||
	    json_need_str(item, where, "objectDigest", &data, e))
		return -1;
	o = relative > UINT32_MAX - g->lowest
		    ? NULL
		    : find(f, g->lowest + (uint32_t)relative);
	if (!o)
		return err_set(e, ERR_FORMAT, "object %llu is not there",
			       (unsigned long long)(g->lowest + relative));
	if (check_descriptor(f, o, (uint32_t)relative, descriptor, e) ||
	    check_data(f, o, data, e))
		return err_ctx(e, "object %u ('%s')", o->id, o->name);
	return 0;
}

static int check_document(const struct sifsig_file *f, const struct group *g,
			  const struct str *text, struct err *e)
{
	AUTO(json) json_t *root = json_parse(WHAT, text->p, text->len, e);
	json_t *header, *objects, *item;
	const char *digest;
	uint64_t version;
	size_t i;

	if (!root || json_need_size(root, "", "version", &version, e))
		return -1;
	if (version != 1)
		return 0;
	if (json_need_obj(root, "", "header", &header, e) ||
	    json_need_str(header, "header", "digest", &digest, e) ||
	    json_need_array(root, "", "objects", &objects, e) ||
	    check_header(f, digest, e))
		return -1;
	json_array_foreach (objects, i, item) {
		autostr char *where = str_fmt("objects[%zu]", i);

		if (check_object(f, g, item, where, e))
			return -1;
	}
	return 0;
}

static int check(const struct sifsig_file *f, const struct sifobj *sig,
		 const char *text, size_t n, struct err *e)
{
	AUTO(str) struct str body = { 0 };
	struct group g;

	if (n > SIFSIG_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes are more than %u", n,
			       SIFSIG_BYTES_MAX);
	if (sig->hash < 1 || sig->hash > HASHES)
		return err_set(e, ERR_FORMAT,
			       "hash type: expected 1 to %d, found %lld",
			       HASHES, (long long)(int32_t)sig->hash);
	if (find_group(f, sig, &g, e) || read_text(text, n, &body, e))
		return -1;
	if (str_starts(str_text(&body), OLD))
		return 0;
	return check_document(f, &g, &body, e);
}

int sifsig_check(const struct sifsig_file *f, const struct sifobj *sig,
		 const char *text, size_t n, struct err *e)
{
	return check(f, sig, text, n, e)
		       ? err_ctx(e, "object %u, a signature", sig->id)
		       : 0;
}
