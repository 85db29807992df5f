#!/bin/sh
# Fetches the ranges of autonomous systems that `yore investigate --asn` reads: the npm
# package @ip-location-db/asn (its licences come with it), through npm.
# usage: tools/install-asn.sh FOLDER
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
command -v npm >/dev/null || { echo "$0: npm is not installed" >&2; exit 1; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
file=$(npm pack --silent @ip-location-db/asn)
tar xzf "$file"
date=$(echo "$file" | sed -n 's/.*\.\(20[0-9]\{6\}\)[0-9]*\.tgz/\1/p')
for family in ipv4 ipv6; do
	cp "package/asn-$family.csv" "$folder/asn-$family.csv"
	# the table's date is the package's, not the moment of copying
	[ -z "$date" ] || touch -d "$date" "$folder/asn-$family.csv"
done
cp package/*LICENSE "$folder/"
echo "use: --asn $folder/asn-ipv4.csv --asn $folder/asn-ipv6.csv"
