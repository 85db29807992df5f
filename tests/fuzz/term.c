/* The term language, and text made plain before it. */
#include "query/refang.h"
#include "query/term.h"

#include "law.h"

/* Wildcards, marks of defanging, URLs and patterns are the language's own. */
static bool is_ours(const char *s)
{
	return strpbrk(s, "*?[]{}") || strstr(s, "://") || strstr(s, ":\\\\") ||
	       *s == '/' || strncmp(s, "raw:", 4) == 0;
}

/* As the program itself writes a name it asks for that name, or for its zone. */
static void check_round(const struct name *n)
{
	char text[NAME_TEXT_MAX + 2] = "*.";
	struct fault f = {0};
	struct term t;
	size_t len = name_text(name_bytes(n), text + 2);
	if (is_ours(text + 2) || n->len == 1)
		return;
	for (int zone = 0; zone < 2; zone++) {
		const char *s = text + (zone ? 0 : 2);
		LAW(term_parse(s, &f, &t) == 0, "%s is refused: %s", s, f.text);
		LAW(t.kind == (zone ? TERM_ZONE : TERM_NAME) &&
			bytes_equal(name_bytes(&t.name), name_bytes(n)),
		    "%s means something else", s);
		term_release(&t);
	}
	/* without its final dot it may look like an address, a URL, or defanged */
	text[len + 1] = '\0';
	if ((strpbrk(text + 2, "/#:") && !refang_is_name(text + 2)) ||
	    strstr(text, "\\.") || term_parse(text + 2, &f, &t) < 0)
		return;
	LAW(t.kind == TERM_ADDR || bytes_equal(name_bytes(&t.name), name_bytes(n)),
	    "%s means something else", text + 2);
	term_release(&t);
}

static void check_term(const char *text)
{
	struct term t;
	struct fault f = {0};
	struct buf b;
	int r = term_parse(text, &f, &t);
	if (r < 0) {
		LAW(f.code == r && f.text[0], "a line says why");
		return;
	}
	buf_init(&b, 1 << 16);
	term_put(&b, &t);
	LAW(b.len > 0, "a term can be told");
	switch (t.kind) {
	case TERM_NAME:
	case TERM_ZONE:
	case TERM_STEM:
		LAW(name_wire_valid(name_bytes(&t.name)), "a name");
		if (t.kind != TERM_NAME)
			break;
		LAW(term_wants_owner(&t, name_bytes(&t.name)) == 1, "it wants itself");
		check_round(&t.name);
		break;
	case TERM_ADDR:
		LAW(addr_compare(&t.range.lo, &t.range.hi) <= 0, "a range");
		break;
	default:
		(void)term_wants_owner(&t, BYTES_LIT("\3www\7example\3com\0"));
		(void)term_wants_rdata(&t, 16, BYTES_LIT("\4text"));
	}
	buf_release(&b);
	term_release(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	char *text = feed_text(&f);
	struct buf out;
	buf_init(&out, 1 << 18);
	int r = refang(text, &out);
	if (r >= 0) {
		LAW(out.len <= strlen(text), "made plain it is not longer");
		LAW(r == 1 || strspn(text, " \t\n\v\f\r") + out.len <= strlen(text),
		    "plain");
	}
	buf_release(&out);
	check_term(text);
	struct name n;
	if (name_of_text(text, &n) == 0)
		check_round(&n);
	if (name_of_wire(BYTES(data, size), &n) == 0)
		check_round(&n);
	free(text);
	return 0;
}
