#!/bin/sh
# Installs the Debian packages that tools/packages.txt names and that are missing.
#
#   tools/install-packages.sh          what is needed to build and to run
#   tools/install-packages.sh test     also what the tests need
#
# Says what it is going to do; asks sudo for help only when not root. With nothing
# missing it prints nothing and needs no network.
set -eu
cd "$(dirname "$0")"
kinds='build'
[ "${1:-}" != test ] || kinds='build|test'

wanted=$(grep -E "^($kinds) " packages.txt | cut -d' ' -f2)
if ! command -v dpkg-query >/dev/null; then
	echo "This is no Debian system. Please install what these are called here:" >&2
	# shellcheck disable=SC2086 # a list of words
	echo $wanted >&2
	exit 1
fi
missing=
for p in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

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
if [ "$kinds" != build ] && [ ! -e "$policy" ]; then
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
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >/dev/null
