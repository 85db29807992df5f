#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/term.h"
#include "remote/replies.h"
#include "store/erased.h"

#define REPLY_MAX (80u << 20)
#define WORD_MAX 300
#define DEPTH 3 /* FOLDER/PROVIDER/KK/FILE */

struct erasing {
	const struct erased *list;
	struct fault *fault;
	struct buf text;
	int64_t removed;
};

/* What a name or an address may be written with; others part words. */
static bool in_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       c == '.' || c == '-' || c == '_' || c == ':' || c == '*' || c >= 0x80;
}

/* U-labels, which are A-labels on the list. */
static bool is_international(const struct erased *list, const char *text)
{
	const char *c = text;
	struct term t;
	while (*c > 0)
		c++;
	if (*c == 0 || term_parse(text, NULL, &t) < 0)
		return false;
	bool found = t.kind == TERM_NAME && erased_has_name(list, name_bytes(&t.name));
	term_release(&t);
	return found;
}

static bool is_erased(const struct erased *list, struct bytes word)
{
	char text[WORD_MAX + 1];
	struct addr a;
	struct name n;
	while (word.len && (word.at[word.len - 1] == '.' || word.at[word.len - 1] == ':'))
		word.len--;
	if (word.len == 0 || word.len > WORD_MAX)
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = 0;
	if (addr_parse(text, &a) == 0)
		return erased_has_addr(list, &a);
	if (name_of_text(text, &n) == 0 && erased_has_name(list, name_bytes(&n)))
		return true;
	if (is_international(list, text))
		return true;
	/* a port, or what a URL begins with */
	const uint8_t *colon = memchr(word.at, ':', word.len);
	return colon && is_erased(list, BYTES(word.at, (size_t)(colon - word.at)));
}

static bool mentions(const struct erased *list, struct bytes text)
{
	for (size_t at = 0; at < text.len;) {
		size_t n = 0;
		while (at + n < text.len && in_word(text.at[at + n]))
			n++;
		if (n && is_erased(list, BYTES(text.at + at, n)))
			return true;
		at += n + 1;
	}
	return false;
}

static int one_file(struct erasing *x, const char *path)
{
	size_t n = strlen(path);
	if (n < 3 || strcmp(path + n - 3, ".gz") != 0)
		return 0;
	bool readable = replies_text(path, &x->text) == 0;
	if (readable && !mentions(x->list, buf_bytes(&x->text)))
		return 0;
	if (unlink(path) < 0)
		return fault_set(x->fault, yore_error_of_errno(errno),
				 "cannot remove %s: %s", path, strerror(errno));
	x->removed++;
	return 0;
}

static int one_folder(struct erasing *x, const char *folder, int depth)
{
	char path[4096];
	struct stat st;
	struct dirent *e;
	int r = 0;
	DIR *d = opendir(folder);
	if (d == NULL)
		return errno == ENOENT
			   ? 0
			   : fault_set(x->fault, yore_error_of_errno(errno),
				       "cannot read %s: %s", folder, strerror(errno));
	while (r == 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		int len = snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (len >= (int)sizeof(path) || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 1)
			r = one_folder(x, path, depth - 1);
		else if (S_ISREG(st.st_mode))
			r = one_file(x, path);
	}
	closedir(d);
	return r;
}

int64_t replies_erase(const char *folder, const struct erased *list, struct fault *f)
{
	struct erasing x = {.list = list, .fault = f};
	buf_init(&x.text, REPLY_MAX);
	int r = one_folder(&x, folder, DEPTH);
	buf_release(&x.text);
	return r < 0 ? r : x.removed;
}
