# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The only build file; `make help` lists the targets. All output goes under $(BUILD).
#
# Stages: vmlinux.h -> parallax.bpf.o -> parallax.skel.h, proto/*.proto -> *.pb-c.[ch]
#         -> user objects -> libparallax.a -> programs

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# ------------------------------------------------------------------ knobs

BUILD        ?= $(if $(SAN),build/san,build)
# ccache writes relative names into dependency files, where CCACHE_BASEDIR says so: they must be make's.
override BUILD := $(BUILD:$(CURDIR)/%=%)
PREFIX       ?= /usr/local
BINDIR       ?= $(PREFIX)/bin
SBINDIR      ?= $(PREFIX)/sbin
DATADIR      ?= $(PREFIX)/share
MANDIR       ?= $(DATADIR)/man
UNITDIR      ?= $(PREFIX)/lib/systemd/system
BASHDIR      ?= $(DATADIR)/bash-completion/completions
ZSHDIR       ?= $(DATADIR)/zsh/site-functions
FISHDIR      ?= $(DATADIR)/fish/vendor_completions.d
FUZZ_SECONDS ?= 30
V            ?= 0
HEADERS      ?= include
# SAN=address,undefined builds with these sanitizers; CC=clang with clang.

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG      ?= $(or $(shell tools/find-tool.sh clang 2>/dev/null),clang)
LLVM_STRIP ?= $(or $(shell tools/find-tool.sh llvm-strip 2>/dev/null),llvm-strip)
PROTOC_C   ?= protoc-c
BPFTOOL    ?= $(or $(shell tools/find-tool.sh bpftool 2>/dev/null),bpftool)

ifeq ($(V),0)
Q   = @
msg = @printf '  %-7s %s\n' $(1) '$(2)';
else
Q   =
msg =
endif

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')

WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type
# The rooms of user/, lowest first; tools/check-layers.sh holds their order.
ROOMS    := base text model path keys config cni decode table view plan snapshot layout desired session grpc kernel report \
	http source check
INCLUDES := -I$(HEADERS) $(addprefix -Iuser/,$(ROOMS) agent ctl) -isystem $(BUILD) -isystem $(BUILD)/proto
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

CFLAGS   ?= -O2 -g
PX_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(INCLUDES) $(CFLAGS) $(SANITIZE) \
	$(FUZZ_CFLAGS) -MMD -MP
PX_LDFLAGS = $(LDFLAGS) $(SANITIZE) -Wl,--as-needed
LIBS     := -lyaml -ljansson -lxxhash -lbpf -lelf -lz -lmnl -lnftables -levent -lnghttp2 -lssl -lcrypto -lprotobuf-c

BPF_CFLAGS ?= -O2 -g
PX_BPF_CFLAGS = $(BPF_CFLAGS) -std=gnu11 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) \
	-Wall -Wextra -Wno-unused-parameter -Ivmlinux -I$(HEADERS) -Ibpf -MMD -MP \
	-ffile-prefix-map=$(CURDIR)=.

# Without a jobserver of the caller, use every processor.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# ------------------------------------------------------------------ sources

