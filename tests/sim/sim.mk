# The consensus simulation: real engines, virtual time, a lossy network.

# Sanitizers cost a factor of ten.
SEEDS ?= $(if $(filter release clang,$(FLAVOUR)),1000,100)

SIM_OBJS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/sim/*.c))
SIM_LIBS := $(call archives,$(call closure,consensus))
SIM_CFLAGS := $(ALLCFLAGS) -I$(INC)/consensus -Itests/sim
$(SIM_OBJS): $(B)/obj/%.o: %.c $(INC)/consensus/.ok
	@mkdir -p $(@D)
	$(Q)$(CC) $(SIM_CFLAGS) -MMD -MP -c $< -o $@
$(B)/test/sim: $(SIM_OBJS) $(SIM_LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(NODE_FOREIGN)
DEPFILES += $(SIM_OBJS:.o=.d)

# A mutant replaces one object; archives give only what is still missing.
RUN_MUTANTS = CC='$(CC)' CFLAGS='$(SIM_CFLAGS)' LDFLAGS='$(LDFLAGS)' \
	tests/sim/run-mutants tests/sim/mutants.txt $(B)/sim 1000 \
	'$(SIM_OBJS)' '$(SIM_LIBS) $(NODE_FOREIGN)'

.PHONY: sim sim-torture sim-mutants
sim: $(B)/test/sim ## consensus simulation (SEED=n plays one seed, SEEDS=n so many)
ifdef SEED
	@$< $(SEED) 1
else
	@$< -c 1 20
	@$(if $(filter release,$(FLAVOUR)),$(RUN_MUTANTS))
	@$< 1 $(SEEDS)
endif
sim-mutants: $(B)/test/sim ## faults put in on purpose: each must be reported
	@$(RUN_MUTANTS)
sim-torture:
	@$(MAKE) --no-print-directory sim SEEDS=20000
