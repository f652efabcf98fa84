/* The frozen modules (documentation: "Modules/Frozen modules" of the C API).
 *
 * The bootstrap table serves always; the library's can be switched off with
 * -X frozen_modules=off; the last one serves tests of importlib. */
#include "Python.h"

#include "import.h"

#include "frozen_modules.h"

#define MODULE(name, array) {name, array, (int)sizeof(array), 0, NULL}
#define PACKAGE(name, array) {name, array, (int)sizeof(array), 1, NULL}
#define END {NULL, NULL, 0, 0, NULL}

static const struct _frozen bootstrap_modules[] = {
    MODULE("_frozen_importlib", frozen_importlib__bootstrap),
    MODULE("_frozen_importlib_external", frozen_importlib__bootstrap_external),
    MODULE("zipimport", frozen_zipimport),
    PACKAGE("lucid", frozen_lucid),
    MODULE("lucid.__main__", frozen_lucid___main__),
    MODULE("lucid.log", frozen_lucid_log),
    MODULE("lucid.report", frozen_lucid_report),
    MODULE("lucid.verify", frozen_lucid_verify),
    END,
};

static const struct _frozen stdlib_modules[] = {
    MODULE("abc", frozen_abc),
    MODULE("codecs", frozen_codecs),
    MODULE("io", frozen_io),
    MODULE("_collections_abc", frozen__collections_abc),
    MODULE("_sitebuiltins", frozen__sitebuiltins),
    MODULE("genericpath", frozen_genericpath),
    MODULE("ntpath", frozen_ntpath),
    MODULE("posixpath", frozen_posixpath),
    MODULE("os.path", frozen_posixpath),
    MODULE("os", frozen_os),
    MODULE("site", frozen_site),
    MODULE("stat", frozen_stat),
    MODULE("importlib.util", frozen_importlib_util),
    MODULE("importlib.machinery", frozen_importlib_machinery),
    MODULE("runpy", frozen_runpy),
    END,
};

static const struct _frozen test_modules[] = {
    MODULE("__hello__", frozen___hello__),
    MODULE("__hello_alias__", frozen___hello__),
    PACKAGE("__phello_alias__", frozen___hello__),
    MODULE("__phello_alias__.spam", frozen___hello__),
    PACKAGE("__phello__", frozen___phello__),
    MODULE("__phello__.__init__", frozen___phello__),
    PACKAGE("__phello__.ham", frozen___phello___ham),
    MODULE("__phello__.ham.__init__", frozen___phello___ham),
    MODULE("__phello__.ham.eggs", frozen___phello___ham_eggs),
    MODULE("__phello__.spam", frozen___phello___spam),
    MODULE("__hello_only__", frozen___hello__),
    END,
};

const struct _frozen *_PyImport_FrozenBootstrap = bootstrap_modules;
const struct _frozen *_PyImport_FrozenStdlib = stdlib_modules;
const struct _frozen *_PyImport_FrozenTest = test_modules;

/* What a module is called where it was compiled; NULL: it has no file. */
const struct frozen_alias frozen_aliases[] = {
    {"_frozen_importlib", "importlib._bootstrap"},
    {"_frozen_importlib_external", "importlib._bootstrap_external"},
    {"os.path", "posixpath"},
    {"__hello_alias__", "__hello__"},
    {"__phello_alias__", "__hello__"},
    {"__phello_alias__.spam", "__hello__"},
    {"__phello__.__init__", "<__phello__"},
    {"__phello__.ham.__init__", "<__phello__.ham"},
    {"__hello_only__", NULL},
    {"lucid", NULL},
    {"lucid.__main__", NULL},
    {"lucid.log", NULL},
    {"lucid.report", NULL},
    {"lucid.verify", NULL},
    {NULL, NULL},
};
