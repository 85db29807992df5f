#!/bin/sh
# The service manager as process 1 of namespaces of its own, over a copy of this machine's
# files that is forgotten at the end: nothing of the machine is touched. For units.t.
#
#   unshare -m -p -f -n -i -u -C boot.sh FOLDER PREPARE      in a control group of its own
#
# PREPARE ROOT puts the units in place; /run/outside inside is FOLDER/outside here.
set -eu
folder=$1 prepare=$2
mount --make-rprivate /
mkdir -p "$folder/image" "$folder/outside"
mount -t tmpfs tmpfs "$folder/image"
cd "$folder/image"
mkdir up work root
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
cd root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mkdir run/outside
mount --bind "$folder/outside" run/outside
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
"$prepare" "$PWD"
mkdir -p mnt/before
pivot_root . mnt/before
umount -l /mnt/before
export container=other
exec /lib/systemd/systemd --unit=tested.target --log-target=null --show-status=no
