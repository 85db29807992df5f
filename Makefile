# A doorbell: the build is Meson's.
all: build/build.ninja
	ninja -C build

build/build.ninja:
	meson setup build

.PHONY: all
