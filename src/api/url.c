#include "api/url.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes [at, end) to *to, puts a NUL behind it and moves *to there. */
static int decode(const char *at, const char *end, bool plus_is_space, char **to)
{
	char *out = *to;
	while (at < end) {
		char c = *at++;
		if (c == '%') {
			if (end - at < 2 || hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0)
				return YORE_EMALFORMED;
			c = (char)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
			at += 2;
			if (c == '\0')
				return YORE_EMALFORMED;
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			return YORE_EMALFORMED;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		*out++ = c;
	}
	*out++ = '\0';
	*to = out;
	return 0;
}

static int read_path(const char *at, const char *end, char **to, struct url *u)
{
	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		const char *stop = slash ? slash : end;
		if (stop > at) {
			if (u->piece_count == URL_PIECES_MAX)
				return YORE_ELIMIT;
			u->piece[u->piece_count++] = *to;
			int r = decode(at, stop, false, to);
			if (r < 0)
				return r;
		}
		at = stop + (slash != NULL);
	}
	return 0;
}

static int read_param(const char *at, const char *end, bool plus_is_space, char **to,
		      struct url *u)
{
	if (u->param_count == URL_PARAMS_MAX)
		return YORE_ELIMIT;
	struct url_param *p = &u->param[u->param_count++];
	const char *equals = memchr(at, '=', (size_t)(end - at));
	p->name = *to;
	int r = decode(at, equals ? equals : end, plus_is_space, to);
	if (r < 0)
		return r;
	p->value = *to;
	return decode(equals ? equals + 1 : end, end, plus_is_space, to);
}

static int read_query(const char *at, const char *end, bool plus_is_space, char **to,
		      struct url *u)
{
	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp ? amp : end;
		if (stop > at) {
			int r = read_param(at, stop, plus_is_space, to, u);
			if (r < 0)
				return r;
		}
		at = stop + (amp != NULL);
	}
	return 0;
}

int url_parse(const char *target, bool plus_is_space, struct url *ret)
{
	/* each piece and parameter adds at most one NUL more than its separator took */
	size_t n = strlen(target);
	if (n + 2 * URL_PARAMS_MAX + 2 > URL_TEXT_MAX)
		return YORE_ELIMIT;
	const char *end = target + n;
	const char *mark = memchr(target, '?', n);
	char *to = ret->text;
	ret->piece_count = ret->param_count = 0;
	int r = read_path(target, mark ? mark : end, &to, ret);
	if (r < 0 || mark == NULL)
		return r;
	return read_query(mark + 1, end, plus_is_space, &to, ret);
}

const char *url_param(const struct url *u, const char *name)
{
	for (size_t i = 0; i < u->param_count; i++)
		if (strcmp(u->param[i].name, name) == 0)
			return u->param[i].value;
	return NULL;
}

int url_rest(const struct url *u, size_t i, char *out, size_t room)
{
	size_t len = 0;
	for (size_t k = i; k < u->piece_count; k++) {
		size_t n = strlen(u->piece[k]);
		if (len + n + 2 > room)
			return YORE_ELIMIT;
		if (k > i)
			out[len++] = '/';
		memcpy(out + len, u->piece[k], n);
		len += n;
	}
	out[len] = '\0';
	return 0;
}
