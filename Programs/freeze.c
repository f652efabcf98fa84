/* freeze OUTPUT NAME=FILE ...: compiles library modules with Lucid's own
 * compiler and writes them as C arrays (build time only).
 *
 * It links the runtime's core with empty tables of frozen modules and starts
 * it without an import system: types, exceptions, sys and builtins are enough
 * to compile and to marshal. */
#include "Python.h"
#include "marshal.h"

#include "config.h"
#include "import.h"
#include "lifecycle.h"

const struct _frozen *_PyImport_FrozenBootstrap = NULL;
const struct _frozen *_PyImport_FrozenStdlib = NULL;
const struct _frozen *_PyImport_FrozenTest = NULL;
const struct frozen_alias frozen_aliases[] = {{NULL, NULL}};

/* The file's text, NUL-terminated; exits with a message on failure. */
static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, allocated = 1 << 16;
    char *text = PyMem_RawMalloc(allocated);

    if (file == NULL || text == NULL) {
        fprintf(stderr, "freeze: cannot read %s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (;;) {
        size_t n = fread(text + size, 1, allocated - size - 1, file);
        size += n;
        if (n == 0) {
            break;
        }
        if (allocated - size < 2) {
            allocated *= 2;
            text = PyMem_RawRealloc(text, allocated);
            if (text == NULL) {
                fprintf(stderr, "freeze: out of memory\n");
                exit(1);
            }
        }
    }
    if (ferror(file)) {
        fprintf(stderr, "freeze: cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    text[size] = '\0';
    return text;
}

static void
write_array(FILE *out, const char *name, const unsigned char *data,
            Py_ssize_t size)
{
    fprintf(out, "const unsigned char frozen_");
    for (const char *c = name; *c != '\0'; c++) {
        fputc(Py_ISALNUM(*c) ? *c : '_', out);
    }
    fprintf(out, "[%zd] = {", size);
    for (Py_ssize_t i = 0; i < size; i++) {
        fprintf(out, i % 16 == 0 ? "\n    %d," : "%d,", data[i]);
    }
    fprintf(out, "\n};\n");
}

static int
freeze(FILE *out, const char *name, const char *path)
{
    char filename[256];
    char *text = read_file(path);
    PyObject *code, *data = NULL;

    PyOS_snprintf(filename, sizeof(filename), "<frozen %s>", name);
    code = Py_CompileStringExFlags(text, filename, Py_file_input, NULL, 0);
    PyMem_RawFree(text);
    if (code != NULL) {
        data = PyMarshal_WriteObjectToString(code, Py_MARSHAL_VERSION);
        Py_DECREF(code);
    }
    if (data == NULL) {
        fprintf(stderr, "freeze: %s (%s):\n", name, path);
        PyErr_Print();
        return -1;
    }
    write_array(out, name, (unsigned char *)PyBytes_AS_STRING(data),
                PyBytes_GET_SIZE(data));
    Py_DECREF(data);
    return 0;
}

/* The core without environment, locale or paths of the machine. */
static void
start_core(void)
{
    PyPreConfig preconfig;
    PyConfig config;
    PyThreadState *tstate;
    PyStatus status;

    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    PyConfig_InitIsolatedConfig(&config);
    config.use_hash_seed = 1;       /* the same output each time */
    config.hash_seed = 0;
    status = PyConfig_Read(&config);
    if (!PyStatus_Exception(status)) {
        status = lifecycle_init_core(&config, &tstate);
    }
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
    PyConfig_Clear(&config);
}

int
main(int argc, char **argv)
{
    FILE *out;
    int failed = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: freeze OUTPUT NAME=FILE ...\n");
        return 2;
    }
    start_core();
    out = fopen(argv[1], "w");
    if (out == NULL) {
        fprintf(stderr, "freeze: cannot write %s: %s\n", argv[1],
                strerror(errno));
        return 1;
    }
    fprintf(out, "/* Written by Programs/freeze.c at build time. */\n");
    for (int i = 2; i < argc && !failed; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL) {
            fprintf(stderr, "freeze: NAME=FILE expected: %s\n", argv[i]);
            failed = 1;
            break;
        }
        *equals = '\0';
        failed = freeze(out, argv[i], equals + 1) < 0;
    }
    if (fclose(out) != 0) {
        fprintf(stderr, "freeze: cannot write %s: %s\n", argv[1],
                strerror(errno));
        failed = 1;
    }
    if (failed) {
        remove(argv[1]);
    }
    return failed;
}
