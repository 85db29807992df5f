#include "base/json_in.h"
#include "tap.h"

static int code_of(const char *text, struct fault *f)
{
	json_t *v = NULL;
	int r = json_in(BYTES_STR(text), 100, f, &v);
	json_decref(v);
	return r;
}

static void test_strict(void)
{
	static const struct {
		const char *what, *text;
		int code;
	} rows[] = {
	    {"an object", "{\"a\": [1, 2, {\"b\": null}]}", 0},
	    {"a bare value", "3", 0},
	    {"the same key twice", "{\"a\":1,\"a\":2}", YORE_EMALFORMED},
	    {"something behind the value", "{} {}", YORE_EMALFORMED},
	    {"cut short", "{\"a\":", YORE_EMALFORMED},
	    {"nothing", "", YORE_EMALFORMED},
	    {"NUL in a string", "\"a\\u0000b\"", YORE_EMALFORMED},
	    {"a number too large", "123456789012345678901234567890", YORE_EMALFORMED},
	    {"broken UTF-8", "\"\xff\"", YORE_EMALFORMED},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(code_of(rows[i].text, NULL), rows[i].code, rows[i].what);
}

static void test_fault(void)
{
	struct fault f = {0};
	is_int(code_of("{\"a\": 1,\n \"b\": x}", &f), YORE_EMALFORMED, "second line");
	ok(strstr(f.text, "line 2, column 7") != NULL, "the fault says where: %s",
	   f.text);
	char big[102];
	memset(big, ' ', sizeof(big));
	big[0] = '1';
	big[101] = '\0';
	is_int(code_of(big, &f), YORE_ELIMIT, "over the ceiling");
}

static void test_deep(void)
{
	static char deep[100000];
	memset(deep, '[', sizeof(deep));
	json_t *v;
	is_int(json_in(BYTES(deep, sizeof(deep)), 0, NULL, &v), YORE_EMALFORMED,
	       "a hundred thousand levels");
}

static void test_numbers(void)
{
	json_t *o = NULL;
	int64_t v = 7;
	const char *text = "{\"i\":12,\"s\":\"-34\",\"f\":56.9,\"n\":null,\"b\":true,"
			   "\"e\":\"1x\",\"h\":\"99999999999999999999\",\"w\":\" 1\"}";
	if (json_in(BYTES_STR(text), 0, NULL, &o) < 0)
		ok(false, "parses");
	is_int(json_in_i64_of(o, "i", &v), 1, "an integer");
	is_int(v, 12, "its value");
	is_int(json_in_i64_of(o, "s", &v), 1, "a quoted number");
	is_int(v, -34, "its value");
	is_int(json_in_i64_of(o, "f", &v), 1, "a real");
	is_int(v, 56, "its whole part");
	is_int(json_in_i64_of(o, "n", &v), 0, "null is absent");
	is_int(json_in_i64_of(o, "none", &v), 0, "absent");
	is_int(json_in_i64_of(o, "b", &v), YORE_EMALFORMED, "a boolean is no number");
	is_int(json_in_i64_of(o, "e", &v), YORE_EMALFORMED, "letters behind digits");
	is_int(json_in_i64_of(o, "h", &v), YORE_EMALFORMED, "out of range");
	is_int(json_in_i64_of(o, "w", &v), YORE_EMALFORMED, "a blank in front");
	is_int(v, 56, "failures leave the output");
	ok(json_in_str(o, "s") && !json_in_str(o, "i"), "strings only");
	json_decref(o);
}

int main(void)
{
	test_strict();
	test_fault();
	test_deep();
	test_numbers();
	return tap_done();
}