CTL_SRC    := $(wildcard user/ctl/*.c)
DAEMON_SRC := $(wildcard user/agent/*.c)
LIB_SRC    := $(wildcard $(ROOMS:%=user/%/*.c))
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
# Shared by the unit tests: every other source beside them.
UNIT_LIB   := $(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c))
BPFT_SRC   := $(wildcard tests/bpf/*.c)
NETNS_SRC  := $(wildcard tests/netns/*.c)
PRELOAD_SRC := $(wildcard tests/netns/preload/*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)
# Shared by fuzz targets and unit tests.
FUZZ_LIB   := $(addprefix tests/unit/,$(addsuffix .c,desired_random desired_universe desired_edits \
	desired_fixture desired_print plan_model))
PROTO_SRC  := $(wildcard proto/*.proto)
HAS_BPF    := $(wildcard bpf/parallax.bpf.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

LIB      := $(BUILD)/libparallax.a
SKEL     := $(BUILD)/parallax.skel.h
BPF_OBJ  := $(BUILD)/parallax.bpf.o
SKEL6    := $(BUILD)/parallax6.skel.h
BPF6_OBJ := $(BUILD)/parallax6.bpf.o
PROTO_GEN := $(patsubst proto/%.proto,$(BUILD)/proto/%.pb-c.c,$(PROTO_SRC))
PROTO_OBJ := $(PROTO_GEN:.c=.o)
PROGRAMS := $(if $(DAEMON_SRC),$(BUILD)/parallaxd) $(if $(CTL_SRC),$(BUILD)/parallaxctl)
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
BPF_TEST := $(if $(BPFT_SRC),$(BUILD)/tests/bpf_tests $(BUILD)/tests/bpf_tests6)
BPFT6_OBJ := $(patsubst %.c,$(BUILD)/family6/%.o,$(BPFT_SRC))
NETNS    := $(patsubst tests/netns/%.c,$(BUILD)/tests/%,$(NETNS_SRC))
PRELOAD := $(PRELOAD_SRC:tests/netns/preload/%.c=$(BUILD)/tests/%.so)
REGRESS  := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/regress_%,$(FUZZ_SRC))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(FUZZ_SRC))

# The programs built to count their calls, in the same world.
COST_OBJ := $(patsubst %.c,$(BUILD)/cost/%.o,$(filter-out tests/bpf/main.c tests/bpf/cases_%, \
	$(BPFT_SRC)) $(wildcard tests/cost/*.c))
COST_TEST := $(if $(wildcard tests/cost/*.c),$(BUILD)/tests/cost_tests)

POD_SRC    := $(wildcard deploy/pod/*.c)
POD        := $(BUILD)/parallax-pod
CNI        := $(BUILD)/parallax-cni

# Benchmarks: the world of the packet tables with the sizes of production, and load generators.
BENCH_WORLD := $(addprefix tests/bpf/,pkt.c pkt_ip.c sign.c setup.c world.c world_fill.c world_keys.c world_net.c world_read.c)
BENCH_SIZES := -include tools/bench/sizes.h
BENCH_PACKET_OBJ := $(patsubst %.c,$(BUILD)/bench/%.o,$(BENCH_WORLD) \
	$(wildcard tools/bench/packet*.c))
BENCH_LOAD  := $(patsubst tools/bench/%.c,$(BUILD)/bench/%,$(wildcard tools/bench/load*.c))
BENCH       := $(BUILD)/bench/packet $(BUILD)/bench/frames $(BENCH_LOAD)

ALL_SRC   := $(LIB_SRC) $(CTL_SRC) $(DAEMON_SRC) $(UNIT_SRC) $(UNIT_LIB) $(BPFT_SRC) $(NETNS_SRC) \
	$(FUZZ_SRC) $(wildcard tests/fuzz/regress.c)
SKEL_SRC  := $(if $(ALL_SRC),$(shell grep -l '"parallax\.skel\.h"' $(ALL_SRC) /dev/null))
SKEL6_SRC := $(if $(ALL_SRC),$(shell grep -l '"parallax6\.skel\.h"' $(ALL_SRC) /dev/null))

# ------------------------------------------------------------------ user targets

.PHONY: image cluster manifests vm
.PHONY: all check test demo demo-up demo-down fuzz bench bench-quick bench-docs install install-files clean help
.PHONY: deps helpers bench-deps bench-programs check-programs test-programs run-check run-test run-fuzz FORCE

all: $(PROGRAMS)                ## parallaxd and parallaxctl (the default)

helpers: all $(NETNS)

# Gives files built by root to the owner of the tree, so that the owner's next build can write them.
GIVE_BACK = ; status=$$?; [ "$$(id -u)" != 0 ] || chown -R --reference=. $(BUILD); exit $$status

check:                          ## tests that need no root: unit, layers, documentation, scripts
	@+$(MAKE) --no-print-directory $(JOBS) check-programs
	@+$(MAKE) --no-print-directory run-check

test: deps                      ## everything; as root: check, packet tables, network namespaces (CLUSTER=1: cluster, too)
	@+$(MAKE) --no-print-directory $(JOBS) test-programs $(GIVE_BACK)
	@+$(MAKE) --no-print-directory run-test $(GIVE_BACK)
	@+[ "$(CLUSTER)" != 1 ] || $(MAKE) --no-print-directory cluster

demo: deps                      ## as root: play the two-cluster scenario, check it, clean up (FAMILY=4, 6 or 46)
	@+$(MAKE) --no-print-directory $(JOBS) helpers $(GIVE_BACK)
	@BUILD=$(BUILD) FAMILY=$(FAMILY) tools/demo.sh

demo-up: deps                   ## as root: build the scenario and leave it standing (FAMILY as above)
	@+$(MAKE) --no-print-directory $(JOBS) helpers $(GIVE_BACK)
	@BUILD=$(BUILD) FAMILY=$(FAMILY) tools/demo.sh up

demo-down:                      ## as root: remove the scenario of demo-up
	@BUILD=$(BUILD) tools/demo.sh down

interop: deps                   ## as root: against real control planes (ISTIOD=pilot-discovery)
	@+$(MAKE) --no-print-directory $(JOBS) helpers $(GIVE_BACK)
	@BUILD=$(BUILD) tests/interop/run.sh

vm: deps                        ## as root: tests on Debian's kernels, in virtual machines
	@tools/install-deps.sh vm
	@+$(MAKE) --no-print-directory $(JOBS) test-programs $(GIVE_BACK)
	@BUILD=$(BUILD) tools/vm/vm.sh

fuzz:                           ## fuzz each target for FUZZ_SECONDS (30), with sanitizers
	@tools/run-fuzz.sh --can-link $(CLANG)
	@+$(MAKE) --no-print-directory $(JOBS) CC=$(CLANG) SAN=address,undefined BUILD=$(BUILD)/fuzz \
		FUZZ_CFLAGS=-fsanitize=fuzzer-no-link run-fuzz

bench: deps bench-deps          ## as root: measure, compare with peers, draw (about 15 minutes)
	@+$(MAKE) --no-print-directory $(JOBS) bench-programs $(GIVE_BACK)
	@BUILD=$(BUILD) tools/bench/bench.sh $(GIVE_BACK)

bench-quick: deps bench-deps    ## as root: the same in under three minutes, less precise
	@+$(MAKE) --no-print-directory $(JOBS) bench-programs $(GIVE_BACK)
	@BUILD=$(BUILD) tools/bench/bench.sh --quick $(GIVE_BACK)

bench-docs:                     ## put the figures of the last `make bench' into README.md and docs/
	@tools/bench/report.py $(or $(RESULTS),$(BUILD)/bench/results.json)

bench-deps:
	@tools/install-deps.sh bench

bench-programs: all $(BENCH) $(BUILD)/tests/forge

install: all                    ## install below DESTDIR and PREFIX (/usr/local)
	@+$(MAKE) --no-print-directory install-files

# What is built already; the shells' completions are made from the program's own table.
install-files:
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(SBINDIR) $(MANDIR)/man1 $(MANDIR)/man8 $(UNITDIR) \
		$(BASHDIR) $(ZSHDIR) $(FISHDIR))
	install -m 755 $(PROGRAMS) $(DESTDIR)$(SBINDIR)
	install -m 755 deploy/kubectl-parallax $(DESTDIR)$(BINDIR)
	install -m 644 $(wildcard docs/*.1) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(wildcard docs/*.8) $(DESTDIR)$(MANDIR)/man8
	$(BUILD)/parallaxctl completion bash > $(DESTDIR)$(BASHDIR)/parallaxctl
	$(BUILD)/parallaxctl completion zsh > $(DESTDIR)$(ZSHDIR)/_parallaxctl
	$(BUILD)/parallaxctl completion fish > $(DESTDIR)$(FISHDIR)/parallaxctl.fish
	$(BUILD)/parallaxctl completion kubectl > $(DESTDIR)$(BINDIR)/kubectl_complete-parallax
	chmod 755 $(DESTDIR)$(BINDIR)/kubectl_complete-parallax
	sed 's|@SBINDIR@|$(SBINDIR)|' deploy/parallaxd.service > $(DESTDIR)$(UNITDIR)/parallaxd.service

clean:                          ## remove everything that was built
	rm -rf build $(BUILD)

help:                           ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## */\1|/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
	@echo '  V=1 shows commands; CC=clang, SAN=address,undefined, BUILD=dir do as named'

deps:
	@tools/install-deps.sh

# ------------------------------------------------------------------ the BPF side

$(BUILD)/parallax.bpf.o: bpf/parallax.bpf.c $(BUILD)/.bpf-flags | $(BUILD)/
	$(call msg,BPF,$<)
	$(Q)$(CLANG) $(PX_BPF_CFLAGS) -DFAMILY=4 -MF $(@:.o=.d) -MT $@ -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

# The same text for IPv6.
$(BPF6_OBJ): bpf/parallax.bpf.c $(BUILD)/.bpf-flags | $(BUILD)/
	$(call msg,BPF,$< (IPv6))
	$(Q)$(CLANG) $(PX_BPF_CFLAGS) -DFAMILY=6 -MF $(@:.o=.d) -MT $@ -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(SKEL): $(BPF_OBJ)
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name parallax_bpf > $@

$(SKEL6): $(BPF6_OBJ)
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name parallax6_bpf > $@

# ------------------------------------------------------------------ the user side

$(BUILD)/%.o: %.c $(BUILD)/.flags
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PX_CFLAGS) -I$(<D) -c $< -o $@

