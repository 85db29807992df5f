/* Values as numbers, paths, words and secrets. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "conf/conf.h"

#define SECRET_MAX 8192

static int wrong(const struct conf_entry *e, int code, const char *wants, struct fault *f)
{
	if (e->line)
		return fault_set(f, code, "%s:%u: [%s] %s: %s", e->file, e->line,
				 e->section, e->key, wants);
	return fault_set(f, code, "%s: [%s] %s: %s", e->file, e->section, e->key, wants);
}

int conf_bool(struct conf *c, const char *section, const char *key, bool *ret,
	      struct fault *f)
{
	static const char *const words[] = {"no",  "yes", "false", "true",
					    "off", "on",  "0",	   "1"};
	const struct conf_entry *e = conf_find(c, section, key);
	if (e == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(e->value, words[i]) == 0) {
			*ret = i % 2;
			return 1;
		}
	}
	return wrong(e, YORE_EMALFORMED, "wants yes or no", f);
}

int conf_number(struct conf *c, const char *section, const char *key, uint64_t most,
		uint64_t *ret, struct fault *f)
{
	const struct conf_entry *e = conf_find(c, section, key);
	char text[64];
	if (e == NULL)
		return 0;
	snprintf(text, sizeof(text), "wants a number, at most %llu",
		 (unsigned long long)most);
	return num_u64(e->value, most, ret) == 0 ? 1 : wrong(e, YORE_EMALFORMED, text, f);
}

int conf_span(struct conf *c, const char *section, const char *key, int64_t *ret_s,
	      struct fault *f)
{
	const struct conf_entry *e = conf_find(c, section, key);
	if (e == NULL)
		return 0;
	if (num_span(e->value, ret_s) == 0)
		return 1;
	return wrong(e, YORE_EMALFORMED, "wants a time such as 30s, 2h, 7d", f);
}

static int put_path(const struct conf_entry *e, struct buf *ret, struct fault *f)
{
	const char *v = e->value, *home = getenv("HOME");
	if (strncmp(v, "~/", 2) == 0) {
		if (home == NULL)
			return wrong(e, YORE_ENOENT, "there is no $HOME", f);
		buf_puts(ret, home);
		v++;
	} else if (*v != '/') {
		return wrong(e, YORE_EMALFORMED, "wants a whole path, / or ~/ first", f);
	}
	buf_puts(ret, v);
	return ret->err ? ret->err : 1;
}

int conf_path(struct conf *c, const char *section, const char *key, struct buf *ret,
	      struct fault *f)
{
	const struct conf_entry *e = conf_find(c, section, key);
	return e ? put_path(e, ret, f) : 0;
}

int conf_words(struct conf *c, const char *section, const char *key,
	       int (*each)(const char *word, void *arg), void *arg)
{
	const char *at = conf_get(c, section, key);
	int r = 0;
	while (at && r >= 0) {
		char word[512];
		at += strspn(at, " \t,");
		size_t n = strcspn(at, " \t,");
		if (n == 0)
			break;
		if (n < sizeof(word)) {
			memcpy(word, at, n);
			word[n] = '\0';
			r = each(word, arg);
		} else {
			r = YORE_ELIMIT;
		}
		at += n;
	}
	return r < 0 ? r : 0;
}

/* A file of its own: nobody else may read it, unless systemd put it there for us. */
static int judge_file(const struct conf_entry *e, const char *path, struct fault *f)
{
	struct stat st;
	char text[300];
	if (stat(path, &st) < 0)
		return wrong(e, YORE_ENOENT, "the file cannot be found", f);
	if ((st.st_mode & 077) == 0 && (st.st_uid == geteuid() || st.st_uid == 0))
		return 0;
	snprintf(text, sizeof(text),
		 "%.150s can be read by others; refused. Do: chmod 600 %.60s", path,
		 path);
	return wrong(e, YORE_EACCESS, text, f);
}

static int secret_path(const struct conf_entry *e, struct buf *path, struct fault *f)
{
	static const char mark[] = "credential:";
	if (strncmp(e->value, mark, sizeof(mark) - 1) != 0) {
		int r = put_path(e, path, f);
		return r < 0 ? r : judge_file(e, buf_str(path), f);
	}
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	const char *name = e->value + sizeof(mark) - 1;
	if (dir == NULL)
		return wrong(e, YORE_ENOENT,
			     "there is no $CREDENTIALS_DIRECTORY (LoadCredential=)", f);
	if (*name == '\0' || strchr(name, '/'))
		return wrong(e, YORE_EMALFORMED, "not the name of a credential", f);
	buf_printf(path, "%s/%s", dir, name);
	return path->err;
}

static int from_file(const struct conf_entry *e, struct buf *ret, struct fault *f)
{
	struct buf path, text;
	buf_init(&path, 4096);
	buf_init(&text, SECRET_MAX);
	int r = secret_path(e, &path, f);
	if (r == 0)
		r = io_read_file(buf_str(&path), SECRET_MAX, &text, f);
	if (r == 0) {
		size_t n = text.len;
		while (n && (text.at[n - 1] == '\n' || text.at[n - 1] == '\r'))
			n--;
		if (n == 0 || memchr(text.at, '\n', n) || memchr(text.at, '\0', n))
			r = wrong(e, YORE_EMALFORMED, "wants one line in the file", f);
		else
			buf_put(ret, text.at, n);
	}
	if (text.at)
		explicit_bzero(text.at, text.len);
	buf_release(&text);
	buf_release(&path);
	return r < 0 ? r : ret->err ? ret->err : 1;
}

int conf_secret(struct conf *c, const char *section, const char *key, struct buf *ret,
		struct fault *f)
{
	char file_key[128];
	const struct conf_entry *e = conf_find(c, section, key);
	snprintf(file_key, sizeof(file_key), "%s-file", key);
	if (e == NULL || *e->value == '\0') {
		e = conf_find(c, section, file_key);
		return e && *e->value ? from_file(e, ret, f) : 0;
	}
	if (e->exposed)
		return wrong(e, YORE_EACCESS,
			     "the file with this key can be read by others; refused. "
			     "chmod 600 it",
			     f);
	buf_puts(ret, e->value);
	return ret->err ? ret->err : 1;
}
