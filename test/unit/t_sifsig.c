/* t_sifsig.c - signatures that fit a SIF file, or don't.
 * SPDX-License-Identifier: Apache-2.0
 *
 * sifsig/busybox.asc is the signature in the file that sifhdr/busybox.bin is
 * the head of; busybox.dsse has the same in the newer container.
 */
#include "config.h"

#include "base/str.h"
#include "format/sifsig.h"

#include "tap.h"

#define FILE_SIZE 792293

struct file {
	unsigned char head[SIFHDR_BYTES];
	unsigned char table[SIFHDR_SLOTS * SIFHDR_OBJECT_BYTES];
	char text[4096];
	size_t n;
	bool is_changed; /* the data of object 4 */
};

/* What sha256sum says of the objects of the real file. */
static int sum(void *ctx, const struct sifobj *o, enum hash_algo algo,
	       char hex[HASH_HEX_MAX], struct err *e)
{
	static const char *const sums[] = {
		"0fe74a0b5da524bae639acfb98fb74e7ad95bb76e5688dd8398e53f8c7532"
		"765",
		"0315e058f4bdb56ca26aedf5323b0355dcb331d6d7e55d4280101b4cbea7b"
		"049",
		"408d7a83e4461b992c4bba5bbb06a444d67dc19045f38cdaa34a9bae57809"
		"367",
		"e64cd7d9b6be46722ae771fe1a8aff45926dab9bcc3a303386fab50eb49cf"
		"aa4",
		"?",
	};
	const struct file *f = ctx;

	if (algo != HASH_SHA256)
		return err_set(e, ERR_UNSUPPORTED, "no such sum");
	strcpy(hex, f->is_changed && o->id == 4 ? "changed" : sums[o->slot]);
	return 0;
}

static size_t load(const char *name, void *to, size_t n)
{
	autostr char *path = tap_data(name);
	autofile FILE *f = fopen(path, "re");
	size_t got = f ? fread(to, 1, n, f) : 0;

	ok(got > 0, "read '%s'", path);
	return got;
}

static void load_all(struct file *f, const char *name)
{
	unsigned char head[SIFHDR_BYTES + 5 * SIFHDR_OBJECT_BYTES];

	memset(f, 0, sizeof(*f));
	load("sifhdr/busybox.bin", head, sizeof(head));
	memcpy(f->head, head, SIFHDR_BYTES);
	memcpy(f->table, head + SIFHDR_BYTES, 5 * SIFHDR_OBJECT_BYTES);
	f->n = load(name, f->text, sizeof(f->text) - 1);
}

/* "fits", or "KIND: MESSAGE". Caller frees. */
static char *check(struct file *file)
{
	autostr struct sifobj *v = NULL;
	struct sifhdr h;
	struct err e = { 0 };
	size_t n;

	if (sifhdr_parse(file->head, SIFHDR_BYTES, FILE_SIZE, &h, &e) ||
	    sifhdr_objects(file->table, sizeof(file->table), &h, FILE_SIZE, &v,
			   &n, &e))
		return str_fmt("header: %s", e.msg);
	const struct sifsig_file f = {
		file->head, file->table, v, n, sum, file
	};

	if (!sifsig_check(&f, &v[n - 1], file->text, file->n, &e))
		return str_fmt("fits");
	return str_fmt("%s: %s",
		       e.kind == ERR_FORMAT   ? "format"
		       : e.kind == ERR_DIGEST ? "digest"
		       : e.kind == ERR_LIMIT  ? "limit"
					      : "other",
		       e.msg);
}

/* The first FROM in the text becomes TO. */
static void replace(struct file *f, const char *from, const char *to)
{
	char *at = strstr(f->text, from);
	size_t had = strlen(from), n = strlen(to);

	if (!ok(at != NULL, "'%s' is in the text", from))
		return;
	memmove(at + n, at + had, strlen(at + had) + 1);
	memcpy(at, to, n);
	f->n = strlen(f->text);
}

