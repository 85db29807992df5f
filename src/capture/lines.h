/*
 * Text files as inputs: each line is a frame of LINK_LINE whose octets are the line
 * without its end. So logs have identities, positions and resume like captures do; what
 * a line means is for logs/ to say. The frame's time is 0: nobody has read it yet.
 *
 * A line longer than LINE_MOST is cut (wire_len tells). A last line without its end may
 * still be being written: it is a frame only when it ends like a JSON object, which
 * nothing can follow; otherwise it is left out and told as damage.
 */
#ifndef YORE_CAPTURE_LINES_H
#define YORE_CAPTURE_LINES_H

#define LINK_LINE 0x10001u
#define LINE_MOST ((size_t)256 << 10)

#endif
