/*
 * Defanged text made plain: what people do to names and addresses so that nobody clicks
 * on them, undone; and a URL or mail address reduced to its host.
 */
#ifndef YORE_QUERY_REFANG_H
#define YORE_QUERY_REFANG_H

#include "base/buf.h"

/*
 * Appends the host (or prefix, range, wildcard name) that text means to out. Returns 1
 * if anything had to be undone or cut, 0 if text was plain; ELIMIT, ENOMEM, and
 * EMALFORMED for an address with what is no prefix length ("192.0.2.0/33"). Escapes of
 * presentation form stay as they are unless they are defanging (see query/term.h).
 */
int refang(const char *text, struct buf *out) YORE_MUST_CHECK;

/* Can it only be a name, slashes and colons or not? It ends in a dot, or in ".arpa". */
bool refang_is_name(const char *text);

#endif
