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

int main(void)
{
	test_good();
	test_bad();
	return tap_done();
}
