/* Built-in modules, and the cache of modules with single-phase
 * initialisation.
 *
 * A module whose PyInit function returns a module (not a definition) is made
 * once.  What it looked like then is kept under (file name, name): with
 * m_size -1 a copy of its dict, else its PyInit function is called again for
 * the next interpreter (PEP 489). */
#include "Python.h"

#include "errors.h"
#include "import.h"
#include "names.h"
#include "private_api.h"
#include "pystate.h"
#include "runtime.h"

#include <stdlib.h>

/* --- The table ----------------------------------------------------------- */

#define M(name) extern PyObject *PyInit_##name(void);
#define MODULE(name, init) extern PyObject *init(void);
#include "../../Modules/modules.def"

struct _inittab _PyImport_Inittab[] = {
#define M(name) {#name, PyInit_##name},
#define MODULE(name, init) {#name, init},
#include "../../Modules/modules.def"
    {"builtins", NULL},          /* made at start-up */
    {"sys", NULL},
    {NULL, NULL},
};

struct _inittab *PyImport_Inittab = _PyImport_Inittab;
static struct _inittab *inittab_copy;     /* owned, once extended */

int
PyImport_ExtendInittab(struct _inittab *newtab)
{
    struct _inittab *table;
    size_t added = 0, present = 0;

    if (_PyRuntime.initialized) {
        Py_FatalError("PyImport_ExtendInittab() may not be called after "
                      "Py_Initialize()");
    }
    while (newtab[added].name != NULL) {
        added++;
    }
    if (added == 0) {
        return 0;
    }
    while (PyImport_Inittab[present].name != NULL) {
        present++;
    }
    table = PyMem_RawRealloc(inittab_copy,
                             (present + added + 1) * sizeof(*table));
    if (table == NULL) {
        return -1;
    }
    if (inittab_copy != PyImport_Inittab) {
        memcpy(table, PyImport_Inittab, (present + 1) * sizeof(*table));
    }
    memcpy(table + present, newtab, (added + 1) * sizeof(*table));
    PyImport_Inittab = inittab_copy = table;
    return 0;
}

int
PyImport_AppendInittab(const char *name, PyObject *(*initfunc)(void))
{
    struct _inittab table[] = {{name, initfunc}, {NULL, NULL}};

    if (_PyRuntime.initialized) {
        Py_FatalError("PyImport_AppendInittab() may not be called after "
                      "Py_Initialize()");
    }
    return PyImport_ExtendInittab(table);
}

static struct _inittab *
inittab_find(PyObject *name)
{
    for (struct _inittab *entry = PyImport_Inittab; entry->name != NULL;
         entry++) {
        if (_PyUnicode_EqualToASCIIString(name, entry->name)) {
            return entry;
        }
    }
    return NULL;
}

int
import_is_builtin(PyObject *name)
{
    struct _inittab *entry = inittab_find(name);

    if (entry == NULL) {
        return 0;
    }
    return entry->initfunc == NULL ? -1 : 1;
}

/* --- The cache of single-phase modules ----------------------------------- */

static PyObject *extensions;      /* dict: (file name, name) -> definition */

static PyObject *
extension_key(PyObject *filename, PyObject *name)
{
    return PyTuple_Pack(2, filename, name);
}

/* The definition that the cache holds, borrowed; NULL with or without an
 * exception. */
static PyModuleDef *
extension_find_def(PyObject *filename, PyObject *name)
{
    PyObject *key, *def;

    if (extensions == NULL) {
        return NULL;
    }
    key = extension_key(filename, name);
    if (key == NULL) {
        return NULL;
    }
    def = PyDict_GetItemWithError(extensions, key);
    Py_DECREF(key);
    return (PyModuleDef *)def;
}

static int
extension_remember(PyObject *filename, PyObject *name, PyModuleDef *def)
{
    PyObject *key;
    int status;

    if (extensions == NULL) {
        extensions = PyDict_New();
        if (extensions == NULL) {
            return -1;
        }
    }
    key = extension_key(filename, name);
    if (key == NULL) {
        return -1;
    }
    status = PyDict_SetItem(extensions, key, (PyObject *)def);
    Py_DECREF(key);
    return status;
}

