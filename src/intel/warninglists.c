/*
 * MISP warninglists: JSON lists of what is well known and rarely an indicator. What a
 * list is about follows from its name; those about neither networks nor names of the
 * kinds in networks.h are left alone.
 */
#include <dirent.h>
#include <stdio.h>
#include <strings.h>

#include "base/io.h"
#include "base/json_in.h"
#include "intel/networks.h"

#define LIST_MOST ((size_t)64 << 20)

static enum special special_of(const char *name)
{
	static const struct {
		const char *word;
		enum special special;
	} words[] = {
	    {"sinkhole", SPECIAL_SINKHOLE},
	    {"public dns", SPECIAL_RESOLVER},
	    {"dns resolver", SPECIAL_RESOLVER},
	    {"parking", SPECIAL_PARKED},
	    {"cloudflare", SPECIAL_CDN},
	    {"fastly", SPECIAL_CDN},
	    {"akamai", SPECIAL_CDN},
	    {"cdn", SPECIAL_CDN},
	    {"amazon", SPECIAL_CLOUD},
	    {"azure", SPECIAL_CLOUD},
	    {"google cloud", SPECIAL_CLOUD},
	    {"gcp", SPECIAL_CLOUD},
	    {"digitalocean", SPECIAL_CLOUD},
	    {"cloud", SPECIAL_CLOUD},
	};
	for (size_t i = 0; name && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i].word))
			return words[i].special;
	return SPECIAL_NONE;
}

static int add_value(struct networks *n, const char *v, enum special special,
		     const char *label, const char *origin)
{
	struct network one = {.special = special, .label = label, .origin = origin};
	struct zone_note z = {.special = special, .label = label, .origin = origin};
	if (addr_range_parse(v, &one.range) == 0)
		return networks_put(n, &one);
	if (special == SPECIAL_CDN && name_of_text(*v == '.' ? v + 1 : v, &z.zone) == 0 &&
	    name_labels(name_bytes(&z.zone)) > 1)
		return networks_put_zone(n, &z);
	return 0;
}

static int add_list(struct networks *n, const char *path, struct fault *f)
{
	struct buf text;
	json_t *v = NULL;
	buf_init(&text, LIST_MOST);
	int r = io_read_file(path, LIST_MOST, &text, f);
	if (r == 0)
		r = json_in(buf_bytes(&text), LIST_MOST, f, &v);
	buf_release(&text);
	if (r < 0)
		return r;
	const char *name = json_in_str(v, "name");
	enum special special = special_of(name);
	json_t *list = json_in_array(v, "list"), *item;
	size_t i;
	char origin[96];
	snprintf(origin, sizeof(origin), "MISP warninglist, version %lld",
		 (long long)json_integer_value(json_object_get(v, "version")));
	const char *kept = arena_strdup(&n->arena, origin);
	const char *label = name ? arena_strdup(&n->arena, name) : NULL;
	if (special != SPECIAL_NONE && kept && label)
		json_array_foreach(list, i, item)
		{
			if (r == 0 && json_is_string(item))
				r = add_value(n, json_string_value(item), special, label,
					      kept);
		}
	json_decref(v);
	return r;
}

int networks_add_warninglists(struct networks *n, const char *dir, struct fault *f)
{
	DIR *d = opendir(dir);
	if (d == NULL)
		return fault_set(f, YORE_ENOENT, "%s: no folder of warninglists", dir);
	int r = 0;
	for (struct dirent *e; r == 0 && (e = readdir(d));) {
		char path[4096];
		size_t len = strlen(e->d_name);
		if (e->d_name[0] == '.')
			continue;
		if (len > 5 && strcmp(e->d_name + len - 5, ".json") == 0)
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		else
			snprintf(path, sizeof(path), "%s/%s/list.json", dir, e->d_name);
		if (io_exists(path))
			r = add_list(n, path, f);
	}
	closedir(d);
	return r;
}
