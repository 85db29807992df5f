#include "conf/rule.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

static char folder[100];
static struct conf *c;

static const char *file(const char *name, const char *content, mode_t mode)
{
	static char path[200];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (io_replace(path, BYTES_STR(content), mode, NULL) < 0)
		ok(false, "%s is written", path);
	chmod(path, mode);
	return path;
}

static void fresh(void)
{
	conf_free(c);
	if (conf_new(&c) < 0)
		ok(false, "made");
}

static void test_reading(void)
{
	struct fault f = {0};
	fresh();
	const char *p = file("a.conf",
			     "# comment\n[provider circl]\nuser = me\n"
			     "url: https://x.example/q\n[local]\nnever-send = a.example\n"
			     "   b.example,\n\tc.example\nempty =\n",
			     0600);
	is_int(conf_read(c, p, 0, &f), 0, "reads");
	is_str(conf_get(c, "provider circl", "user"), "me", "a value");
	is_str(conf_get(c, "provider circl", "url"), "https://x.example/q",
	       "with a colon");
	is_str(conf_get(c, "local", "never-send"), "a.example b.example, c.example",
	       "over several lines");
	is_str(conf_get(c, "local", "empty"), "", "empty");
	ok(conf_get(c, "local", "user") == NULL, "absent");
	const struct conf_entry *e = conf_find(c, "local", "never-send");
	is_int(e->line, 6, "knows its line");
	is_int(conf_read(c, "/nonexistent/x", 0, &f), YORE_ENOENT, "no file");
}

static void test_wrong(void)
{
	struct fault f = {0};
	fresh();
	is_int(conf_read(c, file("b.conf", "[a]\nx = 1\nnonsense\n", 0600), 0, &f),
	       YORE_EMALFORMED, "a bare word");
	ok(strstr(f.text, "b.conf:3:") != NULL, "names the line: %s", f.text);
	is_int(
	    conf_read(c, file("b.conf", "[a]\nnonsense\nx = 1\n", 0600), CONF_BARE, &f),
	    0, "unless they are allowed");
	is_str(conf_get(c, "a", "nonsense"), "true", "then it is true");
	char text[400] = "[a]\nkey = ";
	memset(text + strlen(text), 'x', 300);
	is_int(conf_read(c, file("b.conf", text, 0600), 0, &f), YORE_ELIMIT,
	       "a long line");
	ok(strstr(f.text, "b.conf:2:") != NULL, "names it: %s", f.text);
	is_int(conf_set(c, "nodot=1", &f), YORE_EUSAGE, "a flag without a section");
}

static void test_order(void)
{
	struct fault f = {0};
	char path[200];
	fresh();
	snprintf(path, sizeof(path), "%s/yore", folder);
	mkdir(path, 0700);
	strcat(path, "/yore.conf.d");
	mkdir(path, 0700);
	file("yore/yore.conf", "[local]\nlog = 1\ntlp = 1\ncache = 1\nx = 1\n", 0600);
	file("yore/yore.conf.d/b.conf", "[local]\nlog = 3\n", 0600);
	file("yore/yore.conf.d/a.conf", "[local]\nlog = 2\ntlp = 2\n", 0600);
	file("yore/yore.conf.d/.hidden.conf", "[local]\nlog = 9\n", 0600);
	file("yore/yore.conf.d/note.txt", "[local]\nlog = 9\n", 0600);
	setenv("XDG_CONFIG_HOME", folder, 1);
	unsetenv("YORE_CONF");
	is_int(conf_load(c, NULL, &f), 0, "the usual places");
	is_str(conf_get(c, "local", "log"), "3", "the last drop-in");
	is_str(conf_get(c, "local", "tlp"), "2", "the one before");
	is_str(conf_get(c, "local", "cache"), "1", "the file");
	setenv("YORE_LOCAL_CACHE", "4", 1);
	is_str(conf_get(c, "local", "cache"), "4", "the environment wins");
	is_str(conf_find(c, "local", "cache")->file, "$YORE_LOCAL_CACHE", "and is named");
	is_int(conf_set(c, "local.cache=5", &f), 0, "a flag");
	is_str(conf_get(c, "local", "cache"), "5", "wins over it");
	unsetenv("YORE_LOCAL_CACHE");
}

static int secret(const char *section, struct buf *b, struct fault *f)
{
	buf_clear(b);
	return conf_secret(c, section, "key", b, f);
}

