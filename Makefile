# A doorbell: the build is Meson's.
all: build/build.ninja
	ninja -C build

build/build.ninja:
	meson setup build

.PHONY: all

# everything that is tested, with sanitizers; the last line is `N passed, N failed`
check:
	tools/check.sh

# also what takes longer than minutes: kill loops, long fuzzing, scale
check-long:
	YORE_LONG=1 tools/check.sh

.PHONY: check check-long
