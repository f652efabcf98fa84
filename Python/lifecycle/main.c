/* The main program: Py_Main, Py_BytesMain, Py_RunMain (documentation,
 * "Command line and environment", "Interface options"). */
#include "Python.h"

#include "audit.h"
#include "config.h"
#include "errors.h"
#include "fileutils.h"
#include "lifecycle.h"
#include "internal/pythonrun.h"
#include "names.h"
#include "open_code.h"
#include "private_api.h"
#include "runtime.h"
#include "sys.h"

#include <signal.h>
#include <sys/stat.h>

#define EXIT_FAILED 1
#define EXIT_CANNOT_OPEN 2

/* --- Initialisation ------------------------------------------------------ */

static PyStatus
main_init(const _PyArgv *args)
{
    PyPreConfig preconfig;
    PyConfig config;
    PyStatus status;

    PyPreConfig_InitPythonConfig(&preconfig);
    status = _Py_PreInitializeFromPyArgv(&preconfig, args);
    if (status_failed(status)) {
        return status;
    }
    PyConfig_InitPythonConfig(&config);
    status = args->use_bytes_argv
                 ? PyConfig_SetBytesArgv(&config, args->argc, args->bytes_argv)
                 : PyConfig_SetArgv(&config, args->argc, args->wchar_argv);
    if (!status_failed(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

/* --- The parts of a run -------------------------------------------------- */

/* Shows the pending exception and answers the exit status it means; ends the
 * process for SystemExit. */
static int
report_exception(void)
{
    PyErr_Print();
    return EXIT_FAILED;
}

static void
set_inspect(PyConfig *config, int inspect)
{
    config->inspect = inspect;
    Py_InspectFlag = inspect;
}

/* PYTHONINSPECT may be set by the program itself. */
static int
wants_prompt(PyConfig *config)
{
    const char *value;

    if (config->inspect) {
        return 1;
    }
    value = _Py_GetEnv(config->use_environment, "PYTHONINSPECT");
    if (value != NULL) {
        set_inspect(config, 1);
    }
    return value != NULL;
}

static int
run_command(const wchar_t *command, PyCompilerFlags *flags)
{
    PyObject *text, *bytes;
    int status;

    text = PyUnicode_FromWideChar(command, -1);
    if (text == NULL) {
        goto error;
    }
    if (PyAudit(AUDIT_CPYTHON_RUN_COMMAND, "(O)", text) < 0) {
        Py_DECREF(text);
        return report_exception();
    }
    bytes = PyUnicode_AsUTF8String(text);
    Py_DECREF(text);
    if (bytes == NULL) {
        goto error;
    }
    flags->cf_flags |= PyCF_IGNORE_COOKIE;
    status = PyRun_SimpleStringFlags(PyBytes_AS_STRING(bytes), flags);
    Py_DECREF(bytes);
    return status != 0 ? EXIT_FAILED : 0;
error:
    PySys_WriteStderr("Unable to decode the command from the command line:\n");
    return report_exception();
}

/* runpy._run_module_as_main(name, set_argv0).  Runs Python. */
static int
run_module(const wchar_t *name, int set_argv0)
{
    PyObject *text, *runpy = NULL, *function = NULL, *result = NULL;

    text = PyUnicode_FromWideChar(name, -1);
    if (text == NULL) {
        return report_exception();
    }
    if (PyAudit(AUDIT_CPYTHON_RUN_MODULE, "(O)", text) < 0) {
        goto done;
    }
    runpy = PyImport_ImportModule("runpy");
    if (runpy == NULL) {
        fprintf(stderr, "Could not import runpy module\n");
        goto done;
    }
    function = PyObject_GetAttrString(runpy, "_run_module_as_main");
    if (function == NULL) {
        fprintf(stderr, "Could not access runpy._run_module_as_main\n");
        goto done;
    }
    _Py_UnhandledKeyboardInterrupt = 0;
    result = PyObject_CallFunction(function, "OO", text,
                                   set_argv0 ? Py_True : Py_False);
    if (result == NULL && PyErr_Occurred() == PyExc_KeyboardInterrupt) {
        _Py_UnhandledKeyboardInterrupt = 1;
    }
done:
    Py_XDECREF(function);
    Py_XDECREF(runpy);
    Py_DECREF(text);
    if (result == NULL) {
        return report_exception();
    }
    Py_DECREF(result);
    return 0;
}

/* "program: text" on sys.stderr. */
static void
complain(const PyConfig *config, const char *format, ...)
{
    PyObject *name = PyUnicode_FromWideChar(config->program_name, -1);
    PyObject *text;
    va_list values;

    va_start(values, format);
    text = PyUnicode_FromFormatV(format, values);
    va_end(values);
    if (name != NULL && text != NULL) {
        PySys_FormatStderr("%U: %U", name, text);
    }
    PyErr_Clear();               /* a report cannot be reported on */
    Py_XDECREF(text);
    Py_XDECREF(name);
}

/* The pending exception, if it is an OSError of the system: its errno, and the
 * exception is cleared.  0 for any other, which stays. */
static int
take_system_error(void)
{
    int code = errors_peek_errno();

    if (code <= 0) {
        return 0;
    }
    PyErr_Clear();
    return code;
}

/* The script's stream; with an open-code hook, what that answers.  NULL: an
 * exception is set, or `*error` to the system's reason. */
static FILE *
open_script(PyObject *filename, int *error)
{
    OpenCodeIntent intent = OPEN_CODE_MAIN;
    FILE *file;

    *error = 0;
    if (open_code_is_watched()) {
        intent = open_code_script_intent(filename);
    }
    if (open_code_has_hook()) {
        file = open_code_read_as_file(filename, intent, -1);
        if (file == NULL) {
            *error = take_system_error();
        }
        return file;
    }
    if (open_code_announce(filename, intent) < 0) {
        return NULL;
    }
    file = _Py_fopen_obj(filename, "rb");
    if (file == NULL) {
        *error = errno;
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_OSError)) {
            *error = 0;
            return NULL;
        }
        PyErr_Clear();
    }
    return file;
}

static void
skip_first_line(FILE *file)
{
    int character;

    while ((character = getc(file)) != EOF) {
        if (character == '\n') {
            (void)ungetc(character, file);
            break;
        }
    }
}

/* Runs a script that was opened; closes it. */
static int
run_script(const PyConfig *config, FILE *file, PyObject *filename,
           PyCompilerFlags *flags)
{
    struct stat status;

    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        complain(config, "%R is a directory, cannot continue\n", filename);
        fclose(file);
        return EXIT_FAILED;
    }
    if (config->skip_source_first_line) {
        skip_first_line(file);
    }
    if (Py_MakePendingCalls() < 0) {
        fclose(file);
        return report_exception();
    }
    return pythonrun_opened_any_file(file, filename, 1, flags) != 0
               ? EXIT_FAILED : 0;
}

