/* Frozen modules: code compiled at build time, as marshal data in the
 * runtime's own image (tables made by Programs/freeze.c). */
#include "Python.h"

#include "audit.h"
#include "errors.h"
#include "import.h"
#include "marshal.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"

const struct _frozen *PyImport_FrozenModules = NULL;    /* the embedder's */
int import_override_frozen = 0;

static int
frozen_are_enabled(void)
{
    if (import_override_frozen != 0) {
        return import_override_frozen > 0;
    }
    return _PyInterpreterState_GET()->config.use_frozen_modules;
}

static const struct _frozen *
table_find(const struct _frozen *table, PyObject *name)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (_PyUnicode_EqualToASCIIString(name, table->name)) {
            return table;
        }
    }
    return NULL;
}

/* The entry for a name; *essential if it is used even where frozen modules
 * are switched off. */
static const struct _frozen *
frozen_find(PyObject *name, int *essential)
{
    const struct _frozen *entry;

    *essential = 1;
    entry = table_find(PyImport_FrozenModules, name);
    if (entry == NULL) {
        entry = table_find(_PyImport_FrozenBootstrap, name);
    }
    if (entry == NULL) {
        *essential = 0;
        entry = table_find(_PyImport_FrozenStdlib, name);
    }
    if (entry == NULL) {
        entry = table_find(_PyImport_FrozenTest, name);
    }
    return entry;
}

/* The module that a name is another name for. */
static void
frozen_set_origin(struct frozen_info *info, const char *name)
{
    info->origname = name;
    for (const struct frozen_alias *alias = frozen_aliases;
         alias->name != NULL; alias++) {
        if (strcmp(name, alias->name) == 0) {
            info->is_alias = 1;
            info->origname = alias->orig;
            return;
        }
    }
}

enum frozen_status
import_find_frozen(PyObject *name, struct frozen_info *info)
{
    const struct _frozen *entry;
    int essential;

    *info = (struct frozen_info){.name = name};
    if (name == NULL || name == Py_None || !PyUnicode_Check(name)) {
        return FROZEN_BAD_NAME;
    }
    entry = frozen_find(name, &essential);
    if (entry == NULL) {
        return FROZEN_NOT_FOUND;
    }
    if (!essential && !frozen_are_enabled()) {
        return FROZEN_DISABLED;
    }
    info->data = (const char *)entry->code;
    info->size = entry->size;
    info->is_package = entry->is_package;
    if (entry->size < 0) {       /* the embedders' old way of saying so */
        info->size = -entry->size;
        info->is_package = 1;
    }
    frozen_set_origin(info, entry->name);
    if (entry->code == NULL) {
        return FROZEN_EXCLUDED;
    }
    if (entry->code[0] == '\0' || entry->size == 0) {
        return FROZEN_INVALID;
    }
    return FROZEN_OKAY;
}

void
import_raise_frozen(enum frozen_status status, PyObject *name)
{
    const char *format;
    PyObject *message;

    switch (status) {
    case FROZEN_DISABLED:
        format = "Frozen modules are disabled and the frozen object named %R "
                 "is not essential";
        break;
    case FROZEN_EXCLUDED:
        format = "Excluded frozen object named %R";
        break;
    case FROZEN_INVALID:
        format = "Frozen object named %R is invalid";
        break;
    default:
        format = "No such frozen object named %R";
        break;
    }
    message = PyUnicode_FromFormat(format, name == NULL ? Py_None : name);
    if (message == NULL) {
        PyErr_Clear();           /* the import error matters more */
    }
    PyErr_SetImportError(message, name, NULL);
    Py_XDECREF(message);
}

PyObject *
import_frozen_code(struct frozen_info *info)
{
    PyObject *code = marshal_read_bytes(info->data, info->size);
    struct frozen_info own;

    if (code == NULL) {
        import_raise_frozen(FROZEN_INVALID, info->name);
        return NULL;
    }
    /* The data may be a caller's; only the tables' makes library code. */
    if (PyCode_Check(code) &&
        import_find_frozen(info->name, &own) == FROZEN_OKAY &&
        own.data == info->data) {
        audit_origin_mark(code);
    }
    return code;
}

PyObject *
import_frozen_names(void)
{
    const struct _frozen *tables[] = {
        _PyImport_FrozenBootstrap,
        _PyImport_FrozenStdlib,
        _PyImport_FrozenTest,
        PyImport_FrozenModules,
    };
    int enabled = frozen_are_enabled();
    PyObject *names = PyList_New(0);

    for (size_t i = 0; names != NULL && i < Py_ARRAY_LENGTH(tables); i++) {
        const struct _frozen *entry = tables[i];
        if ((i == 1 || i == 2) && !enabled) {
            continue;
        }
        for (; names != NULL && entry != NULL && entry->name != NULL;
             entry++) {
            PyObject *name = PyUnicode_FromString(entry->name);
            if (name == NULL || PyList_Append(names, name) < 0) {
                Py_CLEAR(names);
            }
            Py_XDECREF(name);
        }
    }
    return names;
}

/* 1 imported, 0 not frozen, -1 failed.  Runs Python. */
int
PyImport_ImportFrozenModuleObject(PyObject *name)
{
    PyThreadState *tstate = _PyThreadState_GET();
    struct frozen_info info;
    enum frozen_status status = import_find_frozen(name, &info);
    PyObject *code, *module, *origin = NULL, *dict;
    int result = -1;

    if (status == FROZEN_NOT_FOUND || status == FROZEN_DISABLED ||
        status == FROZEN_BAD_NAME) {
        return 0;
    }
    if (status != FROZEN_OKAY) {
        import_raise_frozen(status, name);
        return -1;
    }
    code = import_frozen_code(&info);
    if (code == NULL) {
        return -1;
    }
    if (!PyCode_Check(code)) {
        PyErr_Format(PyExc_TypeError, "frozen object %R is not a code object",
                     name);
        goto done;
    }
    if (info.is_package) {
        PyObject *path = PyList_New(0);
        module = import_add_module(tstate, name);
        if (path == NULL || module == NULL ||
            PyDict_SetItem(PyModule_GetDict(module), NAME(__path__), path) <
                0) {
            Py_XDECREF(path);
            goto done;
        }
        Py_DECREF(path);
    }
    module = import_exec_code(tstate, name, code);
    if (module == NULL) {
        goto done;
    }
    dict = PyModule_GetDict(module);
    origin = info.origname == NULL ? Py_NewRef(Py_None)
                                   : PyUnicode_FromString(info.origname);
    if (origin != NULL &&
        PyDict_SetItemString(dict, "__origname__", origin) == 0) {
        result = 1;
    }
    Py_DECREF(module);
done:
    Py_XDECREF(origin);
    Py_DECREF(code);
    return result;
}

int
PyImport_ImportFrozenModule(const char *name)
{
    PyObject *text = PyUnicode_InternFromString(name);
    int result;

    if (text == NULL) {
        return -1;
    }
    result = PyImport_ImportFrozenModuleObject(text);
    Py_DECREF(text);
    return result;
}
