#!/bin/sh
# rootfs.sh OUT.tar - a small root file system from this machine's busybox.
# SPDX-License-Identifier: Apache-2.0
set -eu
case $1 in
/*) out=$1 ;;
*) out=$PWD/$1 ;; # we leave this directory
esac
box=$(command -v busybox.static || command -v busybox-static ||
	command -v busybox)
dir=$(mktemp -d "${TMPDIR:-/tmp}/rootfs.XXXXXX")
trap 'rm -rf "$dir"' EXIT
umask 022
chmod 755 "$dir"
cd "$dir"
mkdir -p bin etc lib mnt opt usr/bin usr/lib usr/share dev proc sys tmp var/tmp root home
chmod 1777 tmp var/tmp
chmod 700 root
cp "$box" bin/busybox
chmod 755 bin/busybox
for name in $("$box" --list); do
	[ "$name" = busybox ] || ln -s busybox "bin/$name"
done
ln -s /bin/env usr/bin/env
cat >etc/os-release <<END
ID=chassis-demo
NAME="Chassis demonstration image"
PRETTY_NAME="Chassis demonstration image (busybox, not Alpine)"
END
echo root:x:0:0:root:/root:/bin/sh >etc/passwd
echo root:x:0: >etc/group
tar -cf "$out" --numeric-owner --owner=0 --group=0 .
