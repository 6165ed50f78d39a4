# Sekisho: build, tests, checks. `make help` lists the targets.
#
# A library may include only what DEPS_<name> lists: each compiles with one
# -I, a folder of symlinks to itself and those.  Fragments: tests/*.mk.

FLAVOUR ?= release
BUILD   ?= $(CURDIR)/build
B       := $(BUILD)/$(FLAVOUR)
INC     := $(BUILD)/inc
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Libraries bottom-up; a name in DEPS_x must stand before x.
NODE_LIBS := base crypto eth trie store evm evmc consensus pool signer state \
	exec tracer chain suite rpc noded
SRC_LIBS  := domain contract ledger db upstream http api dialect portal gateway \
	jobs ctl
LIBS      := $(NODE_LIBS) $(SRC_LIBS)

DEPS_base      :=
DEPS_crypto    := base
DEPS_eth       := base crypto
DEPS_trie      := base crypto eth
DEPS_store     := base eth
DEPS_evm       := base crypto eth
DEPS_evmc      := base crypto eth evm
DEPS_consensus := base crypto eth
DEPS_pool      := base eth
DEPS_signer    := base crypto eth
DEPS_state     := base crypto eth trie
DEPS_exec      := base crypto eth trie evm state
DEPS_tracer    := base crypto eth trie evm state exec
DEPS_chain     := base crypto eth trie store evm consensus state exec
DEPS_suite     := base crypto eth trie store evm consensus state exec chain
DEPS_rpc       := base eth trie store evm consensus pool state exec tracer \
	chain
DEPS_noded     := $(filter-out noded suite evmc,$(NODE_LIBS))
DEPS_domain    := base eth
DEPS_contract  := base eth
DEPS_ledger    := base eth contract
DEPS_db        := base eth domain
DEPS_upstream  := base eth
DEPS_http      := base crypto eth domain db upstream
DEPS_api       := base crypto eth domain contract db upstream http
DEPS_dialect   := base crypto eth domain db upstream http
DEPS_portal    := base crypto eth domain contract db upstream http
DEPS_gateway   := base crypto eth domain contract db upstream http api \
	dialect portal
DEPS_jobs      := base crypto eth signer domain contract ledger db upstream
DEPS_ctl       := $(filter-out noded evmc,$(NODE_LIBS)) domain contract db \
	upstream http

include tests/flags.mk

$(foreach l,$(LIBS),$(foreach d,$(DEPS_$(l)),$(if $(filter $(d),$(shell \
	echo $(LIBS) | sed 's/\b$(l)\b.*//')),,$(error $(l) may not depend on $(d)))))

# Objects that the build makes: the known contracts, the schema's history,
# pages and what they show, and libinjection's out of its archive (tests/programs.mk).
INJECTION    := $(B)/obj/foreign/libinjection_sqli.o
EXTRA_contract := $(B)/gen/contracts.o
EXTRA_db     := $(B)/gen/migrations.o
EXTRA_http   := $(INJECTION) $(B)/gen/assets.o $(B)/gen/pages_http.o
EXTRA_portal := $(B)/gen/pages_portal.o

where = $(if $(filter $(1),$(NODE_LIBS)),node,src)/$(1)

define lib
$(INC)/$(1)/.ok: Makefile
	@mkdir -p $$(@D) && rm -f $$(@D)/*
	@$(foreach d,$(1) $(DEPS_$(1)),ln -sfn $(CURDIR)/$(call where,$(d)) $$(@D)/$(d);)
	@touch $$@
SRCS_$(1) := $(wildcard $(call where,$(1))/*.c $(call where,$(1))/*/*.c)
OBJS_$(1) := $$(SRCS_$(1):%.c=$(B)/obj/%.o)
$$(OBJS_$(1)): $(B)/obj/%.o: %.c $(INC)/$(1)/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) $$(CFLAGS_$(1)) -I$(INC)/$(1) -MMD -MP -c $$< -o $$@
$(B)/lib/lib$(1).a: $$(OBJS_$(1)) $$(EXTRA_$(1))
	@mkdir -p $$(@D) && rm -f $$@
	$$(Q)$$(AR) rcsD $$@ $$^
DEPFILES += $$(OBJS_$(1):.o=.d)
endef
$(foreach l,$(LIBS),$(eval $(call lib,$(l))))

# Archives of a program, in link order (top-down).
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
archives = $(foreach l,$(call reverse,$(filter $(1),$(LIBS))),$(B)/lib/lib$(l).a)

include tests/programs.mk
include tests/tests.mk
include tests/sim/sim.mk
include tests/diff/diff.mk
include tests/contracts/contracts.mk
include tests/stack.mk
include tests/release.mk

-include $(DEPFILES)

.PHONY: all help clean
all: $(PROGRAMS) $(EVM_SO) ## build all programs (release flavour)

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(filter-out %.d,$(MAKEFILE_LIST)) | \
		sed 's/:.*## /\t/' | sort | expand -t 18

clean: ## remove everything built
	rm -rf $(BUILD)
