/* sys.argv, sys.path, sys.warnoptions and sys._xoptions: from PyConfig, and
 * through the functions that embedders called before PyConfig existed. */
#include "Python.h"

#include "config.h"
#include "names.h"
#include "runtime.h"
#include "sys.h"

/* Options given before initialisation, when no Python object can exist. */
static PyWideStringList early_warn_options;
static PyWideStringList early_x_options;

int
sys_take_early_options(PyConfig *config)
{
    if (status_failed(_PyWideStringList_Extend(&config->warnoptions,
                                               &early_warn_options)) ||
        status_failed(_PyWideStringList_Extend(&config->xoptions,
                                               &early_x_options))) {
        return -1;
    }
    sys_clear_early_options();
    return 0;
}

void
sys_clear_early_options(void)
{
    _PyWideStringList_Clear(&early_warn_options);
    _PyWideStringList_Clear(&early_x_options);
}

/* --- From the configuration ---------------------------------------------- */

static int
set_list(PyObject *dict, const char *name, const PyWideStringList *list)
{
    PyObject *value = _PyWideStringList_AsList(list);
    int status;

    if (value == NULL) {
        return -1;
    }
    status = PyDict_SetItemString(dict, name, value);
    Py_DECREF(value);
    return status;
}

/* NULL becomes None if `none` allows, else the attribute stays unset. */
static int
set_text(PyObject *dict, const char *name, const wchar_t *text, int none)
{
    PyObject *value;
    int status;

    if (text == NULL && !none) {
        return 0;
    }
    value = text == NULL ? Py_NewRef(Py_None)
                         : PyUnicode_FromWideChar(text, -1);
    if (value == NULL) {
        return -1;
    }
    status = PyDict_SetItemString(dict, name, value);
    Py_DECREF(value);
    return status;
}

