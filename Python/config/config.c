/* PyConfig: life of the structure, its table, and the Py_*Flag variables
 * that stood in its place before PEP 587. */
#include "Python.h"

#include "config.h"
#include "long.h"

/* --- The table ----------------------------------------------------------- */

enum field_kind { INT, ULONG, WSTR, WTEXT, WLIST };

static const struct config_field {
    const char *name;
    size_t offset;
    enum field_kind kind;
} config_fields[] = {
#define FIELD(kind, name, initial) {#name, offsetof(PyConfig, name), kind},
#include "../../Programs/options.def"
};

#define FOR_EACH_FIELD(field)                                     \
    for (const struct config_field *field = config_fields;        \
         field < config_fields + Py_ARRAY_LENGTH(config_fields); field++)

static void *
field_pointer(const PyConfig *config, const struct config_field *field)
{
    return (char *)config + field->offset;
}

/* --- Life ---------------------------------------------------------------- */

static void
config_init(PyConfig *config, enum config_kind kind)
{
    memset(config, 0, sizeof(*config));
    config->_config_init = (int)kind;
#define INITIAL_INT(name, initial) config->name = initial;
#define INITIAL_ULONG(name, initial) config->name = initial;
#define INITIAL_WSTR(name, initial)
#define INITIAL_WTEXT(name, initial)
#define INITIAL_WLIST(name, initial)
#define FIELD(kind, name, initial) INITIAL_##kind(name, initial)
#include "../../Programs/options.def"
#undef INITIAL_INT
#undef INITIAL_ULONG
#undef INITIAL_WSTR
#undef INITIAL_WTEXT
#undef INITIAL_WLIST
}

void
PyConfig_InitPythonConfig(PyConfig *config)
{
    config_init(config, CONFIG_PYTHON);
}

void
_PyConfig_InitCompatConfig(PyConfig *config)
{
    config_init(config, CONFIG_COMPAT);
    config->isolated = -1;
    config->use_environment = -1;
    config->parse_argv = 0;
    config->install_signal_handlers = 1;
    config->configure_c_stdio = 0;
    config->use_frozen_modules = 1;
    config_load_global_flags(config);
}

void
PyConfig_InitIsolatedConfig(PyConfig *config)
{
    config_init(config, CONFIG_ISOLATED);
    config->isolated = 1;
    config->use_environment = 0;
    config->user_site_directory = 0;
    config->dev_mode = 0;
    config->install_signal_handlers = 0;
    config->use_hash_seed = 0;
    config->faulthandler = 0;
    config->tracemalloc = 0;
    config->configure_c_stdio = 0;
    config->parse_argv = 0;
    config->pathconfig_warnings = 0;
    config->safe_path = 1;
}

void
PyConfig_Clear(PyConfig *config)
{
    FOR_EACH_FIELD(field) {
        if (field->kind == WSTR || field->kind == WTEXT) {
            wchar_t **text = field_pointer(config, field);
            PyMem_RawFree(*text);
            *text = NULL;
        }
        else if (field->kind == WLIST) {
            _PyWideStringList_Clear(field_pointer(config, field));
        }
    }
}

PyStatus
config_copy(PyConfig *config, const PyConfig *other)
{
    PyConfig_Clear(config);
    config->_config_init = other->_config_init;
    FOR_EACH_FIELD(field) {
        void *to = field_pointer(config, field);
        const void *from = field_pointer(other, field);

        switch (field->kind) {
        case INT:
            *(int *)to = *(const int *)from;
            break;
        case ULONG:
            *(unsigned long *)to = *(const unsigned long *)from;
            break;
        case WSTR:
        case WTEXT: {
            PyStatus status =
                PyConfig_SetString(config, to, *(wchar_t *const *)from);
            if (status_failed(status)) {
                return status;
            }
            break;
        }
        case WLIST:
            if (_PyWideStringList_Copy(to, from) < 0) {
                return STATUS_NO_MEMORY();
            }
            break;
        }
    }
    return STATUS_OK();
}

/* --- Setting fields ------------------------------------------------------ */

