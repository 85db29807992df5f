/*
 * The page for people: a question, its history in a table, a bar for each record. Its
 * files (src/api/web/) are built in, each a text that tools/embed-text.py makes; they ask
 * /api/v1/records as any other client does, so a key that a client needs they need, too.
 */
#ifndef YORE_API_PAGE_H
#define YORE_API_PAGE_H

extern const char page_index_text[];
extern const char page_style_text[];
extern const char page_script_text[];
extern const char page_ask_text[];
extern const char page_draw_text[];
extern const char page_spans_text[];
extern const char page_state_text[];
extern const char page_table_text[];

#endif