int
_PyImport_FixupExtensionObject(PyObject *mod, PyObject *name,
                               PyObject *filename, PyObject *modules)
{
    PyModuleDef *def;

    if (mod == NULL || !PyModule_Check(mod) ||
        (def = PyModule_GetDef(mod)) == NULL) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyObject_SetItem(modules, name, mod) < 0) {
        return -1;
    }
    if (_PyState_AddModule(_PyThreadState_GET(), mod, def) < 0) {
        PyMapping_DelItem(modules, name);
        return -1;
    }
    if (def->m_size == -1) {
        PyObject *dict = PyModule_GetDict(mod);
        Py_CLEAR(def->m_base.m_copy);
        def->m_base.m_copy = PyDict_Copy(dict);
        if (def->m_base.m_copy == NULL) {
            return -1;
        }
    }
    return extension_remember(filename, name, def);
}

int
_PyImport_FixupBuiltin(PyObject *mod, const char *name, PyObject *modules)
{
    PyObject *text = PyUnicode_InternFromString(name);
    int status;

    if (text == NULL) {
        return -1;
    }
    status = _PyImport_FixupExtensionObject(mod, text, text, modules);
    Py_DECREF(text);
    return status;
}

PyObject *
import_find_extension(PyThreadState *tstate, PyObject *name,
                      PyObject *filename)
{
    PyModuleDef *def = extension_find_def(filename, name);
    PyObject *modules = tstate->interp->modules;
    PyObject *module;

    if (def == NULL) {
        return NULL;
    }
    if (def->m_size == -1) {
        if (def->m_base.m_copy == NULL) {
            return NULL;
        }
        module = Py_XNewRef(import_add_module(tstate, name));
        if (module == NULL ||
            PyDict_Update(PyModule_GetDict(module), def->m_base.m_copy) < 0) {
            Py_XDECREF(module);
            return NULL;
        }
    }
    else {
        if (def->m_base.m_init == NULL) {
            return NULL;
        }
        module = def->m_base.m_init();
        if (module == NULL) {
            return NULL;
        }
        if (PyObject_SetItem(modules, name, module) < 0) {
            Py_DECREF(module);
            return NULL;
        }
    }
    if (_PyState_AddModule(tstate, module, def) < 0) {
        PyMapping_DelItem(modules, name);
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

void
import_fini_extensions(void)
{
    PyObject *cache = extensions, *def;
    Py_ssize_t position = 0;

    extensions = NULL;              /* finalizers may import, and fail */
    while (cache != NULL && PyDict_Next(cache, &position, NULL, &def)) {
        Py_CLEAR(((PyModuleDef *)def)->m_base.m_copy);
    }
    Py_XDECREF(cache);
    PyMem_RawFree(inittab_copy);
    if (PyImport_Inittab == inittab_copy) {
        PyImport_Inittab = _PyImport_Inittab;
    }
    inittab_copy = NULL;
}

/* --- Creating and executing ---------------------------------------------- */

PyObject *
import_create_builtin(PyThreadState *tstate, PyObject *name, PyObject *spec)
{
    PyObject *module = import_find_extension(tstate, name, name);
    struct _inittab *entry;
    PyModuleDef *def;

    if (module != NULL || PyErr_Occurred()) {
        return module;
    }
    entry = inittab_find(name);
    if (entry == NULL) {
        Py_RETURN_NONE;
    }
    if (entry->initfunc == NULL) {
        /* sys and builtins: reloading gives what is there. */
        return Py_XNewRef(import_add_module(tstate, name));
    }
    module = entry->initfunc();
    if (module == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "initialization of %U failed without raising an "
                         "exception",
                         name);
        }
        return NULL;
    }
    if (PyObject_TypeCheck(module, &PyModuleDef_Type)) {
        return PyModule_FromDefAndSpec((PyModuleDef *)module, spec);
    }
    def = PyModule_GetDef(module);
    if (def == NULL) {
        Py_DECREF(module);
        return NULL;
    }
    def->m_base.m_init = entry->initfunc;
    if (_PyImport_FixupExtensionObject(module, name, name,
                                       tstate->interp->modules) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

int
import_exec_extension(PyObject *module)
{
    PyModuleDef *def;

    if (!PyModule_Check(module)) {
        return 0;
    }
    def = PyModule_GetDef(module);
    if (def == NULL) {
        return 0;
    }
    if (PyModule_GetState(module) != NULL) {
        return 0;                /* it has run */
    }
    return PyModule_ExecDef(module, def);
}