#define SIG "object 5, a signature: "
#define HEX64 "e64cd7d9b6be46722ae771fe1a8aff45926dab9bcc3a303386fab50eb49cfaa4"
// clang-format off
static const struct {
	const char *from, *to, *want;
} texts[] = {
	{ "Hash: SHA256\n", "", "fits" },
	{ "Hash: SHA256\n\n{", "Hash: SHA256\r\nComment: x\r\n  \r\n- {", "fits" },
	{ "objectDigest\":\"sha256:e64c", "objectDigest\":\"blake2b:e64c", "fits" },
	{ "\"version\":1", "\"version\":2", "fits" },
	{ "{\"version\":1", "SIFHASH:\n{\"version\":1", "fits" },
	{ "-----BEGIN PGP SIGNED", "-----BEGIN PGP SIGHED", "format: " SIG
	  "expected a clear-signed message or a DSSE envelope, found '-----BEGIN PGP SIGHED MESSAGE-----'" },
	{ "-----BEGIN PGP SIGNATURE", "-----BEGIN PGP SICNATURE", "format: " SIG
	  "its line '-----BEGIN PGP SIGNATURE-----' is missing" },
	{ "-----END PGP", "-----AND PGP", "format: " SIG
	  "its line '-----END PGP SIGNATURE-----' is missing" },
	{ "{\"version\"", "[\"version\"", "format: " SIG
	  "what is signed: line 1, column 11: malformed JSON" },
	{ "{\"version\"", "hello", "format: " SIG
	  "what is signed: expected JSON, found 'hello:1,\"header\":{\"d...'" },
	{ "\"version\":1,", "", "format: " SIG "version: expected a number, found nothing" },
	{ "\"header\"", "\"Header\"", "format: " SIG "header: expected an object, found nothing" },
	{ "\"objects\"", "\"Objects\"", "format: " SIG "objects: expected an array, found nothing" },
	{ "\"relativeId\":2", "\"relativeId\":\"2\"", "format: " SIG
	  "objects[2].relativeId: expected a number, found a string" },
	{ "\"objects\":[", "\"objects\":[7,", "format: " SIG
	  "objects[0]: expected an object, found a number" },
	{ "\"relativeId\":2", "\"relativeId\":5", "format: " SIG "object 6 is not there" },
	{ "\"relativeId\":2", "\"relativeId\":4294967295", "format: " SIG "object 4294967296 is not there" },
	{ "sha256:1a06", "sha256:1a07", "digest: " SIG
	  "header: expected sha256:1a07bcdc74318e0766b94c625207b3795f933cc679e1312cb65e5874a3cd1da4, "
	  "got sha256:1a06bcdc74318e0766b94c625207b3795f933cc679e1312cb65e5874a3cd1da4" },
	{ "descriptorDigest\":\"sha256:3f24", "descriptorDigest\":\"sha256:3F24", "digest: " SIG
	  "object 3 ('oci-config.json'): descriptor: "
	  "expected sha256:3F2411435a9af10679aa9dcf41ed37a1a8db530c84bbc16c53ae04ffd1fe5c9c, "
	  "got sha256:3f2411435a9af10679aa9dcf41ed37a1a8db530c84bbc16c53ae04ffd1fe5c9c" },
	{ "objectDigest\":\"sha256:e64c", "objectDigest\":\"sha256:", "digest: " SIG
	  "object 4 ('squashfs-275937245'): data: "
	  "expected sha256:d7d9b6be46722ae771fe1a8aff45926dab9bcc3a303386fab50eb49cfaa4, "
	  "got sha256:" HEX64 },
}, envelopes[] = {
	{ "\n", "", "fits" },
	{ "sif-metadata", "other-data", "format: " SIG
	  "payloadType: expected 'application/vnd.sylabs.sif-metadata+json', found 'application/vnd.sylabs.other-data+json'" },
	{ "payload\":\"", "payload\":\"*", "format: " SIG "payload: is not base64" },
	{ "payload\":\"", "payload\":\"e30=\",\"x\":\"", "format: " SIG "version: expected a number, found nothing" },
	{ "payload\":\"", "payload\":\"\",\"x\":\"", "format: " SIG "what is signed: expected JSON, found nothing" },
	{ "[{\"keyid\":\"SHA256:x\",\"sig\":\"eA==\"}]", "[]", "format: " SIG
	  "signatures: expected one, found none" },
	{ "}]}", "", "format: " SIG "DSSE envelope: line 2, column 0: the text ends too early" },
};

