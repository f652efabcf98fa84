# Frozen modules: library modules compiled by Lucid's own compiler at build
# time.  Programs/freeze.c writes their code as arrays, Programs/frozen_tables.c
# lists them.

STDLIB = $(STDLIB_PREFIX)/lib/python3.11
FROZEN_MODULES = \
    importlib._bootstrap=$(STDLIB)/importlib/_bootstrap.py \
    importlib._bootstrap_external=$(STDLIB)/importlib/_bootstrap_external.py \
    zipimport=$(STDLIB)/zipimport.py \
    abc=$(STDLIB)/abc.py \
    codecs=$(STDLIB)/codecs.py \
    io=$(STDLIB)/io.py \
    _collections_abc=$(STDLIB)/_collections_abc.py \
    _sitebuiltins=$(STDLIB)/_sitebuiltins.py \
    genericpath=$(STDLIB)/genericpath.py \
    ntpath=$(STDLIB)/ntpath.py \
    posixpath=$(STDLIB)/posixpath.py \
    os=$(STDLIB)/os.py \
    site=$(STDLIB)/site.py \
    stat=$(STDLIB)/stat.py \
    importlib.util=$(STDLIB)/importlib/util.py \
    importlib.machinery=$(STDLIB)/importlib/machinery.py \
    runpy=$(STDLIB)/runpy.py \
    __hello__=$(STDLIB)/__hello__.py \
    __phello__=$(STDLIB)/__phello__/__init__.py \
    __phello__.spam=$(STDLIB)/__phello__/spam.py \
    __phello__.ham=/dev/null \
    __phello__.ham.eggs=/dev/null \
    lucid=$(srcdir)/Lib/lucid/__init__.py \
    lucid.__main__=$(srcdir)/Lib/lucid/__main__.py \
    lucid.log=$(srcdir)/Lib/lucid/log.py \
    lucid.report=$(srcdir)/Lib/lucid/report.py \
    lucid.verify=$(srcdir)/Lib/lucid/verify.py

FROZEN_OBJECTS = Programs/frozen_tables.o

Programs/freeze: Programs/freeze.o $(CORE_OBJECTS)
	$(QUIET_LINK)$(LINK) $(LDFLAGS) $(QUICK_LINK) -o $@ Programs/freeze.o $(CORE_OBJECTS) $(LIBS)

frozen_modules.h: Programs/freeze $(srcdir)/Lib/lucid/*.py $(srcdir)/Python/frozen.mk
	@echo '  FREEZE' $@; ASAN_OPTIONS=detect_leaks=0 ./Programs/freeze $@ $(FROZEN_MODULES)

Programs/frozen_tables.o: frozen_modules.h
