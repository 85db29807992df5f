#include "store/engine.h"

int rocks_open(const char *dir, const struct store_options *o, struct fault *f,
	       struct engine **ret)
{
	return fault_set(f, YORE_EUNSUPPORTED, "%s: not yet", dir);
}