/* N bytes at AT of the head (or, with TABLE, the table) become VALUE. */
#define SLOT(i) ((i) * SIFHDR_OBJECT_BYTES)
static const struct {
	bool table;
	size_t at;
	unsigned char value;
	const char *want;
} bytes[] = {
	{ false, 64, 1, "fits" }, /* times */
	{ false, 48, 1, "digest: " SIG
	  "header: expected sha256:1a06bcdc74318e0766b94c625207b3795f933cc679e1312cb65e5874a3cd1da4, "
	  "got sha256:b5afe5df2f473761fa64418115f0285ff035eb0be8b13bee06929d99547d6730" },
	{ true, SLOT(3) + 49, 1, "fits" }, /* when it was changed */
	{ true, SLOT(4) + 13, 2, "format: " SIG "is linked to group 2, which is not there" },
	{ true, SLOT(4) + 13, 0, "format: " SIG "is linked to object 4026531840, which is not there" },
	{ true, SLOT(4) + 16, 0, "fits" }, /* to object 1 */
	{ true, SLOT(4) + 201, 5, "fits" },
	{ true, SLOT(4) + 201, 0, "format: " SIG "hash type: expected 1 to 5, found 0" },
	{ true, SLOT(4) + 201, 6, "format: " SIG "hash type: expected 1 to 5, found 6" },
	{ true, SLOT(4) + 204, 0x80, "format: " SIG "hash type: expected 1 to 5, found -2147483647" },
	{ true, SLOT(1) + 4, 0, "format: " SIG "object 2 is not there" },
};
// clang-format on

static void test_texts(void)
{
	struct file f;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		autostr char *got = NULL;

		load_all(&f, "sifsig/busybox.asc");
		replace(&f, texts[i].from, texts[i].to);
		got = check(&f);
		is(got, texts[i].want, texts[i].want);
	}
	for (size_t i = 0; i < ARRAY_SIZE(envelopes); i++) {
		autostr char *got = NULL;

		load_all(&f, "sifsig/busybox.dsse");
		replace(&f, envelopes[i].from, envelopes[i].to);
		got = check(&f);
		is(got, envelopes[i].want, envelopes[i].want);
	}
}

static void test_bytes(void)
{
	struct file f;

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		autostr char *got = NULL;

		load_all(&f, "sifsig/busybox.asc");
		(bytes[i].table ? f.table : f.head)[bytes[i].at] =
			bytes[i].value;
		got = check(&f);
		is(got, bytes[i].want, bytes[i].want);
	}
}

static void test_link(void)
{
	autostr char *none = NULL, *other = NULL;
	struct file f;

	load_all(&f, "sifsig/busybox.asc");
	memset(f.table + SLOT(4) + 13, 0, 4);
	none = check(&f);
	is(none, "format: " SIG "is linked to object 0, which is not there",
	   "none");
	f.table[SLOT(4) + 13] = 9;
	other = check(&f);
	is(other, "format: " SIG "is linked to object 9, which is not there",
	   "another");
}

static void test_data(void)
{
	autostr char *got = NULL;
	struct file f;

	load_all(&f, "sifsig/busybox.asc");
	f.is_changed = true;
	got = check(&f);
	is(got,
	   "digest: " SIG "object 4 ('squashfs-275937245'): data: expected "
	   "sha256:" HEX64 ", got sha256:changed",
	   "the data was changed");
}

/* Cut anywhere it is refused, and nothing is read behind its end. */
static void test_cut(void)
{
	static const char *const names[] = { "sifsig/busybox.asc",
					     "sifsig/busybox.dsse" };
	struct file f;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n_bad = 0, whole;

		load_all(&f, names[i]);
		whole = f.n - 1; /* without a newline it is whole, too */
		for (f.n = 0; f.n < whole; f.n++) {
			autostr char *got = check(&f);

			n_bad += str_starts(got, "format: " SIG);
		}
		is_num((long long)n_bad, (long long)whole, names[i]);
	}
}

static void test_large(void)
{
	static char large[SIFSIG_BYTES_MAX + 1];
	const struct sifobj sig = { .id = 5 };
	const struct sifsig_file f = { .n = 0 };
	struct err e = { 0 };

	ok(sifsig_check(&f, &sig, large, sizeof(large), &e) &&
		   e.kind == ERR_LIMIT,
	   "too large");
	is(e.msg, SIG "1048577 bytes are more than 1048576", "message");
}

int main(void)
{
	test_texts();
	test_bytes();
	test_link();
	test_data();
	test_cut();
	test_large();
	return tap_done();
}
