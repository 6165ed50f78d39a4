# Everything that looks at the code beyond its unit tests: small benchmarks,
# fuzzing, sanitizers, coverage and the source checks.

# Unit tests can let our allocations fail (tests/support/alloc.c).
$(UNIT_PROGRAMS): $(B)/obj/tests/support/alloc.o
$(UNIT_PROGRAMS): LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# --- benchmarks: tests/bench/bench_<library>.c, linked with that library;
# one of another name says lib=<library> in its opening comment

BENCH_NAMES := $(patsubst tests/bench/bench_%.c,%,$(wildcard tests/bench/bench_*.c))
bench_lib = $(or $(filter $(1),$(LIBS)),$(shell sed -n \
	'1,20s/^.*lib=\([a-z]*\).*/\1/p' tests/bench/bench_$(1).c))

define bench
BENCH_LIB_$(1) := $(call bench_lib,$(1))
$(B)/obj/tests/bench/bench_$(1).o: tests/bench/bench_$(1).c $(INC)/$$(BENCH_LIB_$(1))/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) -I$(INC)/$$(BENCH_LIB_$(1)) -Itests/support \
		-MMD -MP -c $$< -o $$@
$(B)/bench/bench_$(1): $(B)/obj/tests/bench/bench_$(1).o \
		$$(call archives,$$(call closure,$$(BENCH_LIB_$(1))))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(NODE_FOREIGN) $$(FOREIGN_$$(BENCH_LIB_$(1)))
DEPFILES += $(B)/obj/tests/bench/bench_$(1).d
BENCHES += $(B)/bench/bench_$(1)
endef
$(foreach b,$(BENCH_NAMES),$(eval $(call bench,$(b))))

# Those that rpc_bench.py tells what to do.
BENCH_TOLD := $(addprefix $(B)/bench/bench_,ipc logs longchain)
BENCH_ALONE := $(filter-out $(BENCH_TOLD),$(BENCHES))
BENCH_RUN := $(if $(T),$(filter %/bench_$(T),$(BENCH_ALONE)),$(BENCH_ALONE))

BENCH_BASE := $(BUILD)/bench-base.tsv

.PHONY: bench-micro bench-base bench-diff
bench-micro: $(BENCH_RUN) ## TSV of ns per operation (T=library for one)
	@for b in $(BENCH_RUN); do $$b || exit 1; done
bench-base: $(BENCH_RUN) ## store its figures, for bench-diff (T=library)
	@tests/tools/bench-diff save $(BENCH_BASE) $^
bench-diff: $(BENCH_RUN) ## run it again: ratios to the stored base (T=library)
	@tests/tools/bench-diff diff $(BENCH_BASE) $^

# --- fuzz targets: tests/fuzz/fuzz_<name>.c, linked with the topmost library
# that it includes. What follows "fuzz:" in its opening comment, on as many
# lines as it takes, names the files whose coverage counts, and may name
# another library:
#     fuzz: cover=node/eth/rlp.c,node/eth/sink.c lib=eth
# Seeds are tests/fuzz/corpus/<name>/; what exploring finds stays in $(BUILD).

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_words = $(shell sed -n '1,/\*\//{/fuzz:/,$$s/^.*\(lib=[a-z]*\).*/\1/p}; \
	s/^.include "\([a-z]*\)\/.*/\1/p' tests/fuzz/fuzz_$(1).c)
fuzz_lib = $(or $(patsubst lib=%,%,$(filter lib=%,$(2))),\
	$(lastword $(foreach l,$(LIBS),$(filter $(l),$(2)))),base)

define fuzz
FUZZ_LIB_$(1) := $(call fuzz_lib,$(1),$(call fuzz_words,$(1)))
$(B)/obj/tests/fuzz/fuzz_$(1).o: tests/fuzz/fuzz_$(1).c $(INC)/$$(FUZZ_LIB_$(1))/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) $$(CFLAGS_$$(FUZZ_LIB_$(1))) \
		-I$(INC)/$$(FUZZ_LIB_$(1)) -Itests/support -MMD -MP -c $$< -o $$@
FUZZ_LINK_$(1) := $(B)/obj/tests/fuzz/fuzz_$(1).o \
	$(B)/obj/tests/support/alloc.o \
	$$(call archives,$$(call closure,$$(FUZZ_LIB_$(1))))
