#include "capture/lines.h"

#include "capture/format.h"

/* The first line tells which log it is: into view, but no more of a pipe than that. */
static int lines_open(struct source *s, struct fault *f)
{
	(void)f;
	for (size_t want = 1024; want <= SOURCE_HEAD; want *= 2) {
		if (memchr(s->in.at, '\n', intake_left(&s->in)))
			break;
		intake_fill(&s->in, want);
	}
	return 0;
}

/* The next line into view: its length, and what to pass with its end; 0: no more. */
static int find_line(struct intake *in, size_t *len, size_t *whole)
{
	size_t looked = 0;
	for (size_t want = 4096;; want *= 2) {
		size_t left = intake_left(in);
		const uint8_t *nl =
		    left > looked ? memchr(in->at + looked, '\n', left - looked) : NULL;
		if (nl != NULL || left > LINE_MOST || in->over) {
			*len = nl ? (size_t)(nl - in->at) : left;
			*whole = *len + (nl != NULL);
			return *whole > 0;
		}
		looked = left;
		intake_fill(in, want < LINE_MOST ? want : LINE_MOST + 1);
	}
}

/* Passes what is left of a line that is too long; how much that was. */
static uint64_t pass_rest(struct intake *in)
{
	uint64_t passed = 0;
	for (;;) {
		size_t left = intake_left(in);
		const uint8_t *nl = left ? memchr(in->at, '\n', left) : NULL;
		size_t n = nl ? (size_t)(nl - in->at) : left;
		intake_pass(in, n + (nl != NULL));
		passed += n;
		if (nl != NULL)
			return passed;
		intake_fill(in, 1);
		if (intake_left(in) == 0)
			return passed;
	}
}

static int lines_next(struct source *s, struct frame *ret)
{
	size_t len, whole;
	uint64_t start = s->in.passed;
	if (!find_line(&s->in, &len, &whole))
		return s->in.broken[0] ? source_damage(s, start, "%s", s->in.broken) : 0;
	struct bytes line = BYTES(s->in.at, len);
	uint64_t wire_len = len;
	if (whole == len && len <= LINE_MOST && (len == 0 || line.at[len - 1] != '}'))
		return source_cut(s, start, "a line");
	intake_pass(&s->in, whole);
	if (len > LINE_MOST) {
		/* what is handed out must not move: its beginning is enough to be told by
		 */
		line.len = 0;
		wire_len += whole == len ? pass_rest(&s->in) : 0;
	}
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	*ret = (struct frame){
	    .link = LINK_LINE,
	    .wire_len = wire_len > UINT32_MAX ? UINT32_MAX : (uint32_t)wire_len,
	    .octets = line,
	};
	return 1;
}

/* Text: no control characters but white space in what the head shows. */
static int lines_knows(struct bytes head)
{
	size_t n = head.len < 512 ? head.len : 512;
	for (size_t i = 0; i < n; i++)
		if ((head.at[i] < 0x20 && !strchr("\n\r\t", head.at[i])) ||
		    head.at[i] == 0x7f || head.at[i] == 0)
			return 0;
	return n > 0;
}

const struct format format_lines = {"lines", lines_knows, lines_open, lines_next, NULL};
