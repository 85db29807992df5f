/* Times and fences as people write them: two texts with a NUL between. */
#include "query/fence.h"

#include "law.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input f = {data, size};
	char *text = feed_text(&f);
	size_t n = strlen(text);
	const char *to = n < size ? text + n + 1 : NULL;
	struct fence fence;
	struct bounds bounds;
	struct fault fault = {0};
	int64_t now = 1445257862;
	if (fence_parse(text, to, now, 0, &fault, &fence) == 0) {
		struct buf b;
		LAW(fence.from_s == WHEN_UNKNOWN || fence.to_s == WHEN_UNKNOWN ||
			fence.from_s <= fence.to_s,
		    "a fence is not turned round");
		buf_init(&b, 1000);
		fence_put(&b, &fence);
		LAW(b.len > 0 && b.err == 0, "a fence can be told");
		buf_release(&b);
		struct span s = span_of_sighting(now, 1);
		(void)fence_saw(&fence, when_month(now), &s);
		LAW(!fence_has(&fence, now) || fence_passes(&fence, now, now),
		    "has, passes");
		LAW(!fence_has(&fence, now) ||
			fence_touches_month(&fence, when_month(now)),
		    "has, touches");
	} else {
		LAW(fault.text[0], "a line says why");
	}
	(void)!bounds_parse(text, to, size & 1, now, 0, &fault, &bounds);
	(void)!fence_on(text, now, 0, &fault, &fence);
	free(text);
	return 0;
}
