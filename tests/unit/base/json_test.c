/* JSON out: always valid, whatever octets go in; and files with errors told. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_in.h"
#include "tap.h"

static void test_shapes(void)
{
	struct buf b;
	struct json j;
	buf_init(&b, 4096);
	json_init(&j, &b);
	json_open(&j, '{');
	json_key(&j, "a");
	json_open(&j, '[');
	json_u64(&j, UINT64_MAX);
	json_i64(&j, -1);
	json_bool(&j, true);
	json_none(&j);
	json_open(&j, '{');
	json_close(&j, '}');
	json_open(&j, '[');
	json_close(&j, ']');
	json_close(&j, ']');
	json_key(&j, "b");
	json_str(&j, "x");
	json_key(&j, "c");
	json_raw(&j, BYTES_LIT("{\"d\":1}"));
	json_close(&j, '}');
	is_str(buf_str(&b),
	       "{\"a\":[18446744073709551615,-1,true,null,{},[]],\"b\":\"x\",\"c\":{"
	       "\"d\":1}}",
	       "commas where they belong");
	buf_release(&b);
}

static const struct {
	const char *what;
	struct bytes in;
	const char *out;
} strings[] = {
    {"plain", BYTES_LIT("abc"), "\"abc\""},
    {"quotes and backslashes", BYTES_LIT("\"\\"), "\"\\\"\\\\\""},
    {"control characters", BYTES_LIT("\n\t\r\0\x1b\x7f"),
     "\"\\n\\t\\r\\u0000\\u001b\\u007f\""},
    {"UTF-8 passes", BYTES_LIT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
     "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"a lone octet", BYTES_LIT("\xff"), "\"\\u00ff\""},
    {"cut UTF-8", BYTES_LIT("\xe2\x82"), "\"\\u00e2\\u0082\""},
    {"overlong", BYTES_LIT("\xc0\xaf\xe0\x80\xaf"),
     "\"\\u00c0\\u00af\\u00e0\\u0080\\u00af\""},
    {"a surrogate", BYTES_LIT("\xed\xa0\x80"), "\"\\u00ed\\u00a0\\u0080\""},
    {"beyond Unicode", BYTES_LIT("\xf4\x90\x80\x80"), "\"\\u00f4\\u0090\\u0080\\u0080\""},
};

static void test_strings(void)
{
	struct buf b;
	struct json j;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		buf_clear(&b);
		json_init(&j, &b);
		json_bytes(&j, strings[i].in);
		is_str(buf_str(&b), strings[i].out, strings[i].what);
	}
	int bad = 0;
	srandom(1);
	for (int i = 0; i < 20000; i++) {
		uint8_t octets[12];
		json_t *v = NULL;
		for (size_t k = 0; k < sizeof(octets);
		     k++) /* a NUL cannot be read back */
			octets[k] = (uint8_t)(1 + random() % 255);
		buf_clear(&b);
		json_init(&j, &b);
		json_bytes(&j, BYTES(octets, sizeof(octets)));
		bad += json_in(buf_bytes(&b), 0, NULL, &v) < 0;
		json_decref(v);
	}
	is_int(bad, 0, "any octets make valid JSON");
	buf_release(&b);
}

static void test_files(void)
{
	char folder[] = "/tmp/yore-io-XXXXXX", path[200], deep[300];
	struct fault f = {0};
	struct buf b;
	if (mkdtemp(folder) == NULL)
		return;
	snprintf(path, sizeof(path), "%s/file", folder);
	is_int(io_exists(path), 0, "not there");
	is_int(io_read_file(path, 100, &b, &f), YORE_ENOENT, "cannot be read");
	ok(strstr(f.text, path) != NULL, "says which: %s", f.text);
	is_int(io_replace(path, BYTES_LIT("one"), 0600, &f), 0, "written");
	is_int(io_replace(path, BYTES_LIT("second"), 0600, &f), 0, "and once more");
	is_int(io_read_file(path, 100, &b, &f), 0, "read");
	is_str(buf_str(&b), "second", "the second");
	buf_release(&b);
	struct stat st;
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "with its mode");
	is_int(io_read_file(path, 5, &b, &f), YORE_ELIMIT, "longer than allowed");
	is_int(io_replace("/proc/none", BYTES_LIT("x"), 0600, &f) < 0, 1, "cannot write");
	snprintf(deep, sizeof(deep), "%s/a/b/c", folder);
	is_int(io_mkdirs(deep, 0700, &f), 0, "folders");
	is_int(io_mkdirs(deep, 0700, &f), 0, "that are there already");
	snprintf(deep, sizeof(deep), "%s/file/x", folder);
	ok(io_mkdirs(deep, 0700, &f) < 0, "not below a file: %s", f.text);
	snprintf(deep, sizeof(deep), "%s/a/link", folder);
	if (symlink("/tmp", deep) < 0)
		printf("# no link\n");
	int fd = io_open(path, O_RDONLY, 0, &f);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "closed on exec");
	close(fd);
	is_int(io_remove_tree(folder, &f), 0, "removed");
	ok(io_exists(folder) == 0 && io_exists("/tmp") == 1, "and no link was followed");
	is_int(io_point("nothing"), 0, "a step nobody watches");
}

int main(void)
{
	test_shapes();
	test_strings();
	test_files();
	return tap_done();
}
