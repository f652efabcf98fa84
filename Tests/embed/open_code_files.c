/* Files that an embedding program runs are opened for running: what an
 * open-code hook is told of them, and that its answer is what runs. */
#include <Python.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) {                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,         \
                    #condition);                                       \
            failures++;                                                \
        }                                                              \
    } while (0)

enum answer {THE_FILE, OTHER_BYTES, OTHER_STREAM, SILENT_FAILURE, NUMBER};

static int failures, calls, told_fd;
static char told_path[4096], told_intent[32];
static enum answer answer;
static int user_data;

static PyObject *
stream_of(const char *type, const char *content)
{
    PyObject *io = PyImport_ImportModule("io"), *stream = NULL;

    if (io != NULL) {
        stream = PyObject_CallMethod(io, type, "y", content);
        Py_DECREF(io);
    }
    return stream;
}

static PyObject *
hook(PyObject *path, const char *intent, int fd, void *data)
{
    const char *text = PyUnicode_AsUTF8(path);

    if (text == NULL || strstr(text, "label") == NULL) {
        if (strcmp(intent, "stdin") != 0) {
            return Py_NewRef(Py_None);       /* the library */
        }
    }
    calls++;
    CHECK(data == &user_data);
    snprintf(told_path, sizeof(told_path), "%s", text);
    snprintf(told_intent, sizeof(told_intent), "%s", intent);
    told_fd = fd;
    switch (answer) {
    case THE_FILE:
        return Py_NewRef(Py_None);
    case OTHER_BYTES:
        return stream_of("BytesIO", "result = 'other'\n");
    case OTHER_STREAM:
        return PyRun_String("__import__('io').StringIO('result = 1')",
                            Py_eval_input, PyEval_GetBuiltins(), NULL);
    case NUMBER:
        return PyLong_FromLong(42);
    case SILENT_FAILURE:
        break;
    }
    return NULL;
}

static PyObject *
no_hook(PyObject *path, void *data)
{
    return NULL;
}

/* A temporary file with the text, at its start. */
static FILE *
file_with(const char *text)
{
    FILE *file = tmpfile();

    if (file == NULL || fputs(text, file) < 0) {
        abort();
    }
    rewind(file);
    return file;
}

/* Is __main__.result this text?  Removes it. */
static int
result_is(const char *text)
{
    PyObject *dict = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject *value = PyDict_GetItemString(dict, "result");
    int equal = value == NULL
                    ? text == NULL
                    : text != NULL && PyUnicode_Check(value) &&
                          strcmp(PyUnicode_AsUTF8(value), text) == 0;

    if (value != NULL) {
        PyDict_DelItemString(dict, "result");
    }
    return equal;
}

static int
was_told(const char *path, const char *intent, int fd)
{
    char cwd[2048], expected[4096];

    if (path[0] == '/') {
        snprintf(expected, sizeof(expected), "%s", path);
    }
    else {
        snprintf(expected, sizeof(expected), "%s/%s",
                 getcwd(cwd, sizeof(cwd)), path);
    }
    return strcmp(told_path, expected) == 0 &&
           strcmp(told_intent, intent) == 0 && told_fd == fd;
}

static void
test_simple_file(void)
{
    FILE *file = file_with("result = 'disk'\n");
    int fd = fileno(file);

    answer = THE_FILE;
    CHECK(PyRun_SimpleFile(file, "label.py") == 0);
    CHECK(result_is("disk") && was_told("label.py", "main", fd));
    CHECK(fcntl(fd, F_GETFD) >= 0);          /* not to be closed */
    rewind(file);
    answer = OTHER_BYTES;
    CHECK(PyRun_SimpleFileEx(file, "/label.py", 1) == 0);
    CHECK(result_is("other") && was_told("/label.py", "main", fd));
    CHECK(fcntl(fd, F_GETFD) < 0);           /* closed, though not read */
}

static void
test_file_that_was_read_in_part(void)
{
    FILE *file = file_with("raise SystemExit\nresult = 'rest'\n");
    char line[100];

    answer = THE_FILE;
    CHECK(fgets(line, sizeof(line), file) != NULL);
    CHECK(PyRun_SimpleFileEx(file, "label.py", 1) == 0);
    CHECK(result_is("rest"));
}