static int
run_file(const PyConfig *config, PyCompilerFlags *flags)
{
    PyObject *filename = PyUnicode_FromWideChar(config->run_filename, -1);
    FILE *file;
    int result, error;

    if (filename == NULL) {
        return report_exception();
    }
    if (PyAudit(AUDIT_CPYTHON_RUN_FILE, "(O)", filename) < 0) {
        Py_DECREF(filename);
        return report_exception();
    }
    file = open_script(filename, &error);
    if (file != NULL) {
        result = run_script(config, file, filename, flags);
    }
    else if (error == 0) {
        result = report_exception();
    }
    else {
        complain(config, "can't open file %R: [Errno %d] %s\n", filename,
                 error, strerror(error));
        result = EXIT_CANNOT_OPEN;
    }
    Py_DECREF(filename);
    return result;
}

/* NULL with an exception. */
static FILE *
open_startup(PyObject *filename)
{
    FILE *file = NULL;

    if (open_code_has_hook()) {
        return open_code_read_as_file(filename, OPEN_CODE_STARTUP, -1);
    }
    if (open_code_announce(filename, OPEN_CODE_STARTUP) == 0) {
        file = _Py_fopen_obj(filename, "r");
        if (file == NULL) {
            int error = errno;
            PyErr_Clear();
            PySys_WriteStderr("Could not open PYTHONSTARTUP\n");
            errno = error;
            PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, filename);
        }
    }
    return file;
}

