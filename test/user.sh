# user.sh - to be sourced: an ordinary user to run things as, also when root.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What works only for root is worth nothing here. An ordinary user stays who he
# is; root gets a user for it, made if missing.

user_home() {
	awk -F: -v u="$1" '$1 == u { print $6 }' /etc/passwd
}

# Two test suites may try at the same moment. A home that an earlier user of
# that name left is handed over.
user_make() {
	for _ in 1 2 3 4 5; do
		id -u "$1" >/dev/null 2>&1 && return
		if { useradd -m -s /bin/sh "$1" || adduser -D "$1"; } \
			>/dev/null 2>&1; then
			chown -R "$1" "$(user_home "$1")"
			return
		fi
		sleep 1
	done
	echo "can't make the user '$1'" >&2
	return 1
}

# user_name NAME [DIR]: whom to run as. NAME is used, and made, only by root,
# and if DIR belongs to root too; else it is DIR's owner.
user_name() {
	if [ "$(id -u)" != 0 ]; then
		id -un
		return
	fi
	owner=$(stat -c %U "${2:-/}")
	case $owner in root | UNKNOWN) owner=$1; user_make "$1" >&2 ;; esac
	echo "$owner"
}

# user_own NAME PATH...: with all that is in them.
user_own() {
	[ "$(id -u)" = 0 ] || return 0
	u=$1
	shift
	chown -R "$u" "$@"
}

# user_run NAME COMMAND [ARG...]: for root with a clean environment, for others
# just so. The locale is fixed: messages are compared.
user_run() {
	u=$1
	shift
	if [ "$(id -u)" != 0 ]; then
		env LC_ALL=C.UTF-8 "$@"
		return
	fi
	set -- env -i HOME="$(user_home "$u")" USER="$u" LOGNAME="$u" \
		SHELL=/bin/sh LC_ALL=C.UTF-8 \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
		${http_proxy:+http_proxy="$http_proxy"} \
		${https_proxy:+https_proxy="$https_proxy"} \
		${no_proxy:+no_proxy="$no_proxy"} \
		${TERM:+TERM="$TERM"} "$@"
	if command -v runuser >/dev/null; then
		runuser -u "$u" -- "$@"
	else
		# shellcheck disable=SC2016 # the inner shell expands it
		su -s /bin/sh "$u" -c 'exec "$0" "$@"' "$@"
	fi
}