$(B)/fuzz/fuzz_$(1): $$(FUZZ_LINK_$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ $$(NODE_FOREIGN) \
		$$(FOREIGN_$$(FUZZ_LIB_$(1)))
$(B)/fuzz/replay_$(1): $(B)/obj/tests/support/replay.o $$(FUZZ_LINK_$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(NODE_FOREIGN) \
		$$(FOREIGN_$$(FUZZ_LIB_$(1)))
DEPFILES += $(B)/obj/tests/fuzz/fuzz_$(1).d
endef
$(foreach f,$(FUZZ_NAMES),$(eval $(call fuzz,$(f))))

# Targets too can let our allocations fail.
$(FUZZ_NAMES:%=$(B)/fuzz/fuzz_%) $(FUZZ_NAMES:%=$(B)/fuzz/replay_%): \
	LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

FUZZ_RUN := $(if $(T),$(filter $(T),$(FUZZ_NAMES)),$(FUZZ_NAMES))
SECS     ?= 10
CPU_SECS ?= 600
JOBS     ?= 2
CLANG    := $(shell command -v clang)
RUN_FUZZ := tests/tools/run-fuzz $(BUILD)/corpus

.PHONY: fuzz fuzz-seeds fuzz-torture fuzz-cover fuzz-explore fuzz-replay \
	fuzz-lines fuzz-long
fuzz: ## run fuzz seeds, then explore (T=name SECS=n)
	@$(if $(CLANG),$(MAKE) --no-print-directory FLAVOUR=fuzz fuzz-explore,\
		echo "no clang: seeds only"; $(MAKE) fuzz-seeds)
fuzz-seeds: ## run every fuzz seed once
	@$(MAKE) --no-print-directory \
		FLAVOUR=$(if $(CLANG),asan,release) fuzz-replay
fuzz-torture: ## ten CPU minutes for each fuzz target (T=name CPU_SECS=n JOBS=n)
	@$(MAKE) --no-print-directory FLAVOUR=fuzz fuzz-long
fuzz-cover: ## line coverage that seeds and findings reach (T=name)
	@$(MAKE) --no-print-directory FLAVOUR=cover fuzz-lines

fuzz-explore: $(FUZZ_RUN:%=$(B)/fuzz/fuzz_%)
	@$(RUN_FUZZ) explore $(SECS) $^
fuzz-long: $(FUZZ_RUN:%=$(B)/fuzz/fuzz_%)
	@tests/tools/fuzz-torture $(BUILD)/corpus $(CPU_SECS) $(JOBS) $^
fuzz-replay: $(FUZZ_RUN:%=$(B)/fuzz/replay_%)
	@$(RUN_FUZZ) replay 0 $^
fuzz-lines: $(FUZZ_RUN:%=$(B)/fuzz/replay_%)
	@$(RUN_FUZZ) cover 0 $^

# --- sanitizers and coverage: the unit tests (and the simulation, once it is
# there) in another flavour

.PHONY: asan tsan msan cover cover-run
SANITIZED := unit $(if $(wildcard tests/sim/*.c),sim)
asan: ## unit tests and simulation under ASan and UBSan
	@$(MAKE) --no-print-directory FLAVOUR=asan stages-of STAGES="$(SANITIZED)"
tsan: ## the same under TSan
	@$(MAKE) --no-print-directory FLAVOUR=tsan stages-of STAGES="$(SANITIZED)"
# Foreign libraries are not instrumented: only tests that call none, and
# without the public vectors, which are read through one.
msan: ## unit tests of base and trie under MSan
	@$(MAKE) --no-print-directory FLAVOUR=msan unit T=base
	@SEKISHO_VECTORS=/none $(MAKE) --no-print-directory FLAVOUR=msan unit T=trie
.PHONY: stages-of
stages-of:
	@tests/tools/run-stages $(STAGES)

cover: ## line and branch coverage by library against tests/cover.floor
	@$(MAKE) --no-print-directory FLAVOUR=cover cover-run
cover-run: $(UNIT_PROGRAMS)
	@tests/tools/cover $(BUILD)/cover tests/cover.floor $(UNIT_PROGRAMS)

# --- source checks, cheap ones first; make check is all of them and asan

C_FILES   := $(wildcard node/*/*.[ch] node/*/*/*.[ch] src/*/*.[ch] \
	src/*/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch])
HEADERS   := $(filter-out %_priv.h,$(wildcard node/*/*.h src/*/*.h src/*/*/*.h))
LINT      := $(BUILD)/lint
# Libraries without threads, sockets or foreign memory: gcc -fanalyzer too.
PURE_LIBS := base crypto eth trie evm consensus pool state exec domain

# Lines "library file flags" of the program's own files, and "library file" of
# all, headers and tests included.
define lint_lists
$(shell mkdir -p $(LINT) && rm -f $(LINT)/list $(LINT)/all)
$(foreach l,$(LIBS),$(foreach f,$(SRCS_$(l)),$(file >>$(LINT)/list,$(l) $(f) \
	$(LANG_FLAGS) $(CFLAGS_$(l)) -I$(INC)/$(l))))
$(foreach l,$(LIBS),$(foreach f,$(SRCS_$(l)) $(wildcard \
	$(call where,$(l))/*.h $(call where,$(l))/*/*.h tests/unit/$(l)/*.[ch]),\
	$(file >>$(LINT)/all,$(l) $(f))))
$(foreach b,$(BENCH_NAMES),$(file >>$(LINT)/all,$(BENCH_LIB_$(b)) tests/bench/bench_$(b).c))
$(foreach f,$(FUZZ_NAMES),$(file >>$(LINT)/all,$(FUZZ_LIB_$(f)) tests/fuzz/fuzz_$(f).c))
endef

.PHONY: check fmt fmt-check lint lint-lists layers symbols docs sql gen gen-check \
	pages-check hardened spec measure
check: deps-test ## all source checks, and the unit tests under ASan and UBSan
	@$(MAKE) --no-print-directory fmt-check docs layers sql spec gen-check \
		pages-check symbols hardened lint asan
fmt: ## lay out all C files
	@clang-format -i $(C_FILES)
fmt-check:
	@clang-format --dry-run -Werror $(C_FILES) && \
		echo "fmt-check: $(words $(C_FILES)) files"
lint-lists: $(foreach l,$(LIBS),$(INC)/$(l)/.ok)
	@: $(lint_lists)
lint: lint-lists ## clang-tidy, cppcheck, gcc -fanalyzer, banned words
	@tests/tools/lint $(BUILD) $(LINT)/list "$(PURE_LIBS)"
layers: lint-lists ## private and foreign headers stay where they belong
	@tests/tools/layers $(LINT)/all
symbols: $(LIBS:%=$(B)/lib/lib%.a) ## no exported name clashes with a foreign one
	@tests/tools/symbols $^
hardened: $(PROGRAMS) $(EVM_SO) ## what is built is linked as tests/flags.mk says
	@tests/tools/hardened $^
docs: ## every public prototype is described
	@tests/tools/docs $(HEADERS)
sql: ## no SQL statement is built from input
	@tests/tools/sql $(filter-out tests/%,$(C_FILES))
spec: ## which rule is where, and which test shows each requirement
	@tests/tools/spec tests/tools/spec-untested.txt
	@tests/tools/requirements tests/requirements.tsv
pages-check: ## templates and contracts that must not compile do not
	@tests/tools/gen-pages-test
	@tests/tools/gen-contracts-test
measure: ## lengths of functions and files
	@tests/tools/measure

# Files that are committed and yet made by a program, as "file:command": each
# command prints what the file must hold.
GENERATED :=
gen: ## make the committed files again that programs make
	@$(foreach g,$(GENERATED),$(word 2,$(subst :, ,$(g))) \
		>$(word 1,$(subst :, ,$(g))) &&) \
		echo "gen: $(words $(GENERATED)) files"
gen-check:
	@$(foreach g,$(GENERATED),$(word 2,$(subst :, ,$(g))) | \
		cmp - $(word 1,$(subst :, ,$(g))) &&) \
		echo "gen-check: $(words $(GENERATED)) files"

# --- whatever was compiled with other flags is compiled again

# Only then: `make -q` tells whether there is anything to build.
.PHONY: FORCE
ifneq ($(strip $(file <$(B)/.flags)),$(strip $(ALLCFLAGS)))
$(B)/.flags: FORCE
endif
$(B)/.flags:
	@mkdir -p $(@D)
	@if [ -e $@ ]; then echo '$(ALLCFLAGS)' >$@; \
	else echo '$(ALLCFLAGS)' >$@; touch -d 2000-01-01 $@; fi
$(foreach l,$(LIBS),$(OBJS_$(l)) $(UNIT_OBJS_$(l))) \
	$(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/fuzz/*.c tests/bench/*.c \
	tests/support/*.c)): $(B)/.flags