/* {"name": "value"} or {"name": True} of -X words.  Returns new. */
static PyObject *
make_xoptions(const PyWideStringList *options)
{
    PyObject *dict = PyDict_New();

    for (Py_ssize_t i = 0; dict != NULL && i < options->length; i++) {
        const wchar_t *option = options->items[i];
        const wchar_t *equals = wcschr(option, L'=');
        PyObject *name, *value;

        name = PyUnicode_FromWideChar(option,
                                      equals == NULL ? -1 : equals - option);
        value = equals == NULL ? Py_NewRef(Py_True)
                               : PyUnicode_FromWideChar(equals + 1, -1);
        if (name == NULL || value == NULL ||
            PyDict_SetItem(dict, name, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    return dict;
}

int
sys_configured_max_str_digits(const PyConfig *config)
{
    const wchar_t *option =
        config_find_xoption(&config->xoptions, L"int_max_str_digits");
    const char *text =
        _Py_GetEnv(config->use_environment, "PYTHONINTMAXSTRDIGITS");

    /* PyConfig_Read has checked both. */
    if (option != NULL && *option == L'=') {
        return (int)wcstol(option + 1, NULL, 10);
    }
    return text != NULL ? (int)strtol(text, NULL, 10) : -1;
}

int
sys_apply_config(PyThreadState *tstate)
{
    PyInterpreterState *interp = tstate->interp;
    const PyConfig *config = &interp->config;
    PyObject *dict = interp->sysdict;
    PyObject *xoptions, *flags, *write_bytecode;
    int status;

    if (sys_configured_max_str_digits(config) >= 0) {
        interp->int_max_str_digits = sys_configured_max_str_digits(config);
    }
    if (set_list(dict, "path", &config->module_search_paths) < 0 ||
        set_list(dict, "argv", &config->argv) < 0 ||
        set_list(dict, "orig_argv", &config->orig_argv) < 0 ||
        set_list(dict, "warnoptions", &config->warnoptions) < 0 ||
        set_text(dict, "executable", config->executable, 0) < 0 ||
        set_text(dict, "_base_executable", config->base_executable, 0) < 0 ||
        set_text(dict, "prefix", config->prefix, 0) < 0 ||
        set_text(dict, "base_prefix", config->base_prefix, 0) < 0 ||
        set_text(dict, "exec_prefix", config->exec_prefix, 0) < 0 ||
        set_text(dict, "base_exec_prefix", config->base_exec_prefix, 0) < 0 ||
        set_text(dict, "platlibdir", config->platlibdir, 0) < 0 ||
        set_text(dict, "pycache_prefix", config->pycache_prefix, 1) < 0 ||
        set_text(dict, "_stdlib_dir", config->stdlib_dir, 1) < 0) {
        return -1;
    }
    xoptions = make_xoptions(&config->xoptions);
    flags = sys_make_flags(interp);
    write_bytecode = config->write_bytecode ? Py_False : Py_True;
    status = xoptions == NULL || flags == NULL ||
             PyDict_SetItemString(dict, "_xoptions", xoptions) < 0 ||
             PyDict_SetItemString(dict, "flags", flags) < 0 ||
             PyDict_SetItemString(dict, "dont_write_bytecode",
                                  write_bytecode) < 0;
    Py_XDECREF(xoptions);
    Py_XDECREF(flags);
    return status ? -1 : 0;
}

/* --- Legacy functions ---------------------------------------------------- */

/* The list sys.warnoptions, made if it is missing; borrowed. */
static PyObject *
warnoptions_ensure(PyThreadState *tstate)
{
    PyObject *list = sys_get_attribute(tstate, NAME(warnoptions));

    if (list != NULL && PyList_Check(list)) {
        return list;
    }
    list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    if (sys_set_attribute(tstate, NAME(warnoptions), list) < 0) {
        Py_DECREF(list);
        return NULL;
    }
    Py_DECREF(list);
    return list;
}

void
PySys_ResetWarnOptions(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *list;

    if (tstate == NULL) {
        _PyWideStringList_Clear(&early_warn_options);
        return;
    }
    list = sys_get_attribute(tstate, NAME(warnoptions));
    if (list != NULL && PyList_Check(list) &&
        PyList_SetSlice(list, 0, PyList_GET_SIZE(list), NULL) < 0) {
        PyErr_Clear();
    }
}

void
PySys_AddWarnOptionUnicode(PyObject *unicode)
{
    PyObject *list = warnoptions_ensure(_PyThreadState_GET());

    if (list == NULL || PyList_Append(list, unicode) < 0) {
        PyErr_Clear();
    }
}

void
PySys_AddWarnOption(const wchar_t *s)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *text;

    if (tstate == NULL) {
        if (status_failed(PyWideStringList_Append(&early_warn_options, s))) {
            Py_FatalError("PySys_AddWarnOption: out of memory");
        }
        return;
    }
    text = PyUnicode_FromWideChar(s, -1);
    if (text == NULL) {
        PyErr_Clear();
        return;
    }
    PySys_AddWarnOptionUnicode(text);
    Py_DECREF(text);
}

int
PySys_HasWarnOptions(void)
{
    PyObject *list =
        sys_get_attribute(_PyThreadState_GET(), NAME(warnoptions));

    return list != NULL && PyList_Check(list) && PyList_GET_SIZE(list) > 0;
}

PyObject *
PySys_GetXOptions(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *options = sys_get_attribute(tstate, NAME(_xoptions));

    if (options != NULL && PyDict_Check(options)) {
        return options;
    }
    options = PyDict_New();
    if (options == NULL) {
        return NULL;
    }
    if (sys_set_attribute(tstate, NAME(_xoptions), options) < 0) {
        Py_DECREF(options);
        return NULL;
    }
    Py_DECREF(options);
    return options;
}

void
PySys_AddXOption(const wchar_t *s)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyWideStringList word = {1, (wchar_t **)&s};
    PyObject *options, *added;

    if (tstate == NULL) {
        if (status_failed(PyWideStringList_Append(&early_x_options, s))) {
            Py_FatalError("PySys_AddXOption: out of memory");
        }
        return;
    }
    options = PySys_GetXOptions();
    added = make_xoptions(&word);
    if (options == NULL || added == NULL ||
        PyDict_Update(options, added) < 0) {
        PyErr_Clear();
    }
    Py_XDECREF(added);
}

void
PySys_SetPath(const wchar_t *path)
{
    PyObject *list = PyList_New(0);

    for (const wchar_t *start = path; list != NULL; ) {
        const wchar_t *end = wcschr(start, L':');
        PyObject *item = PyUnicode_FromWideChar(
            start, end == NULL ? (Py_ssize_t)wcslen(start) : end - start);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_FatalError("can't create sys.path");
        }
        Py_DECREF(item);
        if (end == NULL) {
            break;
        }
        start = end + 1;
    }
    if (list == NULL ||
        sys_set_attribute(_PyThreadState_GET(), NAME(path), list) < 0) {
        Py_FatalError("can't assign sys.path");
    }
    Py_DECREF(list);
}

void
PySys_SetArgvEx(int argc, wchar_t **argv, int updatepath)
{
    wchar_t *empty[] = {(wchar_t *)L""};
    PyWideStringList words = {argc, argv};
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *list, *path0, *path;

    if (argc < 1 || argv == NULL) {
        words = (PyWideStringList){1, empty};
    }
    list = _PyWideStringList_AsList(&words);
    if (list == NULL || sys_set_attribute(tstate, NAME(argv), list) < 0) {
        Py_FatalError("can't assign sys.argv");
    }
    Py_DECREF(list);
    if (!updatepath) {
        return;
    }
    path0 = config_compute_path0(&words);
    path = sys_get_attribute(tstate, NAME(path));
    if (path0 == NULL) {
        PyErr_Clear();
        return;
    }
    if (path != NULL && PyList_Insert(path, 0, path0) < 0) {
        Py_FatalError("can't prepend path0 to sys.path");
    }
    Py_DECREF(path0);
}

void
PySys_SetArgv(int argc, wchar_t **argv)
{
    PySys_SetArgvEx(argc, argv, Py_IsolatedFlag == 0);
}
