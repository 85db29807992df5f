/* yore serve: the history over HTTP, for every client there is. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "api/audit.h"
#include "api/listen.h"
#include "api/server.h"
#include "base/io.h"
#include "base/log.h"
#include "cmd/database.h"
#include "exchange/receiver.h"
#include "sys/notify.h"

#define PEM_MAX (1u << 20)

struct serve_options {
	struct database_options database;
	const char *listen, *keys, *quotas, *audit, *cert, *cert_key, *client_ca;
	struct option_list proxies, origins;
	bool upload;
	uint64_t rows, rows_max, threads, workers, connections, memory;
	int64_t answer_s, idle_s, head_s, drain_s;
};

/* Everything that lives as long as the server. */
struct serving {
	struct invocation *in;
	const struct serve_options *options;
	struct service service;
	struct server *server;
	struct buf key_file, cert, cert_key, client_ca;
	int fd, notify;
};

static const char *pem(struct buf *b)
{
	return b->len ? buf_str(b) : NULL;
}

static struct server_options server_options_of(struct serving *s)
{
	const struct serve_options *o = s->options;
	return (struct server_options){.listen_fd = s->fd,
				       .threads = (unsigned)o->threads,
				       .workers = (unsigned)o->workers,
				       .connections = (unsigned)o->connections,
				       .idle_s = (unsigned)o->idle_s,
				       .head_s = (unsigned)o->head_s,
				       .cert = pem(&s->cert),
				       .cert_key = pem(&s->cert_key),
				       .client_ca = pem(&s->client_ca)};
}

/* ---- keys and certificates: read at the start and at SIGHUP ---- */

static int read_keys(struct serving *s, struct fault *f)
{
	struct key_ring ring = {0};
	if (!s->service.keyed)
		return 0;
	int r = key_ring_read(buf_str(&s->key_file), &ring, f);
	if (r < 0)
		return r;
	pthread_rwlock_wrlock(&s->service.ring_lock);
	struct key_ring old = s->service.ring;
	s->service.ring = ring;
	pthread_rwlock_unlock(&s->service.ring_lock);
	key_ring_release(&old);
	return 0;
}

static int read_pem(const char *path, struct buf *into, struct fault *f)
{
	struct buf text;
	if (path == NULL)
		return 0;
	buf_init(&text, PEM_MAX);
	int r = io_read_file(path, PEM_MAX, &text, f);
	if (r < 0) {
		buf_release(&text);
		return r;
	}
	buf_release(into);
	*into = text;
	return 0;
}

static int read_certificates(struct serving *s, struct fault *f)
{
	const struct serve_options *o = s->options;
	int r = read_pem(o->cert, &s->cert, f);
	if (r == 0)
		r = read_pem(o->cert_key ? o->cert_key : o->cert, &s->cert_key, f);
	return r == 0 ? read_pem(o->client_ca, &s->client_ca, f) : r;
}

/*
 * The new server is begun on the same socket before the old one lets go of it, so no
 * connection is refused; the old one finishes what it has.
 */
static void renew_server(struct serving *s)
{
	struct fault f = {0};
	struct server *new;
	if (s->options->cert == NULL)
		return;
	if (read_certificates(s, &f) < 0) {
		log_error("%s; the old certificate stays", f.text);
		return;
	}
	struct server_options o = server_options_of(s);
	if (server_start(&s->service, &o, &f, &new) < 0) {
		log_error("%s; the old certificate stays", f.text);
		return;
	}
	server_drain(s->server);
	for (int64_t left = s->options->drain_s * 10;
	     left > 0 && server_connections(s->server); left--)
		usleep(100000);
	server_stop(s->server);
	s->server = new;
}

static void reload(struct serving *s)
{
	struct fault f = {0};
	notify_reloading(s->notify);
	if (read_keys(s, &f) < 0)
		log_error("%s; the old keys stay", f.text);
	if (s->service.audit && audit_reopen(s->service.audit, &f) < 0)
		log_error("%s; the old audit log stays open", f.text);
	renew_server(s);
	log_info("keys, certificates and audit log read anew");
	notify_send(s->notify, "READY=1");
}

/* ---- beginning ---- */

static int find_keys(struct serving *s)
{
	struct fault f = {0};
	const char *path = NULL;
	if (key_file_path(s->options->keys, &s->key_file) == 0)
		path = buf_str(&s->key_file);
	s->service.keyed = path && (s->options->keys || io_exists(path) == 1);
	if (read_keys(s, &f) < 0)
		return command_failed(s->in, &f);
	return STATUS_OK;
}