PyStatus
PyConfig_SetString(PyConfig *config, wchar_t **config_str, const wchar_t *str)
{
    PyStatus status = _Py_PreInitializeFromConfig(config, NULL);
    wchar_t *copy = NULL;

    if (status_failed(status)) {
        return status;
    }
    if (str != NULL) {
        copy = wide_copy(str);
        if (copy == NULL) {
            return STATUS_NO_MEMORY();
        }
    }
    PyMem_RawFree(*config_str);
    *config_str = copy;
    return STATUS_OK();
}

PyStatus
PyConfig_SetBytesString(PyConfig *config, wchar_t **config_str,
                        const char *str)
{
    PyStatus status = _Py_PreInitializeFromConfig(config, NULL);
    wchar_t *text = NULL;

    if (status_failed(status)) {
        return status;
    }
    if (str != NULL) {
        size_t length;
        text = Py_DecodeLocale(str, &length);
        if (text == NULL) {
            return length == (size_t)-2
                       ? PyStatus_Error("cannot decode string")
                       : STATUS_NO_MEMORY();
        }
    }
    PyMem_RawFree(*config_str);
    *config_str = text;
    return STATUS_OK();
}

PyStatus
PyConfig_SetWideStringList(PyConfig *config, PyWideStringList *list,
                           Py_ssize_t length, wchar_t **items)
{
    PyStatus status = _Py_PreInitializeFromConfig(config, NULL);
    PyWideStringList from = {.length = length, .items = items};

    if (status_failed(status)) {
        return status;
    }
    return _PyWideStringList_Copy(list, &from) < 0 ? STATUS_NO_MEMORY()
                                                   : STATUS_OK();
}

PyStatus
_PyArgv_AsWstrList(const _PyArgv *args, PyWideStringList *list)
{
    PyWideStringList words = {0, NULL};
    PyStatus status = STATUS_OK();

    for (Py_ssize_t i = 0; !status_failed(status) && i < args->argc; i++) {
        size_t length;
        wchar_t *word;

        if (!args->use_bytes_argv) {
            status = PyWideStringList_Append(&words, args->wchar_argv[i]);
            continue;
        }
        word = Py_DecodeLocale(args->bytes_argv[i], &length);
        if (word == NULL) {
            status =
                length == (size_t)-2
                    ? PyStatus_Error("cannot decode command line arguments")
                    : STATUS_NO_MEMORY();
            break;
        }
        status = PyWideStringList_Append(&words, word);
        PyMem_RawFree(word);
    }
    if (status_failed(status)) {
        _PyWideStringList_Clear(&words);
        return status;
    }
    _PyWideStringList_Clear(list);
    *list = words;
    return STATUS_OK();
}

static PyStatus
config_set_words(PyConfig *config, const _PyArgv *args)
{
    PyStatus status = _Py_PreInitializeFromConfig(config, args);

    return status_failed(status) ? status
                                 : _PyArgv_AsWstrList(args, &config->argv);
}

PyStatus
PyConfig_SetArgv(PyConfig *config, Py_ssize_t argc, wchar_t *const *argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 0, .wchar_argv = argv};

    return config_set_words(config, &args);
}

PyStatus
PyConfig_SetBytesArgv(PyConfig *config, Py_ssize_t argc, char *const *argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 1, .bytes_argv = argv};

    return config_set_words(config, &args);
}

/* --- The Py_*Flag variables ---------------------------------------------- */

int Py_UTF8Mode = 0;
int Py_DebugFlag = 0;
int Py_VerboseFlag = 0;
int Py_QuietFlag = 0;
int Py_InteractiveFlag = 0;
int Py_InspectFlag = 0;
int Py_OptimizeFlag = 0;
int Py_NoSiteFlag = 0;
int Py_BytesWarningFlag = 0;
int Py_FrozenFlag = 0;
int Py_IgnoreEnvironmentFlag = 0;
int Py_DontWriteBytecodeFlag = 0;
int Py_NoUserSiteDirectory = 0;
int Py_UnbufferedStdioFlag = 0;
int Py_HashRandomizationFlag = 0;
int Py_IsolatedFlag = 0;

