/* Where the runtime finds itself and its library: sys.executable, the
 * prefixes and sys.path (library reference, "Initialization of sys.path").
 *
 * The standard library is Debian's, at a prefix fixed when Lucid was built
 * (STDLIB_PREFIX), whatever the place of the executable; PYTHONHOME, a
 * configuration's `home` and a ._pth file override it.  A virtual environment
 * shows by its pyvenv.cfg: it changes sys._base_executable here, and `site`
 * does the rest.
 *
 * All this runs when hooks can be told of the files that are looked for
 * (Py_InitializeFromConfig): PyConfig_Read leaves the paths alone.  In a
 * sub-interpreter it runs again, as in the reference, and finds all set.
 *
 * Functions return 0, or -1 with an exception, where nothing else is said. */
#include "Python.h"

#include "audit.h"
#include "config.h"
#include "errors.h"
#include "fileutils.h"
#include "private_api.h"
#include "runtime.h"

#include "osdefs.h"

#include <sys/stat.h>

#ifndef STDLIB_PREFIX
#  define STDLIB_PREFIX "/usr"
#endif

#define MAX_LINKS 40               /* as the kernel's limit */

/* What is found on the way; owned. */
struct search {
    wchar_t *real_executable;    /* of the base installation, links followed */
    wchar_t *directory;            /* of it, or a virtual environment's home */
    wchar_t *pth_directory;    /* where a ._pth file is; NULL: there is none */
    PyWideStringList pth_lines;    /* none: the file gives a home only */
    int fixed_prefix;              /* it is the one of the build */
    int probes;                    /* files are looked for */
};

/* --- Paths as text ------------------------------------------------------- */

