#include "cmd/command.h"

static int run(struct invocation *in)
{
	buf_puts(&in->out->buf, "yore " YORE_VERSION "\n");
	return STATUS_OK;
}

const struct command command_version = {
    .name = "version",
    .about = "print the version",
    .usage = "",
    .run = run,
};
