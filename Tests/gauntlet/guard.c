/* An interpreter behind a C hook: guard LOG EVENT TEXT PYTHON ARGUMENT...
 *
 * Appends a line "event arguments" to LOG for each event, and refuses EVENT
 * where its arguments contain TEXT ("-": refuses none).  PYTHON becomes argv[0]
 * and so sys.executable.  The file is opened for each line: nothing that the
 * program does to descriptors keeps a line out of it.
 *
 * It is compiled once, and runs with Lucid's library and with the reference's,
 * so that both are judged by the same hook. */
#include <Python.h>

#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_SIZE 8192

static const char *log_path, *refused_event, *refused_text;

static void
line_add(char *line, const char *text)
{
    strncat(line, text, LINE_MAX_SIZE - strlen(line) - 2);
}

/* Reads the data of built-in types, so that no code of the program runs. */
static void
line_add_value(char *line, PyObject *value, int depth)
{
    char number[32];

    line_add(line, " ");
    if (PyUnicode_Check(value)) {
        PyObject *bytes = PyUnicode_AsEncodedString(value, "utf-8",
                                                    "surrogateescape");
        if (bytes != NULL) {
            line_add(line, PyBytes_AS_STRING(bytes));
            Py_DECREF(bytes);
        }
        PyErr_Clear();             /* an unpaired surrogate of another kind */
    }
    else if (PyBytes_Check(value)) {
        for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(value); i++) {
            char c = PyBytes_AS_STRING(value)[i];
            line_add(line, (char[]){c >= ' ' ? c : '?', '\0'});
        }
    }
    else if (PyByteArray_Check(value)) {
        line_add(line, PyByteArray_AS_STRING(value));
    }
    else if (PyLong_CheckExact(value)) {
        snprintf(number, sizeof(number), "%lld", PyLong_AsLongLong(value));
        PyErr_Clear();             /* too large: -1 will do */
        line_add(line, number);
    }
    else if (PyTuple_CheckExact(value) && depth < 3) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); i++) {
            line_add_value(line, PyTuple_GET_ITEM(value, i), depth + 1);
        }
    }
    else if (PyList_CheckExact(value) && depth < 3) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++) {
            line_add_value(line, PyList_GET_ITEM(value, i), depth + 1);
        }
    }
    else {
        line_add(line, Py_TYPE(value)->tp_name);
    }
}

static int
hook(const char *event, PyObject *args, void *user_data)
{
    char line[LINE_MAX_SIZE] = "";
    int fd;

    (void)user_data;
    line_add(line, event);
    if (args != NULL) {
        line_add_value(line, args, 0);
    }
    for (char *c = line; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
    strcat(line, "\n");                        /* line_add leaves room */
    fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, strlen(line)) < 0) {
        PyErr_SetString(PyExc_RuntimeError, "the log cannot be written");
        return -1;
    }
    close(fd);
    if (fnmatch(refused_event, event, 0) == 0 && strstr(line, refused_text)) {
        PyErr_SetString(PyExc_RuntimeError, "refused");
        return -1;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc < 5) {
        return 2;
    }
    log_path = argv[1];
    refused_event = argv[2];
    refused_text = argv[3];
    PySys_AddAuditHook(hook, NULL);
    return Py_BytesMain(argc - 4, argv + 4);
}
