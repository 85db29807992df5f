#include "dns/psl.h"

#include <libpsl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static psl_ctx_t *list; /* for the life of the process */
static char version[64];

static void load(void)
{
	struct stat st;
	time_t when = psl_builtin_file_time();
	list = psl_latest(NULL);
	const char *file = psl_dist_filename();
	if (file && stat(file, &st) == 0 && st.st_mtime > when)
		when = st.st_mtime;
	struct tm tm;
	gmtime_r(&when, &tm);
	strftime(version, sizeof(version), "Public Suffix List of %Y-%m-%d", &tm);
}

/*
 * Text for libpsl in which a dot is always the end of a label: octets that no rule can
 * hold become '_'. No final dot.
 */
static void plain_text(struct bytes name, char out[NAME_WIRE_MAX + 1])
{
	size_t n = 0;
	for (size_t at = 0; at < name.len && name.at[at]; at += 1u + name.at[at]) {
		if (n)
			out[n++] = '.';
		for (size_t i = 1; i <= name.at[at]; i++) {
			uint8_t c = name.at[at + i];
			bool plain =
			    (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
			out[n++] = plain ? (char)c : '_';
		}
	}
	out[n] = '\0';
}

static unsigned labels_of(const char *text)
{
	unsigned n = *text != '\0';
	for (; *text; text++)
		n += *text == '.';
	return n;
}

static bool is_suffix(const char *text, int type)
{
	return list && psl_is_public_suffix2(list, text, type) == 1;
}

struct bytes psl_suffix(struct bytes name)
{
	char text[NAME_WIRE_MAX + 1];
	pthread_once(&once, load);
	plain_text(name, text);
	const char *s = list ? psl_unregistrable_domain(list, text) : NULL;
	unsigned n = s ? labels_of(s) : name_labels(name) > 0;
	return name_suffix(name, n);
}

struct bytes psl_registered(struct bytes name)
{
	unsigned all = name_labels(name), suffix = name_labels(psl_suffix(name));
	if (all <= suffix)
		return BYTES(name.at, 0);
	return name_suffix(name, suffix + 1);
}

bool psl_is_listed(struct bytes name)
{
	char text[NAME_WIRE_MAX + 1];
	pthread_once(&once, load);
	plain_text(name, text);
	for (const char *s = text; *s;) {
		if (is_suffix(s, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE))
			return true;
		s += strcspn(s, ".");
		s += *s == '.';
	}
	return false;
}

bool psl_is_suffix(struct bytes name)
{
	return name_labels(name) > 0 && psl_suffix(name).len == name.len;
}

const char *psl_version(void)
{
	pthread_once(&once, load);
	return version;
}
