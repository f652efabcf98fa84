/* Where the runtime finds itself and its library: sys.executable, the
 * prefixes and sys.path (library reference, "Initialization of sys.path").
 *
 * The standard library is Debian's, at a prefix fixed when Lucid was built
 * (STDLIB_PREFIX), whatever the place of the executable; PYTHONHOME and a
 * configuration's `home` override it.  A virtual environment shows by its
 * pyvenv.cfg: it changes sys._base_executable here, and `site` does the rest. */
#include "Python.h"

#include "config.h"
#include "fileutils.h"
#include "runtime.h"

#include "osdefs.h"

#include <sys/stat.h>

#ifndef STDLIB_PREFIX
#  define STDLIB_PREFIX "/usr"
#endif

struct path_globals path_globals;

/* --- Paths as text --------------------------------------------------------------- */

static int
path_is_regular(const wchar_t *path, mode_t mode)
{
    struct stat status;
    char *bytes = Py_EncodeLocale(path, NULL);
    int found;

    if (bytes == NULL) {
        return 0;
    }
    found = stat(bytes, &status) == 0 && S_ISREG(status.st_mode) &&
            (mode == 0 || (status.st_mode & mode) != 0);
    PyMem_Free(bytes);
    return found;
}

/* Length of the directory part: "a/b" -> 1, "/b" -> 1, "b" -> 0. */
static size_t
path_directory_length(const wchar_t *path)
{
    const wchar_t *slash = wcsrchr(path, L'/');

    if (slash == NULL) {
        return 0;
    }
    return slash == path ? 1 : (size_t)(slash - path);
}

static const wchar_t *
path_base_name(const wchar_t *path)
{
    const wchar_t *slash = wcsrchr(path, L'/');

    return slash == NULL ? path : slash + 1;
}

static wchar_t *
path_directory(const wchar_t *path)
{
    return wide_copy_size(path, path_directory_length(path));
}

/* directory/name; NULL without memory. */
static wchar_t *
path_join(const wchar_t *directory, const wchar_t *name)
{
    size_t length = wcslen(directory);

    if (length > 0 && directory[length - 1] == L'/') {
        return wide_join(directory, L"", name);
    }
    return wide_join(directory, L"/", name);
}

/* `path` made absolute with the working directory, "." parts dropped. */
static wchar_t *
path_absolute(const wchar_t *path)
{
    wchar_t cwd[MAXPATHLEN + 1];

    while (path[0] == L'.' && path[1] == L'/') {
        path += 2;
        while (*path == L'/') {
            path++;
        }
    }
    if (path[0] == L'/' || _Py_wgetcwd(cwd, MAXPATHLEN) == NULL) {
        return wide_copy(path);
    }
    return path_join(cwd, path);
}

static wchar_t *
path_real(const wchar_t *path)
{
    wchar_t resolved[MAXPATHLEN + 1];

    if (_Py_wrealpath(path, resolved, MAXPATHLEN) == NULL) {
        return wide_copy(path);
    }
    return wide_copy(resolved);
}

/* --- The executable ----------------------------------------------------------------- */

/* The program's full path as PATH finds it, "" if it does not.  NULL without
 * memory. */
static wchar_t *
executable_search(const wchar_t *program)
{
    const char *variable;
    wchar_t *path, *state, *folder, *found = NULL;

    if (*program == L'\0') {
        return wide_copy(L"");
    }
    if (wcschr(program, L'/') != NULL) {
        return path_absolute(program);
    }
    variable = getenv("PATH");
    if (variable == NULL) {
        return wide_copy(L"");
    }
    path = Py_DecodeLocale(variable, NULL);
    if (path == NULL) {
        return NULL;
    }
    for (folder = wcstok(path, L":", &state); folder != NULL && found == NULL;
         folder = wcstok(NULL, L":", &state)) {
        wchar_t *candidate = path_join(folder, program);
        if (candidate != NULL && path_is_regular(candidate, 0111)) {
            found = path_absolute(candidate);
        }
        PyMem_RawFree(candidate);
    }
    PyMem_RawFree(path);
    return found == NULL ? wide_copy(L"") : found;
}

