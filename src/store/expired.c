#include "store/expired.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "dns/type.h"
#include "store/heading.h"
#include "store/shelf.h"

#define LIST_MAX (1u << 20)
#define PATH_ROOM 4400
#define HEADING "expired"
#define VERSION 1

static void put_line(struct buf *out, const struct expiring *x)
{
	char type[TYPE_TEXT_MAX] = "-";
	if (x->type)
		type_text(x->type, type);
	buf_printf(out, "before %" PRId64 " %s %s %s\n", x->before_s, type,
		   x->source == SOURCE_NONE ? "-" : source_name(x->source),
		   x->shelf[0] ? x->shelf : "-");
}

static bool read_line(struct bytes line, struct expiring *ret)
{
	char text[300], type[40], source[80], shelf[SHELF_MAX];
	if (line.len >= sizeof(text))
		return false;
	memcpy(text, line.at, line.len);
	text[line.len] = 0;
	*ret = (struct expiring){.source = SOURCE_NONE};
	if (sscanf(text, "before %" SCNd64 " %39s %79s %31s", &ret->before_s, type,
		   source, shelf) != 4)
		return false;
	if (strcmp(shelf, "-") != 0)
		memcpy(ret->shelf, shelf, sizeof(ret->shelf));
	return (strcmp(type, "-") == 0 || type_of_text(type, &ret->type) == 0) &&
	       (strcmp(source, "-") == 0 || source_of_name(source, &ret->source) == 0);
}

static int each_line(struct bytes text, expired_fn each, void *arg)
{
	int r = 0;
	while (text.len && r == 0) {
		struct expiring x;
		if (read_line(bytes_line(&text), &x)) /* or the heading */
			r = each(&x, arg);
	}
	return r;
}

/* What cannot be read may be why something is not there: a list with it says nothing. */
static int check_lines(const char *path, struct bytes text, size_t at, struct fault *f)
{
	struct expiring x;
	if (text.len == 0 || text.at[text.len - 1] != '\n')
		return fault_set(f, YORE_ECORRUPT,
				 "%s is %s; restore it from a backup (what expired is "
				 "not known without it)",
				 path, text.len ? "cut" : "empty");
	text = BYTES(text.at + at, text.len - at);
	while (text.len) {
		struct bytes line = bytes_line(&text);
		if (line.len && !read_line(line, &x))
			return fault_set(f, YORE_ECORRUPT,
					 "%s is damaged: a line is not 'before SECONDS "
					 "TYPE SOURCE SHELF'; restore it from a backup",
					 path);
	}
	return 0;
}

/* What a newer program wrote may hold what is not understood here. */
static int check_list(const char *path, struct bytes text, struct fault *f)
{
	int r = heading_read(text, HEADING, VERSION);
	if (r == YORE_EVERSION)
		return fault_set(f, r,
				 "%s: a newer program wrote this list of what expired; "
				 "use that program",
				 path);
	if (r < 0)
		return fault_set(f, YORE_ECORRUPT,
				 "%s: its first line is not 'yore " HEADING " %d'", path,
				 VERSION);
	return check_lines(path, text, (size_t)r, f);
}

/* 0: an empty text where there is no list. */
static int read_list(const char *folder, char path[PATH_ROOM], struct buf *ret,
		     struct fault *f)
{
	snprintf(path, PATH_ROOM, "%s/expired", folder);
	if (!io_exists(path)) {
		buf_init(ret, LIST_MAX);
		return 0;
	}
	int r = io_read_file(path, LIST_MAX, ret, f);
	if (r == 0 && (r = check_list(path, buf_bytes(ret), f)) < 0)
		buf_release(ret);
	return r;
}

struct noting {
	struct buf out;
	struct expiring now;
};

static int keep_other(const struct expiring *x, void *arg)
{
	struct noting *n = arg;
	if (x->type != n->now.type || x->source != n->now.source ||
	    strcmp(x->shelf, n->now.shelf) != 0)
		put_line(&n->out, x);
	else if (x->before_s > n->now.before_s)
		n->now.before_s = x->before_s;
	return 0;
}

int expired_note(const char *folder, const struct expiring *x, struct buf *old,
		 struct fault *f)
{
	char path[PATH_ROOM];
	struct noting n = {.now = *x};
	int r = read_list(folder, path, old, f);
	if (r < 0)
		return r;
	buf_init(&n.out, LIST_MAX);
	heading_put(&n.out, HEADING, VERSION);
	each_line(buf_bytes(old), keep_other, &n);
	put_line(&n.out, &n.now);
	r = n.out.err ? fault_set(f, n.out.err, "%s: too long", path)
		      : io_replace(path, buf_bytes(&n.out), 0600, f);
	buf_release(&n.out);
	if (r < 0)
		buf_release(old);
	return r;
}

int expired_take_back(const char *folder, struct bytes old, struct fault *f)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof(path), "%s/expired", folder);
	if (old.len)
		return io_replace(path, old, 0600, f);
	return unlink(path) == 0 || errno == ENOENT
		   ? 0
		   : fault_set(f, yore_error_of_errno(errno), "cannot remove %s: %s",
			       path, strerror(errno));
}

int expired_check(const char *folder, struct fault *f)
{
	char path[PATH_ROOM];
	struct buf text;
	int r = read_list(folder, path, &text, f);
	if (r == 0)
		buf_release(&text);
	return r;
}

int store_expired(struct store *s, expired_fn each, void *arg, struct fault *f)
{
	const char *folder = store_folder(s);
	char path[PATH_ROOM];
	struct buf text;
	int r = folder ? read_list(folder, path, &text, f) : 0;
	if (folder == NULL || r < 0)
		return r;
	r = each_line(buf_bytes(&text), each, arg);
	buf_release(&text);
	return r;
}

/* ---- of two histories ---- */

struct uniting {
	const char *into;
	struct fault *fault;
};

static int note_here(const struct expiring *x, void *arg)
{
	const struct uniting *u = arg;
	struct buf old;
	if (x->shelf[0] && !shelf_is_history(x->shelf))
		return 0;
	int r = expired_note(u->into, x, &old, u->fault);
	if (r == 0)
		buf_release(&old);
	return r;
}

int expired_unite(const char *into, const char *from, struct fault *f)
{
	struct uniting u = {into, f};
	char path[PATH_ROOM];
	struct buf text;
	int r = read_list(from, path, &text, f);
	if (r < 0)
		return r;
	r = each_line(buf_bytes(&text), note_here, &u);
	buf_release(&text);
	return r;
}
