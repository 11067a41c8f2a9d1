# Makes the namespaces it is started in look like a machine of their own, and holds them until standard input
# ends. Arguments: the machine's name, the laboratory's program, what to bind over keepalived's (or nothing), and
# the folders that are to be the machine's own.
set -e
name=$1 lab=$2 daemon=$3
shift 3

# The programs are bound while they can still be seen: they may lie below one of the places covered next.
mount -t tmpfs -o mode=755 lab /run
mkdir -p /run/lab /run/lock
touch /run/lab/vrrp-lab
mount --bind "$lab" /run/lab/vrrp-lab
if [ -n "$daemon" ]; then
	mount --bind "$daemon" /usr/sbin/keepalived
fi

for place; do
	mount -t tmpfs -o "mode=$(stat -c %a "$place")" lab "$place"
done
mount -t sysfs lab /sys
# As on a machine with an init. Without one here, a loader finds the host's in the list of mounts, hidden by the line before, and fails in it.
if [ -d /sys/fs/bpf ]; then
	mount -t bpf bpf /sys/fs/bpf
fi
hostname "$name"
ip link set lo up

echo ready
# The first process of a PID namespace inherits its orphans; one that ignores SIGCHLD never leaves a zombie.
exec env --unset=SETUP --ignore-signal=CHLD cat
