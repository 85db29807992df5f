#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_FIRST ((size_t)4 << 10)
#define CHUNK_MOST ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* with this header */
	_Alignas(16) uint8_t octets[];
};

void arena_init(struct arena *a, size_t ceiling)
{
	*a = (struct arena){.ceiling = ceiling, .chunk = CHUNK_FIRST};
}

static void free_chunks(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *older = c->older;
		free(c);
		c = older;
	}
}

void arena_release(struct arena *a)
{
	if (a == NULL)
		return;
	struct budget *budget = a->budget;
	free_chunks(a->head);
	budget_change(budget, a->used, 0);
	arena_init(a, a->ceiling);
	a->budget = budget;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *keep = a->head;
	if (keep == NULL)
		return;
	free_chunks(keep->older);
	keep->older = NULL;
	a->at = keep->octets;
	a->end = (uint8_t *)keep + keep->size;
	budget_change(a->budget, a->used, keep->size);
	a->used = keep->size;
}

/* Takes so much more from the budget; false: that is beyond it, or the ceiling. */
static bool claim(struct arena *a, size_t size)
{
	if (a->ceiling && (a->used > a->ceiling || size > a->ceiling - a->used))
		return false;
	return budget_change(a->budget, a->used, a->used + size);
}

static bool add_chunk(struct arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		return false;
	size_t least = n + sizeof(struct arena_chunk) + 16;
	size_t size = a->chunk < least ? least : a->chunk;
	if (!claim(a, size)) {
		size = least; /* a smaller last chunk may still fit */
		if (!claim(a, size))
			return false;
	}
	struct arena_chunk *c = malloc(size);
	if (c == NULL) {
		budget_change(a->budget, a->used + size, a->used);
		return false;
	}
	c->older = a->head;
	c->size = size;
	a->head = c;
	a->at = c->octets;
	a->end = (uint8_t *)c + size;
	a->used += size;
	if (a->chunk < CHUNK_MOST)
		a->chunk *= 2;
	return true;
}

uint8_t *arena_bytes(struct arena *a, size_t n)
{
	if (a->at == NULL || (size_t)(a->end - a->at) < n)
		if (!add_chunk(a, n))
			return NULL;
	uint8_t *p = a->at;
	a->at += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t pad = a->at ? (0 - (uintptr_t)a->at) & 15 : 0;
	if (a->at == NULL || (size_t)(a->end - a->at) < pad ||
	    (size_t)(a->end - a->at) - pad < n) {
		if (!add_chunk(a, n))
			return NULL;
		pad = (0 - (uintptr_t)a->at) & 15;
	}
	uint8_t *p = a->at + pad;
	a->at = p + n;
	return p;
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
	uint8_t *p = arena_bytes(a, b.len);
	if (p == NULL)
		return BYTES(NULL, 0);
	if (b.len)
		memcpy(p, b.at, b.len);
	return BYTES(p, b.len);
}

char *arena_strdup(struct arena *a, const char *s)
{
	return (char *)arena_copy(a, BYTES(s, strlen(s) + 1)).at;
}
