/*
 * Test Anything Protocol in a page: ok(condition), is_*(got, want, text), plan at the
 * end. A test program is one C file: main() { ...; return tap_done(); }
 */
#ifndef YORE_TESTS_TAP_H
#define YORE_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5))) static inline bool
tap_ok(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, text)                                                       \
	do {                                                                          \
		int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);               \
		if (!tap_ok(got_ == want_, __FILE__, __LINE__, "%s", text))           \
			printf("# got %" PRId64 ", want %" PRId64 "\n", got_, want_); \
	} while (0)
#define is_str(got, want, text)                                                        \
	do {                                                                           \
		const char *got_ = (got), *want_ = (want);                             \
		if (!tap_ok(strcmp(got_, want_) == 0, __FILE__, __LINE__, "%s", text)) \
			printf("# got '%s'\n# want '%s'\n", got_, want_);              \
	} while (0)

static inline int tap_skip(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