# The skeleton is a system header, which silences warnings in generated code; -MMD omits it.
$(call objects,$(SKEL_SRC)): $(SKEL)
$(call objects,$(SKEL6_SRC)): $(SKEL6)

# One run for all files, since they include one another.
$(BUILD)/proto/.made: $(PROTO_SRC) | $(BUILD)/proto/
	$(call msg,PROTO,$(@D))
	$(Q)command -v $(PROTOC_C) >/dev/null || { echo '$(PROTOC_C) is missing:' \
		'`sudo tools/install-deps.sh` installs what building needs' >&2; exit 1; }
	$(Q)$(PROTOC_C) --proto_path=proto --c_out=$(BUILD)/proto $(PROTO_SRC)
	$(Q)touch $@

$(PROTO_GEN): $(BUILD)/proto/.made ;

$(PROTO_OBJ): %.o: %.c $(BUILD)/.flags
	$(call msg,CC,$<)
	$(Q)$(CC) $(PX_CFLAGS) -w -c $< -o $@

# Headers of ours include the generated ones, so every source may need them; which ones do is known
# from the dependency files of the first build.
$(call objects,$(ALL_SRC)): | $(BUILD)/proto/.made

$(LIB): $(call objects,$(LIB_SRC)) $(PROTO_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/parallaxd: $(call objects,$(DAEMON_SRC)) $(LIB)
$(BUILD)/parallaxctl: $(call objects,$(CTL_SRC)) $(LIB)
$(PROGRAMS): | $(BUILD)/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ $(LIBS) -o $@

# ------------------------------------------------------------------ tests

$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(call objects,$(UNIT_LIB)) $(LIB) | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ -lcmocka $(LIBS) -o $@

# In the tests of the programs the plain names of structures are those of the family tested.
$(call objects,$(BPFT_SRC)) $(COST_OBJ) $(BENCH_PACKET_OBJ): PX_CFLAGS += -DPLAIN_FAMILY=4
$(BPFT6_OBJ): PX_CFLAGS += -DPLAIN_FAMILY=6

$(BUILD)/tests/bpf_tests: $(call objects,$(BPFT_SRC)) $(LIB) | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ -lcmocka $(LIBS) -o $@

$(BUILD)/family6/%.o: %.c $(BUILD)/.flags $(SKEL6)
	$(call msg,CC,$< (IPv6))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PX_CFLAGS) -I$(<D) -c $< -o $@

