#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>

static const struct {
	int code;
	const char *text;
} errors[] = {
#define X(name, value, text) {value, text},
    YORE_ERROR_LIST(X)
#undef X
};

const char *yore_strerror(int code)
{
	if (code == 0)
		return "no error";
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "unknown error";
}

int yore_error_of_errno(int err)
{
	switch (err) {
	case 0:
		return 0;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return YORE_EFULL;
	case ENOMEM:
		return YORE_ENOMEM;
	case ENOENT:
	case ENOTDIR:
		return YORE_ENOENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return YORE_EACCESS;
	case EEXIST:
	case ENOTEMPTY:
		return YORE_EEXIST;
	case EAGAIN:
		return YORE_EAGAIN;
	case ETIMEDOUT:
		return YORE_ETIMEOUT;
	default:
		return YORE_EIO;
	}
}

/* Control characters may come in with file names; the line must stay one. */
static void make_one_line(char *text)
{
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

int fault_set(struct fault *f, int code, const char *fmt, ...)
{
	if (f == NULL)
		return code;
	va_list ap;
	va_start(ap, fmt);
	char text[sizeof(f->text)]; /* an argument may be f->text itself */
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = 0;
	va_end(ap);
	make_one_line(text);
	for (size_t i = 0; i < sizeof(text); i++)
		if ((f->text[i] = text[i]) == 0)
			break;
	f->code = code;
	return code;
}
