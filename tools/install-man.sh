#!/bin/sh
# Run by `meson install`: install-man.sh FOLDER, what make-man.sh left there.
set -eu
to=$MESON_INSTALL_DESTDIR_PREFIX/share
install -d "$to/man/man1" "$to/bash-completion/completions"
install -m 644 "$1"/*.1 "$to/man/man1"
install -m 644 "$1/yore" "$to/bash-completion/completions/yore"