static void
test_file_in_a_namespace(void)
{
    FILE *file = file_with("result = 'disk'\n");
    PyObject *dict = PyModule_GetDict(PyImport_AddModule("__main__")), *value;

    answer = OTHER_BYTES;
    value = PyRun_FileEx(file, "label.py", Py_file_input, dict, dict, 1);
    CHECK(value == Py_None);
    Py_XDECREF(value);
    CHECK(result_is("other"));
    CHECK(strcmp(told_intent, "source") == 0);
}

static void
test_failures(void)
{
    static const enum answer wrong[] = {OTHER_STREAM, SILENT_FAILURE, NUMBER};

    for (int i = 0; i < 3; i++) {
        FILE *file = file_with("result = 'disk'\n");
        answer = wrong[i];
        CHECK(PyRun_AnyFileEx(file, "label.py", 1) == -1);
        CHECK(result_is(NULL) && !PyErr_Occurred());
    }
}

/* The reading end of a pipe that holds the text. */
static FILE *
pipe_with(const char *text)
{
    int ends[2];
    size_t size = strlen(text);

    if (pipe(ends) < 0 || write(ends[1], text, size) != (ssize_t)size) {
        abort();
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

static void
test_session_on_a_pipe(void)
{
    FILE *file = pipe_with("result = 'one'\nresult = 'two'\n1 / 0\n"
                           "result = 'four'\n");

    answer = THE_FILE;
    CHECK(PyRun_InteractiveOne(file, "<stdin>") == 0);
    CHECK(result_is("one") && was_told("/dev/stdin", "stdin", fileno(file)));
    CHECK(PyRun_InteractiveOne(file, "label") == 0);
    CHECK(result_is("two") && was_told("label", "main", fileno(file)));
    CHECK(PyRun_InteractiveLoop(file, "label") == 0);
    CHECK(result_is("four"));
    fclose(file);
}

/* It may change behind a hook that has looked: it is read once. */
static void
test_session_on_a_regular_file(void)
{
    FILE *file = file_with("result = 'one'\nresult = 'two'\n");

    answer = THE_FILE;
    CHECK(PyRun_InteractiveOne(file, "label") > 0);      /* E_EOF: all of it */
    CHECK(result_is("two"));
    rewind(file);
    CHECK(PyRun_InteractiveLoop(file, "label") == 0);
    CHECK(result_is("two"));
    fclose(file);
}

static void
test_session_that_is_replaced_or_refused(void)
{
    FILE *file = pipe_with("result = 'disk'\n");

    answer = OTHER_BYTES;
    CHECK(PyRun_InteractiveLoop(file, "label") == 0);
    CHECK(result_is("other"));
    CHECK(PyRun_InteractiveOne(file, "label") > 0);      /* the end */
    CHECK(result_is("other"));
    answer = SILENT_FAILURE;
    CHECK(PyRun_InteractiveLoop(file, "label") == -1);
    CHECK(PyRun_InteractiveOne(file, "label") == -1);
    CHECK(result_is(NULL));
    fclose(file);
}

/* It is the embedding program's own, as a string is. */
static void
test_stream_in_memory_is_no_file(void)
{
    static char text[] = "result = 'memory'\n";
    FILE *file = fmemopen(text, strlen(text), "r");

    calls = 0;
    CHECK(PyRun_SimpleFileEx(file, "label.py", 1) == 0);
    CHECK(result_is("memory") && calls == 0);
}

static void
test_hook_cannot_be_changed(void)
{
    CHECK(PyFile_SetOpenCodeHook(no_hook, NULL) == -1);
    CHECK(PyErr_ExceptionMatches(PyExc_SystemError));
    PyErr_Clear();
    CHECK(PyFile_SetOpenCodeHookEx(hook, NULL) == -1);
    CHECK(PyErr_ExceptionMatches(PyExc_SystemError));
    PyErr_Clear();
}

int
main(void)
{
    CHECK(PyFile_SetOpenCodeHookEx(hook, &user_data) == 0);
    CHECK(PyFile_SetOpenCodeHook(no_hook, NULL) == -1);
    Py_Initialize();
    test_hook_cannot_be_changed();
    test_simple_file();
    test_file_that_was_read_in_part();
    test_file_in_a_namespace();
    test_failures();
    test_session_on_a_pipe();
    test_session_on_a_regular_file();
    test_session_that_is_replaced_or_refused();
    test_stream_in_memory_is_no_file();
    CHECK(Py_FinalizeEx() == 0);
    return failures != 0;
}
