/* The Traffic Light Protocol, version 2.0 (FIRST): how far something may travel. */
#ifndef YORE_REMOTE_TLP_H
#define YORE_REMOTE_TLP_H

#include "base/bytes.h"

enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_STRICT, TLP_RED };

/* "clear" ("white"), "green", "amber" ("yellow"), "amber+strict", "red"; any case, with
 * or without "TLP:". */
int tlp_of_text(const char *text, enum tlp *ret) YORE_MUST_CHECK;
const char *tlp_text(enum tlp t);
/* The mark that a source's name carries (findings.h): "circl.tlp-red"; 0: none. */
bool tlp_of_source(const char *source, enum tlp *ret);

#endif