static PyStatus
compute_executable(PyConfig *config)
{
    if (config->executable != NULL) {
        return STATUS_OK();
    }
    config->executable = executable_search(config->program_name);
    return config->executable == NULL ? STATUS_NO_MEMORY() : STATUS_OK();
}

/* --- Virtual environments --------------------------------------------------------------- */

/* The value of `home` in a pyvenv.cfg, or NULL (without memory, too). */
static wchar_t *
pyvenv_read_home(const wchar_t *path)
{
    FILE *file = _Py_wfopen(path, L"rb");
    char line[2 * MAXPATHLEN];
    wchar_t *home = NULL;

    if (file == NULL) {
        return NULL;
    }
    while (home == NULL && fgets(line, sizeof(line), file) != NULL) {
        char *equals = strchr(line, '=');
        char *start = line + strspn(line, " \t");
        char *end;

        if (equals == NULL || strncasecmp(start, "home", 4) != 0 ||
            start + 4 + strspn(start + 4, " \t") != equals) {
            continue;
        }
        start = equals + 1 + strspn(equals + 1, " \t");
        end = start + strcspn(start, "\r\n");
        while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        *end = '\0';
        home = Py_DecodeLocale(start, NULL);
    }
    fclose(file);
    return home;
}

/* The directory of the interpreter that a virtual environment was made with,
 * NULL if the executable is in none. */
static wchar_t *
pyvenv_find_home(const wchar_t *executable)
{
    wchar_t *directory = path_directory(executable);
    wchar_t *home = NULL;

    for (int level = 0; level < 2 && directory != NULL && home == NULL;
         level++) {
        wchar_t *file = path_join(directory, L"pyvenv.cfg");
        wchar_t *parent = path_directory(directory);

        if (file != NULL) {
            home = pyvenv_read_home(file);
        }
        PyMem_RawFree(file);
        PyMem_RawFree(directory);
        directory = parent;
    }
    PyMem_RawFree(directory);
    return home;
}

static PyStatus
compute_base_executable(PyConfig *config)
{
    wchar_t *home;

    if (config->base_executable != NULL || config->executable[0] == L'\0') {
        return config->base_executable != NULL
                   ? STATUS_OK()
                   : PyConfig_SetString(config, &config->base_executable, L"");
    }
    home = config->home != NULL ? NULL : pyvenv_find_home(config->executable);
    if (home == NULL) {
        return PyConfig_SetString(config, &config->base_executable,
                                  config->executable);
    }
    config->base_executable =
        path_join(home, path_base_name(config->executable));
    PyMem_RawFree(home);
    if (config->base_executable != NULL &&
        !path_is_regular(config->base_executable, 0)) {
        PyMem_RawFree(config->base_executable);
        config->base_executable = path_real(config->executable);
    }
    return config->base_executable == NULL ? STATUS_NO_MEMORY() : STATUS_OK();
}

/* --- Prefixes and sys.path ----------------------------------------------------------------- */

/* Sets a field unless it is set. */
static PyStatus
default_text(PyConfig *config, wchar_t **field, const wchar_t *text)
{
    return *field != NULL ? STATUS_OK()
                          : PyConfig_SetString(config, field, text);
}

static PyStatus
compute_prefixes(PyConfig *config)
{
    wchar_t *prefix, *colon;
    const wchar_t *exec_prefix;
    PyStatus status;

    prefix = config->home != NULL ? wide_copy(config->home)
                                  : Py_DecodeLocale(STDLIB_PREFIX, NULL);
    if (prefix == NULL) {
        return STATUS_NO_MEMORY();
    }
    exec_prefix = prefix;
    colon = wcschr(prefix, L':');
    if (config->home != NULL && colon != NULL) {
        *colon = L'\0';
        exec_prefix = colon + 1;
    }
    status = default_text(config, &config->base_prefix, prefix);
    if (!status_failed(status)) {
        status = default_text(config, &config->base_exec_prefix, exec_prefix);
    }
    if (!status_failed(status)) {
        status = default_text(config, &config->prefix, config->base_prefix);
    }
    if (!status_failed(status)) {
        status = default_text(config, &config->exec_prefix,
                              config->base_exec_prefix);
    }
    PyMem_RawFree(prefix);
    return status;
}

