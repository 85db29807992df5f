#include "cmd/site_conf.h"

#include "conf/conf.h"
#include "intel/lists.h"

int site_conf_words(const struct invocation *in, const char *key,
		    int (*each)(const char *word, void *arg), void *arg)
{
	struct fault f = {0};
	struct conf *c;
	int r = conf_new(&c);
	if (r == 0)
		r = conf_load(c, NULL, &f);
	if (r == 0)
		r = conf_words(c, "local", key, each, arg);
	if (r < 0 && f.code == 0)
		fault_set(&f, r, "[local] %s: %s", key, yore_strerror(r));
	conf_free(c);
	return r < 0 ? command_failed(in, &f) : STATUS_OK;
}

/* One list on its way into the site: the first word that does not fit is said. */
struct filling {
	const struct invocation *in;
	struct site *site;
	int (*add)(struct site *s, const char *text, struct fault *f);
	const char *where;
	bool said;
};

static int take_word(const char *word, void *arg)
{
	struct filling *w = arg;
	struct fault f = {0};
	int r = w->add(w->site, word, &f);
	if (r < 0 && !w->said)
		command_say(w->in, "%s: %s", w->where, f.text);
	w->said |= r < 0;
	return 0;
}

static int take_key(struct filling *w, const char *key, const char *where,
		    int (*add)(struct site *s, const char *text, struct fault *f))
{
	w->add = add;
	w->where = where;
	int status = site_conf_words(w->in, key, take_word, w);
	return status == STATUS_OK && w->said ? STATUS_USAGE : status;
}

static int take_doh(struct site *s)
{
	struct bytes name, label, text = list_text("lists/doh-names");
	char word[NAME_TEXT_MAX];
	int r = 0;
	for (size_t at = 0; r == 0 && list_next(text, &at, &name, &label);) {
		if (name.len >= sizeof(word))
			continue;
		memcpy(word, name.at, name.len);
		word[name.len] = '\0';
		r = site_add_doh(s, word, NULL);
	}
	return r;
}

static void take_options(struct filling *w, const struct option_list *l,
			 const char *where,
			 int (*add)(struct site *s, const char *text, struct fault *f))
{
	w->add = add;
	w->where = where;
	for (size_t i = 0; l && i < l->count; i++)
		take_word(l->at[i], w);
}

int site_conf_open(const struct invocation *in, const struct door_options *door,
		   struct site **ret)
{
	struct site *s = site_new();
	struct filling w = {.in = in, .site = s, .where = ""};
	*ret = NULL;
	if (s == NULL || take_doh(s) < 0) {
		site_free(s);
		command_say(in, "no memory for lists");
		return STATUS_FAILED;
	}
	if (door) {
		take_options(&w, &door->rewrite, "--rewrite", site_add_rewrite);
		take_options(&w, &door->single, "--single-records", site_add_single);
		take_options(&w, &door->keep, "--keep-names", site_add_keep);
	}
	int status = w.said ? STATUS_USAGE : STATUS_OK;
	if (status == STATUS_OK)
		status = take_key(&w, "rewrite", "[local] rewrite", site_add_rewrite);
	if (status == STATUS_OK)
		status =
		    take_key(&w, "resolvers", "[local] resolvers", site_add_resolver);
	if (status == STATUS_OK)
		status = take_key(&w, "single", "[local] single", site_add_single);
	if (status == STATUS_OK)
		status = take_key(&w, "keep", "[local] keep", site_add_keep);
	if (status != STATUS_OK) {
		site_free(s);
		return status;
	}
	*ret = s;
	return STATUS_OK;
}
