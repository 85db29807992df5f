/* The analyst's own decisions: CSV of name,address,verdict,who; empty or * means any. */
#include <stdio.h>

#include "base/io.h"
#include "intel/inquiry.h"

static char *cell(char **line)
{
	char *s = *line;
	if (s == NULL)
		return NULL;
	char *end = strchr(s, ',');
	if (end)
		*end = '\0';
	*line = end ? end + 1 : NULL;
	while (*s == ' ')
		s++;
	size_t n = strlen(s);
	while (n && strchr(" \r", s[n - 1]))
		s[--n] = '\0';
	return s;
}

static bool is_any(const char *s)
{
	return *s == '\0' || strcmp(s, "*") == 0;
}

static bool wants(const struct line *l, const char *name, const char *address)
{
	struct addr_range r;
	struct name n;
	if (!is_any(name) && (name_of_idn(name, &n) < 0 ||
			      !bytes_equal(name_bytes(&n), name_bytes(&l->owner))))
		return false;
	return is_any(address) ||
	       (addr_range_parse(address, &r) == 0 && addr_range_has(&r, &l->at.lo) &&
		addr_range_has(&r, &l->at.hi));
}

static int apply(struct investigation *q, char *text, size_t number, struct fault *f)
{
	char *rest = text, *name = cell(&rest), *address = cell(&rest);
	char *verdict = cell(&rest), *who = rest ? rest : text + strlen(text);
	enum action action;
	if (verdict == NULL || action_of_name(verdict, &action) < 0)
		return fault_set(f, YORE_EMALFORMED,
				 "overrides, line %zu: '%.40s' is no verdict: lines are "
				 "name,address,verdict,who with HUNT, REVIEW, SKIP or "
				 "VICTIMS",
				 number, verdict ? verdict : "");
	for (size_t i = 0; i < q->line_count; i++) {
		struct line *l = q->lines[i];
		if (!wants(l, name, address))
			continue;
		l->override = arena_strdup(&q->arena, *who ? who : "overrides");
		l->judged = (struct judged){action, "decided by the analyst"};
		if (l->override == NULL)
			return YORE_ENOMEM;
	}
	return 0;
}

int inquiry_override(struct investigation *q, struct fault *f)
{
	struct buf text;
	if (q->options.overrides == NULL)
		return 0;
	buf_init(&text, 16 << 20);
	int r = io_read_file(q->options.overrides, 16 << 20, &text, f);
	buf_putc(&text, 0);
	size_t number = 1;
	for (char *at = r == 0 ? (char *)text.at : NULL; at && r == 0; number++) {
		char *nl = strchr(at, '\n');
		if (nl)
			*nl = '\0';
		if (*at && *at != '#' && *at != '\r' &&
		    !(number == 1 && strncmp(at, "name,", 5) == 0))
			r = apply(q, at, number, f);
		at = nl ? nl + 1 : NULL;
	}
	buf_release(&text);
	return r;
}
