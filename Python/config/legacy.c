/* What 3.11 exports of older ways to configure and start the runtime. */
#include "Python.h"

#include "config.h"
#include "import.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

struct path_globals path_globals;

int _Py_UnhandledKeyboardInterrupt = 0;

/* Names of the file system's encoding, for extensions that read them; the
 * strings belong to the interpreter's configuration. */
const char *Py_FileSystemDefaultEncoding = NULL;
const char *Py_FileSystemDefaultEncodeErrors = NULL;
int Py_HasFileSystemDefaultEncoding = 0;
int _Py_HasFileSystemDefaultEncodeErrors = 0;

/* --- Configurations ------------------------------------------------------ */

int
_PyInterpreterState_GetConfigCopy(PyConfig *config)
{
    PyStatus status = config_copy(config, &_PyInterpreterState_GET()->config);

    if (status_failed(status)) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/* Completes `config` out of `src`. */
static PyStatus
config_read_copy(PyConfig *config, const PyConfig *src)
{
    PyStatus status = config_copy(config, src);

    if (!status_failed(status)) {
        status = PyConfig_Read(config);
    }
    if (!status_failed(status)) {
        status = config_compute_paths(config);
    }
    return status;
}

/* Makes it the interpreter's, and what sys shows.  Runs Python (audit
 * hooks). */
int
_PyInterpreterState_SetConfig(const PyConfig *src)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyConfig config;
    PyStatus status;

    PyConfig_InitPythonConfig(&config);
    status = config_read_copy(&config, src);
    if (!status_failed(status)) {
        status = config_copy(&tstate->interp->config, &config);
    }
    PyConfig_Clear(&config);
    if (status_failed(status)) {
        PyErr_SetString(PyExc_ValueError, status.err_msg == NULL
                                              ? "invalid configuration"
                                              : status.err_msg);
        return -1;
    }
    config_store_global_flags(&tstate->interp->config);
    return sys_apply_config(tstate);
}

const wchar_t *
_Py_get_xoption(const PyWideStringList *xoptions, const wchar_t *name)
{
    for (Py_ssize_t i = 0; i < xoptions->length; i++) {
        PyWideStringList one = {1, &xoptions->items[i]};
        if (config_find_xoption(&one, name) != NULL) {
            return xoptions->items[i];
        }
    }
    return NULL;
}

int
_Py_str_to_int(const char *str, int *result)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(str, &end, 10);
    if (*end != '\0' || errno == ERANGE || value < INT_MIN ||
        value > INT_MAX) {
        return -1;
    }
    *result = (int)value;
    return 0;
}

void
_Py_get_env_flag(int use_environment, int *flag, const char *name)
{
    const char *text = _Py_GetEnv(use_environment, name);
    int value;

    if (text == NULL) {
        return;
    }
    if (_Py_str_to_int(text, &value) < 0 || value < 0) {
        value = 1;
    }
    if (*flag < value) {
        *flag = value;
    }
}

char *
Py_GETENV(const char *name)
{
    return Py_IgnoreEnvironmentFlag ? NULL : getenv(name);
}

void
_Py_ClearArgcArgv(void)
{
    /* The words belong to the configuration, and go with it. */
}

PyObject *
_PyLong_FromUid(uid_t uid)
{
    return uid == (uid_t)-1 ? PyLong_FromLong(-1)
                            : PyLong_FromUnsignedLong(uid);
}

PyObject *
_PyLong_FromGid(gid_t gid)
{
    return gid == (gid_t)-1 ? PyLong_FromLong(-1)
                            : PyLong_FromUnsignedLong(gid);
}

/* --- Paths, as they were set before there was PyConfig ------------------- */

/* Replaces a global path; the default allocator, since embedders call these
 * before and after initialisation. */
static void
global_set(wchar_t **global, const wchar_t *text, const char *function)
{
    wchar_t *copy = NULL;

    if (text != NULL) {
        copy = wide_copy(text);
        if (copy == NULL) {
            _Py_FatalErrorFunc(function, "out of memory");
        }
    }
    PyMem_RawFree(*global);
    *global = copy;
}

/* An empty text unsets a value. */
static const wchar_t *
text_or_null(const wchar_t *text)
{
    return text == NULL || *text == L'\0' ? NULL : text;
}

void
Py_SetProgramName(const wchar_t *program_name)
{
    global_set(&path_globals.program_name, text_or_null(program_name),
               __func__);
}

void
Py_SetPythonHome(const wchar_t *home)
{
    global_set(&path_globals.home, text_or_null(home), __func__);
}

void
_Py_SetProgramFullPath(const wchar_t *program_full_path)
{
    global_set(&path_globals.program_full_path,
               text_or_null(program_full_path), __func__);
}

void
Py_SetPath(const wchar_t *path)
{
    _PyPathConfig_ClearGlobal();
    if (path == NULL) {
        return;
    }
    global_set(&path_globals.prefix, L"", __func__);
    global_set(&path_globals.exec_prefix, L"", __func__);
    global_set(&path_globals.module_search_path, path, __func__);
    path_globals.module_search_path_is_set = 1;
}