/* PYTHONSTARTUP.  Errors are shown and do not end the session. */
static void
run_startup(const PyConfig *config, PyCompilerFlags *flags)
{
    const char *path = _Py_GetEnv(config->use_environment, "PYTHONSTARTUP");
    PyObject *filename;
    FILE *file;

    if (path == NULL) {
        return;
    }
    filename = PyUnicode_DecodeFSDefault(path);
    if (filename == NULL ||
        PyAudit(AUDIT_CPYTHON_RUN_STARTUP, "(O)", filename) < 0) {
        goto error;
    }
    file = open_startup(filename);
    if (file == NULL) {
        goto error;
    }
    (void)pythonrun_opened_file(file, filename, open_code_has_hook(), flags);
    PyErr_Clear();
    if (!open_code_has_hook()) {
        fclose(file);
    }
    Py_DECREF(filename);
    return;
error:
    Py_XDECREF(filename);
    PyErr_Print();
}

/* sys.__interactivehook__: 0, or -1 if it ended the program. */
static int
run_interactive_hook(void)
{
    PyObject *hook =
        sys_get_attribute(_PyThreadState_GET(), NAME(__interactivehook__));
    PyObject *result = NULL;

    if (hook == NULL) {
        return 0;
    }
    Py_INCREF(hook);
    if (PyAudit(AUDIT_CPYTHON_RUN_INTERACTIVEHOOK, "(O)", hook) == 0) {
        result = PyObject_CallNoArgs(hook);
    }
    Py_DECREF(hook);
    if (result == NULL) {
        PySys_WriteStderr("Failed calling sys.__interactivehook__\n");
        PyErr_Print();
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

static int
run_stdin(PyConfig *config, PyCompilerFlags *flags)
{
    PyObject *filename;
    int status;

    if (config->interactive || isatty(STDIN_FILENO)) {
        /* Errors no longer end the session once it has begun. */
        set_inspect(config, 0);
        run_startup(config, flags);
        if (run_interactive_hook() < 0) {
            return EXIT_FAILED;
        }
    }
    if (PyAudit(AUDIT_CPYTHON_RUN_STDIN, NULL) < 0) {
        return report_exception();
    }
    filename = Py_NewRef(NAME(stdin_name));
    status = _PyRun_AnyFileObject(stdin, filename, 0, flags);
    Py_DECREF(filename);
    return status != 0 ? EXIT_FAILED : 0;
}

/* -i: the prompt after the program. */
static void
run_prompt_after(PyConfig *config, PyCompilerFlags *flags, int *exitcode)
{
    if (!wants_prompt(config) ||
        !(isatty(STDIN_FILENO) || config->interactive) ||
        !(config->run_command != NULL || config->run_module != NULL ||
          config->run_filename != NULL)) {
        return;
    }
    set_inspect(config, 0);
    if (run_interactive_hook() < 0) {
        *exitcode = EXIT_FAILED;
        return;
    }
    *exitcode = _PyRun_AnyFileObject(stdin, NAME(stdin_name), 0, flags) != 0;
}

/* --- The run ------------------------------------------------------------- */

/* A directory or archive with a __main__ is a program: its importer, borrowed
 * truth only.  1/0/-1.  Runs Python. */
static int
is_importable_path(const wchar_t *path, PyObject **sys_path0)
{
    PyObject *name = PyUnicode_FromWideChar(path, -1);
    PyObject *importer;
    int found;

    if (name == NULL) {
        return -1;
    }
    importer = PyImport_GetImporter(name);
    if (importer == NULL) {
        Py_DECREF(name);
        return -1;
    }
    found = importer != Py_None;
    Py_DECREF(importer);
    if (found) {
        *sys_path0 = name;
    }
    else {
        Py_DECREF(name);
    }
    return found;
}

static int
prepend_path0(PyObject *path0)
{
    PyObject *path = sys_get_attribute(_PyThreadState_GET(), NAME(path));

    if (path == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.path");
        return -1;
    }
    return PyList_Insert(path, 0, path0);
}

/* sys.path[0], unless the configuration says it is unsafe. */
static int
set_path0(PyInterpreterState *interp, PyObject *main_importer_path)
{
    const PyConfig *config = &interp->config;
    PyObject *path0;
    int status;

    if (main_importer_path != NULL) {
        return prepend_path0(main_importer_path);
    }
    if (config->safe_path) {
        return 0;
    }
    path0 = config_compute_path0(&config->argv);
    if (path0 == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    status = prepend_path0(path0);
    Py_DECREF(path0);
    return status;
}

static void
print_header(const PyConfig *config)
{
    if (config->quiet) {
        return;
    }
    if (config->verbose ||
        (config->run_command == NULL && config->run_filename == NULL &&
         config->run_module == NULL &&
         (config->interactive || isatty(STDIN_FILENO)))) {
        fprintf(stderr, "Python %s on %s\n", Py_GetVersion(),
                Py_GetPlatform());
        if (config->site_import) {
            fprintf(stderr, "Type \"help\", \"copyright\", \"credits\" or "
                            "\"license\" for more information.\n");
        }
    }
}

static void
import_readline(const PyConfig *config)
{
    PyObject *module;

    if (config->isolated ||
        (!config->inspect && (config->run_command != NULL ||
                              config->run_filename != NULL ||
                              config->run_module != NULL)) ||
        !isatty(STDIN_FILENO)) {
        return;
    }
    module = PyImport_ImportModule("readline");
    if (module == NULL) {
        PyErr_Clear();           /* any failure: the prompt works without */
    }
    Py_XDECREF(module);
}

static int
run_main(void)
{
    PyInterpreterState *interp = _PyInterpreterState_GET();
    PyConfig *config = &interp->config;
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyObject *main_importer_path = NULL;
    int exitcode;

    if (config->run_filename != NULL &&
        is_importable_path(config->run_filename, &main_importer_path) < 0) {
        return report_exception();
    }
    import_readline(config);
    if (set_path0(interp, main_importer_path) < 0) {
        Py_XDECREF(main_importer_path);
        return report_exception();
    }
    print_header(config);
    if (config->run_command != NULL) {
        exitcode = run_command(config->run_command, &flags);
    }
    else if (config->run_module != NULL) {
        exitcode = run_module(config->run_module, 1);
    }
    else if (main_importer_path != NULL) {
        exitcode = run_module(L"__main__", 0);
    }
    else if (config->run_filename != NULL) {
        exitcode = run_file(config, &flags);
    }
    else {
        exitcode = run_stdin(config, &flags);
    }
    Py_XDECREF(main_importer_path);
    run_prompt_after(config, &flags, &exitcode);
    return exitcode;
}

/* Dies of SIGINT as a program without Python would, so that shells notice. */
static int
exit_by_sigint(void)
{
    if (PyOS_setsig(SIGINT, SIG_DFL) != SIG_ERR) {
        kill(getpid(), SIGINT);
    }
    return SIGINT + 128;
}

int
Py_RunMain(void)
{
    int exitcode;

    _Py_UnhandledKeyboardInterrupt = 0;
    exitcode = run_main();
    if (Py_FinalizeEx() < 0) {
        exitcode = 120;         /* as the shell sees a failed flush */
    }
    _PyPathConfig_ClearGlobal();
    if (_Py_UnhandledKeyboardInterrupt) {
        exitcode = exit_by_sigint();
    }
    return exitcode;
}

/* --- Entry points -------------------------------------------------------- */

static int orig_argc;
static wchar_t **orig_argv;

static int
main_with_args(const _PyArgv *args)
{
    PyStatus status = main_init(args);

    if (PyStatus_IsExit(status)) {
        return status.exitcode;
    }
    if (status_failed(status)) {
        lifecycle_exit_status(status);
    }
    return Py_RunMain();
}

int
Py_Main(int argc, wchar_t **argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 0, .wchar_argv = argv};

    return main_with_args(&args);
}

int
Py_BytesMain(int argc, char **argv)
{
    _PyArgv args = {.argc = argc, .use_bytes_argv = 1, .bytes_argv = argv};

    return main_with_args(&args);
}

void
Py_GetArgcArgv(int *argc, wchar_t ***argv)
{
    const PyConfig *config = &_PyInterpreterState_GET()->config;

    orig_argc = (int)config->orig_argv.length;
    orig_argv = config->orig_argv.items;
    *argc = orig_argc;
    *argv = orig_argv;
}
