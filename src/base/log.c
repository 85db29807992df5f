#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum log_level most_level = LOG_LEVEL_INFO;
static int with_priority;

void log_set(enum log_level most, int priority_prefix)
{
	most_level = most;
	with_priority = priority_prefix;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t n = 0;
	if (level > most_level)
		return;
	if (with_priority)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	va_list ap;
	va_start(ap, fmt);
	int more = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	if (more < 0)
		return;
	n += (size_t)more;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* one write, so that lines of several threads do not mix */
	ssize_t ignored = write(STDERR_FILENO, line, n);
	(void)ignored;
}
