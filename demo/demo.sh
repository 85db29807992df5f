#!/bin/sh
# make demo: from a bare Debian 12 to the history of a name, in one go.
# Everything it writes is below build/ and one scratch folder, which it names.
set -eu
cd "$(dirname "$0")/.."

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}
[ -t 1 ] || say() {
	printf '\n%s\n' "$*"
}

# Shows a command as a person types it, then runs it. A pipe would get JSON; a person
# gets the table.
show() {
	printf '$ yore %s\n' "$*"
	command=$1
	shift
	if [ "$command" = query ]; then
		build/yore query --text --follow "$@" || status=$?
	else
		build/yore "$command" "$@" || status=$?
	fi
	[ "${status:-0}" -le 1 ] || exit "$status"
	echo
}

say '1. Packages (tools/packages.txt)'
tools/install-packages.sh
echo 'all there'

say '2. Build'
make --no-print-directory build/build.ninja >/dev/null
ninja -C build --quiet yore
echo "build/yore, $(stat -c %s build/yore) octets"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/yore-demo.XXXXXX")
export YORE_DB="$scratch/db"

say "3. A sample capture: two years at a resolver, made by demo/story.py"
python3 demo/story.py "$scratch/sample.pcap"

say '4. The capture becomes history'
show import "$scratch/sample.pcap"

say '5. A report names bank-login.example. Where did it point, and when?'
show query bank-login.example -t A

say '6. In October 2014 it was behind a CDN: the name was only an alias.'
show query www.bank-login.example --from 2014-10-01 --to 2014-10-31

say '7. Who else was on the address it used in 2015?'
show query 198.51.100.77

say '8. When was it really seen? First to last alone would hide the gaps.'
show timeline bank-login.example -t A --from 2014-10-01 --to 2014-10-31

say '9. And before anybody watched? "Nothing" says what it means.'
printf '$ yore query bank-login.example --to 2013-06-30\n'
build/yore query --text bank-login.example --to 2013-06-30 || echo "(exit status $?: nothing found, and nobody was watching)"

say '10. An investigation: from a report and a month to the addresses that mattered'
demo/investigate.sh "$scratch"

say 'Try next:'
cat <<END
  export YORE_DB=$YORE_DB
  build/yore query '*.bank-login.example' --view month --days
  build/yore query 203.0.113.0/24 -t A --seen --from 2014-10-01 --to 2014-10-31
  build/yore export --view rr --csv > history.csv
  xdg-open $scratch/case/report.html
END
