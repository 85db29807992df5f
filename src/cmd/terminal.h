/*
 * What is known of the terminal, and the line that shows progress.
 *
 * Colour: --colour auto|never|always, then NO_COLOR and TERM=dumb, then whether stdout is
 * a terminal. Progress goes to stderr, only when that is a terminal, only after a second,
 * ten times a second at most, and is wiped before anything else is printed there.
 */
#ifndef YORE_CMD_TERMINAL_H
#define YORE_CMD_TERMINAL_H

#include "base/bytes.h"

enum colour_choice { COLOUR_NOT_GIVEN, COLOUR_AUTO, COLOUR_NEVER, COLOUR_ALWAYS };

struct terminal {
	bool out, err;	 /* stdout, stderr is a terminal */
	unsigned width;	 /* columns of stdout; 80 when not known */
	unsigned height; /* rows of it; 0 when not known */
	bool unicode;	 /* the locale's character set is UTF-8 */
};

void terminal_look(struct terminal *t);
bool terminal_colour(const struct terminal *t, unsigned choice);

void progress_begin(bool quiet);
/* Cheap: call it as often as you like. The line is cut to the terminal's width. */
bool progress_due(void);
void progress_show(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void); /* wipes the line; also before a message */

#endif
