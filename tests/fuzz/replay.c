/*
 * Feeds files, or all files of folders, to a fuzz target: a test without an engine.
 * Prints TAP. Each file is also fed cut short at every length below 64.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "base/io.h"
#include "law.h"

#define FILE_MOST (1 << 20)

static unsigned fed;

static int feed_file(const char *path)
{
	struct buf b;
	struct fault f = {0};
	if (io_read_file(path, FILE_MOST, &b, &f) < 0) {
		printf("# %s\n", f.text);
		return -1;
	}
	for (size_t n = 0; n < b.len && n < 64; n++) {
		/* exactly as long on the heap, so that a sanitizer sees one octet more */
		uint8_t *copy = malloc(n ? n : 1);
		memcpy(copy, b.at, n);
		LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	uint8_t *copy = malloc(b.len ? b.len : 1);
	if (b.len)
		memcpy(copy, b.at, b.len);
	LLVMFuzzerTestOneInput(copy, b.len);
	free(copy);
	buf_release(&b);
	fed++;
	return 0;
}

static int feed_folder(const char *path)
{
	DIR *d = opendir(path);
	int r = d ? 0 : -1;
	for (struct dirent *e; d && r == 0 && (e = readdir(d)) != NULL;) {
		char inside[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof(inside), "%s/%s", path, e->d_name);
		r = feed_file(inside);
	}
	if (d)
		closedir(d);
	return r;
}

int main(int argc, char **argv)
{
	int bad = 0;
	for (int i = 1; i < argc; i++) {
		struct stat st;
		unsigned before = fed;
		int r = stat(argv[i], &st);
		if (r == 0)
			r = S_ISDIR(st.st_mode) ? feed_folder(argv[i])
						: feed_file(argv[i]);
		r = r < 0 || fed == before;
		bad += r;
		printf("%sok %d - %u inputs of %s obey the laws\n", r ? "not " : "", i,
		       fed - before,
		       strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
	}
	printf("1..%d\n", argc - 1);
	return bad != 0;
}
