/* The module _imp: what importlib asks of the runtime. */
#define PY_SSIZE_T_CLEAN
#include "Python.h"

#include "audit.h"
#include "foreign_events.h"
#include "import.h"
#include "marshal.h"
#include "names.h"
#include "private_api.h"
#include "runtime.h"

/* SipHash-1-3 with an explicit key (PEP 552); pyhash.c. */
extern uint64_t hash_keyed(uint64_t key, const void *data, Py_ssize_t n);

/* --- The lock ------------------------------------------------------------ */

static PyObject *
imp_lock_held(PyObject *module, PyObject *unused)
{
    return PyBool_FromLong(import_lock_is_held());
}

static PyObject *
imp_acquire_lock(PyObject *module, PyObject *unused)
{
    /* Every import comes by here, those of importlib.import_module() and
     * find_spec() too. */
    if (import_check_finders(_PyThreadState_GET()) < 0) {
        return NULL;
    }
    import_lock_acquire();
    Py_RETURN_NONE;
}

static PyObject *
imp_release_lock(PyObject *module, PyObject *unused)
{
    if (import_lock_release() < 0) {
        PyErr_SetString(PyExc_RuntimeError, "not holding the import lock");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --- Built-in and extension modules -------------------------------------- */

static PyObject *
imp_extension_suffixes(PyObject *module, PyObject *unused)
{
    PyObject *list = PyList_New(0);

    for (int i = 0; list != NULL && dynload_suffixes[i] != NULL; i++) {
        PyObject *suffix = PyUnicode_FromString(dynload_suffixes[i]);
        if (suffix == NULL || PyList_Append(list, suffix) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(suffix);
    }
    return list;
}

static PyObject *
imp_is_builtin(PyObject *module, PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        _PyArg_BadArgument("is_builtin", "argument", "str", name);
        return NULL;
    }
    return PyLong_FromLong(import_is_builtin(name));
}

static PyObject *
imp_create_builtin(PyObject *module, PyObject *spec)
{
    PyObject *name = PyObject_GetAttr(spec, NAME(name));
    PyObject *created;

    if (name == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "name must be string, not %.200s",
                     Py_TYPE(name)->tp_name);
        Py_DECREF(name);
        return NULL;
    }
    created = PyAudit(AUDIT_LUCID_IMPORT_BUILTIN, "(O)", name) < 0
                  ? NULL
                  : import_create_builtin(_PyThreadState_GET(), name, spec);
    Py_DECREF(name);
    return created;
}

static PyObject *
imp_create_dynamic(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *spec, *name = NULL, *path = NULL, *created = NULL;

    if (!_PyArg_CheckPositional("create_dynamic", nargs, 1, 2)) {
        return NULL;
    }
    spec = args[0];
    name = PyObject_GetAttr(spec, NAME(name));
    path = name == NULL ? NULL : PyObject_GetAttr(spec, NAME(origin));
    if (path == NULL) {
        goto done;
    }
    created = import_find_extension(_PyThreadState_GET(), name, path);
    if (created == NULL && !PyErr_Occurred()) {
        created = dynload_module(spec, NULL);
    }
    if (created != NULL) {
        foreign_events_attach(created);
    }
done:
    Py_XDECREF(name);
    Py_XDECREF(path);
    return created;
}

static PyObject *
imp_exec_module(PyObject *module, PyObject *created)
{
    if (import_exec_extension(created) < 0) {
        return NULL;
    }
    foreign_events_attach(created);
    return PyLong_FromLong(0);
}

/* --- Frozen modules ------------------------------------------------------ */

static int
check_name(const char *function, PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        _PyArg_BadArgument(function, "argument", "str", name);
        return -1;
    }
    return 0;
}

/* Like import_find_frozen, with the exception set.  0/-1. */
static int
find_frozen_or_raise(PyObject *name, struct frozen_info *info)
{
    enum frozen_status status = import_find_frozen(name, info);

    if (status != FROZEN_OKAY) {
        import_raise_frozen(status, name);
        return -1;
    }
    return 0;
}

static PyObject *
imp_find_frozen(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {"", "withdata", NULL};
    static _PyArg_Parser parser = {.format = "U|$p:find_frozen",
                                   .keywords = keywords};
    PyObject *name, *data = NULL, *origin, *result;
    int with_data = 0;
    struct frozen_info info;
    enum frozen_status status;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &name,
                                      &with_data)) {
        return NULL;
    }
    status = import_find_frozen(name, &info);
    if (status == FROZEN_NOT_FOUND || status == FROZEN_DISABLED) {
        Py_RETURN_NONE;
    }
    if (status == FROZEN_BAD_NAME) {
        Py_RETURN_NONE;
    }
    if (status != FROZEN_OKAY) {
        import_raise_frozen(status, name);
        return NULL;
    }
    data = with_data ? PyMemoryView_FromMemory((char *)info.data, info.size,
                                               PyBUF_READ)
                     : Py_NewRef(Py_None);
    origin = info.origname == NULL || *info.origname == '\0'
                 ? Py_NewRef(Py_None)
                 : PyUnicode_FromString(info.origname);
    if (data == NULL || origin == NULL) {
        Py_XDECREF(data);
        Py_XDECREF(origin);
        return NULL;
    }
    result = PyTuple_Pack(3, data, info.is_package ? Py_True : Py_False,
                          origin);
    Py_DECREF(data);
    Py_DECREF(origin);
    return result;
}