/* Variable, field, and whether one is the other's opposite. */
static const struct {
    int *variable;
    size_t offset;
    int opposite;
} global_flags[] = {
#define FLAG(variable, field) {&variable, offsetof(PyConfig, field), 0}
#define NOT_FLAG(variable, field) {&variable, offsetof(PyConfig, field), 1}
    FLAG(Py_IsolatedFlag, isolated),
    NOT_FLAG(Py_IgnoreEnvironmentFlag, use_environment),
    FLAG(Py_BytesWarningFlag, bytes_warning),
    FLAG(Py_InspectFlag, inspect),
    FLAG(Py_InteractiveFlag, interactive),
    FLAG(Py_OptimizeFlag, optimization_level),
    FLAG(Py_DebugFlag, parser_debug),
    FLAG(Py_VerboseFlag, verbose),
    FLAG(Py_QuietFlag, quiet),
    NOT_FLAG(Py_FrozenFlag, pathconfig_warnings),
    NOT_FLAG(Py_UnbufferedStdioFlag, buffered_stdio),
    NOT_FLAG(Py_NoSiteFlag, site_import),
    NOT_FLAG(Py_DontWriteBytecodeFlag, write_bytecode),
    NOT_FLAG(Py_NoUserSiteDirectory, user_site_directory),
#undef FLAG
#undef NOT_FLAG
};

void
config_load_global_flags(PyConfig *config)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(global_flags); i++) {
        int *field = (int *)((char *)config + global_flags[i].offset);
        int value = *global_flags[i].variable;
        *field = global_flags[i].opposite ? !value : value;
    }
}

void
config_store_global_flags(const PyConfig *config)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(global_flags); i++) {
        int value = *(const int *)((const char *)config +
                                   global_flags[i].offset);
        if (value >= 0) {
            *global_flags[i].variable =
                global_flags[i].opposite ? !value : value;
        }
    }
    Py_HashRandomizationFlag =
        config->use_hash_seed == 0 || config->hash_seed != 0;
}

/* --- As a dict, for test programs ---------------------------------------- */

static PyObject *
field_as_object(const PyConfig *config, const struct config_field *field)
{
    const void *value = field_pointer(config, field);

    switch (field->kind) {
    case INT: return PyLong_FromLong(*(const int *)value);
    case ULONG: return PyLong_FromUnsignedLong(*(const unsigned long *)value);
    case WLIST: return _PyWideStringList_AsList(value);
    case WSTR:
    case WTEXT:
        return *(wchar_t *const *)value == NULL
                   ? Py_NewRef(Py_None)
                   : PyUnicode_FromWideChar(*(wchar_t *const *)value, -1);
    }
    Py_UNREACHABLE();
}

PyObject *
_PyConfig_AsDict(const PyConfig *config)
{
    PyObject *dict = PyDict_New();
    PyObject *kind;

    if (dict == NULL) {
        return NULL;
    }
    kind = PyLong_FromLong(config->_config_init);
    if (kind == NULL ||
        PyDict_SetItemString(dict, "_config_init", kind) < 0) {
        Py_XDECREF(kind);
        Py_DECREF(dict);
        return NULL;
    }
    Py_DECREF(kind);
    FOR_EACH_FIELD(field) {
        PyObject *value = field_as_object(config, field);
        if (value == NULL ||
            PyDict_SetItemString(dict, field->name, value) < 0) {
            Py_XDECREF(value);
            Py_DECREF(dict);
            return NULL;
        }
        Py_DECREF(value);
    }
    return dict;
}

/* -1, always. */
static int
invalid_value(const char *name)
{
    PyErr_Format(PyExc_ValueError, "invalid config value: %s", name);
    return -1;
}

/* A str without NUL as an owned wide string; None allowed as NULL. */
static int
wide_from_object(PyObject *value, const char *name, wchar_t **text)
{
    wchar_t *wide, *copy;

    *text = NULL;
    if (value == Py_None) {
        return 0;
    }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "invalid config type: %s", name);
        return -1;
    }
    wide = PyUnicode_AsWideCharString(value, NULL);
    if (wide == NULL) {
        return -1;
    }
    copy = wide_copy(wide);
    PyMem_Free(wide);
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *text = copy;
    return 0;
}

