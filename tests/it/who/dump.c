/*
 * Every key and value of every shelf, as they are when nothing compresses them, one
 * behind the other on standard output; with a name of a shelf behind the folder: of that
 * one only. For tests that search a database for what must not be in it.
 */
#include <stdio.h>

#include "store/engine.h"

static const char *only;

static int dump(const char *shelf, void *arg)
{
	struct store *s = arg;
	struct engine *e = store_engine(s);
	struct stretch all = {.lo = BYTES_LIT(""), .whole = true};
	struct shelf_iter *it;
	struct bytes key, value;
	if (only && strcmp(only, shelf) != 0)
		return 0;
	int r = e->ops->iter(e, shelf, &all, NULL, &it);
	if (r < 0)
		return r;
	while ((r = it->ops->next(it, &key, &value)) == 1) {
		fwrite(key.at, 1, key.len, stdout);
		fwrite("\xff|\xff", 1, 3, stdout);
		fwrite(value.at, 1, value.len, stdout);
		fwrite("\xff\n\xff", 1, 3, stdout);
	}
	it->ops->close(it);
	return r;
}

int main(int argc, char **argv)
{
	struct store_options o = {.write = false};
	struct fault f = {0};
	struct store *s;
	if (argc < 2)
		return 2;
	only = argc > 2 ? argv[2] : NULL;
	if (store_open(argv[1], &o, &f, &s) < 0) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	int r = store_shelves(s, dump, s, &f);
	store_close(s);
	return r < 0;
}
