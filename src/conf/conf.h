/*
 * Configuration: INI files through inih, then the environment, then flags; what comes
 * later wins. Every value knows where it stands, so that every complaint can say it.
 *
 * Files, in order: /etc/yore/yore.conf and /etc/yore/yore.conf.d/?*.conf (by name), then
 * $XDG_CONFIG_HOME/yore (~/.config/yore) the same way; with $YORE_CONF or a path given,
 * that file alone. Environment: YORE_SECTION_KEY in capitals, all else as '_', so that
 * [provider circl] key-file is YORE_PROVIDER_CIRCL_KEY_FILE. Flags: conf_set.
 *
 * Syntax: [section], `key = value` or `key: value`, comments in lines of their own with
 * # or ;, a value goes on in lines that begin with a blank (joined by one blank). No
 * line may be longer than inih takes (197 octets here).
 *
 * Secrets. A key stands in the file itself, in a file of its own (`key-file = PATH`),
 * or is handed over by systemd: a file in $CREDENTIALS_DIRECTORY, named by
 * `key-file = credential:NAME`. A file with a secret that others can read, or that
 * belongs to somebody else, is refused.
 */
#ifndef YORE_CONF_CONF_H
#define YORE_CONF_CONF_H

#include "base/buf.h"

struct conf;

struct conf_entry {
	const char *section, *key, *value;
	const char *file; /* path, "$NAME" or "--set" */
	unsigned line;	  /* 0: no line */
	bool exposed;	  /* others could read (or replace) the file it stands in */
	bool again;	  /* the same file had this key in this section before */
};

int conf_new(struct conf **ret) YORE_MUST_CHECK;
void conf_free(struct conf *c);

enum {
	CONF_BARE =
	    1, /* a line of one bare word means `word = true` (pdnstool's files) */
};
/* One file. ENOENT, EACCESS, EMALFORMED with file:line. */
int conf_read(struct conf *c, const char *path, unsigned flags,
	      struct fault *f) YORE_MUST_CHECK;
/* The same from text; label stands for the path. Never exposed. */
int conf_read_text(struct conf *c, const char *label, struct bytes text, unsigned flags,
		   struct fault *f) YORE_MUST_CHECK;
/* The usual places, as above; that there are no files is no error. */
int conf_load(struct conf *c, const char *path, struct fault *f) YORE_MUST_CHECK;
/* "section.key=value", as --set takes it; the last dot before '=' parts the two. */
int conf_set(struct conf *c, const char *text, struct fault *f) YORE_MUST_CHECK;

/* What holds, or NULL. Borrowed until conf_free. */
const struct conf_entry *conf_find(struct conf *c, const char *section, const char *key);
const char *conf_get(struct conf *c, const char *section, const char *key);

/* With a complaint that names the place: 1 there, 0 absent, EMALFORMED. */
int conf_bool(struct conf *c, const char *section, const char *key, bool *ret,
	      struct fault *f) YORE_MUST_CHECK; /* yes no true false on off 1 0 */
int conf_number(struct conf *c, const char *section, const char *key, uint64_t most,
		uint64_t *ret, struct fault *f) YORE_MUST_CHECK;
int conf_span(struct conf *c, const char *section, const char *key, int64_t *ret_s,
	      struct fault *f) YORE_MUST_CHECK;
/* A path: "~/" is the home folder. Appends. */
int conf_path(struct conf *c, const char *section, const char *key, struct buf *ret,
	      struct fault *f) YORE_MUST_CHECK;
/* Words parted by blanks or commas, one call each until it returns negative. */
int conf_words(struct conf *c, const char *section, const char *key,
	       int (*each)(const char *word, void *arg), void *arg);

/*
 * A secret by its key ("key"), or from the file that KEY-file names. 1 there (appended,
 * without a final line end), 0 absent, EACCESS refused, others.
 */
int conf_secret(struct conf *c, const char *section, const char *key, struct buf *ret,
		struct fault *f) YORE_MUST_CHECK;

/* Section names that begin with prefix, each once, in the order of their appearance. */
size_t conf_sections(struct conf *c, const char *prefix,
		     void (*each)(const char *section, void *arg), void *arg);
/* Every entry of the files, in the order read. */
void conf_each(struct conf *c, void (*each)(const struct conf_entry *e, void *arg),
	       void *arg);

/* $XDG_CONFIG_HOME/yore and so on: which is "CONFIG", "STATE", "CACHE", "DATA". Appends
 * the folder and, with a leading slash, name. */
int conf_place(const char *which, const char *name, struct buf *ret) YORE_MUST_CHECK;

#endif
