/* What a regular expression cannot match without: never more than that. */
#include <stdlib.h>

#include "query/literal.h"
#include "query/pattern.h"
#include "tap.h"

static const struct {
	const char *regex, *literal;
} known[] = {
    {"abc", "abc"},
    {"^WWW[0-9]+\\.example\\.com$", "example"},
    {"ab?cde", "cde"},
    {"abcd*ef", "abc"},
    {"abcd+ef", "abcd"},
    {"abcd{0,2}ef", "abc"},
    {"(abcdef)?gh", "gh"},
    {"(abc|def)gh", "gh"},
    {"abc|def", ""},
    {"(?x)abc # def", ""},
    {"\\Qabc", ""},
    {"\\x41bcd", ""},
    {"\\dabc", "abc"},
    {"[abc]de", "de"},
    {"[]abc]de", "de"},
    {"[[:alpha:]]de", ""},
    {"mail\\-in", "mail-in"},
    {"a.bc", "bc"},
    {"a\\.bc", "bc"},
    {"(a(b)c[)])de", "de"},
    {"(abc", ""},
    {"", ""},
    {"\\", ""},
    {"ab{c", ""},
    {"\\babc\\b", "abc"},
    {"a\\1bcd", ""},
    {"0123456789012345678901234567890123456789012345678901234567890123456789*z",
     "012345678901234567890123456789012345678901234567890123456789012"},
};

static uint64_t state = 3;

static unsigned below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

/* Pieces put together at random: many are no regular expression, most of the rest
   match something over three letters. */
static void make_regex(char *out)
{
	static const char *const pieces[] = {
	    "a",    "b",   "c",	    "ab",    "bca", "-",   "[ab]", "[^c]", "(",
	    ")",    "|",   "*",	    "+",     "?",   ".",   "\\.",  "^",	   "$",
	    "{2}",  "{",   "{0,1}", "(a|b)", "\\w", "\\d", "[]a]", "A",	   "\\-",
	    "(bc)", "(?:", "\\b",   "}",     "[",   "]"};
	unsigned n = 1 + below(7);
	out[0] = '\0';
	while (n-- > 0)
		strcat(out, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
}

static void make_text(char *out)
{
	unsigned n = below(9);
	while (n-- > 0)
		*out++ = "abcabc.-{}"[below(10)];
	*out = '\0';
}

static void test_law(void)
{
	int matched = 0, telling = 0, broken = 0;
	for (int i = 0; i < 30000; i++) {
		char regex[64], text[16];
		struct pattern *p;
		make_regex(regex);
		if (pattern_new(PATTERN_REGEX, regex, NULL, &p) < 0)
			continue;
		const char *literal = pattern_literal(p);
		for (int k = 0; k < 20; k++) {
			make_text(text);
			if (pattern_match(p, BYTES_STR(text)) != 1)
				continue;
			matched++;
			telling += literal[0] != '\0';
			if (strstr(text, literal) == NULL && broken++ < 5)
				printf("# '%s' matches '%s' without '%s'\n", regex, text,
				       literal);
		}
		pattern_free(p);
	}
	ok(matched > 10000 && telling > 1000, "%d matches, %d with a literal", matched,
	   telling);
	is_int(broken, 0, "what matches has the literal in it");
}

/* With and without compiled code. */
static void test_jit(void)
{
	static const char *const regex[] = {"b+c", "(*NO_JIT)b+c"};
	for (int i = 0; i < 2; i++) {
		struct pattern *p;
		if (pattern_new(PATTERN_REGEX, regex[i], NULL, &p) < 0)
			abort();
		ok(pattern_match(p, BYTES_STR("abbcd")) == 1 &&
		       pattern_match(p, BYTES_STR("abbd")) == 0,
		   "%s matches what it should", regex[i]);
		pattern_free(p);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char literal[LITERAL_MAX];
		literal_of_regex(known[i].regex, literal);
		is_str(literal, known[i].literal, known[i].regex);
	}
	test_law();
	test_jit();
	return tap_done();
}
