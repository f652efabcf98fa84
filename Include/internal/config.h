/* Configuration of the runtime (PEP 587): what PyPreConfig and PyConfig hold,
 * where it comes from, and the paths that follow from it. */
#ifndef LUCID_CONFIG_H
#define LUCID_CONFIG_H

#include "Python.h"
#include "runtime.h"

/* Values of _config_init. */
enum config_kind {
    CONFIG_COMPAT = 1,     /* Py_Initialize: the Py_*Flag variables count */
    CONFIG_PYTHON = 2,
    CONFIG_ISOLATED = 3,
};

#define MAX_HASH_SEED 4294967295UL    /* of PYTHONHASHSEED */

/* A command line, bytes or wide; borrowed. */
typedef struct _PyArgv {
    Py_ssize_t argc;
    int use_bytes_argv;
    char *const *bytes_argv;
    wchar_t *const *wchar_argv;
} _PyArgv;

#define STATUS_OK() ((PyStatus){._type = _PyStatus_TYPE_OK})
#define STATUS_ERROR(message)                                                 \
    ((PyStatus){._type = _PyStatus_TYPE_ERROR,                                \
                .func = __func__,                                             \
                .err_msg = (message)})
#define STATUS_NO_MEMORY() STATUS_ERROR("memory allocation failed")
#define STATUS_EXIT(code) \
    ((PyStatus){._type = _PyStatus_TYPE_EXIT, .exitcode = (code)})

static inline int
status_failed(PyStatus status)
{
    return status._type != _PyStatus_TYPE_OK;
}

/* Wide strings, PyMem_RawMalloc'ed.  NULL without memory. */
wchar_t *wide_copy(const wchar_t *text);
wchar_t *wide_copy_size(const wchar_t *text, size_t length);
/* left + separator + right; an empty left yields right. */
wchar_t *wide_join(const wchar_t *left, const wchar_t *separator,
                   const wchar_t *right);

PyAPI_FUNC(void) _PyWideStringList_Clear(PyWideStringList *list);
/* 0, or -1 without memory. */
PyAPI_FUNC(int) _PyWideStringList_Copy(PyWideStringList *list,
                                       const PyWideStringList *other);
PyAPI_FUNC(PyStatus) _PyWideStringList_Extend(PyWideStringList *list,
                                              const PyWideStringList *other);
PyAPI_FUNC(PyObject *) _PyWideStringList_AsList(const PyWideStringList *list);

/* The words as wide strings, decoded where they are bytes. */
PyAPI_FUNC(PyStatus) _PyArgv_AsWstrList(const _PyArgv *args,
                                        PyWideStringList *list);
PyAPI_FUNC(void) _PyPreConfig_InitCompatConfig(PyPreConfig *preconfig);
PyAPI_FUNC(void) _PyConfig_InitCompatConfig(PyConfig *config);
PyAPI_FUNC(PyStatus) _Py_PreInitializeFromPyArgv(const PyPreConfig *preconfig,
                                                 const _PyArgv *args);
PyAPI_FUNC(PyStatus) _Py_PreInitializeFromConfig(const PyConfig *config,
                                                 const _PyArgv *args);
PyStatus config_copy(PyConfig *config, const PyConfig *other);
PyAPI_FUNC(PyObject *) _PyConfig_AsDict(const PyConfig *config);
PyAPI_FUNC(int) _PyConfig_FromDict(PyConfig *config, PyObject *dict);
PyAPI_FUNC(PyObject *) _Py_GetConfigsAsDict(void);

/* The value of an environment variable if the environment counts and the
 * variable is not empty, else NULL. */
PyAPI_FUNC(const char *) _Py_GetEnv(int use_environment, const char *name);

/* -X name or -X name=value among the options: the text behind the name ("" or
 * "=value"), or NULL. */
const wchar_t *config_find_xoption(const PyWideStringList *xoptions,
                                   const wchar_t *name);

/* Options of one command line (Python/config/cmdline.c).  Fills config from
 * config->argv, which afterwards holds what the program sees. */
PyStatus config_parse_command_line(PyConfig *config);

/* Executable, prefixes and sys.path (Python/config/paths.c), told to hooks:
 * there must be a thread state. */
PyStatus config_compute_paths(PyConfig *config);
/* Files beside the program (Python/config/pathfiles.c).  A `path` of NULL
 * raises MemoryError. */
/* Appends the lines.  1: read, 0: there is no such file, -1. */
int pathfile_read(const wchar_t *path, PyWideStringList *lines);
/* The event of reading without the reading.  0, or -1 if hooks object. */
int pathfile_announce(const wchar_t *path);
/* The text without surrounding blanks, in place. */
wchar_t *pathfile_strip(wchar_t *text);
/* Isolation and sys.path as the lines of a ._pth file in `directory` say; the
 * lines are changed.  0/-1. */
int pathfile_take_pth(PyConfig *config, const wchar_t *directory,
                      PyWideStringList *lines);
/* Path configuration as the legacy functions set it (Py_SetPath, ...). */
struct path_globals {
    wchar_t *program_name, *home, *program_full_path;
    wchar_t *prefix, *exec_prefix, *module_search_path, *stdlib_dir;
    int module_search_path_is_set;   /* by Py_SetPath, not computed */
};
extern struct path_globals path_globals;
PyStatus config_store_path_globals(const PyConfig *config);
PyAPI_FUNC(void) _PyPathConfig_ClearGlobal(void);
/* Prints "Python path configuration:" to stderr. */
void config_dump_paths(const PyConfig *config);
/* sys.path[0] for a program that is run: new str, NULL with exception, or
 * NULL without where nothing is added. */
PyObject *config_compute_path0(const PyWideStringList *argv);

/* Py_SetStandardStreamEncoding's values, where the configuration has none. */
PyStatus config_take_stream_encoding(PyConfig *config);

/* Copies the configuration into the Py_*Flag variables and back. */
void config_store_global_flags(const PyConfig *config);
void config_load_global_flags(PyConfig *config);
void preconfig_store_global_flags(const PyPreConfig *preconfig);

/* Random bytes for hashing: fills _Py_HashSecret as the configuration says. */
PyStatus config_init_hash_secret(const PyConfig *config);

#endif