static PyObject *
imp_get_frozen_object(PyObject *module, PyObject *const *args,
                      Py_ssize_t nargs)
{
    struct frozen_info info = {0};
    Py_buffer buffer = {0};
    PyObject *name, *code = NULL;

    if (!_PyArg_CheckPositional("get_frozen_object", nargs, 1, 2)) {
        return NULL;
    }
    name = args[0];
    if (!PyUnicode_Check(name)) {
        _PyArg_BadArgument("get_frozen_object", "argument 1", "str", name);
        return NULL;
    }
    if (nargs > 1 && args[1] != Py_None) {
        if (!PyObject_CheckBuffer(args[1])) {
            _PyArg_BadArgument("get_frozen_object", "argument 2", "bytes",
                               args[1]);
            return NULL;
        }
        if (PyObject_GetBuffer(args[1], &buffer, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        info.name = name;
        info.data = buffer.buf;
        info.size = buffer.len;
        if (info.size == 0) {
            import_raise_frozen(FROZEN_INVALID, name);
            goto done;
        }
    }
    else if (find_frozen_or_raise(name, &info) < 0) {
        return NULL;
    }
    code = PyAudit(AUDIT_LUCID_IMPORT_FROZEN, "(O)", name) < 0
               ? NULL
               : import_frozen_code(&info);
    if (code != NULL && !PyCode_Check(code)) {
        PyErr_Format(PyExc_TypeError, "frozen object %R is not a code object",
                     name);
        Py_CLEAR(code);
    }
done:
    if (buffer.obj != NULL) {
        PyBuffer_Release(&buffer);
    }
    return code;
}

static PyObject *
imp_is_frozen(PyObject *module, PyObject *name)
{
    struct frozen_info info;

    if (check_name("is_frozen", name) < 0) {
        return NULL;
    }
    return PyBool_FromLong(import_find_frozen(name, &info) == FROZEN_OKAY);
}

static PyObject *
imp_is_frozen_package(PyObject *module, PyObject *name)
{
    struct frozen_info info;
    enum frozen_status status;

    if (check_name("is_frozen_package", name) < 0) {
        return NULL;
    }
    status = import_find_frozen(name, &info);
    if (status != FROZEN_OKAY && status != FROZEN_EXCLUDED) {
        import_raise_frozen(status, name);
        return NULL;
    }
    return PyBool_FromLong(info.is_package);
}

static PyObject *
imp_init_frozen(PyObject *module, PyObject *name)
{
    int status;

    if (check_name("init_frozen", name) < 0 ||
        PyAudit(AUDIT_LUCID_IMPORT_FROZEN, "(O)", name) < 0) {
        return NULL;
    }
    status = PyImport_ImportFrozenModuleObject(name);
    if (status < 0) {
        return NULL;
    }
    if (status == 0) {
        Py_RETURN_NONE;
    }
    return Py_XNewRef(import_add_module(_PyThreadState_GET(), name));
}

static PyObject *
imp_frozen_module_names(PyObject *module, PyObject *unused)
{
    return import_frozen_names();
}

static PyObject *
imp_override_frozen(PyObject *module, PyObject *value)
{
    int override = _PyLong_AsInt(value);

    if (override == -1 && PyErr_Occurred()) {
        return NULL;
    }
    import_override_frozen = override;
    Py_RETURN_NONE;
}

/* --- Code objects and hashes --------------------------------------------- */

/* Replaces the old file name in code and in its nested code objects.  0/-1. */
static int
rename_code(PyCodeObject *code, PyObject *old, PyObject *new)
{
    int result = 0;

    if (PyUnicode_Compare(code->co_filename, old) != 0) {
        return 0;
    }
    if (Py_EnterRecursiveCall(" while renaming code")) {
        return -1;
    }
    Py_INCREF(new);
    Py_XSETREF(code->co_filename, new);
    for (Py_ssize_t i = 0;
         result == 0 && i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant)) {
            result = rename_code((PyCodeObject *)constant, old, new);
        }
    }
    Py_LeaveRecursiveCall();
    return result;
}

