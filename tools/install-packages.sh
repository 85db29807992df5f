#!/bin/sh
# Installs the Debian packages that tools/packages.txt names and that are missing.
#
#   tools/install-packages.sh          what is needed to build and to run
#   tools/install-packages.sh test     what the tests need, as far as it can be had; exit
#                                      status 3 when something cannot
#   tools/install-packages.sh lacking  installs nothing, names what the tests lack
#
# Says what it is going to do; asks sudo for help only when not root. With nothing
# missing it prints nothing and needs no network.
set -eu
cd "$(dirname "$0")"
kind=build
case "${1:-}" in test | lacking) kind='test' ;; esac

wanted=$(grep "^$kind " packages.txt | cut -d' ' -f2)
if ! command -v dpkg-query >/dev/null; then
	echo "This is no Debian system. Please install what these are called here:" >&2
	# shellcheck disable=SC2086 # a list of words
	echo $wanted >&2
	[ "${1:-}" = lacking ] || exit 1
	exit 0
fi
find_missing() {
	missing=
	for p in $wanted; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $p"
	done
}
find_missing
[ -n "$missing" ] || exit 0
if [ "${1:-}" = lacking ]; then
	# shellcheck disable=SC2086 # a list of words
	printf '%s\n' $missing
	exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		echo "Please run this as root (there is no sudo here):" >&2
		echo "  apt-get install$missing" >&2
		exit 1
	fi
fi
echo "Installing with apt-get${as_root:+ (through sudo)}:$missing"

# Some tests need name servers; their packages must not start them on this machine now.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ "$kind" = test ] && [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod 755 "$policy"
	made_policy=yes
	echo "(name servers among them are for the tests: they are not started;" \
		"systemctl disable them if they shall not start with the machine)"
fi
restore() {
	[ -z "$made_policy" ] || $as_root rm -f "$policy"
}
trap restore EXIT

$as_root apt-get -qq update || echo "apt-get update failed; going on with the lists there are" >&2
install() {
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@" >/dev/null
}
# shellcheck disable=SC2086 # a list of names
if ! install $missing; then
	[ "$kind" = test ] || exit 1
	for p in $missing; do # one that cannot be had keeps back none of the others
		install "$p" || true
	done
fi
find_missing
if [ -n "$missing" ]; then
	echo "These could not be installed:$missing" >&2
	[ "$kind" = build ] || exit 3
	exit 1
fi
