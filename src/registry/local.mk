# registry/ - floor 2: the network.
# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libregistry.a
libregistry_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
libregistry_a_SOURCES = \
	src/registry/ask.c src/registry/ask.h \
	src/registry/auth.c src/registry/auth.h \
	src/registry/client.c src/registry/client.h \
	src/registry/cred.c src/registry/cred.h \
	src/registry/endpoint.c src/registry/endpoint.h \
	src/registry/fetch.c src/registry/fetch.h \
	src/registry/http.c src/registry/http.h \
	src/registry/httpcurl.c \
	src/registry/httphead.c \
	src/registry/httpurl.c \
	src/registry/item.h \
	src/registry/parts.c src/registry/parts.h \
	src/registry/refusal.c src/registry/refusal.h \
	src/registry/retry.c src/registry/retry.h \
	src/registry/site.c src/registry/site.h \
	src/registry/token.c src/registry/token.h \
	src/registry/trust.c src/registry/trust.h \
	src/registry/xfer.c src/registry/xfer.h
