/*
 * The Public Suffix List (publicsuffix.org), through libpsl: where a registry ends and
 * what somebody registered begins. Both parts of the list count, that of the registries
 * and that of hosters whose customers get a label of their own.
 *
 * Names are lower-case wire form; what comes back is a suffix of the argument, borrowed.
 * The newer of the system's list and the one built into the library is used. Octets that
 * no suffix holds are nothing special. Thread-safe.
 */
#ifndef YORE_DNS_PSL_H
#define YORE_DNS_PSL_H

#include "dns/name.h"

/*
 * The longest public suffix of a name; a top-level label that nobody listed counts as
 * one (the list's own default rule). The root for the root.
 */
struct bytes psl_suffix(struct bytes name);

/* The registered domain: one label more than its suffix; len 0 when the name has none. */
struct bytes psl_registered(struct bytes name);

/* Is the name a public suffix itself, or below one, by a rule really in the list? */
bool psl_is_listed(struct bytes name);
/* Is it exactly a public suffix (listed, or a top-level label)? */
bool psl_is_suffix(struct bytes name);

/* Which list this is, for reports: "Public Suffix List of 2023-02-09". */
const char *psl_version(void);

#endif
