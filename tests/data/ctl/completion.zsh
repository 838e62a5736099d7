#compdef parallaxctl
# zsh completion of parallaxctl, written by `parallaxctl completion zsh`

_parallaxctl_verbs() {
	local -a verbs
	verbs=(
		'status:agent, programs, source, usage of maps, drops'
		'services:virtual IPs and their backends'
		'endpoints:backends with shares, and excluded endpoints'
		'networks:networks and how each is entered'
		'gateways:gateways with share, health and round-trip time'
		'flows:connections; as they open and close (--follow); dropped packets (--drops)'
		'explain:why a connection goes where it goes, step by step'
		'preview:the shares of assignments, offline and without root'
		'diff:the source'\''s last assignments compared with the kernel'
		'check:requirements of this machine and configuration'
		'bugreport:one archive of everything above, without secrets, to send with a report'
		'uninstall:remove everything from the kernel'
		'keygen:a new key for tunnel.keysFile'
		'completion:the completion script of a shell'
		'help:this list, or the arguments and flags of a verb'
		'version:version of this program'
	)
	_describe verb verbs
}

_parallaxctl_names() {
	local -a names
	names=(${(f)"$(parallaxctl completion $1 2>/dev/null)"})
	compadd -a names
}

_parallaxctl() {
	local curcontext=$curcontext state line
	_arguments -C \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:VERB:_parallaxctl_verbs' \
			'*::argument:->rest'
	[[ $state == rest ]] || return
	case $line[1] in
	status|st)
		_arguments \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	services|svc|service)
		_arguments \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	endpoints|ep|endpoint)
		_arguments \
			'*--network[only of this network, as in the column NETWORK; each filter is repeatable]:NAME:_parallaxctl_names networks' \
			'*--service[only of this service; the last labels of a host may be omitted]:HOST|CLUSTER|VIP\:PORT:_parallaxctl_names services' \
			'*--vip[only to this virtual IP, or one of ADDRESS/BITS]:ADDRESS\[\:PORT\]:' \
			'*--from[only from this client, or one of ADDRESS/BITS]:ADDRESS\[\:PORT\]:' \
			'*--state[only in this state, as in the column STATE]:STATE:(active draining excluded)' \
			'--limit[the first of them, and the number of the others]:COUNT:' \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:\[HOST|CLUSTER|VIP\:PORT\]:_parallaxctl_names services'
		;;
	networks|net|network)
		_arguments \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	gateways|gw|gateway)
		_arguments \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	flows|fl|flow)
		_arguments \
			'(-f --follow)'{-f,--follow}'[each as it opens and closes, until interrupted]' \
			'--drops[packets as they are dropped, with the reason]' \
			'--format[envoy\: lines of Istio'\''s default access log]:table|envoy|json:(table envoy json)' \
			'*--network[only of this network, as in the column NETWORK; each filter is repeatable]:NAME:_parallaxctl_names networks' \
			'*--service[only of this service; the last labels of a host may be omitted]:HOST|CLUSTER|VIP\:PORT:_parallaxctl_names services' \
			'*--vip[only to this virtual IP, or one of ADDRESS/BITS]:ADDRESS\[\:PORT\]:' \
			'*--from[only from this client, or one of ADDRESS/BITS]:ADDRESS\[\:PORT\]:' \
			'*--state[only in this state, as in the column STATE]:STATE:(opening established closing)' \
			'--limit[the first of them, and the number of the others]:COUNT:' \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	explain)
		_arguments \
			'--proto[protocol of the service (tcp, or the only one it has)]:tcp|udp:(tcp udp)' \
			'--from[the client]:ADDRESS\[\:PORT\]:' \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:VIP\:PORT\[/tcp|/udp\]:_parallaxctl_names services'
		;;
	preview)
		_arguments \
			'(-c --config)'{-c,--config}'[the agent'\''s configuration; required]:FILE:_files' \
			'--eds[assignments, a file or a directory (source.files.path)]:FILE:_files' \
			'--network[as seen from there (the configuration'\''s network)]:NAME:_parallaxctl_names networks' \
			'--family[one IP version (those of which there is an endpoint)]:4|6:(4 6)' \
			'--drops[each category of drop overloads]' \
			'--health[priorities, and endpoints without a share]' \
			'*--unhealthy[treat this endpoint or gateway as unhealthy; repeatable]:ADDRESS\:PORT:' \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	diff)
		_arguments \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	check)
		_arguments \
			'(-c --config)'{-c,--config}'[also its interfaces, source and gateway role]:FILE:_files' \
			'(-w --watch)'{-w,--watch}'[again and again until interrupted\: a terminal is redrawn, else changes are added]' \
			'--interval[time between two answers of --watch (2)]:SECONDS:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	bugreport|bug)
		_arguments \
			'--file[the archive (parallax-bugreport-HOST-TIME.tar.gz); -\: standard output]:FILE:_files' \
			'(-c --config)'{-c,--config}'[the agent'\''s configuration (the one it serves, else /etc/parallax/config.yaml)]:FILE:_files' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	uninstall)
		_arguments \
			'--force[also while an agent runs, or from another network namespace]' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	keygen)
		_arguments \
			'--id[1-65535, another for each key of the pair (1)]:N:' \
			'--not-after[when it expires, such as 2027-11-01T00\:00\:00Z (never)]:TIME:' \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:NETWORK \[NETWORK\]:'
		;;
	completion)
		_arguments \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:bash|zsh|fish|kubectl:(bash zsh fish kubectl)'
		;;
	help)
		_arguments \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]' \
			'1:\[VERB\]:_parallaxctl_verbs'
		;;
	version)
		_arguments \
			'(-o --output)'{-o,--output}'[columns (table), more of them, JSON or YAML]:table|wide|json|yaml:(table wide json yaml)' \
			'--pin-dir[where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)]:DIR:_files -/' \
			'(-h --help)'{-h,--help}'[the arguments and flags of the verb]' \
			'--version[version of this program]'
		;;
	esac
}

if [[ $funcstack[1] == _parallaxctl ]]; then
	_parallaxctl "$@"
else
	compdef _parallaxctl parallaxctl
fi
