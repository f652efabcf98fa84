/* What somebody changed about importing since the last import.
 *
 * Python has no event for an assignment to an item of sys.meta_path,
 * sys.path_hooks or sys.modules: they are plain lists and a plain dict.  So
 * each import compares them with what the last one saw, before it uses them:
 *
 *     lucid.import.finders    other items in sys.meta_path or sys.path_hooks
 *     lucid.import.replaced   another object in sys.modules under the name of
 *                             a core module than the import statement put
 *                             there
 *
 * What is remembered begins with the interpreter's import system, before any
 * code of the user, and is kept whether or not somebody listens: what was
 * there before a hook came is what later changes are measured against.
 * sys.modules is compared only for a listener, who so hears of earlier
 * replacements, too.  What an import saw is replaced only once the hooks have
 * agreed: after a refusal the next import raises the event again.
 *
 * State: interp->import_seen, C arrays that no Python object leads to.  It
 * owns what it remembers, so that no address comes back as another object. */
#include "Python.h"

#include "audit.h"
#include "import.h"
#include "names.h"
#include "runtime.h"
#include "sys.h"

/* Modules that other code trusts without looking: the runtime's own, those
 * that open, start, load or check something, and what they rest on. */
static const char *const core_names[] = {
    "sys", "builtins", "_imp", "_frozen_importlib",
    "_frozen_importlib_external", "importlib", "zipimport", "marshal",
    "codecs", "_codecs", "encodings", "io", "_io", "os", "posix", "posixpath",
    "_thread", "_signal", "signal", "_warnings", "_weakref", "gc", "types",
    "subprocess", "_posixsubprocess", "socket", "_socket", "ssl", "_ssl",
    "hashlib", "_hashlib", "hmac", "ctypes", "_ctypes", "lucid",
};
#define CORE_COUNT Py_ARRAY_LENGTH(core_names)

struct import_core {
    PyObject *name;                    /* owned */
    PyObject *module;                  /* owned; NULL: was never imported */
    int loading;                       /* import statements at work on it */
};

/* ---- sys.modules ------------------------------------------------------- */

/* What stands under the name now, borrowed, or NULL.  Never fails. */
static PyObject *
core_current(PyInterpreterState *interp, const struct import_core *core)
{
    PyObject *module = PyDict_GetItemWithError(interp->modules, core->name);

    if (module == NULL) {
        PyErr_Clear();                 /* a hostile key beside ours */
    }
    return module;
}

static void
core_remember(PyInterpreterState *interp, struct import_core *core)
{
    PyObject *module = core_current(interp, core);

    if (module != NULL) {
        Py_INCREF(module);
        Py_XSETREF(core->module, module);
    }
}

/* Runs Python (hooks). */
static int
core_check(PyInterpreterState *interp, struct import_core *core)
{
    PyObject *module = core_current(interp, core);
    int status;

    if (module == NULL || module == core->module || core->loading > 0) {
        return 0;
    }
    Py_INCREF(module);
    status = PyAudit(AUDIT_LUCID_IMPORT_REPLACED, "OO", core->name, module);
    if (status < 0 || interp->import_seen.core == NULL) {
        Py_DECREF(module);
        return status;
    }
    Py_XSETREF(core->module, module);
    return 0;
}

int
import_check_modules_changed(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    struct import_seen *seen = &interp->import_seen;
    uint64_t version;
    int status = 0;

    /* A hook that imports, called from here: the answer is on its way. */
    if (seen->core == NULL || seen->checking == tstate) {
        return 0;
    }
    version = ((PyDictObject *)interp->modules)->ma_version_tag;
    seen->checking = tstate;
    for (size_t i = 0; seen->core != NULL && i < CORE_COUNT && status == 0;
         i++) {
        status = core_check(interp, &seen->core[i]);
    }
    seen->checking = NULL;
    if (status == 0) {
        seen->modules_version = version;
    }
    return status;
}

struct import_core *
import_core_begin(PyInterpreterState *interp, PyObject *name)
{
    for (size_t i = 0; interp->import_seen.core != NULL && i < CORE_COUNT;
         i++) {
        struct import_core *core = &interp->import_seen.core[i];

        if (core->name == name || _PyUnicode_Equal(core->name, name)) {
            core->loading++;
            return core;
        }
    }
    return NULL;
}