static void test_secrets(void)
{
	struct fault f = {0};
	struct buf b;
	char text[800], key[200], open[200];
	buf_init(&b, 1000);
	snprintf(key, sizeof(key), "%s", file("key", "abc\n", 0600));
	snprintf(open, sizeof(open), "%s", file("open", "abc\n", 0644));
	snprintf(text, sizeof(text),
		 "[a]\nkey = inside\n[b]\nkey-file = %s\n[c]\nkey-file = %s\n"
		 "[d]\nkey-file = credential:yore-d\n[e]\nkey-file = relative\n",
		 key, open);
	fresh();
	is_int(conf_read(c, file("s.conf", text, 0600), 0, &f), 0, "reads");
	is_int(secret("a", &b, &f), 1, "in the file itself");
	is_str(buf_str(&b), "inside", "its value");
	is_int(secret("b", &b, &f), 1, "in a file of its own");
	is_str(buf_str(&b), "abc", "without the line end");
	is_int(secret("c", &b, &f), YORE_EACCESS, "one that others can read");
	ok(strstr(f.text, "s.conf:6:") && strstr(f.text, "chmod 600"), "said: %s",
	   f.text);
	unsetenv("CREDENTIALS_DIRECTORY");
	is_int(secret("d", &b, &f), YORE_ENOENT, "no credentials");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	file("yore-d", "cred", 0440);
	is_int(secret("d", &b, &f), 1, "handed over by systemd");
	is_str(buf_str(&b), "cred", "its value");
	is_int(secret("e", &b, &f), YORE_EMALFORMED, "a relative path");
	is_int(secret("z", &b, &f), 0, "absent");
	fresh();
	is_int(conf_read(c, file("s.conf", text, 0640), 0, &f), 0, "a readable file");
	is_int(secret("a", &b, &f), YORE_EACCESS, "its keys are refused");
	is_int(secret("b", &b, &f), 1, "those in files of their own are not");
	buf_release(&b);
}

static const struct conf_rule rules[] = {
    {"local", "log", CONF_PATH, NULL, "/var/log/x", "where the log goes"},
    {"local", "age", CONF_SPAN, NULL, "7d", "two\nlines"},
    {"local", "live", CONF_BOOL, NULL, "no", NULL},
    {"local", "tlp", CONF_CHOICE, "clear|green", "clear", NULL},
    {"provider *", "key", CONF_SECRET, NULL, "", "the key"},
    {NULL},
};

static char said[4000];
static void hear(const char *line, void *arg)
{
	const char *at = strstr(line, "c.conf:");
	size_t n = strlen(said);
	snprintf(said + n, sizeof(said) - n, "%s\n", at ? at : line);
}

static void test_check(void)
{
	const struct conf_rule *const tables[] = {rules, NULL};
	struct fault f = {0};
	fresh();
	is_int(conf_read(c,
			 file("c.conf",
			      "[local]\nlog = x\nage = soon\nlive = maybe\ntlp = blue\n"
			      "typo = 1\ntlp = green\n[provider x]\nkey-file = k\n"
			      "[other]\na = 1\n[provider y]\nkey = 1\n",
			      0644),
			 0, &f),
	       0, "reads");
	is_int(conf_check(c, tables, hear, NULL), 9, "all that is wrong");
	is_str(said,
	       "c.conf:2: [local] log: wants a whole path, / or ~/ first\n"
	       "c.conf:3: [local] age: wants a time such as 30s, 2h, 7d\n"
	       "c.conf:4: [local] live: wants yes or no\n"
	       "c.conf:5: [local] tlp: wants one of clear|green\n"
	       "c.conf:6: [local] typo: there is no such key\n"
	       "c.conf:7: [local] tlp: stands twice in this file; the last one holds\n"
	       "c.conf:9: [provider x] key-file: wants a whole path, / or ~/ first\n"
	       "c.conf:11: [other] a: no such section\n"
	       "c.conf:13: [provider y] key: others can read this file; chmod 600 it\n",
	       "with file and line");
}

int main(void)
{
	strcpy(folder, "/tmp/yore-conf-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	test_reading();
	test_wrong();
	test_order();
	test_secrets();
	test_check();
	conf_free(c);
	if (io_remove_tree(folder, NULL) < 0)
		ok(false, "removed");
	return tap_done();
}