$(BUILD)/tests/bpf_tests6: $(BPFT6_OBJ) $(LIB) | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ -lcmocka $(LIBS) -o $@

$(NETNS): $(BUILD)/tests/%: $(BUILD)/tests/netns/%.o | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ -lpthread -o $@

$(PRELOAD): $(BUILD)/tests/%.so: tests/netns/preload/%.c | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -O2 -fPIC -shared $< -ldl -o $@

# The same programs with the layout of a later version, for upgrades and downgrades.
.PHONY: $(BUILD)/next/parallaxd
$(BUILD)/next/parallaxd: | $(PROTO_GEN)
	$(Q)tests/netns/next_layout.sh $(BUILD)/next/include
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/next HEADERS=$(BUILD)/next/include \
		CFLAGS=-O2 $(BUILD)/next/parallaxd $(BUILD)/next/parallaxctl

$(BUILD)/cost/parallax.bpf.o: bpf/parallax.bpf.c tests/cost/counting.h tests/cost/calls.h \
		$(BUILD)/.bpf-flags | $(BUILD)/cost/
	$(call msg,BPF,$< (counting))
	$(Q)$(CLANG) $(PX_BPF_CFLAGS) -DFAMILY=4 -Itests/cost -include tests/cost/counting.h -MF $(@:.o=.d) \
		-MT $@ -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/cost/parallax.skel.h: $(BUILD)/cost/parallax.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name parallax_bpf > $@

$(BUILD)/cost/%.o: %.c $(BUILD)/.flags $(BUILD)/cost/parallax.skel.h
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -I$(<D) -isystem $(BUILD)/cost $(PX_CFLAGS) -Itests/bpf -c $< -o $@

$(COST_TEST): $(COST_OBJ) $(LIB) | $(BUILD)/tests/ $(BPF_OBJ) $(BPF6_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ $(LIBS) -o $@

# The fuzz targets fed with the files of tests/data, by any compiler and in no time.
$(REGRESS): $(BUILD)/tests/regress_%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/regress.o \
		$(call objects,$(FUZZ_LIB)) $(LIB) | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ $(LIBS) -o $@

$(FUZZERS): $(BUILD)/tests/%: $(BUILD)/tests/fuzz/%.o $(call objects,$(FUZZ_LIB)) $(LIB) | $(BUILD)/tests/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) -fsanitize=fuzzer $^ $(LIBS) -o $@

