/* The rows of the table of formats; each is defined in the file of its name. */
#ifndef YORE_FORMAT_FORMATS_H
#define YORE_FORMAT_FORMATS_H

#include "format/format.h"

extern const struct format format_text, format_cof, format_dnsdb, format_csv,
    format_minimal, format_array, format_separated, format_xml, format_yaml,
    format_timeline, format_gdf, format_dot, format_graphml, format_sqlite;

#endif
