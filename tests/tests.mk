# Unit tests: one program per library from tests/unit/<library>/test_*.c.
# A test may include what its library may, and the library itself.

UNIT_LIBS := $(foreach l,$(LIBS),$(if $(wildcard tests/unit/$(l)/*.c),$(l)))

define unit
UNIT_OBJS_$(1) := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/unit/$(1)/*.c))
$$(UNIT_OBJS_$(1)): $(B)/obj/tests/%.o: tests/%.c $(INC)/$(1)/.ok
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALLCFLAGS) -I$(INC)/$(1) -Itests/support -MMD -MP -c $$< -o $$@
$(B)/test/unit_$(1): $$(UNIT_OBJS_$(1)) $(B)/obj/tests/support/test.o \
		$$(call archives,$(1) $(DEPS_$(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(NODE_FOREIGN) $$(FOREIGN_$(1))
DEPFILES += $$(UNIT_OBJS_$(1):.o=.d)
UNIT_PROGRAMS += $(B)/test/unit_$(1)
endef
$(foreach l,$(UNIT_LIBS),$(eval $(call unit,$(l))))

$(B)/obj/tests/support/%.o: tests/support/%.c $(INC)/base/.ok
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALLCFLAGS) -I$(INC)/base -Itests/support -MMD -MP -c $< -o $@

.PHONY: unit
unit: $(UNIT_PROGRAMS) ## unit tests and every vector that needs no network (T=library for one)
	@tests/tools/run-units $(if $(T),$(filter %/unit_$(T),$(UNIT_PROGRAMS)),$(UNIT_PROGRAMS))
