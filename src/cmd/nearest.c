#include <stdint.h>
#include <string.h>

#include "cmd/nearest.h"

#define WORD_MAX 31

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: rows of the usual table, the last three of them kept. */
size_t nearest_changes(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], n = strlen(a), m = strlen(b);
	if (n > WORD_MAX || m > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

struct nearest nearest_to(const char *word)
{
	return (struct nearest){word, NULL, SIZE_MAX};
}

/* One change in three letters is a slip; more is another word. */
void nearest_offer(struct nearest *n, const char *offered)
{
	size_t changes = nearest_changes(n->word, offered);
	if (changes < n->changes && 3 * changes <= strlen(offered)) {
		n->best = offered;
		n->changes = changes;
	}
}
