# Everything that looks at the code beyond its unit tests: small benchmarks,
# fuzzing, sanitizers, coverage and the source checks.

# --- benchmarks: tests/bench/bench_<library>.c, linked with that library

BENCH_LIBS := $(foreach l,$(LIBS),$(if $(wildcard tests/bench/bench_$(l).c),$(l)))

define bench
$(B)/obj/tests/bench/bench_$(1).o: tests/bench/bench_$(1).c $(INC)/$(1)/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) -I$(INC)/$(1) -MMD -MP -c $$< -o $$@
$(B)/bench/bench_$(1): $(B)/obj/tests/bench/bench_$(1).o \
		$$(call archives,$$(call closure,$(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(NODE_FOREIGN) $$(FOREIGN_$(1))
DEPFILES += $(B)/obj/tests/bench/bench_$(1).d
BENCHES += $(B)/bench/bench_$(1)
endef
$(foreach l,$(BENCH_LIBS),$(eval $(call bench,$(l))))

BENCH_RUN := $(if $(T),$(filter %/bench_$(T),$(BENCHES)),$(BENCHES))

.PHONY: bench-micro
bench-micro: $(BENCH_RUN) ## TSV of ns per operation (T=library for one)
	@for b in $(BENCH_RUN); do $$b || exit 1; done
