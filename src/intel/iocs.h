/*
 * Indicators out of whatever a report comes as: running text (AsciiDoc, Markdown, CSV,
 * mail, plain lists), HTML, PDF (through pdftotext), MISP events, STIX 2, OpenIOC.
 *
 * Names, addresses, prefixes, the hosts of URLs and of mail addresses are found and
 * refanged, each with every line it stands in. Nothing that could be a host is dropped
 * silently; what is no indicator has a class and a reason:
 *
 *   candidate   a name under no listed public suffix, a public suffix itself, an
 *               address that is never reachable, a well-known service written defanged
 *   reference   the publisher's own hosts and what the text links to
 *   file        the name of a file
 *   other       a class name, a detection's name, a version
 */
#ifndef YORE_INTEL_IOCS_H
#define YORE_INTEL_IOCS_H

#include "base/arena.h"
#include "dns/name.h"

enum ioc_kind { IOC_NAME, IOC_ZONE, IOC_ADDR };
enum ioc_class { IOC_INDICATOR, IOC_CANDIDATE, IOC_REFERENCE, IOC_FILE, IOC_OTHER };

/* How it stood in the text; the union over all places. */
enum {
	IOC_IN_URL = 1,	       /* host of a URL */
	IOC_IN_MAIL = 2,       /* domain of a mail address */
	IOC_DEFANGED = 4,      /* written so that nobody clicks on it */
	IOC_LINKED = 8,	       /* target of a link of the text */
	IOC_ALONE = 16,	       /* alone in its line or table cell */
	IOC_STATED = 32,       /* a field that says what it is (MISP, STIX, OpenIOC) */
	IOC_BARE = 64,	       /* anywhere else */
	IOC_AS_REFERENCE = 128 /* a field that says it is a reference */
};

struct ioc {
	enum ioc_kind kind;
	enum ioc_class class;
	unsigned how;
	struct name name;	 /* NAME, ZONE (it and everything below) */
	struct addr_range range; /* ADDR: lo and hi equal for a single address */
	const char *why;	 /* of its class; never NULL */
	const char *url;	 /* the first whole URL, refanged, or NULL */
	uint32_t *lines;	 /* ascending, without repeats */
	size_t line_count, line_room;
};

struct ioc_options {
	const char *const *publishers; /* zones of the publisher; NULL-terminated or NULL
					*/
	const char *name;	       /* of the file, for its ending; may be NULL */
};

struct iocs {
	struct arena arena;
	struct ioc **at; /* in order of first appearance */
	size_t count, room;
	uint32_t *slots;
	size_t slot_count;
	uint64_t left_out;  /* indicators beyond the ceiling */
	uint64_t paths;	    /* words passed over because they are paths */
	const char *format; /* "text", "html", "misp", ... */
	size_t expanded;    /* names made from ranges like server-{1,30} */
};

#define IOCS_MOST 1000000
#define IOC_TEXT_MAX (NAME_TEXT_MAX + 2)

/* Reads a whole document. ELIMIT, ENOMEM; EMALFORMED: says it is JSON and is not. */
int iocs_read(struct iocs *s, struct bytes document, const struct ioc_options *o,
	      struct fault *f) YORE_MUST_CHECK;
/*
 * The same from a file; "-" is stdin. PDF goes through pdftotext if there is one. The
 * document as it came is left in raw.
 */
int iocs_read_file(struct iocs *s, const char *path, const struct ioc_options *o,
		   struct buf *raw, struct fault *f) YORE_MUST_CHECK;
void iocs_init(struct iocs *s);
void iocs_release(struct iocs *s);

/* "example.com" (no final dot), "*.example.com", "192.0.2.1", "192.0.2.0/24", "a-b". */
size_t ioc_text(const struct ioc *i, char out[IOC_TEXT_MAX]);
const char *ioc_class_name(enum ioc_class c);
size_t iocs_count(const struct iocs *s, enum ioc_class c);

/* Must never be sent to anybody: internal zones, addresses that are not reachable. */
bool ioc_is_internal(const struct ioc *i);

/* ---- within the module: one find ---- */

struct found {
	enum ioc_kind kind;
	struct name name;
	struct addr_range range;
	unsigned how;
	uint32_t line;
	const char *url; /* borrowed */
	size_t url_len;
	enum ioc_class class; /* FILE and OTHER are decided by the word alone */
};
int iocs_add(struct iocs *s, const struct found *f) YORE_MUST_CHECK;
void iocs_classify(struct iocs *s, const struct ioc_options *o);

/* iocs_text.c: one line of running text, `extra` is added to how. */
int iocs_scan_line(struct iocs *s, struct bytes line, uint32_t number, unsigned extra);
int iocs_scan_text(struct iocs *s, struct bytes text);
/* A line however long. */
int iocs_scan_whole_line(struct iocs *s, struct bytes line, uint32_t number);
/* One value that is a host, URL or mail address as a whole (a field of MISP, STIX). */
int iocs_scan_value(struct iocs *s, const char *value, uint32_t line, unsigned how);

/* iocs_document.c, iocs_mail.c, iocs_json.c */
int iocs_scan_mail(struct iocs *s, struct bytes text);
int iocs_scan_markup(struct iocs *s, struct bytes text, bool openioc);
int iocs_scan_json(struct iocs *s, struct bytes text, struct fault *f);

/* iocs_character.c */
void put_character(struct buf *out, uint32_t c); /* as UTF-8 */
int text_of_utf16(struct bytes in, struct buf *out);
/* The character that "&name;" means; the octets it took, 0: it is none. */
size_t put_entity(const char *s, size_t left, struct buf *out);

/* iocs_word.c: is this run of letters, digits, dots and hyphens a host? */
enum word { WORD_NOTHING, WORD_NAME, WORD_ADDR, WORD_FILE, WORD_OTHER };
enum word word_judge(const char *word, size_t n, unsigned how, struct name *name,
		     struct addr_range *range);

#endif
