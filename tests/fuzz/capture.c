/* A capture file of any kind, plain or compressed. */
#include <sys/mman.h>
#include <unistd.h>

#include "capture/format.h"
#include "capture/source.h"

#include "law.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct source *s;
	struct fault f = {0};
	struct frame frame = {0};
	uint64_t number = 0;
	int r;
	if (fd < 0)
		fd = memfd_create("capture", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	r = source_open_fd(fd, "capture", 7, &f, &s);
	if (r < 0) {
		LAW(f.code == r && f.text[0] && !strchr(f.text, '\n'), "a line says why");
		return 0;
	}
	const struct source_state *st = source_state(s);
	while ((r = source_next(s, &frame)) == 1) {
		LAW(frame.number == ++number && frame.input == 7, "numbered");
		LAW(frame.octets.len <= FRAME_MOST, "%zu octets", frame.octets.len);
		uint8_t sum = 0; /* every octet is looked at */
		for (size_t i = 0; i < frame.octets.len; i++)
			sum |= frame.octets.at[i];
		LAW(frame.octets.len > 0 || sum == 0, "octets");
		if (number > 100000) /* much comes out of a few compressed octets */
			break;
	}
	st = source_state(s);
	LAW(r >= 0, "a file in memory is always readable");
	LAW(st->frames == number, "counted");
	LAW(!st->damaged || st->damage[0], "damage is told");
	LAW(st->file_octets <= size, "no more than there is was read");
	LAW(source_next(s, &frame) == 0 || number > 100000, "the end stays the end");
	source_close(s);
	return 0;
}