static int open_socket(struct serving *s)
{
	struct fault f = {0};
	char text[LISTEN_TEXT_MAX];
	s->fd = listen_inherited();
	if (s->fd < 0)
		s->fd = listen_open(s->options->listen, &f);
	if (s->fd < 0)
		return f.code == YORE_EUSAGE ? command_misused(s->in, "%s", f.text)
					     : command_failed(s->in, &f);
	listen_text(s->fd, text);
	if (!s->service.keyed && !listen_is_local(s->fd)) {
		command_say(s->in,
			    "%s can be reached from elsewhere and there is no file of "
			    "keys: make one (yore key add NAME) or listen on 127.0.0.1",
			    text);
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

/* Beside the database, so that a part and what it becomes are on one file system. */
static int open_receiver(struct serving *s)
{
	struct fault f = {0};
	struct buf dir;
	if (!s->options->upload)
		return STATUS_OK;
	buf_init(&dir, 16 << 10);
	int status = database_dir(s->in, &s->options->database, &dir);
	if (status == STATUS_OK && strcmp(buf_str(&dir), "mem:") == 0) {
		const char *tmp = getenv("TMPDIR");
		buf_clear(&dir);
		buf_printf(&dir, "%s/yore-%u", tmp && *tmp ? tmp : "/tmp",
			   (unsigned)getpid());
	}
	if (status == STATUS_OK) {
		buf_puts(&dir, "/UPLOADS");
		struct receiver_options o = {.dir = buf_str(&dir)};
		if (receiver_open(s->service.store, &o, &f, &s->service.receiver) < 0)
			status = command_failed(s->in, &f);
	}
	buf_release(&dir);
	return status;
}

/* What keys used today: where we are told, else beside the database if that can be. */
static int open_quotas(struct serving *s)
{
	struct fault f = {0};
	struct buf path;
	const char *told = s->options->quotas;
	if (!s->service.keyed)
		return STATUS_OK;
	buf_init(&path, 16 << 10);
	int status = STATUS_OK;
	if (told)
		buf_puts(&path, told);
	else
		status = database_dir(s->in, &s->options->database, &path);
	bool memory = !told && strcmp(buf_str(&path), "mem:") == 0;
	if (!told)
		buf_puts(&path, "/QUOTAS");
	if (status == STATUS_OK && !memory &&
	    quota_keep(s->service.quota, buf_str(&path), s->in->now_s, &f) < 0) {
		if (told)
			status = command_failed(s->in, &f);
		else
			log_warn("%s; a restart gives quotas back (--quota-file)",
				 f.text);
	}
	buf_release(&path);
	return status;
}

/* Who may speak for others, and which pages may ask. */
static int take_lists(struct serving *s)
{
	const struct serve_options *o = s->options;
	struct service *to = &s->service;
	for (size_t i = 0; i < o->proxies.count; i++)
		if (forwarded_trust(&to->proxies, o->proxies.at[i]) < 0)
			return command_misused(s->in,
					       "--trust-proxy '%s': not an address, "
					       "prefix or range (at most %d of them)",
					       o->proxies.at[i], FORWARDED_PROXIES_MAX);
	for (size_t i = 0; i < o->origins.count; i++)
		if (origins_add(&to->origins, o->origins.at[i]) < 0)
			return command_misused(s->in,
					       "--allow-origin '%s': not an origin, such "
					       "as https://ui.example:8443, null or *",
					       o->origins.at[i]);
	to->origins.open = !to->keyed && o->cert == NULL && to->proxies.count == 0;
	return STATUS_OK;
}

static int prepare(struct serving *s)
{
	const struct serve_options *o = s->options;
	struct fault f = {0};
	if (o->client_ca && o->cert == NULL)
		return command_misused(s->in, "--client-ca goes with --tls-cert");
	s->service.settings.rows_default = o->rows;
	s->service.settings.rows_max = o->rows_max;
	s->service.settings.answer_s = o->answer_s;
	s->service.settings.upload = o->upload;
	s->service.settings.memory = o->memory;
	service_settle(&s->service);
	s->service.metrics.started_s = s->in->now_s;
	int status = find_keys(s);
	if (status == STATUS_OK)
		status = take_lists(s);
	if (status == STATUS_OK)
		status = open_socket(s);
	if (status == STATUS_OK)
		status = open_receiver(s);
	if (status == STATUS_OK)
		status = open_quotas(s);
	if (status != STATUS_OK)
		return status;
	if (read_certificates(s, &f) < 0 ||
	    (o->audit && audit_open(o->audit, &f, &s->service.audit) < 0))
		return command_failed(s->in, &f);
	return STATUS_OK;
}

static void raise_limits(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* ---- running ---- */

static void drain(struct serving *s)
{
	notify_send(s->notify, "STOPPING=1");
	log_info("going down: no new connections, what is under way is finished");
	atomic_store(&s->service.draining, 1);
	server_drain(s->server);
	close(s->fd); /* or the kernel would go on accepting for us */
	s->fd = -1;
	for (int64_t left = s->options->drain_s * 10;
	     left > 0 && server_connections(s->server); left--)
		usleep(100000);
}

static void write_quotas(struct serving *s)
{
	struct fault f = {0};
	if (quota_sync(s->service.quota, &f) < 0)
		log_error("%s", f.text);
}

static void wait_for_signals(struct serving *s, const sigset_t *set)
{
	bool watchdog = notify_watchdog_us() > 0;
	for (unsigned n = 0;; n++) {
		struct timespec second = {.tv_sec = 1};
		int got = sigtimedwait(set, NULL, &second);
		if (got == SIGTERM || got == SIGINT)
			return;
		if (got == SIGHUP)
			reload(s);
		if (watchdog)
			notify_send(s->notify, "WATCHDOG=1");
		if (n % 10 == 9)
			write_quotas(s);
	}
}

static int serve(struct serving *s)
{
	struct fault f = {0};
	char text[LISTEN_TEXT_MAX];
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL); /* threads to come inherit it */
	signal(SIGPIPE, SIG_IGN);
	struct server_options o = server_options_of(s);
	if (server_start(&s->service, &o, &f, &s->server) < 0)
		return command_failed(s->in, &f);
	listen_text(s->fd, text);
	log_info("listening on %s://%s%s", s->options->cert ? "https" : "http", text,
		 s->service.keyed ? ""
		 : s->service.proxies.count
		     ? " without keys: whom the proxy lets in may ask"
		     : " without keys, for this machine only");
	notify_send(s->notify, "READY=1");
	wait_for_signals(s, &set);
	drain(s);
	server_stop(s->server);
	write_quotas(s);
	return STATUS_OK;
}

static int run(struct invocation *in)
{
	struct serving s = {.in = in, .options = in->values, .fd = -1, .notify = -1};
	const struct serve_options *o = s.options;
	struct store_options so = {.write = o->upload,
				   .create = o->upload,
				   .steady = true,
				   .memory = o->memory / 4};
	struct store *store = NULL;
	struct fault older = {0};
	buf_init(&s.key_file, 16 << 10);
	buf_init(&s.cert, PEM_MAX);
	buf_init(&s.cert_key, PEM_MAX);
	buf_init(&s.client_ca, PEM_MAX);
	if (o->memory != 0 && o->memory < 64u << 20)
		return command_misused(in, "--memory: at least 64M");
	raise_limits();
	log_set(LOG_LEVEL_INFO, getenv("JOURNAL_STREAM") != NULL);
	s.notify = notify_open();
	int status = database_open(in, &o->database, &so, &store);
	if (status == STATUS_OK && service_init(&s.service, store) < 0)
		status = STATUS_FAILED;
	if (status == STATUS_OK && store_need_format(store, &older) < 0)
		log_warn("answers leave out what stands in an older form: %s",
			 older.text);
	if (status == STATUS_OK) {
		status = prepare(&s);
		if (status == STATUS_OK)
			status = serve(&s);
		audit_close(s.service.audit);
		receiver_close(s.service.receiver);
		service_release(&s.service);
	}
	if (s.fd >= 0)
		close(s.fd);
	notify_close(s.notify);
	store_close(store);
	buf_release(&s.key_file);
	buf_release(&s.cert);
	buf_release(&s.cert_key);
	buf_release(&s.client_ca);
	return status;
}

#define AT(field) offsetof(struct serve_options, field)

static const struct option_row own[] = {
    {"listen", 'l', OPTION_TEXT, AT(listen), "ADDRESS:PORT",
     "where to listen (127.0.0.1:8053); without keys on this machine only"},
    {"keys", 0, OPTION_TEXT, AT(keys), "FILE",
     "the file of API keys (else $YORE_KEYS, else yore/keys in $XDG_CONFIG_HOME or "
     "~/.config, if it is there)"},
    {"quota-file", 0, OPTION_TEXT, AT(quotas), "FILE",
     "what keys have used today, kept over restarts (else QUOTAS in the database)"},
    {"audit", 0, OPTION_TEXT, AT(audit), "FILE", "write who asked what to this file"},
    {"tls-cert", 0, OPTION_TEXT, AT(cert), "FILE",
     "certificate chain in PEM form; read anew at SIGHUP"},
    {"tls-key", 0, OPTION_TEXT, AT(cert_key), "FILE",
     "its private key (else in the same file)"},
    {"client-ca", 0, OPTION_TEXT, AT(client_ca), "FILE",
     "who sends segments must show a certificate of these authorities (PEM)"},
    {"trust-proxy", 0, OPTION_LIST, AT(proxies), "PREFIX",
     "believe X-Forwarded-For of these addresses (may be repeated): the "
     "client behind them is who asks"},
    {"allow-origin", 0, OPTION_LIST, AT(origins), "ORIGIN",
     "web pages of this origin may ask (may be repeated; * any)"},
    {"upload", 0, OPTION_FLAG, AT(upload), NULL, "take segments of sensors"},
    {NULL},
};

static const struct option_row limits[] = {
    {"rows", 0, OPTION_NUMBER, AT(rows), "N",
     "rows of an answer where a client names no limit (10000)"},
    {"rows-max", 0, OPTION_NUMBER, AT(rows_max), "N",
     "most rows of one answer (1000000)"},
    {"answer-time", 0, OPTION_SPAN, AT(answer_s), "TIME",
     "longest search for the next rows of an answer (5m)"},
    {"idle-time", 0, OPTION_SPAN, AT(idle_s), "TIME",
     "connections on which nothing moves are closed after (30s)"},
    {"request-time", 0, OPTION_SPAN, AT(head_s), "TIME",
     "a request must have come whole within (60s)"},
    {"drain-time", 0, OPTION_SPAN, AT(drain_s), "TIME",
     "answers under way are waited for when it ends, at most (10s)"},
    {"connections", 0, OPTION_NUMBER, AT(connections), "N",
     "connections at once (10000)"},
    {"threads", 0, OPTION_NUMBER, AT(threads), "N",
     "threads for connections (one a processor)"},
    {"workers", 0, OPTION_NUMBER, AT(workers), "N",
     "long answers made at the same time (2); one more thread takes short ones only"},
    {"memory", 0, OPTION_SIZE, AT(memory), "SIZE",
     "ceiling: a quarter for the database's caches, a half for what answers sort, an "
     "eighth for what is posted (512M)"},
    {NULL},
};

static const struct option_group groups[] = {
    {NULL, own, 0},
    {"Limits", limits, 0},
    {"Database", database_rows, AT(database)},
    {NULL, NULL, 0},
};

static const struct serve_options defaults = {.listen = "127.0.0.1:8053", .drain_s = 10};

const struct command command_serve = {
    .name = "serve",
    .about = "answer over HTTP, in the dialects that clients speak",
    .usage = "[OPTION...]",
    .manual =
	"Clients of DNSDB (versions 1 and 2), CIRCL, D4, Mnemonic and Arkime WISE work "
	"when their server's URL is changed to this one: see docs/api.md, which also has "
	"our own API under /api/v1/ (its description is at /openapi.json).\n\n"
	"Without a file of keys the server listens on loopback addresses only. With one "
	"every request but /healthz, /readyz, /openapi.json and DNSDB's ping needs a "
	"key.\n\n"
	"SIGHUP reads keys and certificates anew and reopens the audit log. SIGTERM ends "
	"it: what is under way is finished. A socket handed over by systemd is used "
	"instead of --listen.",
    .examples =
	"yore serve\n    for tools on this machine\n"
	"DNSDB_SERVER=http://127.0.0.1:8053 DNSDB_API_KEY=- dnsdbq -r example.com\n"
	"    ask it with dnsdbq\n",
    .groups = groups,
    .values = sizeof(struct serve_options),
    .defaults = &defaults,
    .run = run,
};