void
import_core_end(PyInterpreterState *interp, struct import_core *core,
                int loaded)
{
    if (core == NULL || interp->import_seen.core == NULL) {
        return;
    }
    core->loading--;
    if (loaded) {
        core_remember(interp, core);
    }
}

/* ---- finders and path hooks --------------------------------------------- */

/* Whether `items` (NULL: nothing yet) are those of the list, or the object
 * itself where it is no plain list. */
static int
items_are_those_of(PyObject *items, PyObject *list)
{
    if (items == NULL) {
        return 0;
    }
    if (!PyList_CheckExact(list)) {
        return PyTuple_GET_SIZE(items) == 1 &&
               PyTuple_GET_ITEM(items, 0) == list;
    }
    if (PyTuple_GET_SIZE(items) != PyList_GET_SIZE(list)) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        if (PyTuple_GET_ITEM(items, i) != PyList_GET_ITEM(list, i)) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
items_of(PyObject *list)
{
    return PyList_CheckExact(list) ? PyList_AsTuple(list)
                                   : PyTuple_Pack(1, list);
}

/* Borrowed. */
static PyObject *
sys_attribute_or_none(PyThreadState *tstate, PyObject *name)
{
    PyObject *value = sys_get_attribute(tstate, name);

    return value == NULL ? Py_None : value;
}

/* Notes the items as they are now, once the hooks have agreed to them; what a
 * hook changes meanwhile is for the next import.  Runs Python (hooks). */
static int
finders_remember(PyThreadState *tstate, PyObject *finders, PyObject *hooks)
{
    struct import_seen *seen = &tstate->interp->import_seen;
    PyObject *finder_items = items_of(finders);
    PyObject *hook_items = items_of(hooks);
    int status = -1;

    if (finder_items == NULL || hook_items == NULL) {
        goto done;
    }
    seen->checking = tstate;
    status = PyAudit(AUDIT_LUCID_IMPORT_FINDERS, "OO", finders, hooks);
    seen->checking = NULL;
    if (status == 0 && seen->core != NULL) {
        Py_XSETREF(seen->finders, Py_NewRef(finder_items));
        Py_XSETREF(seen->path_hooks, Py_NewRef(hook_items));
    }
done:
    Py_XDECREF(finder_items);
    Py_XDECREF(hook_items);
    return status;
}

int
import_check_finders(PyThreadState *tstate)
{
    struct import_seen *seen = &tstate->interp->import_seen;
    PyObject *finders = sys_attribute_or_none(tstate, NAME(meta_path));
    PyObject *hooks = sys_attribute_or_none(tstate, NAME(path_hooks));
    int status;

    if (seen->core == NULL || seen->checking == tstate ||
        (items_are_those_of(seen->finders, finders) &&
         items_are_those_of(seen->path_hooks, hooks))) {
        return 0;
    }
    /* A collection or a hook may put other lists in their places. */
    Py_INCREF(finders);
    Py_INCREF(hooks);
    status = finders_remember(tstate, finders, hooks);
    Py_DECREF(finders);
    Py_DECREF(hooks);
    return status;
}

/* ---- start and end ------------------------------------------------------ */

int
import_changes_start(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    struct import_seen *seen = &interp->import_seen;
    struct import_core *cores = PyMem_Calloc(CORE_COUNT, sizeof(*cores));

    if (cores == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    interp->import_seen.core = cores;
    for (size_t i = 0; i < CORE_COUNT; i++) {
        cores[i].name = PyUnicode_InternFromString(core_names[i]);
        if (cores[i].name == NULL) {
            import_changes_stop(interp);
            return -1;
        }
        core_remember(interp, &cores[i]);
    }
    seen->finders = items_of(sys_attribute_or_none(tstate, NAME(meta_path)));
    seen->path_hooks =
        items_of(sys_attribute_or_none(tstate, NAME(path_hooks)));
    return seen->finders == NULL || seen->path_hooks == NULL ? -1 : 0;
}

void
import_changes_stop(PyInterpreterState *interp)
{
    struct import_core *cores = interp->import_seen.core;

    interp->import_seen.core = NULL;
    Py_CLEAR(interp->import_seen.finders);
    Py_CLEAR(interp->import_seen.path_hooks);
    for (size_t i = 0; cores != NULL && i < CORE_COUNT; i++) {
        Py_XDECREF(cores[i].name);
        Py_XDECREF(cores[i].module);
    }
    PyMem_Free(cores);
}
