#!/bin/sh
# Installs packages with apt so that no service of theirs is started or stays enabled.
#
# usage: install.sh [PACKAGE...]    without any: tidies up after a run that was killed
#
# While apt runs, /usr/sbin/policy-rc.d says no to every start. One that is there already is never touched: apt runs in
# a mount namespace of its own, where ours lies over it, so not even a kill -9 leaves a trace. Where there is none, ours is
# written, with a marker by which a later run knows it, and removed on every way out that a shell can see.
set -eu

policy=/usr/sbin/policy-rc.d
marker='# Written by cargo xtask setup while it installs packages; safe to remove.'
state=/var/lib/xvrrpd-setup
ours=$state/policy-rc.d
before=$state/packages-before

export LC_ALL=C
export DEBIAN_FRONTEND=noninteractive
# needrestart would restart services that others own.
export NEEDRESTART_SUSPEND=1

installed_packages() {
    dpkg-query --show --showformat '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^i. *//p' | sort -u
}

is_ours() {
    [ -f "$1" ] && grep -qxF "$marker" "$1"
}

# Disables what came with packages that were not there before.
disable_new_services() {
    installed_packages >"$state/packages-after"
    for package in $(comm -13 "$before" "$state/packages-after"); do
        dpkg-query --listfiles "$package" | while read -r file; do
            case $file in
            /lib/systemd/system/*/* | /usr/lib/systemd/system/*/*) ;;
            /lib/systemd/system/*.*@.* | /usr/lib/systemd/system/*.*@.*) ;;
            /lib/systemd/system/*.* | /usr/lib/systemd/system/*.*) disable_unit "${file##*/}" ;;
            /etc/init.d/*) disable_script "${file##*/}" ;;
            esac
        done
    done
}

disable_unit() {
    # A unit without [Install] is never enabled by itself; others need it.
    grep -qs '^\[Install\]' "/lib/systemd/system/$1" "/usr/lib/systemd/system/$1" || return 0
    if command -v systemctl >/dev/null; then
        systemctl --no-reload disable "$1" >/dev/null 2>&1 || true
    fi
    if command -v deb-systemd-helper >/dev/null; then
        deb-systemd-helper disable "$1" >/dev/null 2>&1 || true
    fi
    echo "    $1 is installed, not started, not enabled"
}

disable_script() {
    if command -v update-rc.d >/dev/null; then
        update-rc.d "$1" disable >/dev/null 2>&1 || true
    fi
}

leave() {
    result=$?
    trap '' INT TERM HUP
    trap - EXIT
    if [ -f "$before" ]; then
        disable_new_services || result=1
    fi
    if is_ours "$policy"; then
        rm -f "$policy"
    fi
    rm -rf "$state"
    exit "$result"
}

# A run that was killed left its list of packages: what it installed still counts as new, and may be half configured.
begin() {
    exec 9>/run/xvrrpd-setup.lock
    flock 9
    mkdir -p "$state"
    if is_ours "$policy"; then
        rm -f "$policy"
    fi
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$ours"
    chmod 755 "$ours"
    if [ -f "$before" ]; then
        quietly dpkg --configure -a </dev/null
    else
        installed_packages >"$before.new"
        mv "$before.new" "$before"
    fi
}

# Runs a command while the policy says no.
quietly() {
    if is_ours "$policy"; then
        "$@"
    elif [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
        cp "$ours" "$policy.xvrrpd-new"
        mv "$policy.xvrrpd-new" "$policy"
        "$@"
    elif unshare --mount true 2>/dev/null; then
        unshare --mount -- sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' sh "$ours" "$policy" "$@"
    elif says_no; then
        "$@"
    else
        echo "$policy lets services start, and this machine does not let us cover it for a moment (unshare --mount)" >&2
        echo "help: install by hand: apt-get install $*" >&2
        exit 1
    fi
}

# Whether the policy that is there, as that of a container image, denies a start anyway.
says_no() {
    answer=0
    "$policy" keepalived start >/dev/null 2>&1 || answer=$?
    [ "$answer" -eq 101 ]
}

begin
[ $# -gt 0 ] || exit 0
# Somebody else may be refreshing the lists at this moment; then they are fresh soon.
apt-get update </dev/null || { sleep 10 && apt-get update </dev/null; } ||
    echo "    apt-get update complained; going on with the lists there are" >&2
quietly apt-get -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    install --yes --no-install-recommends --no-remove --no-upgrade "$@" </dev/null
