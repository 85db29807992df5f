#!/bin/sh
# Manual pages and completion, from the program itself: make-man.sh YORE FOLDER STAMP
set -eu
yore=$1 folder=$2 stamp=$3
mkdir -p "$folder"
"$yore" help --man | scdoc > "$folder/yore.1"
for c in $("$yore" help --list); do
	"$yore" help --man "$c" | scdoc > "$folder/yore-$c.1"
done
"$yore" help --completion > "$folder/yore"
date > "$stamp"
