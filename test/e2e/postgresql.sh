#!/usr/bin/env bash
# Prints the directory that holds PostgreSQL's programs. Where there are none, and
# this is root on a Debian or Ubuntu system, installs PostgreSQL first.
set -euo pipefail

find_programs() {
	local path directory
	for path in "$(command -v initdb)" $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -rV); do
		# Debian links some programs, but not all, into the PATH.
		directory=$(dirname "$(readlink -f "$path")")
		if [[ -x $directory/initdb && -x $directory/postgres && -x $directory/pg_isready ]]; then
			echo "$directory"
			return
		fi
	done
	return 1
}

find_programs && exit
if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
	echo "postgresql: installing it" >&2
	{
		apt-get update -q
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql
	} >&2
	find_programs && exit
fi
echo "postgresql: initdb is neither in PATH nor in /usr/lib/postgresql: install PostgreSQL, on Debian and Ubuntu the package postgresql" >&2
exit 1
