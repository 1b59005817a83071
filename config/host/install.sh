#!/bin/sh
# Installs Access Notifier on this host from the directory that this script is in: the
# program, its manual, shell completion, the systemd unit, the user that it runs as, and
# a directory for what that user alone may read.
# It starts nothing and leaves configurations alone.
#
#   sudo ./install.sh                   install, or upgrade
#   sudo ./install.sh --link-plugins    also answer to the names of Teleport's own plugins,
#                                       such as teleport-slack; a plugin that is there is
#                                       kept as teleport-slack.replaced
#
# With DESTDIR, files go below that directory, and nothing else is done.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
destination=${DESTDIR:-}
programs=$destination/usr/local/bin
link_plugins=false

case ${1:-} in
'') ;;
--link-plugins) link_plugins=true ;;
*)
	echo "usage: $0 [--link-plugins]" >&2
	exit 2
	;;
esac

# Puts a file into a directory with a mode. One that is there is replaced in one step, also
# while it runs.
put() {
	mkdir -p "$3"
	cp "$2" "$3/.$(basename "$2").new"
	chmod "$1" "$3/.$(basename "$2").new"
	mv -f "$3/.$(basename "$2").new" "$3/$(basename "$2")"
}

# The credentials, and what tbot keeps.
mkdir -p "$destination/var/lib/access-notifier"
chmod 0750 "$destination/var/lib/access-notifier"

put 0755 "$here/access-notifier" "$programs"
put 0644 "$here/access-notifier@.service" "$destination/etc/systemd/system"
for page in "$here"/man/*.1; do
	put 0644 "$page" "$destination/usr/local/share/man/man1"
done
put 0644 "$here/completion/access-notifier" "$destination/usr/local/share/bash-completion/completions"
put 0644 "$here/completion/_access-notifier" "$destination/usr/local/share/zsh/site-functions"
put 0644 "$here/completion/access-notifier.fish" "$destination/usr/local/share/fish/vendor_completions.d"

if [ "$link_plugins" = true ]; then
	# The program knows for which messengers there is such a plugin.
	"$here/access-notifier" __complete configure '' 2>/dev/null | grep -v '^:' | while read -r messenger; do
		plugin=$programs/teleport-$messenger
		if [ -e "$plugin" ] && [ ! -L "$plugin" ]; then
			mv "$plugin" "$plugin.replaced"
		fi
		ln -sfn access-notifier "$plugin"
	done
fi

[ -z "$destination" ] || exit 0

if ! id access-notifier >/dev/null 2>&1; then
	useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin access-notifier
fi
chown access-notifier:access-notifier /var/lib/access-notifier
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi

cat <<'END'
Installed. To announce access requests in Slack, for example:

  access-notifier configure slack >/etc/teleport-slack.toml
  chown root:access-notifier /etc/teleport-slack.toml && chmod 0640 /etc/teleport-slack.toml
  # Edit it. Make the identity and token files that it names readable for access-notifier.
  systemctl enable --now access-notifier@slack
END