CHECK_SUITES = $(UNIT) $(REGRESS) tools/check-tree.sh $(wildcard tests/deploy/check_*.sh)
TEST_SUITES  = $(CHECK_SUITES) $(BPF_TEST) $(COST_TEST) $(wildcard tests/netns/run.sh)

check-programs: all $(UNIT) $(REGRESS) $(POD) $(CNI)
test-programs: check-programs $(BPF_TEST) $(COST_TEST) $(NETNS) $(BENCH_LOAD) $(BUILD)/bench/frames \
	$(BUILD)/next/parallaxd $(PRELOAD)

run-check:
	@BUILD=$(BUILD) tools/run-tests.sh $(CHECK_SUITES)

run-test:
	@[ "$$(id -u)" != 0 ] || tools/mount-bpffs.sh
	@BUILD=$(BUILD) tools/run-tests.sh $(TEST_SUITES)

run-fuzz: $(FUZZERS)
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tools/run-fuzz.sh $(FUZZERS)

# ------------------------------------------------------------------ containers and Kubernetes

image: all $(POD) $(CNI)               ## an OCI archive, build/parallax-image.tar, without any registry
	@tools/image/image.py --build $(BUILD) --archive $(BUILD)/parallax-image.tar

cluster: deps                   ## as root: the scenario on two real Kubernetes clusters (needs Go)
	@+$(MAKE) --no-print-directory $(JOBS) helpers $(POD) $(CNI) $(GIVE_BACK)
	@BUILD=$(BUILD) tools/cluster/cluster.sh

manifests:                      ## render deploy/manifests from deploy/chart (needs helm)
	@tools/render-manifests.sh deploy/manifests

$(POD): $(call objects,$(POD_SRC)) | $(BUILD)/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ -ljansson -lssl -lcrypto -o $@

# Static, since it runs among the programs of the node; hence without sanitizers.
$(CNI): deploy/cni/parallax-cni.c | $(BUILD)/
	$(call msg,LINK,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -O2 -g $(LDFLAGS) -static $< -ljansson -o $@

# ------------------------------------------------------------------ benchmarks

$(BUILD)/bench/harness.bpf.o: tools/bench/harness.bpf.c $(BUILD)/.bpf-flags | $(BUILD)/bench/
	$(call msg,BPF,$<)
	$(Q)$(CLANG) $(PX_BPF_CFLAGS) -Itools/bench -MF $(@:.o=.d) -MT $@ -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/bench/harness.skel.h: $(BUILD)/bench/harness.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name harness_bpf > $@

$(BUILD)/bench/%.o: %.c $(BUILD)/.flags $(SKEL) $(BUILD)/bench/harness.skel.h
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PX_CFLAGS) $(BENCH_SIZES) -I$(<D) -Itests/bpf -isystem $(BUILD)/bench -c $< -o $@

$(BUILD)/bench/packet: $(BENCH_PACKET_OBJ) $(LIB)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/bench/frames: $(addprefix $(BUILD)/bench/,tools/bench/frames.o tests/bpf/pkt.o tests/bpf/pkt_ip.o tests/bpf/sign.o)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_LDFLAGS) $^ $(LIBS) -o $@

$(BENCH_LOAD): $(BUILD)/bench/%: tools/bench/%.c $(BUILD)/.flags | $(BUILD)/bench/
	$(call msg,LINK,$@)
	$(Q)$(CC) $(PX_CFLAGS) -Itests/netns $(PX_LDFLAGS) $< -lpthread -o $@

# ------------------------------------------------------------------ plumbing

%/:
	$(Q)mkdir -p $@

# Rewritten only when the flags change, and then everything is rebuilt.
keep = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' > $@

$(BUILD)/.flags: FORCE
	$(call keep,$(CC) $(PX_CFLAGS))

$(BUILD)/.bpf-flags: FORCE
	$(call keep,$(CLANG) $(PX_BPF_CFLAGS))

.PRECIOUS: %/ $(BUILD)/%.o
-include $(patsubst %.o,%.d,$(call objects,$(ALL_SRC) $(POD_SRC)) $(BPF_OBJ) $(BPF6_OBJ) \
	$(BENCH_PACKET_OBJ) $(BPFT6_OBJ) $(BUILD)/bench/harness.bpf.o $(COST_OBJ) $(BUILD)/cost/parallax.bpf.o) $(addsuffix .d,$(BENCH_LOAD))
