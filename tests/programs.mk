# The programs: which libraries and foreign libraries each links.

NODE_FOREIGN := -llmdb -lsecp256k1 -lcrypto -ljansson -lpthread
PROGRAMS :=

# program NAME LIBRARY FOREIGN: links LIBRARY's objects and what it depends on.
define program
$(B)/bin/$(1): $$(OBJS_$(2)) $$(EXTRA_$(2)) $$(call archives,$(DEPS_$(2)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $(3)
PROGRAMS += $(B)/bin/$(1)
.PHONY: $(1)
$(1): $(B)/bin/$(1)
endef

# The schema's history is compiled into who applies it.
MIGRATIONS := $(sort $(wildcard migrations/*.sql))
$(B)/gen/migrations.c: $(MIGRATIONS) tests/tools/gen-migrations
	@mkdir -p $(@D)
	$(Q)tests/tools/gen-migrations $(MIGRATIONS) > $@
$(B)/gen/migrations.o: $(B)/gen/migrations.c $(INC)/db/.ok
	$(Q)$(CC) $(ALLCFLAGS) -Wno-overlength-strings -I$(INC)/db -c $< -o $@
$(eval $(call program,noded,noded,$(NODE_FOREIGN)))
$(eval $(call program,jobsd,jobs,$(NODE_FOREIGN) -lpq))
$(eval $(call program,sekisho,ctl,$(NODE_FOREIGN) -lpq))
