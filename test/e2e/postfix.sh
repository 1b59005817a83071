#!/usr/bin/env bash
# Prints the directory that holds the daemons of Postfix. Where there are none, and this is root
# on a Debian or Ubuntu system without another mail server, installs Postfix first, without any
# configuration, so that none is started.
set -euo pipefail

find_daemons() {
	local directory
	for directory in "$(command -v postconf >/dev/null && postconf -dh daemon_directory)" /usr/lib/postfix/sbin /usr/libexec/postfix; do
		if [[ -n $directory && -x $directory/master && -x $directory/smtpd && -x $directory/postlogd ]]; then
			echo "$directory"
			return
		fi
	done
	return 1
}

PATH=$PATH:/usr/sbin
find_daemons && exit
if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null && ! command -v sendmail >/dev/null; then
	echo "postfix: installing it" >&2
	{
		apt-get update -q
		echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postfix
	} >&2
	find_daemons && exit
fi
echo "postfix: its daemons are not in /usr/lib/postfix/sbin: install Postfix, on Debian and Ubuntu the package postfix" >&2
exit 1
