/* The term language, and text made plain before it. */
#include "query/refang.h"
#include "query/term.h"

#include "law.h"

static void check_term(const char *text)
{
	struct term t, again;
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
		/* as the program itself writes it, it means the same, but for what the
		   language uses itself */
		buf_clear(&b);
		name_put(&b, name_bytes(&t.name));
		if (strpbrk(buf_str(&b), "*?[]{}(),:/-|@#") || strstr(buf_str(&b), "\\."))
			break;
		LAW(term_parse(buf_str(&b), &f, &again) == 0, "%s is refused: %s",
		    buf_str(&b), f.text);
		LAW(again.kind == TERM_NAME &&
			bytes_equal(name_bytes(&again.name), name_bytes(&t.name)),
		    "%s means something else", buf_str(&b));
		term_release(&again);
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
	free(text);
	return 0;
}
