# fish completion of parallaxctl, written by `parallaxctl completion fish`

complete -c parallaxctl -f
complete -c parallaxctl -l output -s o -d 'columns (table), more of them, JSON or YAML' -r -a 'table wide json yaml'
complete -c parallaxctl -l pin-dir -d 'where the data plane is pinned ($PARALLAX_PIN_DIR, else /sys/fs/bpf/parallax)' -r -a '(__fish_complete_directories)'
complete -c parallaxctl -l help -s h -d 'the arguments and flags of the verb'
complete -c parallaxctl -l version -d 'version of this program'
complete -c parallaxctl -n __fish_use_subcommand -a status -d 'agent, programs, source, usage of maps, drops'
complete -c parallaxctl -n '__fish_seen_subcommand_from status st' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from status st' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a services -d 'virtual IPs and their backends'
complete -c parallaxctl -n '__fish_seen_subcommand_from services svc service' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from services svc service' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a endpoints -d 'backends with shares, and excluded endpoints'
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l network -d 'only of this network, as in the column NETWORK; each filter is repeatable' -r -a '(parallaxctl completion networks 2>/dev/null)'
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l service -d 'only of this service; the last labels of a host may be omitted' -r -a '(parallaxctl completion services 2>/dev/null)'
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l vip -d 'only to this virtual IP, or one of ADDRESS/BITS' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l from -d 'only from this client, or one of ADDRESS/BITS' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l state -d 'only in this state, as in the column STATE' -r -a 'active draining excluded'
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l limit -d 'the first of them, and the number of the others' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from endpoints ep endpoint' -a '(parallaxctl completion services 2>/dev/null)'
complete -c parallaxctl -n __fish_use_subcommand -a networks -d 'networks and how each is entered'
complete -c parallaxctl -n '__fish_seen_subcommand_from networks net network' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from networks net network' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a gateways -d 'gateways with share, health and round-trip time'
complete -c parallaxctl -n '__fish_seen_subcommand_from gateways gw gateway' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from gateways gw gateway' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a flows -d 'connections; as they open and close (--follow); dropped packets (--drops)'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l follow -s f -d 'each as it opens and closes, until interrupted'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l drops -d 'packets as they are dropped, with the reason'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l format -d 'envoy: lines of Istio\'s default access log' -r -a 'table envoy json'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l network -d 'only of this network, as in the column NETWORK; each filter is repeatable' -r -a '(parallaxctl completion networks 2>/dev/null)'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l service -d 'only of this service; the last labels of a host may be omitted' -r -a '(parallaxctl completion services 2>/dev/null)'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l vip -d 'only to this virtual IP, or one of ADDRESS/BITS' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l from -d 'only from this client, or one of ADDRESS/BITS' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l state -d 'only in this state, as in the column STATE' -r -a 'opening established closing'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l limit -d 'the first of them, and the number of the others' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from flows fl flow' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a explain -d 'why a connection goes where it goes, step by step'
complete -c parallaxctl -n '__fish_seen_subcommand_from explain' -l proto -d 'protocol of the service (tcp, or the only one it has)' -r -a 'tcp udp'
complete -c parallaxctl -n '__fish_seen_subcommand_from explain' -l from -d 'the client' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from explain' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from explain' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from explain' -a '(parallaxctl completion services 2>/dev/null)'
complete -c parallaxctl -n __fish_use_subcommand -a preview -d 'the shares of assignments, offline and without root'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l config -s c -d 'the agent\'s configuration; required' -r -F
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l eds -d 'assignments, a file or a directory (source.files.path)' -r -F
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l network -d 'as seen from there (the configuration\'s network)' -r -a '(parallaxctl completion networks 2>/dev/null)'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l family -d 'one IP version (those of which there is an endpoint)' -r -a '4 6'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l drops -d 'each category of drop overloads'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l health -d 'priorities, and endpoints without a share'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l unhealthy -d 'treat this endpoint or gateway as unhealthy; repeatable' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from preview' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a diff -d 'the source\'s last assignments compared with the kernel'
complete -c parallaxctl -n '__fish_seen_subcommand_from diff' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from diff' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a check -d 'requirements of this machine and configuration'
complete -c parallaxctl -n '__fish_seen_subcommand_from check' -l config -s c -d 'also its interfaces, source and gateway role' -r -F
complete -c parallaxctl -n '__fish_seen_subcommand_from check' -l watch -s w -d 'again and again until interrupted: a terminal is redrawn, else changes are added'
complete -c parallaxctl -n '__fish_seen_subcommand_from check' -l interval -d 'time between two answers of --watch (2)' -r
complete -c parallaxctl -n __fish_use_subcommand -a bugreport -d 'one archive of everything above, without secrets, to send with a report'
complete -c parallaxctl -n '__fish_seen_subcommand_from bugreport bug' -l file -d 'the archive (parallax-bugreport-HOST-TIME.tar.gz); -: standard output' -r -F
complete -c parallaxctl -n '__fish_seen_subcommand_from bugreport bug' -l config -s c -d 'the agent\'s configuration (the one it serves, else /etc/parallax/config.yaml)' -r -F
complete -c parallaxctl -n __fish_use_subcommand -a uninstall -d 'remove everything from the kernel'
complete -c parallaxctl -n '__fish_seen_subcommand_from uninstall' -l force -d 'also while an agent runs, or from another network namespace'
complete -c parallaxctl -n __fish_use_subcommand -a keygen -d 'a new key for tunnel.keysFile'
complete -c parallaxctl -n '__fish_seen_subcommand_from keygen' -l id -d '1-65535, another for each key of the pair (1)' -r
complete -c parallaxctl -n '__fish_seen_subcommand_from keygen' -l not-after -d 'when it expires, such as 2027-11-01T00:00:00Z (never)' -r
complete -c parallaxctl -n __fish_use_subcommand -a completion -d 'the completion script of a shell'
complete -c parallaxctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish kubectl'
complete -c parallaxctl -n __fish_use_subcommand -a help -d 'this list, or the arguments and flags of a verb'
complete -c parallaxctl -n __fish_use_subcommand -a version -d 'version of this program'
complete -c parallaxctl -n '__fish_seen_subcommand_from help' -a 'status services endpoints networks gateways flows explain preview diff check bugreport uninstall keygen completion help version'
