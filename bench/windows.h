/*
 * Windows of made-up rows, sorted, as gathering would hand them over. A child process
 * makes them and gives them through a pipe, so that memory and CPU of whoever takes them
 * are the store's alone.
 */
#ifndef YORE_BENCH_WINDOWS_H
#define YORE_BENCH_WINDOWS_H

#include "store/segment.h"

struct windows;

struct window_head {
	uint64_t from, to; /* unique RRs that are new in it */
	uint64_t rows, sets, records;
	int32_t month;
};

/* all RRs in windows of `step`, over two years from January 2023 on. */
struct windows *windows_start(uint64_t all, uint64_t step);
/* 1, or 0: that was all. */
int windows_next(struct windows *w, struct window_head *ret);
/* The rows of the window that came last. */
struct segment_rows *windows_rows(struct windows *w);
/* When its first and its last row was taken (bench_wall_s). */
void windows_taken(const struct windows *w, double *first, double *last);
/* CPU seconds and MiB at the most of the child, which has ended. */
void windows_end(struct windows *w, double *cpu_s, double *peak_mib);

#endif
