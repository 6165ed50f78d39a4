# The programs: which libraries and foreign libraries each links.

NODE_FOREIGN := -llmdb -lsecp256k1 -lgmp -lcrypto -ljansson -lpthread
PROGRAMS :=

# program NAME LIBRARY FOREIGN: links LIBRARY's objects and what it depends on.
# Users of their own run it, whatever the umask of who builds.
define program
$(B)/bin/$(1): $$(OBJS_$(2)) $$(EXTRA_$(2)) $$(call archives,$(DEPS_$(2)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $(3) && chmod 755 $$(@D) $$@
PROGRAMS += $(B)/bin/$(1)
.PHONY: $(1)
$(1): $(B)/bin/$(1)
endef

# The known contracts are compiled into who asks for them.
CONTRACTS_IN  := src/contract/event.def conf/contracts/reasons.json \
	$(sort $(wildcard conf/contracts/*/*.json))
$(B)/gen/contracts.c: $(CONTRACTS_IN) tests/tools/gen-contracts
	@mkdir -p $(@D)
	$(Q)tests/tools/gen-contracts $(CONTRACTS_IN) > $@
$(B)/gen/contracts.o: $(B)/gen/contracts.c $(INC)/contract/.ok
	$(Q)$(CC) $(ALLCFLAGS) -Wno-overlength-strings -I$(INC)/contract \
		-MMD -MP -c $< -o $@
DEPFILES += $(B)/gen/contracts.d

# The schema's history is compiled into who applies it.
MIGRATIONS := $(sort $(wildcard migrations/*.sql))
$(B)/gen/migrations.c: $(MIGRATIONS) tests/tools/gen-migrations
	@mkdir -p $(@D)
	$(Q)tests/tools/gen-migrations $(MIGRATIONS) > $@
$(B)/gen/migrations.o: $(B)/gen/migrations.c $(INC)/db/.ok
	$(Q)$(CC) $(ALLCFLAGS) -Wno-overlength-strings -I$(INC)/db -c $< -o $@

# Pages: templates compiled with their texts, and assets under names that
# carry their hash. What is missing or wrong there fails here.
GEN_PAGES := tests/tools/gen-pages
ASSETS    := $(sort $(wildcard assets/*))
$(B)/gen/assets.c: $(ASSETS) $(GEN_PAGES)
	@mkdir -p $(@D)
	$(Q)$(GEN_PAGES) assets $(ASSETS) > $@
$(B)/gen/assets.o: $(B)/gen/assets.c $(INC)/http/.ok
	$(Q)$(CC) $(ALLCFLAGS) -I$(INC)/http -MMD -MP -c $< -o $@
DEPFILES += $(B)/gen/assets.d

# pages LIBRARY HEADER FOLDER
define pages
$(B)/gen/pages_$(1).c: $(sort $(wildcard $(3)/*)) $(ASSETS) $(GEN_PAGES)
	@mkdir -p $$(@D)
	$$(Q)$(GEN_PAGES) pages $(2) $(3) > $$@
$(B)/gen/pages_$(1).o: $(B)/gen/pages_$(1).c $(INC)/$(1)/.ok
	$$(Q)$$(CC) $$(ALLCFLAGS) -Wno-overlength-strings -I$(INC)/$(1) \
		-MMD -MP -c $$< -o $$@
DEPFILES += $(B)/gen/pages_$(1).d
endef
$(eval $(call pages,http,http/pages_priv.h,templates/http))
$(eval $(call pages,portal,portal/explorer/views_priv.h,templates/explorer))

# The screen for SQL injections uses one plain C object of ModSecurity's
# static archive, unchanged (src/http/sqlscreen.h).
$(INJECTION):
	@mkdir -p $(@D)
	$(Q)$(AR) p "$$($(CC) -print-file-name=libmodsecurity.a)" $(@F) > $@

$(eval $(call program,noded,noded,$(NODE_FOREIGN)))
$(eval $(call program,jobsd,jobs,$(NODE_FOREIGN) -lpq))
$(eval $(call program,sekisho,ctl,$(NODE_FOREIGN) -lpq -lmaxminddb))

# The machine for programs that speak EVMC: the objects of the programs, with
# every name but one kept inside.
EVM_SO  := $(B)/lib/libsekisho_evm.so
EVM_MAP := node/evmc/export.map
EVM_LDFLAGS := -shared $(filter-out -pie,$(LDFLAGS)) \
	-Wl,-soname,libsekisho_evm.so,--version-script=$(EVM_MAP)
$(EVM_SO): $(OBJS_evmc) $(call archives,$(DEPS_evmc)) $(EVM_MAP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(EVM_LDFLAGS) -o $@ $(filter-out %.map,$^) \
		$(NODE_FOREIGN) && chmod 755 $(@D) $@
.PHONY: evm-so
evm-so: $(EVM_SO)

# --- gateway: our code and Kore 4.1 in one binary. Kore is compiled from the
# sources that Debian's package installs for that purpose, unchanged, with a
# header of ours put in front (src/gateway/kore_shim.h says why), and without
# its HTTP engine.

KORE       := /usr/share/kore
KORE_FILES := kore buf config connection domain filemap fileref json keymgr \
	linux mem module msg net pool runtime seccomp timer utils worker
KORE_OBJS  := $(KORE_FILES:%=$(B)/obj/kore/%.o) $(B)/obj/kore/version.o
KORE_DEFS  := -DKORE_SINGLE_BINARY -DKORE_NO_HTTP
# Not its undefined behaviour, which is not ours to mend.
KORE_FLAVOUR := $(subst address$(comma)undefined,address,\
	$(filter-out -fno-sanitize-recover%,$(CF_$(FLAVOUR))))
KORE_CFLAGS := -std=c99 -Wall -Wno-deprecated-declarations $(COMMON) \
	$(KORE_FLAVOUR) -D_GNU_SOURCE=1 -D_FILE_OFFSET_BITS=64 \
	-DPREFIX='"/usr"' -fstack-protector-all $(KORE_DEFS) \
	-I$(KORE)/include/kore -I$(B)/gen/kore

CFLAGS_gateway := $(KORE_DEFS) -isystem $(KORE)/include $(CFLAGS_db)
EXTRA_gateway  := $(KORE_OBJS)

$(B)/gen/kore/platform.h: $(KORE)/misc/linux-platform.sh
	@mkdir -p $(@D)
	$(Q)$< > $@ 2>/dev/null
$(B)/gen/kore/version.c: $(KORE)/RELEASE
	@mkdir -p $(@D)
	$(Q)echo 'const char *kore_version = "'`cat $<`'";' > $@
$(B)/obj/kore/version.o: $(B)/gen/kore/version.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(KORE_CFLAGS) -c $< -o $@
$(KORE_FILES:%=$(B)/obj/kore/%.o): $(B)/obj/kore/%.o: $(KORE)/src/%.c \
		src/gateway/kore_shim.h $(B)/gen/kore/platform.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(KORE_CFLAGS) -DSHIM_$* -include src/gateway/kore_shim.h \
		-c $< -o $@

# Kore looks its hooks up by name in the program itself.
$(eval $(call program,gateway,gateway,-lssl -lcrypto -lpq -ljansson -lpthread \
	-lsecp256k1 -lmaxminddb -ldl -Wl$(comma)--export-dynamic-symbol=kore_worker_configure \
	-Wl$(comma)--export-dynamic-symbol=kore_worker_teardown \
	-Wl$(comma)--export-dynamic-symbol=kore_seccomp_hook))
