# Makes a machine whose file system is the host's, seen through a layer of its own that takes all changes, and becomes its first process.
# Arguments: the package, the folder of the seeds, the first process with its arguments.
set -e
package=$1 seeds=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 layer /mnt
mkdir /mnt/changes /mnt/work /mnt/machine
mount -t overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work machine /mnt/machine
mkdir -p /mnt/machine/srv/seeds
cp "$package" /mnt/machine/srv/xvrrpd.deb
cp "$seeds"/* /mnt/machine/srv/seeds

cd /mnt/machine
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
	touch "dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0 1 2; do
	ln -s "/proc/self/fd/$number" "dev/$(echo stdin stdout stderr | cut -d ' ' -f $((number + 1)))"
done

# A machine that starts nothing of its own, and lets packages start what they bring and install all of it: images for containers
# refuse the one and leave manual pages out.
rm -rf etc/systemd/system/*.wants etc/rc?.d/S* usr/sbin/policy-rc.d etc/dpkg/dpkg.cfg.d/*
hostname machine
ip link set lo up
for number in 0 1; do
	ip link add "eth$number" type veth peer name "far$number"
	ip link set "far$number" up
	ip link set "eth$number" up
done
ip address add 10.89.0.9/24 dev eth0
ip address add 192.168.0.9/24 dev eth1

mkdir -p mnt/outside
pivot_root . mnt/outside
cd /
umount -l /mnt/outside
exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
