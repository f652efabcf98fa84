/* An embedding program that is told what to do: each argument is a step, done
 * in turn (Tests/test_startup.py).  Uses the public API only, so that it runs
 * against the reference as well.
 *
 *   trace              print the audit events from here on, but for lucid.*
 *   fail=EVENT:EXC     from here on the hook refuses EVENT with the exception
 *                      EXC, "none": without one
 *   kind=KIND          a new configuration: python, isolated, compat
 *   FIELD=TEXT         set a field of it
 *   search=PATH        add to module_search_paths, and declare them set
 *   Py_SetPath=TEXT    and the like: the functions older than PyConfig
 *   read               PyConfig_Read, and what it made of the paths
 *   init               Py_InitializeFromConfig; a failure ends the program
 *   plain              Py_Initialize
 *   show               what sys and the older functions say of the paths
 *   run=CODE           in the current interpreter
 *   sub=CODE           in a new interpreter that ends with it
 *   argv=WORD          a word of the command line
 *   main               Py_RunMain, whose status ends the program
 *   end                Py_FinalizeEx */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static PyConfig config;
static int tracing, hook_added;
static char refused[64], refusal[64];

static void
print_argument(PyObject *argument)
{
    if (PyUnicode_Check(argument)) {
        printf(" %s", PyUnicode_AsUTF8(argument));
    }
    else {
        printf(" <%s>", Py_TYPE(argument)->tp_name);
    }
}

static int
hook(const char *event, PyObject *arguments, void *Py_UNUSED(user_data))
{
    if (tracing && strncmp(event, "lucid.", 6) != 0) {
        printf("%s", event);
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); i++) {
            print_argument(PyTuple_GET_ITEM(arguments, i));
        }
        putchar('\n');
    }
    if (strcmp(event, refused) != 0) {
        return 0;
    }
    if (strcmp(refusal, "OSError") == 0) {
        PyErr_SetString(PyExc_OSError, "refused");
    }
    else if (strcmp(refusal, "FileNotFoundError") == 0) {
        PyErr_SetString(PyExc_FileNotFoundError, "refused");
    }
    else if (strcmp(refusal, "SystemExit") == 0) {
        PyErr_SetString(PyExc_SystemExit, "refused");
    }
    else if (strcmp(refusal, "none") != 0) {
        PyErr_SetString(PyExc_RuntimeError, "refused");
    }
    return -1;
}

static void
add_hook(void)
{
    if (!hook_added && PySys_AddAuditHook(hook, NULL) < 0) {
        printf("the hook was not added\n");
    }
    hook_added = 1;
}

static void
check(PyStatus status, const char *step)
{
    if (!PyStatus_Exception(status)) {
        return;
    }
    printf("%s: %s\n", step,
           PyStatus_IsExit(status) ? "exit" : status.err_msg);
    fflush(stdout);
    exit(0);
}

/* --- The configuration ---------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
    int is_text;
} fields[] = {
#define TEXT(name) {#name, offsetof(PyConfig, name), 1}
#define NUMBER(name) {#name, offsetof(PyConfig, name), 0}
    TEXT(program_name), TEXT(home), TEXT(pythonpath_env), TEXT(platlibdir),
    TEXT(executable), TEXT(base_executable), TEXT(prefix), TEXT(base_prefix),
    TEXT(exec_prefix), TEXT(base_exec_prefix), TEXT(stdlib_dir),
    TEXT(run_command), TEXT(run_module), TEXT(run_filename),
    NUMBER(isolated), NUMBER(use_environment), NUMBER(site_import),
    NUMBER(parse_argv), NUMBER(safe_path), NUMBER(pathconfig_warnings),
    NUMBER(module_search_paths_set), NUMBER(_init_main),
    NUMBER(_install_importlib),
#undef TEXT
#undef NUMBER
};

static void
set_field(const char *name, const char *value)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fields); i++) {
        char *field = (char *)&config + fields[i].offset;
        if (strcmp(fields[i].name, name) != 0) {
            continue;
        }
        if (fields[i].is_text) {
            check(PyConfig_SetBytesString(&config, (wchar_t **)field, value),
                  name);
        }
        else {
            *(int *)field = atoi(value);
        }
        return;
    }
    printf("unknown step %s\n", name);
}

static void
add_word(PyWideStringList *list, const char *word)
{
    wchar_t *wide = Py_DecodeLocale(word, NULL);

    check(PyWideStringList_Append(list, wide), "append");
    PyMem_RawFree(wide);
}

static void
start_config(const char *kind)
{
    PyConfig_Clear(&config);
    if (strcmp(kind, "isolated") == 0) {
        PyConfig_InitIsolatedConfig(&config);
    }
    else {
        PyConfig_InitPythonConfig(&config);
        config.parse_argv = 0;
    }
}

static void
print_text(const char *name, const wchar_t *text)
{
    if (text == NULL) {
        printf("%s: NULL\n", name);
    }
    else {
        printf("%s: '%ls'\n", name, text);
    }
}

static void
print_config(void)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(fields); i++) {
        const char *field = (const char *)&config + fields[i].offset;
        if (fields[i].is_text) {
            print_text(fields[i].name, *(wchar_t *const *)field);
        }
        else if (strcmp(fields[i].name, "module_search_paths_set") == 0) {
            printf("%s: %d\n", fields[i].name, *(const int *)field);
        }
    }
    for (Py_ssize_t i = 0; i < config.module_search_paths.length; i++) {
        print_text("  search", config.module_search_paths.items[i]);
    }
}

/* --- What came of it ---------------------------------------------------------------- */

