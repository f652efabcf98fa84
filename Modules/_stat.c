/* The module _stat: questions about st_mode, and its constants.
 *
 * The values are fixed (they are the traditional ones, which Linux has), so
 * that programs can read modes that come from elsewhere. */
#include "Python.h"

#include <sys/stat.h>

/* Without an own kind here: */
#define S_IFDOOR 0
#define S_IFPORT 0
#define S_IFWHT 0

static mode_t
mode_from_object(PyObject *object)
{
    unsigned long value = PyLong_AsUnsignedLong(object);

    if (value == (unsigned long)-1 && PyErr_Occurred()) {
        return (mode_t)-1;
    }
    if (value != (unsigned long)(mode_t)value) {
        PyErr_SetString(PyExc_OverflowError, "mode out of range");
        return (mode_t)-1;
    }
    return (mode_t)value;
}

/* Whether the mode is of `kind`; 0 is no kind. */
static PyObject *
mode_is_kind(PyObject *object, mode_t kind)
{
    mode_t mode = mode_from_object(object);

    if (mode == (mode_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(kind != 0 && (mode & S_IFMT) == kind);
}

#define QUESTION(name, kind)                        \
    static PyObject *                               \
    stat_S_IS##name(PyObject *module, PyObject *mode) \
    {                                               \
        return mode_is_kind(mode, kind);            \
    }
QUESTION(DIR, S_IFDIR)
QUESTION(CHR, S_IFCHR)
QUESTION(BLK, S_IFBLK)
QUESTION(REG, S_IFREG)
QUESTION(FIFO, S_IFIFO)
QUESTION(LNK, S_IFLNK)
QUESTION(SOCK, S_IFSOCK)
QUESTION(DOOR, S_IFDOOR)
QUESTION(PORT, S_IFPORT)
QUESTION(WHT, S_IFWHT)
#undef QUESTION

static PyObject *
stat_S_IMODE(PyObject *module, PyObject *object)
{
    mode_t mode = mode_from_object(object);

    if (mode == (mode_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromUnsignedLong(mode & 07777);
}

static PyObject *
stat_S_IFMT(PyObject *module, PyObject *object)
{
    mode_t mode = mode_from_object(object);

    if (mode == (mode_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromUnsignedLong(mode & S_IFMT);
}

static char
kind_letter(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return '-';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFBLK: return 'b';
    case S_IFCHR: return 'c';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
    }
}

/* Three letters; `special` is the set-id or sticky bit. */
static void
permission_letters(mode_t bits, mode_t special, char letter, char *out)
{
    out[0] = bits & 4 ? 'r' : '-';
    out[1] = bits & 2 ? 'w' : '-';
    if (special) {
        out[2] = bits & 1 ? letter : (char)Py_TOUPPER(letter);
    }
    else {
        out[2] = bits & 1 ? 'x' : '-';
    }
}

static PyObject *
stat_filemode(PyObject *module, PyObject *object)
{
    mode_t mode = mode_from_object(object);
    char text[11];

    if (mode == (mode_t)-1 && PyErr_Occurred()) {
        return NULL;
    }
    text[0] = kind_letter(mode);
    permission_letters(mode >> 6 & 7, mode & S_ISUID, 's', text + 1);
    permission_letters(mode >> 3 & 7, mode & S_ISGID, 's', text + 4);
    permission_letters(mode & 7, mode & S_ISVTX, 't', text + 7);
    text[10] = '\0';
    return PyUnicode_FromString(text);
}

static PyMethodDef stat_methods[] = {
    {"S_ISDIR", stat_S_ISDIR, METH_O, "Is it a directory?"},
    {"S_ISCHR", stat_S_ISCHR, METH_O, "Is it a character device?"},
    {"S_ISBLK", stat_S_ISBLK, METH_O, "Is it a block device?"},
    {"S_ISREG", stat_S_ISREG, METH_O, "Is it a regular file?"},
    {"S_ISFIFO", stat_S_ISFIFO, METH_O, "Is it a named pipe?"},
    {"S_ISLNK", stat_S_ISLNK, METH_O, "Is it a symbolic link?"},
    {"S_ISSOCK", stat_S_ISSOCK, METH_O, "Is it a socket?"},
    {"S_ISDOOR", stat_S_ISDOOR, METH_O, "Is it a door?"},
    {"S_ISPORT", stat_S_ISPORT, METH_O, "Is it an event port?"},
    {"S_ISWHT", stat_S_ISWHT, METH_O, "Is it a whiteout?"},
    {"S_IMODE", stat_S_IMODE, METH_O, "The permission bits of a mode."},
    {"S_IFMT", stat_S_IFMT, METH_O, "The kind of file in a mode."},
    {"filemode", stat_filemode, METH_O, "A mode as text like '-rwxrwxrwx'."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    unsigned long value;
} stat_constants[] = {
#define N(name) {#name, name},
#define V(name, value) {#name, value},
#include "stat_constants.def"
};

static int
stat_exec(PyObject *module)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(stat_constants); i++) {
        if (PyModule_AddIntConstant(module, stat_constants[i].name,
                                    (long)stat_constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot stat_slots[] = {
    {Py_mod_exec, stat_exec},
    {0, NULL},
};

static PyModuleDef stat_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_stat",
    .m_doc = "Questions about st_mode, and constants for it.",
    .m_size = 0,
    .m_methods = stat_methods,
    .m_slots = stat_slots,
};

PyMODINIT_FUNC PyInit__stat(void);

PyMODINIT_FUNC
PyInit__stat(void)
{
    return PyModuleDef_Init(&stat_module);
}
