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
$b mkdir -p /lower /upper /root
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /lower
$b mount -t tmpfs -o mode=755 upper /upper
$b mkdir /upper/new /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/new,workdir=/upper/work overlay /root

for place in proc sys dev run; do
	$b mkdir -p "/root/$place"
done
$b mount -t proc proc /root/proc
$b mount -t sysfs sys /root/sys
$b mount -t devtmpfs dev /root/dev
$b mkdir -p /root/dev/pts /root/dev/shm
$b mount -t devpts pts /root/dev/pts
$b mount -t tmpfs shm /root/dev/shm
$b mount -t cgroup2 cgroup /root/sys/fs/cgroup
$b mount -t bpf bpf /root/sys/fs/bpf
$b mount -t tmpfs -o mode=755 run /root/run
$b mkdir -p /root/run/guest/written
# What was written here alone, without what the host has in the same folders.
$b mount --bind /upper/new /root/run/guest/written
$b cp /bin/busybox /guest.sh /plan.sh /root/run/guest/
# Not `chroot`: who enters a mount namespace is put where its root is mounted.
exec $b switch_root /root /bin/sh /run/guest/guest.sh
