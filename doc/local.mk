# Manual pages and completions. OPTIONS and the completion come out of the tool
# itself. They are in the tarball, so that a cross build need not run anything:
# the tool is only an order-only prerequisite, the dates that count are those of
# the sources.
# SPDX-License-Identifier: Apache-2.0
pages = doc/ch-check.1 doc/ch-convert.1 doc/ch-image.1 doc/ch-pull.1 \
	doc/ch-run.1
completions = doc/completions/ch-check doc/completions/ch-convert \
	doc/completions/ch-image doc/completions/ch-pull \
	doc/completions/ch-run
man1_MANS += $(pages)
pkgdata_DATA = doc/apparmor
CLEANFILES += doc/apparmor
bashcompdir = $(datadir)/bash-completion/completions
bashcomp_DATA = $(completions)
MAINTAINERCLEANFILES = $(pages) $(completions)
check_PROGRAMS += doc/boilerplate
doc_boilerplate_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/test/unit

EXTRA_DIST += $(pages) $(pages:=.in) $(completions) doc/apparmor.in \
	doc/style.md doc/errors.md doc/security.md doc/design

doc/apparmor: doc/apparmor.in
	$(AM_V_GEN)$(MKDIR_P) doc && sed \
		-e 's|[@]bindir@|$(bindir)|; s|[@]pkglibexecdir@|$(pkglibexecdir)|' \
		-e '/^profile/s|\([{,]\)/|\1|g' \
		$(srcdir)/doc/apparmor.in > $@.tmp && mv $@.tmp $@

print_sources = src/base/opt.c src/base/optprint.c src/base/tool.c

# page TOOL: the page with the tool's own options in place of @options@
page = $(MKDIR_P) doc/completions && \
	./$(1)$(EXEEXT) --help=man > doc/$(1).options && \
	sed -e '/@options@/r doc/'$(1).options -e '/@options@/d' \
		-e 's/@version@/$(PACKAGE_VERSION)/g' \
		$(srcdir)/doc/$(1).1.in > $@.tmp && \
	rm -f doc/$(1).options && mv $@.tmp $@
completion = $(MKDIR_P) doc/completions && \
	./$(1)$(EXEEXT) --help=bash > $@.tmp && mv $@.tmp $@

doc/ch-check.1: doc/ch-check.1.in bin/ch-check.c $(print_sources) \
		| ch-check$(EXEEXT)
	$(AM_V_GEN)$(call page,ch-check)
doc/ch-convert.1: doc/ch-convert.1.in bin/ch-convert.c $(print_sources) \
		| ch-convert$(EXEEXT)
	$(AM_V_GEN)$(call page,ch-convert)
doc/ch-image.1: doc/ch-image.1.in bin/ch-image.c $(print_sources) \
		| ch-image$(EXEEXT)
	$(AM_V_GEN)$(call page,ch-image)
doc/ch-pull.1: doc/ch-pull.1.in bin/ch-pull.c $(print_sources) \
		| ch-pull$(EXEEXT)
	$(AM_V_GEN)$(call page,ch-pull)
doc/ch-run.1: doc/ch-run.1.in bin/ch-run.c $(print_sources) \
		| ch-run$(EXEEXT)
	$(AM_V_GEN)$(call page,ch-run)
doc/completions/ch-check: bin/ch-check.c $(print_sources) \
		| ch-check$(EXEEXT)
	$(AM_V_GEN)$(call completion,ch-check)
doc/completions/ch-convert: bin/ch-convert.c $(print_sources) \
		| ch-convert$(EXEEXT)
	$(AM_V_GEN)$(call completion,ch-convert)
doc/completions/ch-image: bin/ch-image.c $(print_sources) \
		| ch-image$(EXEEXT)
	$(AM_V_GEN)$(call completion,ch-image)
doc/completions/ch-pull: bin/ch-pull.c $(print_sources) | ch-pull$(EXEEXT)
	$(AM_V_GEN)$(call completion,ch-pull)
doc/completions/ch-run: bin/ch-run.c $(print_sources) | ch-run$(EXEEXT)
	$(AM_V_GEN)$(call completion,ch-run)