static const char show_sys[] =
    "import sys\n"
    "for name in ('executable', '_base_executable', 'prefix', 'base_prefix',\n"
    "             'exec_prefix', 'base_exec_prefix', 'platlibdir',\n"
    "             '_stdlib_dir', 'path', 'argv', 'orig_argv'):\n"
    "    print(f'sys.{name}: {getattr(sys, name, \"absent\")!r}')\n"
    "print(sys.flags.isolated, sys.flags.ignore_environment,\n"
    "      sys.flags.no_site, sys.flags.safe_path)\n"
    "sys.stdout.flush()\n";

static void
show_older(void)
{
    print_text("Py_GetProgramName", Py_GetProgramName());
    print_text("Py_GetPythonHome", Py_GetPythonHome());
    print_text("Py_GetProgramFullPath", Py_GetProgramFullPath());
    print_text("Py_GetPrefix", Py_GetPrefix());
    print_text("Py_GetExecPrefix", Py_GetExecPrefix());
    print_text("Py_GetPath", Py_GetPath());
}

static void
run(const char *code)
{
    fflush(stdout);
    if (PyRun_SimpleString(code) < 0) {
        printf("the code failed\n");
    }
}

static void
run_in_new_interpreter(const char *code)
{
    PyThreadState *caller = PyThreadState_Get();
    PyThreadState *other = Py_NewInterpreter();

    if (other == NULL) {
        printf("no new interpreter\n");
        PyErr_Clear();
    }
    else {
        run(code);
        Py_EndInterpreter(other);
    }
    PyThreadState_Swap(caller);
}

/* --- Steps ------------------------------------------------------------------------------- */

static int
do_plain_step(const char *step)
{
    if (strcmp(step, "trace") == 0) {
        add_hook();
        tracing = 1;
    }
    else if (strcmp(step, "read") == 0) {
        check(PyConfig_Read(&config), step);
        print_config();
    }
    else if (strcmp(step, "init") == 0) {
        check(Py_InitializeFromConfig(&config), step);
        printf("initialized: %d\n", Py_IsInitialized());
    }
    else if (strcmp(step, "plain") == 0) {
        Py_Initialize();
    }
    else if (strcmp(step, "show") == 0) {
        tracing = 0;
        show_older();
        if (Py_IsInitialized()) {
            run(show_sys);
        }
    }
    else if (strcmp(step, "main") == 0) {
        fflush(stdout);
        exit(Py_RunMain());
    }
    else if (strcmp(step, "end") == 0) {
        printf("end: %d\n", Py_FinalizeEx());
        hook_added = 0;
    }
    else {
        return 0;
    }
    return 1;
}

static void
set_older(const char *name, const char *value)
{
    wchar_t *wide = Py_DecodeLocale(value, NULL);

    if (strcmp(name, "Py_SetPath") == 0) {
        Py_SetPath(wide);
    }
    else if (strcmp(name, "Py_SetPythonHome") == 0) {
        Py_SetPythonHome(wide);
    }
    else {
        Py_SetProgramName(wide);
    }
    PyMem_RawFree(wide);
}

static void
do_step(const char *name, const char *value)
{
    if (strcmp(name, "fail") == 0) {
        sscanf(value, "%63[^:]:%63s", refused, refusal);
        add_hook();
    }
    else if (strcmp(name, "kind") == 0) {
        start_config(value);
    }
    else if (strcmp(name, "search") == 0) {
        add_word(&config.module_search_paths, value);
        config.module_search_paths_set = 1;
    }
    else if (strcmp(name, "argv") == 0) {
        add_word(&config.argv, value);
    }
    else if (strncmp(name, "Py_Set", 6) == 0) {
        set_older(name, value);
    }
    else if (strcmp(name, "run") == 0) {
        run(value);
    }
    else if (strcmp(name, "sub") == 0) {
        run_in_new_interpreter(value);
    }
    else {
        set_field(name, value);
    }
}

int
main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);      /* in order with Python's */
    start_config("python");
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals != NULL) {
            *equals = '\0';
            do_step(argv[i], equals + 1);
        }
        else if (!do_plain_step(argv[i])) {
            printf("unknown step %s\n", argv[i]);
        }
    }
    PyConfig_Clear(&config);
    return 0;
}
