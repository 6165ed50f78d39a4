# The differential test: our engine beside two that others wrote.

DIFF_LIBS := $(call archives,$(call closure,suite))
$(B)/obj/tests/diff/engine.o: tests/diff/engine.c $(INC)/suite/.ok
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -I$(INC)/suite -MMD -MP -c $< -o $@
$(B)/test/diff_engine: $(B)/obj/tests/diff/engine.o $(DIFF_LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(NODE_FOREIGN)
DEPFILES += $(B)/obj/tests/diff/engine.d

# A mutant's objects of node/evm stand before the archives, which then give
# only what is missing.
DIFF_MUTANTS = CC='$(CC)' CFLAGS='$(ALLCFLAGS) -w' INC='$(INC)/evm' \
	LINK='$(CC) $(LDFLAGS)' LIBS='$(B)/obj/tests/diff/engine.o \
	$(DIFF_LIBS) $(NODE_FOREIGN)'
DIFFER = ENGINE=$(B)/test/diff_engine tests/diff/run

.PHONY: deps-differ differ differ-torture differ-mutants
deps-differ:
	@tests/tools/npm-deps tests/diff build/npm-diff
differ: deps-differ $(B)/test/diff_engine ## programs on three engines (COUNT=n SEED=n FIRST=n JOBS=n)
	@$(DIFFER) $(or $(COUNT),1200) $(or $(SEED),1) $(or $(FIRST),0)
differ-torture: deps-differ $(B)/test/diff_engine ## 200,000 programs, and the mutants
	@$(DIFF_MUTANTS) tests/diff/run-mutants $(B)/differ
	@$(DIFFER) $(or $(COUNT),200000) $(or $(SEED),1)
differ-mutants: deps-differ $(B)/test/diff_engine ## faults put in on purpose: each must be found
	@$(DIFF_MUTANTS) tests/diff/run-mutants $(B)/differ
