#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/terminal.h"

static unsigned columns_of(int fd)
{
	struct winsize size;
	uint64_t n;
	const char *text = getenv("COLUMNS");
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	if (text && num_u64(text, 10000, &n) == 0 && n >= 20)
		return (unsigned)n;
	return 80;
}

static unsigned rows_of(int fd)
{
	struct winsize size;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void terminal_look(struct terminal *t)
{
	t->out = isatty(STDOUT_FILENO);
	t->err = isatty(STDERR_FILENO);
	t->width = columns_of(STDOUT_FILENO);
	t->height = rows_of(STDOUT_FILENO);
	t->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_colour(const struct terminal *t, unsigned choice)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	if (choice == COLOUR_ALWAYS)
		return true;
	if (choice == COLOUR_NEVER || (no && *no) || (term && strcmp(term, "dumb") == 0))
		return false;
	return t->out;
}

/* There is one stderr, so there is one progress line. */
static struct {
	bool on, shown;
	int64_t next_ms;
} progress;

static int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_begin(bool quiet)
{
	progress.on = !quiet && isatty(STDERR_FILENO);
	progress.shown = false;
	progress.next_ms = clock_ms() + 1000;
}

bool progress_due(void)
{
	return progress.on && clock_ms() >= progress.next_ms;
}

void progress_show(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	if (!progress.on)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	unsigned width = columns_of(STDERR_FILENO);
	if (width < sizeof(line))
		line[width - 1] = '\0';
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
	progress.shown = true;
	progress.next_ms = clock_ms() + 100;
}

void progress_end(void)
{
	if (progress.shown) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	progress.shown = false;
}
