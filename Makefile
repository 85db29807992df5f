# A doorbell: the build is Meson's, the tests are tools/check.sh's.
#   make            build/yore
#   make demo       packages, build, a sample capture, a database, two questions
#   make check      everything that is tested; ends with `N passed, N failed`
#   make check-long also what takes longer than minutes
#   make bench      figures, one a line
#   make bench-live live capture at the most this machine can send: let nothing else run
#   make bench-store  the store at scale: MILLIONS=10 DIR=a new folder on the disk to measure
#   make bench-tuning  the choices of the store beside their alternatives
#   make install    as `meson install` (DESTDIR=, PREFIX= with make PREFIX=/usr)
#   make clean
PREFIX ?= /usr/local
MILLIONS ?= 10
DIR ?= build/bench-scratch/scale

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@tools/install-packages.sh
	meson setup --prefix=$(PREFIX) build

demo:
	@demo/demo.sh

# everything that is tested, with sanitizers; the last line is `N passed, N failed`
check:
	@tools/check.sh

# also what takes longer than minutes: kill loops, long fuzzing, scale
check-long:
	@YORE_LONG=1 tools/check.sh

bench: all
	@bench/run.sh

# the store's choices beside their alternatives
bench-tuning: all
	@YORE_BENCH_LONG=1 bench/parts/store-tuning.sh build build/bench-scratch

bench-live: all
	@mkdir -p build/bench-scratch
	@bench/parts/live.sh build build/bench-scratch

bench-store: all
	rm -rf build/bench-scratch/scale && mkdir -p build/bench-scratch
	build/bench/bench-store $(DIR) $(MILLIONS) 512

install: all
	meson install -C build --no-rebuild

clean:
	rm -rf build build-check

.PHONY: all demo check check-long bench bench-store bench-tuning install clean

# every fuzz target under libFuzzer with sanitizers, FUZZ_SECONDS=60 each
fuzz:
	tools/fuzz.sh

.PHONY: fuzz