/* A regular file with any of the permissions `mode` (0: none is asked for). */
static int
path_is_regular(const wchar_t *path, mode_t mode)
{
    struct stat status;
    char *bytes = _Py_EncodeLocaleRaw(path, NULL);
    int found;

    if (bytes == NULL) {
        return 0;
    }
    found = stat(bytes, &status) == 0 && S_ISREG(status.st_mode) &&
            (mode == 0 || (status.st_mode & mode) != 0);
    PyMem_RawFree(bytes);
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

/* `path` made absolute with the working directory, and normalised. */
static wchar_t *
path_absolute(const wchar_t *path)
{
    wchar_t *absolute;

    if (fileutils_make_absolute(path, &absolute) < 0) {
        return NULL;
    }
    return _Py_normpath(absolute, -1);
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

/* What the symbolic link `path` points to, `path` itself if it is none.
 * NULL without memory. */
static wchar_t *
path_follow_link(const wchar_t *path)
{
    wchar_t link[MAXPATHLEN + 1];
    wchar_t *directory, *target;

    if (_Py_wreadlink(path, link, MAXPATHLEN) <= 0) {
        return wide_copy(path);
    }
    if (link[0] == L'/' || wcschr(path, L'/') == NULL) {
        return wide_copy(link);
    }
    directory = path_directory(path);
    if (directory == NULL) {
        return NULL;
    }
    target = path_join(directory, link);
    PyMem_RawFree(directory);
    return target;
}

/* The file behind all links of the last part; directories stay as they are
 * written.  NULL without memory. */
static wchar_t *
path_follow_links(const wchar_t *path)
{
    wchar_t *target = wide_copy(path);

    for (int i = 0; i < MAX_LINKS && target != NULL; i++) {
        wchar_t *next = path_follow_link(target);
        int same = next != NULL && wcscmp(next, target) == 0;

        PyMem_RawFree(target);
        target = next == NULL ? NULL : _Py_normpath(next, -1);
        if (same) {
            return target;
        }
    }
    PyMem_RawFree(target);
    return wide_copy(path);
}

/* --- Fields of the configuration ----------------------------------------- */

/* Gives a field the new text `value` (stolen; NULL: no memory). */
static int
field_take(wchar_t **field, wchar_t *value)
{
    if (value == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyMem_RawFree(*field);
    *field = value;
    return 0;
}

static int
field_set(wchar_t **field, const wchar_t *text)
{
    return field_take(field, wide_copy(text));
}

/* Sets a field unless it is set. */
static int
field_default(wchar_t **field, const wchar_t *text)
{
    return *field != NULL ? 0 : field_set(field, text);
}

/* The same with the value of an environment variable, if there is one. */
static int
field_default_env(const PyConfig *config, wchar_t **field, const char *name)
{
    const char *value = _Py_GetEnv(config->use_environment, name);

    if (*field != NULL || value == NULL) {
        return 0;
    }
    return field_take(field, Py_DecodeLocale(value, NULL));
}

/* Appends a path (stolen; NULL: no memory). */
static int
list_append(PyWideStringList *list, wchar_t *path)
{
    int failed = path == NULL ||
                 status_failed(PyWideStringList_Append(list, path));

    PyMem_RawFree(path);
    if (failed) {
        PyErr_NoMemory();
    }
    return failed ? -1 : 0;
}

/* Appends each item between separators, empty ones included. */
static int
list_append_split(PyWideStringList *list, const wchar_t *text, int absolute)
{
    for (;;) {
        const wchar_t *end = wcschr(text, L':');
        size_t length = end == NULL ? wcslen(text) : (size_t)(end - text);
        wchar_t *item = wide_copy_size(text, length);

        if (absolute && item != NULL) {
            wchar_t *relative = item;
            item = path_absolute(relative);
            PyMem_RawFree(relative);
        }
        if (list_append(list, item) < 0) {
            return -1;
        }
        if (end == NULL) {
            return 0;
        }
        text = end + 1;
    }
}

/* --- The executable ------------------------------------------------------ */

/* The program's full path as PATH finds it, "" if it does not.  NULL without
 * memory. */
static wchar_t *
executable_search(const wchar_t *program)
{
    const char *variable;
    wchar_t *path, *state, *folder, *found = NULL;

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

static int
compute_platlibdir(PyConfig *config, struct search *search)
{
    if (field_default_env(config, &config->platlibdir, "PYTHONPLATLIBDIR") <
        0) {
        return -1;
    }
    return field_default(&config->platlibdir, L"lib");
}

static int
compute_executable(PyConfig *config, struct search *search)
{
    if (config->executable == NULL &&
        path_globals.program_full_path != NULL &&
        field_set(&config->executable, path_globals.program_full_path) < 0) {
        return -1;
    }
    if (config->executable != NULL && config->executable[0] != L'\0') {
        return 0;
    }
    return field_take(&config->executable,
                      executable_search(config->program_name));
}

/* --- Virtual environments ------------------------------------------------ */

/* The value of `home` among the lines of a pyvenv.cfg, or NULL; borrowed. */
static const wchar_t *
pyvenv_home(PyWideStringList *lines)
{
    for (Py_ssize_t i = 0; i < lines->length; i++) {
        wchar_t *line = lines->items[i];
        wchar_t *equals = wcschr(line, L'=');

        if (equals == NULL) {
            continue;
        }
        *equals = L'\0';
        if (wcscasecmp(pathfile_strip(line), L"home") == 0) {
            return pathfile_strip(equals + 1);
        }
    }
    return NULL;
}

/* The program of an installation that a copy called `name` is of; NULL without
 * memory. */
static wchar_t *
program_in_home(const wchar_t *home, const wchar_t *name)
{
    const wchar_t *names[] = {name, L"python3", L"python3.11", name};
    wchar_t *path = NULL;

    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        PyMem_RawFree(path);
        path = path_join(home, names[i]);
        if (path == NULL || path_is_regular(path, 0)) {
            break;
        }
    }
    return path;
}

/* Of a virtual environment that was made with a program in `home`.  1/-1. */
static int
take_pyvenv(PyConfig *config, struct search *search, const wchar_t *home)
{
    wchar_t *target;

    if (field_set(&search->directory, home) < 0) {
        return -1;
    }
    if (config->base_executable != NULL || config->executable[0] == L'\0') {
        return 1;
    }
    /* A link shows the program itself, a copy only its folder. */
    target = path_follow_links(config->executable);
    if (target != NULL && wcscmp(target, config->executable) == 0) {
        PyMem_RawFree(target);
        target = program_in_home(home, path_base_name(config->executable));
    }
    return field_take(&config->base_executable, target) < 0 ? -1 : 1;
}

/* pyvenv.cfg above the executable's directory, else in it.  1: it names a
 * home, 0: there is none, -1. */
static int
search_pyvenv(PyConfig *config, struct search *search)
{
    wchar_t *directories[2] = {path_directory(search->directory),
                               wide_copy(search->directory)};
    PyWideStringList lines = {0, NULL};
    const wchar_t *home;
    int found = 0;

    for (int i = 0; i < 2 && found == 0; i++) {
        wchar_t *path = directories[i] == NULL
                            ? NULL
                            : path_join(directories[i], L"pyvenv.cfg");
        found = pathfile_read(path, &lines);
        PyMem_RawFree(path);
    }
    PyMem_RawFree(directories[0]);
    PyMem_RawFree(directories[1]);
    if (found > 0) {
        home = pyvenv_home(&lines);
        found = home == NULL ? 0 : take_pyvenv(config, search, home);
    }
    _PyWideStringList_Clear(&lines);
    return found;
}

static int
compute_base_executable(PyConfig *config, struct search *search)
{
    int in_environment = 0;

    if (config->executable[0] != L'\0') {
        search->directory = path_directory(config->executable);
    }
    else {
        search->directory = path_absolute(L".");
    }
    if (search->directory == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (search->probes &&
        _Py_GetEnv(config->use_environment, "PYTHONHOME") == NULL) {
        in_environment = search_pyvenv(config, search);
        if (in_environment < 0) {
            return -1;
        }
    }
    if (field_default(&config->base_executable, config->executable) < 0 ||
        field_take(&search->real_executable,
                   path_follow_links(config->base_executable)) < 0) {
        return -1;
    }
    if (in_environment || search->real_executable[0] == L'\0') {
        return 0;
    }
    return field_take(&search->directory,
                      path_directory(search->real_executable));
}

/* --- ._pth --------------------------------------------------------------- */

/* The file beside the executable, as it was called and as it really is. */
static int
search_pth(PyConfig *config, struct search *search)
{
    const wchar_t *programs[2] = {config->executable, search->real_executable};

    for (int i = 0; i < 2; i++) {
        wchar_t *path;
        int found;

        if (programs[i][0] == L'\0') {
            continue;
        }
        path = wide_join(programs[i], L"", L"._pth");
        found = pathfile_read(path, &search->pth_lines);
        PyMem_RawFree(path);
        if (found > 0) {
            return field_take(&search->pth_directory,
                              path_directory(programs[i]));
        }
        if (found < 0) {
            return -1;
        }
    }
    return 0;
}

static int
compute_pth(PyConfig *config, struct search *search)
{
    if (search->probes && search_pth(config, search) < 0) {
        return -1;
    }
    /* Where the reference looks for the mark of a build tree.  There is none
     * of Lucid's; hooks hear of the place all the same. */
    if (search->probes && search->directory[0] != L'\0') {
        wchar_t *path = path_join(search->directory, L"pybuilddir.txt");
        int failed = pathfile_announce(path);
        PyMem_RawFree(path);
        if (failed) {
            return -1;
        }
    }
    if (search->pth_lines.length == 0) {
        return 0;
    }
    _PyWideStringList_Clear(&config->module_search_paths);
    return pathfile_take_pth(config, search->pth_directory,
                             &search->pth_lines);
}

/* --- Prefixes and sys.path ----------------------------------------------- */

/* From a home "prefix" or "prefix:exec_prefix". */
static int
take_home(PyConfig *config, const wchar_t *home)
{
    const wchar_t *colon = wcschr(home, L':');
    size_t length = colon == NULL ? wcslen(home) : (size_t)(colon - home);

    if (field_take(&config->prefix, wide_copy_size(home, length)) < 0) {
        return -1;
    }
    return field_set(&config->exec_prefix,
                     colon == NULL ? config->prefix : colon + 1);
}

static int
compute_prefixes(PyConfig *config, struct search *search)
{
    int status;

    if (search->pth_directory != NULL) {
        status = field_set(&config->home, search->pth_directory);
    }
    else {
        status = field_default_env(config, &config->home, "PYTHONHOME");
    }
    if (status < 0) {
        return -1;
    }
    if (path_globals.module_search_path_is_set) {
        status = field_set(&config->prefix, L"") < 0 ||
                 field_set(&config->exec_prefix, L"") < 0;
    }
    else if (config->home != NULL) {
        status = take_home(config, config->home);
    }
    else {
        wchar_t *fixed = Py_DecodeLocale(STDLIB_PREFIX, NULL);
        search->fixed_prefix = config->prefix == NULL;
        status = fixed == NULL ||
                 field_default(&config->prefix, fixed) < 0 ||
                 field_default(&config->exec_prefix, fixed) < 0;
        PyMem_RawFree(fixed);
    }
    if (status || field_default(&config->base_prefix, config->prefix) < 0 ||
        field_default(&config->base_exec_prefix, config->exec_prefix) < 0) {
        return -1;
    }
    return 0;
}

/* prefix/platlibdir/name; NULL without memory. */
static wchar_t *
library_path(const PyConfig *config, const wchar_t *prefix,
             const wchar_t *name)
{
    wchar_t *directory = path_join(prefix, config->platlibdir);
    wchar_t *path = directory == NULL ? NULL : path_join(directory, name);

    PyMem_RawFree(directory);
    return path;
}

static int
compute_search_path(PyConfig *config, struct search *search)
{
    PyWideStringList *list = &config->module_search_paths;

    if (path_globals.module_search_path_is_set &&
        !config->module_search_paths_set) {
        config->module_search_paths_set = 1;
        if (list_append_split(list, path_globals.module_search_path, 0) < 0) {
            return -1;
        }
    }
    /* With a search path and a prefix of the caller's it may be anywhere. */
    if ((!config->module_search_paths_set || search->fixed_prefix) &&
        field_take(&config->stdlib_dir,
                   library_path(config, config->prefix, L"python3.11")) < 0) {
        return -1;
    }
    if (config->module_search_paths_set || search->pth_lines.length > 0) {
        config->module_search_paths_set = 1;
        return 0;
    }
    config->module_search_paths_set = 1;
    if (config->pythonpath_env != NULL &&
        list_append_split(list, config->pythonpath_env, 1) < 0) {
        return -1;
    }
    if (list_append(list, library_path(config, config->prefix,
                                       L"python311.zip")) < 0 ||
        list_append(list, wide_copy(config->stdlib_dir)) < 0) {
        return -1;
    }
    return list_append(list, library_path(config, config->exec_prefix,
                                          L"python3.11/lib-dynload"));
}

static int
compute_paths(PyConfig *config, struct search *search)
{
    int (*const steps[])(PyConfig *, struct search *) = {
        compute_platlibdir, compute_executable, compute_base_executable,
        compute_pth,        compute_prefixes,   compute_search_path,
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(steps); i++) {
        if (steps[i](config, search) < 0) {
            return -1;
        }
    }
    return 0;
}

/* In the reference code of its own computes the paths, which hooks see being
 * loaded; here the event says only that it is time. */
static int
announce_paths(void)
{
    return PyAudit(AUDIT_MARSHAL_LOADS, "y#", "", (Py_ssize_t)0);
}

static PyStatus
paths_error(const char *message)
{
    return (PyStatus){._type = _PyStatus_TYPE_ERROR, .err_msg = message};
}

PyStatus
config_compute_paths(PyConfig *config)
{
    static const char message[] = "error evaluating path";
    struct search search = {0};
    int status;

    if (announce_paths() < 0) {
        PyErr_Clear();                      /* the status says it */
        return paths_error("error reading frozen getpath.py");
    }
    search.probes =
        config->home == NULL && !path_globals.module_search_path_is_set;
    status = compute_paths(config, &search);
    PyMem_RawFree(search.real_executable);
    PyMem_RawFree(search.directory);
    PyMem_RawFree(search.pth_directory);
    _PyWideStringList_Clear(&search.pth_lines);
    if (status < 0) {
        _PyErr_WriteUnraisableMsg(message, NULL);
        return paths_error(message);
    }
    return STATUS_OK();
}

/* --- Display and sys.path[0] --------------------------------------------- */

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
    script = path_follow_link(argv->items[0]);
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
