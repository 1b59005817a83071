# What the pages' commands meet on the machine that they are for.

sudo() { "$@"; }
chown() { :; }
useradd() { :; }

# Makes no owners: there are no such users here.
install() {
	local arguments=()
	while [[ $# -gt 0 ]]; do
		case $1 in
		-o | -g) shift ;;
		*) arguments+=("$1") ;;
		esac
		shift
	done
	command install "${arguments[@]}"
}

# Starts what has its unit and its configuration.
systemctl() {
	local unit=${!#}
	case $unit in
	tbot) [[ $1 != enable ]] || tbot start -c "$DOCS_SITE/etc/tbot.yaml" ;;
	access-notifier@*)
		[[ -e $DOCS_SITE/etc/systemd/system/access-notifier@.service ]] &&
			[[ -e $DOCS_SITE/etc/teleport-${unit#*@}.toml ]]
		;;
	teleport-*) : ;; # the plugin's own, which is stopped
	*) return 1 ;;
	esac
}

# A release has the archives that this repository packs, with the program that is tested here.
# The manual's pages are empty.
curl() {
	local url=${!#}
	local name=${url##*/}
	[[ $url == https://github.com/accessnotifier/accessnotifier/releases/latest/download/* ]] || return
	grep -rqF "/${name%_*}_" "$DOCS_ROOT"/{Makefile,hack/release} || {
		echo "no release has $name" >&2
		return 22
	}
	: >"$name"
}
tar() {
	local name=${!#} from=$DOCS_ROOT/config/host
	[[ -e $name ]] || return
	command cp -L "$(command -v access-notifier)" access-notifier
	[[ $name == access-notifier-host_* ]] || return 0
	cp "$from/install.sh" "$from/access-notifier@.service" .
	mkdir -p man completion
	touch man/access-notifier.1 completion/{access-notifier,_access-notifier,access-notifier.fish}
}

# Installs the chart of this repository. The CRD is there, and tbot's Secret is written by
# no tbot.
helm() {
	local arguments=() argument
	for argument in "$@"; do
		arguments+=("${argument/#oci:\/\/ghcr.io\/accessnotifier\/charts\/access-notifier/$DOCS_ROOT/charts/access-notifier}")
	done
	case $1 in
	install | upgrade) "$HELM" "${arguments[@]}" --set crds.enabled=false >/dev/null ;;
	*) "$HELM" "${arguments[@]}" ;;
	esac
}
