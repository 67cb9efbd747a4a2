/* reach.c - how registries are reached.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/reach.h"

#include "base/num.h"
#include "base/opt.h"
#include "base/str.h"

#include <stdlib.h>
#include <unistd.h>

static int set_timeout(const struct reach *r, struct http_opts *o,
		       struct err *e)
{
	uint64_t seconds;

	if (!r->timeout)
		return 0;
	if (num_parse_seconds(r->timeout, "--timeout", &seconds, e))
		return -1;
	o->connect_timeout_s = (int)seconds;
	o->stall_timeout_s = (int)seconds;
	return 0;
}

/* The value of A, else of B; empty counts as unset. */
static const char *first_set(const char *a, const char *b)
{
	const char *value = getenv(a);

	return value && *value ? value : getenv(b);
}

int reach_check_timeout(const char *value, struct err *e)
{
	struct err ignored = { 0 }; /* ours says the range */
	uint64_t seconds;

	if (!num_parse_seconds(value, "", &seconds, &ignored) && seconds > 0 &&
	    seconds <= REACH_TIMEOUT_MAX_S)
		return 0;
	return err_set(e, ERR_USAGE, "expected 1 to %d seconds, found '%s'",
		       REACH_TIMEOUT_MAX_S, value);
}

int reach_check_parallel(const char *value, struct err *e)
{
	return opt_check_number(value, REACH_PARALLEL_MAX, e);
}

int reach_check_retry_pause(const char *value, struct err *e)
{
	return opt_check_number(value, RETRY_PAUSE_MAX_MS, e);
}

int reach_set(const struct reach *r, struct client_opts *o, struct err *e)
{
	if (set_timeout(r, &o->http, e))
		return -1;
	if (r->retry_pause_ms)
		o->http.retry_pause_ms = r->retry_pause_ms;
	o->http.tls_verify = !r->tls_verify || str_eq(r->tls_verify, "yes");
	o->http.ca_file = getenv("SSL_CERT_FILE");
	if (o->http.ca_file && !*o->http.ca_file)
		o->http.ca_file = NULL; /* empty counts as unset */
	o->http.user_agent = "chassis/" PACKAGE_VERSION;
	o->site = (struct site_paths){
		.conf = first_set("CH_REGISTRIES_CONF",
				  "CONTAINERS_REGISTRIES_CONF"),
		.system = "/etc/containers",
		.docker = "/etc/docker",
		.config_home = getenv("XDG_CONFIG_HOME"),
		.home = getenv("HOME"),
	};
	o->auth = (struct auth_paths){
		.file = r->authfile,
		.timeout_s = o->http.stall_timeout_s,
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.uid = getuid(),
		.home = getenv("HOME"),
		.config_home = getenv("XDG_CONFIG_HOME"),
		.docker_dir = getenv("DOCKER_CONFIG"),
	};
	return 0;
}