/* Appends prefix/platlibdir/name to the search path. */
static PyStatus
search_path_append(PyConfig *config, const wchar_t *prefix,
                   const wchar_t *name)
{
    wchar_t *directory = path_join(prefix, config->platlibdir);
    wchar_t *path = directory == NULL ? NULL : path_join(directory, name);
    PyStatus status = path == NULL
                          ? STATUS_NO_MEMORY()
                          : PyWideStringList_Append(
                                &config->module_search_paths, path);

    PyMem_RawFree(path);
    PyMem_RawFree(directory);
    return status;
}

/* Each item between separators, empty ones included. */
static PyStatus
search_path_append_list(PyConfig *config, const wchar_t *text)
{
    PyStatus status = STATUS_OK();

    for (;;) {
        const wchar_t *end = wcschr(text, L':');
        size_t length = end == NULL ? wcslen(text) : (size_t)(end - text);
        wchar_t *item = wide_copy_size(text, length);

        if (item == NULL) {
            return STATUS_NO_MEMORY();
        }
        status = PyWideStringList_Append(&config->module_search_paths, item);
        PyMem_RawFree(item);
        if (status_failed(status) || end == NULL) {
            return status;
        }
        text = end + 1;
    }
}

static PyStatus
compute_search_path(PyConfig *config)
{
    PyStatus status = STATUS_OK();

    if (config->module_search_paths_set) {
        return STATUS_OK();
    }
    if (config->pythonpath_env != NULL) {
        status = search_path_append_list(config, config->pythonpath_env);
    }
    if (!status_failed(status)) {
        status = search_path_append(config, config->base_prefix,
                                    L"python311.zip");
    }
    if (!status_failed(status)) {
        status = search_path_append(config, config->base_prefix,
                                    L"python3.11");
    }
    if (!status_failed(status)) {
        status = search_path_append(config, config->base_exec_prefix,
                                    L"python3.11/lib-dynload");
    }
    config->module_search_paths_set = 1;
    return status;
}

static PyStatus
compute_stdlib_dir(PyConfig *config)
{
    wchar_t *directory;

    if (config->stdlib_dir != NULL) {
        return STATUS_OK();
    }
    directory = path_join(config->base_prefix, config->platlibdir);
    if (directory == NULL) {
        return STATUS_NO_MEMORY();
    }
    config->stdlib_dir = path_join(directory, L"python3.11");
    PyMem_RawFree(directory);
    return config->stdlib_dir == NULL ? STATUS_NO_MEMORY() : STATUS_OK();
}

/* A script is looked up from where the process is now. */
static PyStatus
make_script_absolute(PyConfig *config)
{
    wchar_t *absolute;

    if (config->run_filename == NULL || config->run_filename[0] == L'/') {
        return STATUS_OK();
    }
    absolute = path_absolute(config->run_filename);
    if (absolute == NULL) {
        return STATUS_NO_MEMORY();
    }
    PyMem_RawFree(config->run_filename);
    config->run_filename = absolute;
    return STATUS_OK();
}

PyStatus
config_compute_paths(PyConfig *config)
{
    PyStatus (*const steps[])(PyConfig *) = {
        compute_executable, compute_base_executable, compute_prefixes,
        compute_stdlib_dir, config_read_pth, compute_search_path,
        make_script_absolute,
    };
    PyStatus status = default_text(config, &config->platlibdir, L"lib");

    for (size_t i = 0;
         !status_failed(status) && i < Py_ARRAY_LENGTH(steps); i++) {
        status = steps[i](config);
    }
    return status;
}

/* --- The legacy functions ---------------------------------------------------------------------- */

/* Replaces a global path; the default allocator, since embedders call these
 * before and after initialisation. */
static void
global_set(wchar_t **global, const wchar_t *text, const char *function)
{
    wchar_t *copy = NULL;

    if (text != NULL && *text != L'\0') {
        copy = wide_copy(text);
        if (copy == NULL) {
            _Py_FatalErrorFunc(function, "out of memory");
        }
    }
    PyMem_RawFree(*global);
    *global = copy;
}

void
Py_SetProgramName(const wchar_t *program_name)
{
    global_set(&path_globals.program_name, program_name, __func__);
}

void
Py_SetPythonHome(const wchar_t *home)
{
    global_set(&path_globals.home, home, __func__);
}

