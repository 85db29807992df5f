#include "cmd/door.h"

#define AT(field) offsetof(struct door_options, field)

const struct option_row door_rows[] = {
    {"skip", 0, OPTION_LIST, AT(skip), "FILE",
     "leave out what its lines name: a name, *.zone, or type, server or client and a "
     "value; may be repeated"},
    {"only", 0, OPTION_LIST, AT(only), "FILE", "take nothing but what its lines name"},
    {"rewrite", 0, OPTION_LIST, AT(rewrite), "ADDRESS|NAME",
     "what your own resolvers answer with (walled garden, policy zone): evidence, not "
     "history; also [local] rewrite of the configuration; may be repeated"},
    {"single-records", 0, OPTION_LIST, AT(single), "ZONE",
     "keep the records of this zone's sets one by one: of pools that rotate; also "
     "[local] "
     "single of the configuration; may be repeated"},
    {"keep-names", 0, OPTION_LIST, AT(keep), "ZONE",
     "never collapse names below this zone; also [local] keep of the configuration; may "
     "be repeated"},
    {"no-negative", 0, OPTION_FLAG, AT(no_negative), NULL,
     "keep no negative answers (query --negative)"},
    {"no-suspicious", 0, OPTION_FLAG, AT(no_suspicious), NULL,
     "keep no evidence of what was not believed (query --suspicious)"},
    {NULL},
};

static int load(struct selection *s, enum selection_list list,
		const struct option_list *l, struct fault *f)
{
	int r = 0;
	for (size_t i = 0; i < l->count && r == 0; i++)
		r = selection_load(s, list, l->at[i], f);
	return r;
}

int door_open(const struct invocation *in, const struct door_options *o,
	      struct selection **ret)
{
	struct fault f = {0};
	*ret = NULL;
	if (o->skip.count == 0 && o->only.count == 0)
		return STATUS_OK;
	struct selection *s = selection_new();
	int r = s ? load(s, SELECTION_SKIP, &o->skip, &f)
		  : fault_set(&f, YORE_ENOMEM, "no memory for lists");
	if (r == 0)
		r = load(s, SELECTION_ONLY, &o->only, &f);
	if (r < 0) {
		selection_free(s);
		return command_failed(in, &f);
	}
	*ret = s;
	return STATUS_OK;
}
