/* Segments of sensors: taken by a receiver (exchange/), which this hands octets to. */
#include "api/dialects.h"
#include "api/service.h"

void upload_segment(struct call *c, size_t at)
{
	call_error(c, 503, "this server takes no segments");
}

void upload_state(struct call *c, size_t at)
{
	call_error(c, 503, "this server takes no segments");
}

void upload_positions(struct call *c, size_t at)
{
	call_error(c, 503, "this server takes no segments");
}
