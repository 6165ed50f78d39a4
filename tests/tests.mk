# Unit tests: one program per library from tests/unit/<library>/test_*.c.
# A test may include what its library may, and the library itself.

# A library and all below it: what linking it takes.
closure = $(sort $(1) $(foreach d,$(DEPS_$(1)),$(call closure,$(d))))

# Foreign libraries that a library's tests link beside those of node/.
FOREIGN_db   := -lpq
FOREIGN_api  := -lpq
FOREIGN_jobs := -lpq
FOREIGN_http := -lmaxminddb
FOREIGN_portal := -lmaxminddb
FOREIGN_ctl  := -lpq -lmaxminddb

UNIT_LIBS := $(foreach l,$(LIBS),$(if $(wildcard tests/unit/$(l)/*.c),$(l)))

define unit
UNIT_OBJS_$(1) := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/unit/$(1)/*.c))
$$(UNIT_OBJS_$(1)): $(B)/obj/tests/%.o: tests/%.c $(INC)/$(1)/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) $$(CFLAGS_$(1)) -I$(INC)/$(1) -Itests/support \
		-MMD -MP -c $$< -o $$@
$(B)/test/unit_$(1): $$(UNIT_OBJS_$(1)) $(B)/obj/tests/support/test.o \
		$$(call archives,$$(call closure,$(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(NODE_FOREIGN) $$(FOREIGN_$(1))
DEPFILES += $$(UNIT_OBJS_$(1):.o=.d)
UNIT_PROGRAMS += $(B)/test/unit_$(1)
endef
$(foreach l,$(UNIT_LIBS),$(eval $(call unit,$(l))))

$(B)/obj/tests/support/%.o: tests/support/%.c $(INC)/base/.ok
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -I$(INC)/base -Itests/support -MMD -MP -c $< -o $@
DEPFILES += $(patsubst %.c,$(B)/obj/%.d,$(wildcard tests/support/*.c))

# The shims between a program and its disk; never sanitized themselves.
$(B)/test/faultio.so $(B)/test/cutio.so: $(B)/test/%.so: tests/support/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LANG_FLAGS) $(WARN) $(WARN_$(CC)) -O2 -g -fPIC \
		-shared -o $@ $< -ldl
$(B)/test/unit_evmc: | $(EVM_SO)
$(B)/test/unit_store $(B)/test/unit_pool: | $(B)/test/faultio.so

# Tests that need a database make a cluster of their own.
$(filter %/unit_db %/unit_jobs,$(UNIT_PROGRAMS)): $(B)/obj/tests/support/pg.o
$(filter %/unit_pool %/unit_store,$(UNIT_PROGRAMS)): \
	$(B)/obj/tests/support/fault.o

UNIT_RUN := $(if $(T),$(filter %/unit_$(T),$(UNIT_PROGRAMS)),$(UNIT_PROGRAMS))

.PHONY: unit
unit: $(UNIT_RUN) ## unit tests and every vector that needs no network (T=library for one)
	@tests/tools/run-units $(UNIT_RUN)

# The libraries whose tests read the public suites. Most of their time goes
# into syncs of stores that nobody keeps: a folder in memory has none.
CONFORMANCE_LIBS := crypto eth trie exec consensus chain rpc evm

# What may be left out, and why, is tests/conformance/skip.list.
.PHONY: conformance conformance-sample rpc-compat
conformance: $(CONFORMANCE_LIBS:%=$(B)/test/unit_%) $(B)/bin/sekisho ## the public suites whole, by suite and fork (SUITE=name for one)
	@$(if $(wildcard /dev/shm),TMPDIR=/dev/shm) tests/conformance/run \
		$(B)/bin/sekisho $(BUILD)/conformance $(if $(SUITE),--suite \
		$(SUITE),--units $(filter-out %/sekisho,$^))
conformance-sample: $(B)/bin/sekisho ## one file of the public suites in ten
	@tests/conformance/run $< $(BUILD)/conformance --every 10

rpc-compat: $(B)/bin/sekisho $(B)/bin/noded ## the public JSON-RPC vectors against noded, a table by method
	@PYTHONDONTWRITEBYTECODE=1 tests/conformance/rpc $(B)/bin \
		$(BUILD)/conformance --table

include tests/checks.mk
