#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "cmd/nearest.h"
#include "cmd/option.h"

#define ROWS_MAX 128
#define LONG_BASE 1000 /* getopt_long's value of rows without a letter */

struct parser {
	const struct option_row *row[ROWS_MAX];
	void *place[ROWS_MAX];
	struct option longs[ROWS_MAX + 2];
	char shorts[2 * ROWS_MAX + 8];
	size_t count;
};

bool option_takes_argument(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_COUNT &&
	       row->kind != OPTION_SET;
}

void option_put(struct buf *out, const struct option_row *row)
{
	if (row->letter)
		buf_printf(out, "-%c, ", row->letter);
	buf_printf(out, "--%s", row->name);
	if (option_takes_argument(row))
		buf_printf(out, " %s", row->arg);
}

static void add_row(struct parser *p, const struct option_row *row, void *base)
{
	size_t at = p->count;
	char *s = p->shorts + strlen(p->shorts);
	if (at == ROWS_MAX)
		abort(); /* a table in the source is too long */
	p->row[at] = row;
	p->place[at] = (char *)base + row->at;
	p->longs[at] = (struct option){
	    row->name, option_takes_argument(row) ? required_argument : no_argument, NULL,
	    LONG_BASE + (int)at};
	if (row->letter) {
		*s++ = row->letter;
		if (option_takes_argument(row))
			*s++ = ':';
		*s = '\0';
	}
	p->count++;
}

static void collect(struct parser *p, const struct option_group *groups, void *values)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->shorts, ":h", 3); /* ':' first: messages are ours */
	for (const struct option_group *g = groups; g && g->rows; g++)
		for (const struct option_row *row = g->rows; row->name; row++)
			add_row(p, row, (char *)values + g->at);
	p->longs[p->count] = (struct option){"help", no_argument, NULL, 'h'};
}

static size_t row_of(const struct parser *p, int c)
{
	if (c >= LONG_BASE)
		return (size_t)(c - LONG_BASE);
	size_t i = 0;
	while (i < p->count && p->row[i]->letter != c)
		i++;
	return i;
}

static int choose(const char *choices, const char *text, unsigned *ret)
{
	size_t n = strlen(text);
	unsigned index = 1;
	for (const char *at = choices; *at; index++) {
		size_t len = strcspn(at, "|");
		if (len == n && memcmp(at, text, n) == 0) {
			*ret = index;
			return 0;
		}
		at += len;
		at += *at == '|';
	}
	return YORE_EUSAGE;
}

int option_list_add(struct option_list *l, const char *text)
{
	if (l->count == l->room) {
		size_t room = l->room ? l->room * 2 : 8;
		const char **at = realloc(l->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		l->at = at;
		l->room = room;
	}
	l->at[l->count++] = text;
	return 0;
}

int option_ports(const struct option_list *l, uint16_t *ports, unsigned most,
		 unsigned *count, struct fault *f)
{
	for (size_t i = 0; i < l->count; i++) {
		uint64_t port;
		if (num_u64(l->at[i], 65535, &port) < 0 || port == 0)
			return fault_set(f, YORE_EUSAGE, "--port '%.40s' is no port",
					 l->at[i]);
		if (*count == most)
			return fault_set(f, YORE_EUSAGE, "at most %u ports", most);
		ports[(*count)++] = (uint16_t)port;
	}
	return 0;
}

static int store(const struct option_row *row, void *place, const char *text)
{
	int r;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return 0;
	case OPTION_COUNT:
		++*(unsigned *)place;
		return 0;
	case OPTION_TEXT:
		*(const char **)place = text;
		return 0;
	case OPTION_LIST:
		return option_list_add(place, text);
	case OPTION_NUMBER:
		r = num_u64(text, UINT64_MAX, place);
		return r == 0 && row->positive && *(uint64_t *)place == 0 ? YORE_EUSAGE
									  : r;
	case OPTION_SIZE:
		return num_size(text, place);
	case OPTION_SPAN:
		r = num_span(text, place);
		return r == 0 && row->positive && *(int64_t *)place == 0 ? YORE_EUSAGE
									 : r;
	case OPTION_CHOICE:
		return choose(row->arg, text, place);
	case OPTION_SET:
		*(const char **)place = row->set;
		return 0;
	}
	return YORE_EUSAGE;
}

static int refuse(const struct option_row *row, const char *text, struct fault *f)
{
	static const char *const wanted[] = {
	    [OPTION_NUMBER] = "a number",
	    [OPTION_SIZE] = "a size such as 512M",
	    [OPTION_SPAN] = "a time such as 60s, 4h or 7d",
	};
	if (row->kind == OPTION_CHOICE)
		return fault_set(f, YORE_EUSAGE, "--%s takes one of %s, not '%.100s'",
				 row->name, row->arg, text);
	return fault_set(f, YORE_EUSAGE, "--%s takes %s%s, not '%.100s'", row->name,
			 wanted[row->kind], row->positive ? ", more than 0" : "", text);
}

static int unknown(const struct parser *p, char **argv, struct fault *f)
{
	const char *text = argv[optind - 1];
	if (optopt >= LONG_BASE)
		return fault_set(f, YORE_EUSAGE, "--%s takes no argument",
				 p->row[optopt - LONG_BASE]->name);
	if (optopt)
		return fault_set(f, YORE_EUSAGE, "there is no option -%c", optopt);
	for (size_t i = 0, n = 0; i < p->count; i++) {
		n += strncmp(p->row[i]->name, text + 2, strlen(text + 2)) == 0;
		if (n > 1)
			return fault_set(f, YORE_EUSAGE,
					 "%.100s could be several options; write it out",
					 text);
	}
	char name[40];
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + 2, "="), text + 2);
	struct nearest near = nearest_to(name);
	for (size_t i = 0; i < p->count; i++)
		nearest_offer(&near, p->row[i]->name);
	return fault_set(f, YORE_EUSAGE, "there is no option %.100s%s%s%s", text,
			 near.best ? "; --" : "", near.best ? near.best : "",
			 near.best ? "?" : "");
}

static int missing(const struct parser *p, struct fault *f)
{
	size_t i = row_of(p, optopt);
	return fault_set(f, YORE_EUSAGE, "--%s needs an argument: %s", p->row[i]->name,
			 p->row[i]->arg);
}

int options_parse(const struct option_group *groups, int argc, char **argv, void *values,
		  struct arguments *ret, struct fault *f)
{
	struct parser p;
	int c;
	collect(&p, groups, values);
	ret->help = false;
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while ((c = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		if (c == 'h') {
			ret->help = true;
			return 0;
		}
		if (c == '?')
			return unknown(&p, argv, f);
		if (c == ':')
			return missing(&p, f);
		size_t i = row_of(&p, c);
		int r = store(p.row[i], p.place[i], optarg);
		if (r == YORE_ENOMEM)
			return fault_set(f, r, "out of memory");
		if (r < 0)
			return refuse(p.row[i], optarg, f);
	}
	ret->at = argv + optind;
	ret->count = (size_t)(argc - optind);
	return 0;
}

void options_release(const struct option_group *groups, void *values)
{
	for (const struct option_group *g = groups; g && g->rows; g++)
		for (const struct option_row *row = g->rows; row->name; row++)
			if (row->kind == OPTION_LIST) {
				struct option_list *l =
				    (void *)((char *)values + g->at + row->at);
				free(l->at);
				*l = (struct option_list){NULL, 0, 0};
			}
}