static int
list_from_object(PyObject *value, const char *name, PyWideStringList *list)
{
    if (!PyList_Check(value) && !PyTuple_Check(value)) {
        PyErr_Format(PyExc_TypeError, "invalid config type: %s", name);
        return -1;
    }
    _PyWideStringList_Clear(list);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(value); i++) {
        wchar_t *text;
        PyStatus status;
        PyObject *item = PySequence_Fast_GET_ITEM(value, i);

        if (item == Py_None) {
            return invalid_value(name);
        }
        if (wide_from_object(item, name, &text) < 0) {
            return -1;
        }
        status = PyWideStringList_Append(list, text);
        PyMem_RawFree(text);
        if (status_failed(status)) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* Numbers of a configuration that was read are not negative, and a hash seed
 * fits 32 bits. */
static int
number_from_object(PyObject *value, const char *name, unsigned long max,
                   unsigned long *number)
{
    int overflow;
    long bits = PyLong_AsLongAndOverflow(value, &overflow);

    if (bits == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow || bits < 0 || (unsigned long)bits > max) {
        return invalid_value(name);
    }
    *number = (unsigned long)bits;
    return 0;
}

static int
field_from_object(PyConfig *config, const struct config_field *field,
                  PyObject *value)
{
    void *target = field_pointer(config, field);
    unsigned long number;

    switch (field->kind) {
    case WLIST:
        return list_from_object(value, field->name, target);
    case WSTR:
    case WTEXT: {
        wchar_t *text;
        if (value == Py_None && field->kind == WTEXT) {
            return invalid_value(field->name);
        }
        if (wide_from_object(value, field->name, &text) < 0) {
            return -1;
        }
        PyMem_RawFree(*(wchar_t **)target);
        *(wchar_t **)target = text;
        return 0;
    }
    case ULONG:
        return number_from_object(value, field->name, MAX_HASH_SEED, target);
    case INT:
        if (number_from_object(value, field->name, INT_MAX, &number) < 0) {
            return -1;
        }
        *(int *)target = (int)number;
        return 0;
    }
    Py_UNREACHABLE();
}

/* The field that is not in the table. */
static int
kind_from_dict(PyConfig *config, PyObject *dict)
{
    static const char name[] = "_config_init";
    PyObject *value = PyDict_GetItemString(dict, name);
    unsigned long kind;

    if (value == NULL) {
        PyErr_Format(PyExc_ValueError, "missing config key: %s", name);
        return -1;
    }
    if (number_from_object(value, name, CONFIG_ISOLATED, &kind) < 0) {
        return -1;
    }
    if (kind < CONFIG_COMPAT) {
        return invalid_value(name);
    }
    config->_config_init = (int)kind;
    return 0;
}

int
_PyConfig_FromDict(PyConfig *config, PyObject *dict)
{
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "dict expected");
        return -1;
    }
    if (kind_from_dict(config, dict) < 0) {
        return -1;
    }
    FOR_EACH_FIELD(field) {
        PyObject *value = PyDict_GetItemString(dict, field->name);
        if (value == NULL) {
            PyErr_Format(PyExc_ValueError, "missing config key: %s",
                         field->name);
            return -1;
        }
        if (field_from_object(config, field, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
preconfig_as_dict(const PyPreConfig *preconfig)
{
    return Py_BuildValue(
        "{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}", "_config_init",
        preconfig->_config_init, "parse_argv", preconfig->parse_argv,
        "isolated", preconfig->isolated, "use_environment",
        preconfig->use_environment, "configure_locale",
        preconfig->configure_locale, "coerce_c_locale",
        preconfig->coerce_c_locale, "coerce_c_locale_warn",
        preconfig->coerce_c_locale_warn, "utf8_mode", preconfig->utf8_mode,
        "dev_mode", preconfig->dev_mode, "allocator", preconfig->allocator);
}

PyObject *
_Py_GetConfigsAsDict(void)
{
    PyObject *dict = PyDict_New();
    PyObject *preconfig = preconfig_as_dict(&_PyRuntime.preconfig);
    PyObject *config = _PyConfig_AsDict(&_PyInterpreterState_GET()->config);

    if (dict == NULL || preconfig == NULL || config == NULL ||
        PyDict_SetItemString(dict, "pre_config", preconfig) < 0 ||
        PyDict_SetItemString(dict, "config", config) < 0) {
        Py_CLEAR(dict);
    }
    Py_XDECREF(preconfig);
    Py_XDECREF(config);
    return dict;
}
