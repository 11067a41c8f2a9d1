#!/bin/busybox sh
# The guest's first moments: the modules that its root needs, and then that root, which is the host's, to be read; what is written to it
# is kept in memory and gone with the guest.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
# From here on everything that is said goes to the host; the kernel's own messages have another line.
exec </dev/null >/dev/ttyS1 2>&1

for module in $($b cat /modules/order); do
	$b insmod "/modules/$module" || echo "the module $module was not taken"
done
$b mkdir -p /lower /upper /new
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /lower
$b mount -t tmpfs -o mode=755 upper /upper
$b mkdir /upper/new /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/new,workdir=/upper/work overlay /new

for place in proc sys dev run; do
	$b mkdir -p "/new/$place"
done
$b mount -t proc proc /new/proc
$b mount -t sysfs sys /new/sys
$b mount -t devtmpfs dev /new/dev
$b mkdir -p /new/dev/pts /new/dev/shm
$b mount -t devpts pts /new/dev/pts
$b mount -t tmpfs shm /new/dev/shm
$b mount -t cgroup2 cgroup /new/sys/fs/cgroup
$b mount -t bpf bpf /new/sys/fs/bpf
$b mount -t tmpfs -o mode=755 run /new/run
$b mkdir -p /new/run/guest/written
# What was written here alone, without what the host has in the same folders.
$b mount --bind /upper/new /new/run/guest/written
$b cp /bin/busybox /guest.sh /plan.sh /new/run/guest/
# Not `chroot`: who enters a mount namespace is put where its root is mounted.
exec $b switch_root /new /bin/sh /run/guest/guest.sh
