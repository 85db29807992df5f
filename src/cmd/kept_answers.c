#include "cmd/kept_answers.h"

#include "record/source_name.h"

static void add(struct kept_answers *k, const char *at, size_t n)
{
	if (n == 0 || n > SOURCE_NAME_MAX)
		return;
	for (size_t i = 0; i < k->count; i++)
		if (strlen(k->names[i]) == n && memcmp(k->names[i], at, n) == 0)
			return;
	if (k->count == KEPT_ANSWERS_MAX) {
		k->all = true;
		return;
	}
	memcpy(k->names[k->count], at, n);
	k->names[k->count++][n] = '\0';
}

/* The name of such an entry is the list of who was asked: "circl, dnsdb". */
static int take(const char *shelf, const struct ledger_entry *e, void *arg)
{
	if (strcmp(e->kind, "answers") != 0)
		return 0;
	for (const char *at = e->name; *at;) {
		size_t n = strcspn(at, ", ");
		add(arg, at, n);
		at += n;
		at += strspn(at, ", ");
	}
	return 0;
}

void kept_answers_load(struct store *s, struct kept_answers *ret)
{
	struct fault f = {0};
	memset(ret, 0, sizeof(*ret));
	if (store_ledger(s, "intervals", take, ret, &f) < 0)
		ret->all = true; /* who was asked cannot be read: rather too little */
}

bool kept_answers_has(const struct kept_answers *k, uint16_t source)
{
	const char *name = source_name(source);
	if (source < SOURCE_FIRST_NAMED)
		return false;
	for (size_t i = 0; i < k->count; i++) {
		size_t n = strlen(k->names[i]);
		if (strncmp(name, k->names[i], n) == 0 &&
		    (name[n] == '\0' || name[n] == '.'))
			return true;
	}
	return k->all;
}