void
_PyPathConfig_ClearGlobal(void)
{
    wchar_t **fields[] = {
        &path_globals.program_name, &path_globals.home,
        &path_globals.program_full_path, &path_globals.prefix,
        &path_globals.exec_prefix, &path_globals.module_search_path,
        &path_globals.stdlib_dir,
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(fields); i++) {
        PyMem_RawFree(*fields[i]);
        *fields[i] = NULL;
    }
    path_globals.module_search_path_is_set = 0;
}

PyStatus
config_store_path_globals(const PyConfig *config)
{
    wchar_t *joined = NULL;

    global_set(&path_globals.program_name, config->program_name, __func__);
    global_set(&path_globals.home, config->home, __func__);
    global_set(&path_globals.program_full_path, config->executable, __func__);
    global_set(&path_globals.prefix, config->prefix, __func__);
    global_set(&path_globals.exec_prefix, config->exec_prefix, __func__);
    global_set(&path_globals.stdlib_dir, config->stdlib_dir, __func__);
    for (Py_ssize_t i = 0; i < config->module_search_paths.length; i++) {
        wchar_t *longer = wide_join(joined == NULL ? L"" : joined, L":",
                                    config->module_search_paths.items[i]);
        PyMem_RawFree(joined);
        if (longer == NULL) {
            return STATUS_NO_MEMORY();
        }
        joined = longer;
    }
    PyMem_RawFree(path_globals.module_search_path);
    path_globals.module_search_path = joined;
    path_globals.module_search_path_is_set = 0;
    return STATUS_OK();
}

wchar_t *
Py_GetPath(void)
{
    return path_globals.module_search_path;
}

wchar_t *
Py_GetPrefix(void)
{
    return path_globals.prefix;
}

wchar_t *
Py_GetExecPrefix(void)
{
    return path_globals.exec_prefix;
}

wchar_t *
Py_GetProgramFullPath(void)
{
    return path_globals.program_full_path;
}

wchar_t *
Py_GetPythonHome(void)
{
    return path_globals.home;
}

wchar_t *
Py_GetProgramName(void)
{
    return path_globals.program_name;
}

/* --- Streams ------------------------------------------------------------- */

static char *stream_encoding, *stream_errors;       /* owned */

void
_Py_ClearStandardStreamEncoding(void)
{
    PyMem_RawFree(stream_encoding);
    PyMem_RawFree(stream_errors);
    stream_encoding = stream_errors = NULL;
}

int
Py_SetStandardStreamEncoding(const char *encoding, const char *errors)
{
    if (Py_IsInitialized()) {
        return -1;
    }
    _Py_ClearStandardStreamEncoding();
    if (encoding != NULL) {
        stream_encoding = _PyMem_RawStrdup(encoding);
        if (stream_encoding == NULL) {
            return -2;
        }
    }
    if (errors != NULL) {
        stream_errors = _PyMem_RawStrdup(errors);
        if (stream_errors == NULL) {
            _Py_ClearStandardStreamEncoding();
            return -3;
        }
    }
    return 0;
}

PyStatus
config_take_stream_encoding(PyConfig *config)
{
    PyStatus status = STATUS_OK();

    if (stream_encoding != NULL && config->stdio_encoding == NULL) {
        status = PyConfig_SetBytesString(config, &config->stdio_encoding,
                                         stream_encoding);
    }
    if (!status_failed(status) && stream_errors != NULL &&
        config->stdio_errors == NULL) {
        status = PyConfig_SetBytesString(config, &config->stdio_errors,
                                         stream_errors);
    }
    return status;
}

/* --- Programs made by freezing ------------------------------------------- */

int
Py_FrozenMain(int argc, char **argv)
{
    PyConfig config;
    PyStatus status;
    int found, exitcode = 1;

    PyConfig_InitPythonConfig(&config);
    config.pathconfig_warnings = 0;
    config.parse_argv = 0;
    status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!status_failed(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    if (status_failed(status)) {
        Py_ExitStatusException(status);
    }
    found = PyImport_ImportFrozenModule("__main__");
    if (found == 0) {
        Py_FatalError("the __main__ module is not frozen");
    }
    if (found < 0) {
        PyErr_Print();
    }
    else {
        exitcode = 0;
    }
    if (Py_FinalizeEx() < 0) {
        exitcode = 120;
    }
    return exitcode;
}

/* The paths are computed in C (paths.c): there is no such code. */
PyObject *
_Py_Get_Getpath_CodeObject(void)
{
    PyErr_SetString(PyExc_NotImplementedError,
                    "paths are not computed by a code object");
    return NULL;
}

const char *
_Py_gitidentifier(void)
{
    return "";
}

const char *
_Py_gitversion(void)
{
    return "";
}
