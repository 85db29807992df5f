#include "base/budget.h"

static size_t counted(size_t octets)
{
	return octets > BUDGET_SMALL ? octets : 0;
}

bool budget_change(struct budget *b, size_t from, size_t to)
{
	from = counted(from);
	to = counted(to);
	if (b == NULL || from == to)
		return true;
	if (to < from) {
		atomic_fetch_sub(&b->taken, from - to);
		atomic_fetch_add(&b->given_back, from - to);
		return true;
	}
	size_t more = to - from, taken = atomic_load(&b->taken);
	do
		if (taken > b->most || more > b->most - taken)
			return false;
	while (!atomic_compare_exchange_weak(&b->taken, &taken, taken + more));
	return true;
}

size_t budget_left(struct budget *b)
{
	size_t taken = atomic_load(&b->taken);
	return taken < b->most ? b->most - taken : 0;
}
