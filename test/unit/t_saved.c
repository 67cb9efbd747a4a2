/* t_saved.c - manifest.json of docker save.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/saved.h"

#include "tap.h"

/* "CONFIG [TAGS] LAYERS" for each image, or "KIND: MESSAGE". Caller frees. */
static char *show(const char *text, size_t n)
{
	AUTO(saved) struct saved s = { 0 };
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };

	if (saved_parse(text, n, &s, &e)) {
		str_addf(&out, "%s: %s",
			 e.kind == ERR_FORMAT  ? "format"
			 : e.kind == ERR_LIMIT ? "limit"
					       : "other",
			 e.msg);
		if (s.v || s.n)
			str_add(&out, " and something is left");
		return str_take(&out);
	}
	for (size_t i = 0; i < s.n; i++) {
		autostr char *tags = strlist_join(&s.v[i].tags, ",");
		autostr char *layers = strlist_join(&s.v[i].layers, ",");

		str_addf(&out, "%s%s [%s] %s", i ? "; " : "", s.v[i].config,
			 tags, layers);
	}
	return str_take(&out);
}

// clang-format off
static const struct {
	const char *text, *want;
} cases[] = {
	{ "[{\"Config\":\"c\",\"RepoTags\":[\"a:1\",\"b:2\"],\"Layers\":[\"x/layer.tar\",\"y\"]}]",
	  "c [a:1,b:2] x/layer.tar,y" },
	{ "[{\"Config\":\"c\",\"RepoTags\":null,\"Layers\":[\"x\"],\"LayerSources\":{}}]", "c [] x" },
	{ "[{\"Config\":\"c\",\"Layers\":[\"x\"]},{\"Config\":\"d\",\"RepoTags\":[],\"Layers\":[\"x\"]}]",
	  "c [] x; d [] x" },
	{ "", "format: manifest.json: expected JSON, found nothing" },
	{ "<html>", "format: manifest.json: expected JSON, found '<html>'" },
	{ "{}", "format: manifest.json: expected an array, found an object" },
	{ "[]", "format: manifest.json: there is no image in it" },
	{ "[1]", "format: manifest.json: [0]: expected an object, found a number" },
	{ "[{\"Layers\":[\"x\"]}]", "format: manifest.json: [0].Config: expected a string, found nothing" },
	{ "[{\"Config\":7,\"Layers\":[\"x\"]}]", "format: manifest.json: [0].Config: expected a string, found a number" },
	{ "[{\"Config\":\"c\"}]", "format: manifest.json: [0].Layers: expected one, found none" },
	{ "[{\"Config\":\"c\",\"Layers\":[]}]", "format: manifest.json: [0].Layers: expected one, found none" },
	{ "[{\"Config\":\"c\",\"Layers\":[\"x\"]},{\"Config\":\"c\",\"Layers\":[\"x\",null]}]",
	  "format: manifest.json: [1].Layers[1]: expected a string, found null" },
	{ "[{\"Config\":\"c\",\"RepoTags\":\"a\",\"Layers\":[\"x\"]}]",
	  "format: manifest.json: [0].RepoTags: expected an array, found a string" },
	{ "[{\"Config\":\"a\\u0000b\",\"Layers\":[\"x\"]}]",
	  "format: manifest.json: line 1, column 21: a NUL character is not allowed" },
};
// clang-format on

/* N images of M layers each. */
static char *many(int n, int m)
{
	AUTO(str) struct str s = { 0 };

	str_addc(&s, '[');
	for (int i = 0; i < n; i++) {
		str_addf(&s, "%s{\"Config\":\"c\",\"Layers\":[", i ? "," : "");
		for (int k = 0; k < m; k++)
			str_add(&s, k ? ",\"x\"" : "\"x\"");
		str_add(&s, "]}");
	}
	str_addc(&s, ']');
	return show(s.p, s.len);
}

/* Written, and read again; TEXT is what is parsed first. */
// clang-format off
static const struct {
	const char *text, *repositories;
} writes[] = {
	{ "[{\"Config\":\"c.json\",\"RepoTags\":[\"h:5000/a/b:1\",\"busybox:latest\"],\"Layers\":[\"x/layer.tar\",\"y/layer.tar\"]}]\n",
	  "{\"busybox\":{\"latest\":\"y\"},\"h:5000/a/b\":{\"1\":\"y\"}}\n" },
	{ "[{\"Config\":\"c\",\"RepoTags\":null,\"Layers\":[\"x\"]}]\n", "{}\n" },
	{ "[{\"Config\":\"c\",\"RepoTags\":[\"a:2\",\"a:1\",\"h:5000/b\",\"a@sha256:00\"],\"Layers\":[\"x.tar\"]},"
	  "{\"Config\":\"d\",\"RepoTags\":[\"a:3\"],\"Layers\":[\"x.tar\",\"blobs/sha256/z\"]}]\n",
	  "{\"a\":{\"1\":\"x\",\"2\":\"x\",\"3\":\"z\"}}\n" },
};
// clang-format on

static void test_write(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		AUTO(saved) struct saved s = { 0 };
		autostr char *text = NULL, *repositories = NULL;
		struct err e = { 0 };

		ok(!saved_parse(writes[i].text, strlen(writes[i].text), &s, &e),
		   "parse %s", e.msg);
		text = saved_write(&s, &e);
		is(text, writes[i].text, "manifest.json");
		repositories = saved_repositories(&s, &e);
		is(repositories, writes[i].repositories, "repositories");
	}
}

/* Names come from the command line, too, where anything is possible. */
static void test_write_bad(void)
{
	static const char text[] = "[{\"Config\":\"c\",\"Layers\":[\"x\"]}]";
	AUTO(saved) struct saved s = { 0 };
	struct err e = { 0 };

	ok(!saved_parse(text, strlen(text), &s, &e), "parse %s", e.msg);
	strlist_add(&s.v[0].tags, "a:\xff");
	ok(!saved_write(&s, &e) && e.kind == ERR_FORMAT, "refused");
	is(e.msg, "manifest.json: 'a:\\xff' is not UTF-8", "manifest.json");
	ok(!saved_repositories(&s, &e), "refused");
	is(e.msg, "repositories: 'a:\\xff' is not UTF-8", "repositories");
}

int main(void)
{
	autostr char *layers = many(1, 1001);
	autostr char *images = many(1001, 1);
	autostr char *most = many(1, 1000);

	test_write();
	test_write_bad();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *got = show(cases[i].text, strlen(cases[i].text));

		is(got, cases[i].want, cases[i].want);
	}
	is(layers, "limit: manifest.json: [0].Layers: 1001 are more than 1000",
	   "too many layers");
	is(images, "limit: manifest.json: 1001 images are more than 1000",
	   "too many images");
	ok(str_starts(most, "c [] x,x,"), "1000 layers");
	return tap_done();
}
