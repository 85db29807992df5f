/*
 * To be preloaded: $YORE_CLOCK_AFTER_MS after the program began its wall clock goes back
 * by $YORE_CLOCK_BACK_S seconds, and stays there. The monotonic clock is left alone.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long long began_ms;

static long long now_ms(void)
{
	struct timespec t;
	NEXT(clock_gettime)(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long back(void)
{
	const char *after = getenv("YORE_CLOCK_AFTER_MS"),
		   *by = getenv("YORE_CLOCK_BACK_S");
	if (began_ms == 0)
		began_ms = now_ms();
	return after && by && now_ms() - began_ms > atol(after) ? atol(by) : 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int r = NEXT(clock_gettime)(id, t);
	if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec -= back();
	return r;
}

time_t time(time_t *ret)
{
	time_t t = NEXT(time)(NULL) - back();
	if (ret)
		*ret = t;
	return t;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int r = NEXT(gettimeofday)(t, zone);
	if (r == 0)
		t->tv_sec -= back();
	return r;
}
