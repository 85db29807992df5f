#include "sensor/follow_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"

#define PATH_MOST 4096
#define NOTE_MOST ((size_t)256 << 20)

void follow_files_release(struct follow_files *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i].path);
	free(l->at);
	free(l->slots);
	*l = (struct follow_files){0};
}

static size_t slot_of(const struct follow_files *l, uint64_t device, uint64_t inode)
{
	size_t i = hash_mix(device, inode) & (l->slot_count - 1);
	while (l->slots[i] != 0 && (l->at[l->slots[i] - 1].inode != inode ||
				    l->at[l->slots[i] - 1].device != device))
		i = (i + 1) & (l->slot_count - 1);
	return i;
}

static int index_again(struct follow_files *l, size_t slots)
{
	uint32_t *fresh = calloc(slots, sizeof(*fresh));
	if (fresh == NULL)
		return YORE_ENOMEM;
	free(l->slots);
	l->slots = fresh;
	l->slot_count = slots;
	for (size_t i = 0; i < l->count; i++)
		l->slots[slot_of(l, l->at[i].device, l->at[i].inode)] = (uint32_t)i + 1;
	return 0;
}

static int make_room(struct follow_files *l)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 256;
		struct follow_file *at = realloc(l->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		l->at = at;
		l->room = room;
	}
	if (l->count * 2 < l->slot_count)
		return 0;
	return index_again(l, l->slot_count ? l->slot_count * 2 : 1024);
}

static int find_or_add(struct follow_files *l, uint64_t device, uint64_t inode,
		       struct follow_file **ret)
{
	int r = make_room(l);
	if (r < 0)
		return r;
	size_t slot = slot_of(l, device, inode);
	if (l->slots[slot] == 0) {
		if (l->count == FOLLOW_FILES_MOST)
			return YORE_ELIMIT;
		l->at[l->count++] = (struct follow_file){
		    .device = device, .inode = inode, .taken_size = -1};
		l->slots[slot] = (uint32_t)l->count;
	}
	*ret = &l->at[l->slots[slot] - 1];
	return 0;
}

static int add_file(struct follow_files *l, const char *path, const struct stat *st)
{
	struct follow_file *x;
	int r = find_or_add(l, st->st_dev, st->st_ino, &x);
	if (r < 0)
		return r;
	if (x->there) /* another name of the same file */
		return 0;
	if (x->path == NULL || strcmp(x->path, path) != 0) {
		free(x->path);
		x->path = strdup(path);
		if (x->path == NULL)
			return YORE_ENOMEM;
	}
	x->there = true;
	x->size = st->st_size;
	x->modified_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	return 0;
}

struct walk {
	struct follow_files *files;
	follow_folder_fn folder;
	void *arg;
	char path[PATH_MOST];
};

static int walk_folder(struct walk *w, size_t len, unsigned depth);

/* One entry of a folder. What vanished meanwhile, or may not be seen, is passed over. */
static int walk_entry(struct walk *w, size_t len, const char *name, unsigned depth)
{
	struct stat st;
	int n = snprintf(w->path + len, sizeof(w->path) - len, "/%s", name);
	if (n < 0 || (size_t)n >= sizeof(w->path) - len || lstat(w->path, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return add_file(w->files, w->path, &st);
	if (S_ISDIR(st.st_mode) && depth < FOLLOW_DEPTH_MOST)
		return walk_folder(w, len + (size_t)n, depth + 1);
	return 0;
}

static int walk_folder(struct walk *w, size_t len, unsigned depth)
{
	DIR *d = opendir(w->path);
	if (d == NULL)
		return 0;
	if (w->folder != NULL)
		w->folder(w->path, w->arg);
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.') {
			r = walk_entry(w, len, e->d_name, depth);
			w->path[len] = '\0';
		}
	closedir(d);
	return r;
}

static int walk_place(struct walk *w, const char *place, struct fault *f)
{
	struct stat st;
	int n = snprintf(w->path, sizeof(w->path), "%s", place);
	if (n <= 0 || (size_t)n >= sizeof(w->path))
		return fault_set(f, YORE_EUSAGE, "a path is too long");
	if (stat(place, &st) < 0)
		return fault_set(f, yore_error_of_errno(errno), "%s: %s", place,
				 strerror(errno));
	if (S_ISREG(st.st_mode))
		return add_file(w->files, place, &st);
	while (n > 1 && w->path[n - 1] == '/')
		w->path[--n] = '\0';
	int r = walk_folder(w, (size_t)n, 0);
	return r == YORE_ELIMIT
		   ? fault_set(f, r, "%s: more than %d files", place, FOLLOW_FILES_MOST)
		   : r;
}

/* What is gone takes its place in the table with it. */
static int forget_gone(struct follow_files *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (l->at[i].there)
			l->at[kept++] = l->at[i];
		else
			free(l->at[i].path);
	}
	if (kept == l->count)
		return 0;
	l->count = kept;
	return index_again(l, l->slot_count);
}

int follow_files_scan(struct follow_files *l, const char *const *places, unsigned count,
		      follow_folder_fn folder, void *arg, struct fault *f)
{
	struct walk w = {.files = l, .folder = folder, .arg = arg};
	int r = 0;
	for (size_t i = 0; i < l->count; i++)
		l->at[i].there = false;
	for (unsigned i = 0; i < count && r == 0; i++)
		r = walk_place(&w, places[i], f);
	if (r == 0)
		r = forget_gone(l);
	if (r < 0 && f->code == 0)
		fault_set(f, r, "looking for files: %s", yore_strerror(r));
	return r;
}

/* ---- the note ---- */

#define NOTE_HEAD "yore follow 1\n"

static void read_line(struct follow_files *l, const char *line)
{
	uint64_t device, inode;
	int64_t size, ns;
	int end = 0;
	struct follow_file *x;
	if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNd64 " %" SCNd64 "%n", &device,
		   &inode, &size, &ns, &end) != 4 ||
	    line[end] != '\0')
		return;
	if (find_or_add(l, device, inode, &x) < 0)
		return;
	x->taken_size = size;
	x->taken_ns = ns;
}

int follow_files_read(struct follow_files *l, const char *path)
{
	struct buf text;
	struct fault ignored = {0};
	buf_init(&text, NOTE_MOST);
	int r = io_read_file(path, NOTE_MOST, &text, &ignored);
	char *at = r < 0 ? NULL : (char *)(uintptr_t)buf_str(&text);
	if (at != NULL && strncmp(at, NOTE_HEAD, strlen(NOTE_HEAD)) == 0) {
		at += strlen(NOTE_HEAD);
		for (char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
			*end = '\0';
			read_line(l, at);
		}
	}
	buf_release(&text);
	return r;
}

int follow_files_write(const struct follow_files *l, const char *path, struct fault *f)
{
	struct buf text;
	buf_init(&text, NOTE_MOST);
	buf_puts(&text, NOTE_HEAD);
	for (size_t i = 0; i < l->count; i++) {
		const struct follow_file *x = &l->at[i];
		if (x->taken_size >= 0)
			buf_printf(&text,
				   "%" PRIx64 " %" PRIx64 " %" PRId64 " %" PRId64 "\n",
				   x->device, x->inode, x->taken_size, x->taken_ns);
	}
	int r = text.err ? text.err : io_replace(path, buf_bytes(&text), 0640, f);
	buf_release(&text);
	return r;
}