static PyObject *
imp_fix_co_filename(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyCodeObject *code;
    PyObject *old;
    int result = 0;

    if (!_PyArg_CheckPositional("_fix_co_filename", nargs, 2, 2)) {
        return NULL;
    }
    if (!PyCode_Check(args[0])) {
        _PyArg_BadArgument("_fix_co_filename", "argument 1", "code", args[0]);
        return NULL;
    }
    if (!PyUnicode_Check(args[1])) {
        _PyArg_BadArgument("_fix_co_filename", "argument 2", "str", args[1]);
        return NULL;
    }
    code = (PyCodeObject *)args[0];
    old = Py_NewRef(code->co_filename);
    if (PyUnicode_Compare(old, args[1]) != 0) {
        result = rename_code(code, old, args[1]);
    }
    Py_DECREF(old);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
imp_source_hash(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "source", NULL};
    static _PyArg_Parser parser = {.format = "ly*:source_hash",
                                   .keywords = keywords};
    long key;
    Py_buffer source;
    uint64_t hash;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &source)) {
        return NULL;
    }
    hash = hash_keyed((uint64_t)key, source.buf, source.len);
    PyBuffer_Release(&source);
    return PyBytes_FromStringAndSize((const char *)&hash, sizeof(hash));
}

/* --- The module ---------------------------------------------------------- */

#define FAST(function) _PyCFunction_CAST(function)

static PyMethodDef imp_methods[] = {
    {"extension_suffixes", imp_extension_suffixes, METH_NOARGS,
     "extension_suffixes($module, /)\n--\n\nFile name endings of extensions."},
    {"lock_held", imp_lock_held, METH_NOARGS,
     "lock_held($module, /)\n--\n\nWhether some thread holds the import "
     "lock."},
    {"acquire_lock", imp_acquire_lock, METH_NOARGS,
     "acquire_lock($module, /)\n--\n\nTakes the import lock, as often as "
     "needed."},
    {"release_lock", imp_release_lock, METH_NOARGS,
     "release_lock($module, /)\n--\n\nGives the import lock back."},
    {"find_frozen", FAST(imp_find_frozen), METH_FASTCALL | METH_KEYWORDS,
     "find_frozen($module, name, /, *, withdata=False)\n--\n\n"
     "(data, is_package, origname) of a frozen module, or None."},
    {"get_frozen_object", FAST(imp_get_frozen_object), METH_FASTCALL,
     "get_frozen_object($module, name, data=None, /)\n--\n\n"
     "The code object of a frozen module."},
    {"is_frozen_package", imp_is_frozen_package, METH_O,
     "is_frozen_package($module, name, /)\n--\n\n"
     "Whether a frozen module is a package."},
    {"create_builtin", imp_create_builtin, METH_O,
     "create_builtin($module, spec, /)\n--\n\nMakes a built-in module."},
    {"init_frozen", imp_init_frozen, METH_O,
     "init_frozen($module, name, /)\n--\n\nRuns a frozen module."},
    {"is_builtin", imp_is_builtin, METH_O,
     "is_builtin($module, name, /)\n--\n\n"
     "1 for a built-in module, -1 if it was made at start-up, 0 otherwise."},
    {"is_frozen", imp_is_frozen, METH_O,
     "is_frozen($module, name, /)\n--\n\nWhether the module is frozen."},
    {"_frozen_module_names", imp_frozen_module_names, METH_NOARGS,
     "_frozen_module_names($module, /)\n--\n\nNames of the frozen modules."},
    {"_override_frozen_modules_for_tests", imp_override_frozen, METH_O,
     "_override_frozen_modules_for_tests($module, override, /)\n--\n\n"
     "1: use frozen modules, -1: do not, 0: as configured."},
    {"create_dynamic", FAST(imp_create_dynamic), METH_FASTCALL,
     "create_dynamic($module, spec, file=<unrepresentable>, /)\n--\n\n"
     "Loads an extension module."},
    {"exec_dynamic", imp_exec_module, METH_O,
     "exec_dynamic($module, mod, /)\n--\n\nRuns the body of an extension "
     "module."},
    {"exec_builtin", imp_exec_module, METH_O,
     "exec_builtin($module, mod, /)\n--\n\nRuns the body of a built-in "
     "module."},
    {"_fix_co_filename", FAST(imp_fix_co_filename), METH_FASTCALL,
     "_fix_co_filename($module, code, path, /)\n--\n\n"
     "Sets the file name of a code object and of those inside it."},
    {"source_hash", FAST(imp_source_hash), METH_FASTCALL | METH_KEYWORDS,
     "source_hash($module, /, key, source)\n--\n\n"
     "The hash of source text that .pyc files may hold."},
    {NULL, NULL, 0, NULL},
};

static int
imp_exec(PyObject *module)
{
    const wchar_t *mode =
        _PyInterpreterState_GET()->config.check_hash_pycs_mode;
    PyObject *text = PyUnicode_FromWideChar(mode == NULL ? L"default" : mode,
                                            -1);
    int status;

    if (text == NULL) {
        return -1;
    }
    status = PyModule_AddObjectRef(module, "check_hash_based_pycs", text);
    Py_DECREF(text);
    return status;
}

static PyModuleDef_Slot imp_slots[] = {
    {Py_mod_exec, imp_exec},
    {0, NULL},
};

static PyModuleDef imp_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_imp",
    .m_doc = PyDoc_STR("What importlib asks of the runtime."),
    .m_methods = imp_methods,
    .m_slots = imp_slots,
};

PyMODINIT_FUNC PyInit__imp(void);

PyMODINIT_FUNC
PyInit__imp(void)
{
    return PyModuleDef_Init(&imp_module);
}
