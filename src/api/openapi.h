/* docs/openapi.json, built in: tools/embed-text.py makes openapi_text of it. */
#ifndef YORE_API_OPENAPI_H
#define YORE_API_OPENAPI_H

extern const char openapi_text[];

#endif
