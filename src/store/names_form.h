/* What the writer and the reader of store/names.h share. */
#ifndef YORE_STORE_NAMES_FORM_H
#define YORE_STORE_NAMES_FORM_H

#define NAMES_MAGIC "YORENAM\2"
#define NAMES_TAIL 48

#endif
