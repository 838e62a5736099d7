# bash completion of parallaxctl, written by `parallaxctl completion bash`

_parallaxctl_offer() {
	case $1 in
	-f | -d) compopt -o filenames ;;
	esac
	mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
	case $cur in
	*:*) COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}") ;;
	esac
}

_parallaxctl() {
	local line=${COMP_LINE:0:COMP_POINT} cur= prev= verb= skip= word
	local -a words
	read -ra words <<<"$line"
	case $line in
	*[[:space:]]) ;;
	*) cur=${words[-1]} && unset 'words[-1]' ;;
	esac
	for word in "${words[@]:1}"; do
		prev=$word
		if [[ $skip ]]; then
			skip= && continue
		fi
		case $word in
		--interval | --network | --service | --vip | --from | --state | --limit | --format | --network | --service | --vip | --from | --state | --limit | --proto | --from | -c | --config | --eds | --network | --family | --unhealthy | -c | --config | --file | -c | --config | --id | --not-after | -o | --output | --pin-dir | --) skip=1 ;;
		-*) ;;
		*) verb=${verb:-$word} ;;
		esac
	done
	case $cur in
	--*=*) prev=${cur%%=*} cur=${cur#*=} skip=1 ;;
	esac
	local verbs='status services endpoints networks gateways flows explain preview diff check bugreport uninstall keygen completion help version'
	case $verb in
	status | st)
		if [[ $skip ]]; then
			case $prev in
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	services | svc | service)
		if [[ $skip ]]; then
			case $prev in
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	endpoints | ep | endpoint)
		if [[ $skip ]]; then
			case $prev in
			--network) _parallaxctl_offer -W "$(parallaxctl completion networks 2>/dev/null)" ;;
			--service) _parallaxctl_offer -W "$(parallaxctl completion services 2>/dev/null)" ;;
			--vip) : ;;
			--from) : ;;
			--state) _parallaxctl_offer -W 'active draining excluded' ;;
			--limit) : ;;
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--network --service --vip --from --state --limit --watch --interval --output --pin-dir --help --version'
		else
			_parallaxctl_offer -W "$(parallaxctl completion services 2>/dev/null)"
		fi
		;;
	networks | net | network)
		if [[ $skip ]]; then
			case $prev in
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	gateways | gw | gateway)
		if [[ $skip ]]; then
			case $prev in
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	flows | fl | flow)
		if [[ $skip ]]; then
			case $prev in
			--format) _parallaxctl_offer -W 'table envoy json' ;;
			--network) _parallaxctl_offer -W "$(parallaxctl completion networks 2>/dev/null)" ;;
			--service) _parallaxctl_offer -W "$(parallaxctl completion services 2>/dev/null)" ;;
			--vip) : ;;
			--from) : ;;
			--state) _parallaxctl_offer -W 'opening established closing' ;;
			--limit) : ;;
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--follow --drops --format --network --service --vip --from --state --limit --watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	explain)
		if [[ $skip ]]; then
			case $prev in
			--proto) _parallaxctl_offer -W 'tcp udp' ;;
			--from) : ;;
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--proto --from --watch --interval --output --pin-dir --help --version'
		else
			_parallaxctl_offer -W "$(parallaxctl completion services 2>/dev/null)"
		fi
		;;
	preview)
		if [[ $skip ]]; then
			case $prev in
			-c | --config) _parallaxctl_offer -f ;;
			--eds) _parallaxctl_offer -f ;;
			--network) _parallaxctl_offer -W "$(parallaxctl completion networks 2>/dev/null)" ;;
			--family) _parallaxctl_offer -W '4 6' ;;
			--unhealthy) : ;;
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--config --eds --network --family --drops --health --unhealthy --watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	diff)
		if [[ $skip ]]; then
			case $prev in
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	check)
		if [[ $skip ]]; then
			case $prev in
			-c | --config) _parallaxctl_offer -f ;;
			--interval) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--config --watch --interval --output --pin-dir --help --version'
		else
			:
		fi
		;;
	bugreport | bug)
		if [[ $skip ]]; then
			case $prev in
			--file) _parallaxctl_offer -f ;;
			-c | --config) _parallaxctl_offer -f ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--file --config --output --pin-dir --help --version'
		else
			:
		fi
		;;
	uninstall)
		if [[ $skip ]]; then
			case $prev in
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--force --output --pin-dir --help --version'
		else
			:
		fi
		;;
	keygen)
		if [[ $skip ]]; then
			case $prev in
			--id) : ;;
			--not-after) : ;;
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--id --not-after --output --pin-dir --help --version'
		else
			:
		fi
		;;
	completion)
		if [[ $skip ]]; then
			case $prev in
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--output --pin-dir --help --version'
		else
			_parallaxctl_offer -W 'bash zsh fish kubectl'
		fi
		;;
	help)
		if [[ $skip ]]; then
			case $prev in
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--output --pin-dir --help --version'
		else
			_parallaxctl_offer -W "$verbs"
		fi
		;;
	version)
		if [[ $skip ]]; then
			case $prev in
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--output --pin-dir --help --version'
		else
			:
		fi
		;;
	'')
		if [[ $skip ]]; then
			case $prev in
			-o | --output) _parallaxctl_offer -W 'table wide json yaml' ;;
			--pin-dir) _parallaxctl_offer -d ;;
			esac
		elif [[ $cur == -* ]]; then
			_parallaxctl_offer -W '--output --pin-dir --help --version'
		else
			_parallaxctl_offer -W "$verbs"
		fi
		;;
	esac
}

complete -F _parallaxctl parallaxctl
