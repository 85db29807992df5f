#include "base/json_in.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int json_in(struct bytes text, size_t ceiling, struct fault *f, json_t **ret)
{
	json_error_t e = {0};
	if (ceiling && text.len > ceiling)
		return fault_set(f, YORE_ELIMIT,
				 "JSON of %zu octets: over the ceiling of %zu", text.len,
				 ceiling);
	json_t *v = json_loadb((const char *)text.at, text.len,
			       JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (v == NULL && json_error_code(&e) == json_error_out_of_memory)
		return fault_set(f, YORE_ENOMEM, "JSON: out of memory");
	if (v == NULL) /* e.text may quote the input: leave that out */
		return fault_set(f, YORE_EMALFORMED,
				 "JSON breaks its format at line %d, column %d", e.line,
				 e.column);
	*ret = v;
	return 0;
}

const char *json_in_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *json_in_array(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	return json_is_array(v) ? v : NULL;
}

json_t *json_in_object(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	return json_is_object(v) ? v : NULL;
}

static int of_text(const char *s, int64_t *ret)
{
	char *end;
	if (*s != '-' && (*s < '0' || *s > '9'))
		return YORE_EMALFORMED;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno || *end || end == s)
		return YORE_EMALFORMED;
	*ret = v;
	return 1;
}

int json_in_i64(const json_t *value, int64_t *ret)
{
	if (value == NULL || json_is_null(value))
		return 0;
	if (json_is_string(value))
		return of_text(json_string_value(value), ret);
	if (json_is_real(value)) {
		double d = json_real_value(value);
		if (!(fabs(d) < 9007199254740992.0)) /* whole numbers end there */
			return YORE_EMALFORMED;
		*ret = (int64_t)floor(d);
		return 1;
	}
	if (!json_is_integer(value))
		return YORE_EMALFORMED;
	*ret = json_integer_value(value);
	return 1;
}

int json_in_i64_of(const json_t *object, const char *key, int64_t *ret)
{
	return json_in_i64(json_object_get(object, key), ret);
}
