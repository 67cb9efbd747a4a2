/* t_digest.c - content digests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/digest.h"

#include "lines.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_good(void)
{
	static const struct {
		const char *text;
		const char *algo;
		const char *hex;
	} cases[] = {
		{ "sha256:" HEX, "sha256", HEX },
		{ "sha512:" HEX HEX, "sha512", HEX HEX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct digest d, made;
		struct err e = { 0 };

		ok(!digest_parse(cases[i].text, &d, &e), "%s", cases[i].algo);
		is(d.text, cases[i].text, "text");
		is(digest_algo(&d), cases[i].algo, "algorithm");
		is(digest_hex(&d), cases[i].hex, "hexadecimal part");
		digest_set(&made, d.algo, cases[i].hex);
		ok(digest_eq(&d, &made), "made from its parts, it is equal");
		made.text[sizeof(made.text) - 2] ^= 1;
		made.text[10] ^= 1;
		ok(!digest_eq(&d, &made), "changed, it is not");
	}
}

static void test_bad(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "digest/bad.txt")) {
		struct digest d;
		struct err e = { 0 };
		int rc = digest_parse(lines_field(&l, 0), &d, &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 1),
		   lines_title(&l));
		ok(e.kind == ERR_FORMAT && !*d.text && !*digest_hex(&d),
		   "format, nothing set");
	}
}

static void test_check(void)
{
	struct hash *h = hash_new(HASH_SHA256);
	struct err e = { 0 };
	struct digest d;

	digest_set(&d, HASH_SHA256, HEX);
	ok(!digest_check(h, &d, &e), "the sum of nothing");
	hash_add(h, "x", 1);
	ok(digest_check(h, &d, &e) && e.kind == ERR_DIGEST, "of something");
	is(e.msg,
	   "expected sha256:" HEX
	   ", got sha256:2d711642b726b04401627ca9fbac32f5"
	   "c8530fb1903cc4db02258717921a4881",
	   "both are shown");
	hash_free(h);
}

int main(void)
{
	test_good();
	test_bad();
	test_check();
	return tap_done();
}