void
_Py_SetProgramFullPath(const wchar_t *program_full_path)
{
    global_set(&path_globals.program_full_path, program_full_path, __func__);
}

void
Py_SetPath(const wchar_t *path)
{
    _PyPathConfig_ClearGlobal();
    if (path == NULL) {
        return;
    }
    global_set(&path_globals.prefix, L"", __func__);
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
config_apply_path_globals(PyConfig *config)
{
    PyStatus status = STATUS_OK();

    if (config->home == NULL && path_globals.home != NULL) {
        status = PyConfig_SetString(config, &config->home, path_globals.home);
    }
    if (!status_failed(status) && config->executable == NULL &&
        path_globals.program_full_path != NULL) {
        status = PyConfig_SetString(config, &config->executable,
                                    path_globals.program_full_path);
    }
    if (!status_failed(status) && !config->module_search_paths_set &&
        path_globals.module_search_path_is_set) {
        status =
            search_path_append_list(config, path_globals.module_search_path);
        config->module_search_paths_set = 1;
    }
    return status;
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

/* --- Display and sys.path[0] ----------------------------------------------------------------------- */

static void
dump_text(const char *label, const wchar_t *text)
{
    if (text == NULL) {
        PySys_WriteStderr("  %s = (not set)\n", label);
        return;
    }
    fprintf(stderr, "  %s = '%ls'\n", label, text);
}

void
config_dump_paths(const PyConfig *config)
{
    fputs("Python path configuration:\n", stderr);
    dump_text("PYTHONHOME", config->home);
    dump_text("PYTHONPATH", config->pythonpath_env);
    dump_text("program name", config->program_name);
    fprintf(stderr,
            "  isolated = %i\n  environment = %i\n  user site = %i\n"
            "  safe_path = %i\n  import site = %i\n  is in build tree = 0\n",
            config->isolated, config->use_environment,
            config->user_site_directory, config->safe_path,
            config->site_import);
    dump_text("stdlib dir", config->stdlib_dir);
    dump_text("sys._base_executable", config->base_executable);
    dump_text("sys.base_prefix", config->base_prefix);
    dump_text("sys.base_exec_prefix", config->base_exec_prefix);
    dump_text("sys.platlibdir", config->platlibdir);
    dump_text("sys.executable", config->executable);
    dump_text("sys.prefix", config->prefix);
    dump_text("sys.exec_prefix", config->exec_prefix);
    fputs("  sys.path = [\n", stderr);
    for (Py_ssize_t i = 0; i < config->module_search_paths.length; i++) {
        fprintf(stderr, "    '%ls',\n", config->module_search_paths.items[i]);
    }
    fputs("  ]\n", stderr);
}

/* The target of a script that is a symbolic link, else a copy. */
static wchar_t *
script_follow_link(const wchar_t *script)
{
    wchar_t link[MAXPATHLEN + 1];
    wchar_t *directory, *target;

    if (_Py_wreadlink(script, link, MAXPATHLEN) <= 0) {
        return wide_copy(script);
    }
    if (link[0] == L'/' || wcschr(script, L'/') == NULL) {
        return wide_copy(link);
    }
    directory = path_directory(script);
    if (directory == NULL) {
        return NULL;
    }
    target = path_join(directory, link);
    PyMem_RawFree(directory);
    return target;
}

PyObject *
config_compute_path0(const PyWideStringList *argv)
{
    wchar_t cwd[MAXPATHLEN + 1];
    wchar_t *script, *real;
    PyObject *path0;

    if (argv->length == 0) {
        return NULL;
    }
    if (wcscmp(argv->items[0], L"-m") == 0) {
        return _Py_wgetcwd(cwd, MAXPATHLEN) == NULL
                   ? NULL
                   : PyUnicode_FromWideChar(cwd, -1);
    }
    if (wcscmp(argv->items[0], L"-c") == 0) {
        return PyUnicode_FromWideChar(L"", 0);
    }
    script = script_follow_link(argv->items[0]);
    real = script == NULL ? NULL : path_real(script);
    if (real == NULL) {
        PyMem_RawFree(script);
        return PyErr_NoMemory();
    }
    path0 = PyUnicode_FromWideChar(real,
                                   (Py_ssize_t)path_directory_length(real));
    PyMem_RawFree(real);
    PyMem_RawFree(script);
    return path0;
}
