# The guest's first process once its root is the host's. What xtask waits for begins with `guest:`.

# stage NUMBER COMMAND...: runs a command of the plan.
stage() {
	number=$1
	shift
	echo "guest: begin $number"
	"$@"
	echo "guest: end $number $?"
}

# modules_are_in FOLDER: lets the kernel find its modules.
modules_are_in() {
	mkdir -p "/lib/modules/$(uname -r)"
	mount --bind "$1" "/lib/modules/$(uname -r)"
}

# evidence_goes_to_the_host: what tests of this guest leave when they fail is copied to a folder of the host's, which shows some of its own in /tmp.
evidence_goes_to_the_host() {
	mkdir -p /run/guest/evidence
	mount -t 9p -o trans=virtio,version=9p2000.L evidence /run/guest/evidence || return
	for left in /run/guest/written/tmp/vrrp-lab-failure-*; do
		[ -d "$left" ] && cp -r "$left" /run/guest/evidence/
	done
}

export HOME=/root LC_ALL=C.UTF-8
hostname guest
ip link set lo up
. /run/guest/plan.sh
echo "guest: done"
# A first process that ended would be a panic.
exec /run/guest/busybox poweroff -f
