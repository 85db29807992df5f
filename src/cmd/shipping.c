#include "cmd/shipping.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"

#define WAIT_DEFAULT_S 600

const struct option_row shipping_rows[] = {
    {"to", 0, OPTION_TEXT, offsetof(struct shipping_options, to), "URL",
     "send records to this yore server instead of a database here"},
    {"to-key-file", 0, OPTION_TEXT, offsetof(struct shipping_options, key_file), "FILE",
     "file with the API key for it (else $YORE_TO_KEY)"},
    {"to-ca", 0, OPTION_TEXT, offsetof(struct shipping_options, ca_file), "FILE",
     "trust only the certificate authorities in this file"},
    {"to-cert", 0, OPTION_TEXT, offsetof(struct shipping_options, cert_file), "FILE",
     "certificate to show to it (PEM)"},
    {"to-cert-key", 0, OPTION_TEXT, offsetof(struct shipping_options, cert_key_file),
     "FILE", "its private key"},
    {"spool", 0, OPTION_TEXT, offsetof(struct shipping_options, spool), "DIR",
     "where segments wait (yore/spool in $XDG_STATE_HOME or ~/.local/state)"},
    {"share", 0, OPTION_TEXT, offsetof(struct shipping_options, share), "POLICY",
     "to another site: send only what this policy lets go (yore export --share)"},
    {"to-wait", 0, OPTION_SPAN, offsetof(struct shipping_options, wait_s), "TIME",
     "at the end, wait so long for the server to have everything (10m)"},
    {NULL},
};

int destination_dir(const struct invocation *in, const struct database_options *d,
		    const struct shipping_options *o, struct buf *dir)
{
	if (o->to == NULL)
		return database_dir(in, d, dir);
	if (o->spool)
		buf_puts(dir, o->spool);
	else if (ship_default_dir(dir) < 0)
		return command_misused(in, "no place for a spool: give --spool DIR");
	return dir->err < 0 ? STATUS_FAILED : STATUS_OK;
}

/* The first line of the file. */
static int read_key(const struct shipping_options *o, struct buf *key, struct fault *f)
{
	const char *env = getenv("YORE_TO_KEY");
	if (o->key_file == NULL) {
		if (env)
			buf_puts(key, env);
		return key->err;
	}
	int r = io_read_file(o->key_file, 4096, key, f);
	if (r == 0)
		key->len = strcspn(buf_str(key), "\r\n");
	return r;
}

/* Trouble that needs somebody: also of who wants to hear little. */
static void say(bool trouble, const char *line, void *arg)
{
	if (trouble)
		log_warn("%s", line);
	else
		log_info("%s", line);
}

static int open_ship(const struct invocation *in, const struct shipping_options *o,
		     struct destination *ret)
{
	struct fault f = {0};
	struct buf key;
	buf_init(&key, 8192);
	int r = read_key(o, &key, &f);
	if (r == 0 && o->share) {
		ret->policy = calloc(1, sizeof(*ret->policy));
		r = ret->policy ? share_policy_read(o->share, ret->policy, &f)
				: YORE_ENOMEM;
	}
	if (r == 0) {
		struct ship_options so = {.url = o->to,
					  .key = key.len ? buf_str(&key) : NULL,
					  .dir = o->spool,
					  .policy = ret->policy,
					  .ca_file = o->ca_file,
					  .cert_file = o->cert_file,
					  .key_file = o->cert_key_file,
					  .say = say};
		r = ship_open(&so, &f, &ret->ship);
	}
	buf_release(&key);
	if (r < 0) {
		free(ret->policy);
		ret->policy = NULL;
		return command_failed(in, &f);
	}
	ret->store = ship_ledger(ret->ship);
	ret->sink = ship_sink(ret->ship);
	return STATUS_OK;
}

int destination_open(const struct invocation *in, const struct database_options *d,
		     const struct shipping_options *o, const struct store_options *so,
		     struct destination *ret)
{
	*ret = (struct destination){0};
	if (o->to)
		return open_ship(in, o, ret);
	int status = database_open(in, d, so, &ret->store);
	if (status == STATUS_OK)
		ret->sink = store_sink(ret->store);
	return status;
}

int destination_finish(const struct invocation *in, const struct shipping_options *o,
		       struct destination *d)
{
	struct fault f = {0};
	if (d->ship == NULL)
		return STATUS_OK;
	int r = ship_finish(d->ship, o->wait_s ? o->wait_s : WAIT_DEFAULT_S, &f);
	if (r == 0)
		return STATUS_OK;
	command_say(in, "%s; they are sent by the next call with this spool", f.text);
	return STATUS_NETWORK;
}

void destination_close(struct destination *d)
{
	if (d->ship)
		ship_close(d->ship);
	else
		store_close(d->store);
	free(d->policy);
	*d = (struct destination){0};
}
