# What leaves the tree: installed programs and the tarball.

PREFIX  ?= /usr/local
VERSION := $(shell sed -n 's/^.define SEKISHO_VERSION "\(.*\)"$$/\1/p' \
	node/base/version.h)
DIST    := $(BUILD)/sekisho-$(VERSION).tar.gz
SHARE   := $(DESTDIR)$(PREFIX)/share/sekisho

.PHONY: install dist dist-check
install: $(PROGRAMS) $(EVM_SO) ## install programs and examples (DESTDIR= PREFIX=)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(SHARE)
	install $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(EVM_SO) $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(filter-out %.txt,$(wildcard conf/*)) README.md LICENSE \
		$(SHARE)

# Of what is committed, and the same bytes each time.
dist: ## tarball of the committed tree, in build/
	@git diff --quiet HEAD || echo "changes that are not committed stay out"
	@mkdir -p $(BUILD)
	@git archive --prefix=sekisho-$(VERSION)/ HEAD | gzip -9n >$(DIST)
	@echo $(DIST)
dist-check: dist ## the tarball builds, installs and knows its version
	@tests/tools/dist-check $(DIST) $(VERSION)
