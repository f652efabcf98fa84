/* PyMarshal_* and the module marshal. */
#define PY_SSIZE_T_CLEAN
#include "Python.h"

#include "audit.h"
#include "format.h"
#include "marshal.h"

#include <sys/stat.h>

/* Files up to this size are read at once. */
#define WHOLE_FILE_MAX (1 << 18)

/* --- The C API ----------------------------------------------------------- */

void
PyMarshal_WriteLongToFile(long x, FILE *fp, int version)
{
    unsigned char bytes[4];

    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)((x >> 8 * i) & 0xff);
    }
    fwrite(bytes, 1, 4, fp);
}

void
PyMarshal_WriteObjectToFile(PyObject *x, FILE *fp, int version)
{
    if (PyAudit(AUDIT_MARSHAL_DUMPS, "Oi", x, version) < 0) {
        return;
    }
    marshal_write_file(x, fp, version);
}

PyObject *
PyMarshal_WriteObjectToString(PyObject *x, int version)
{
    if (PyAudit(AUDIT_MARSHAL_DUMPS, "Oi", x, version) < 0) {
        return NULL;
    }
    return marshal_write_bytes(x, version);
}

long
PyMarshal_ReadLongFromFile(FILE *fp)
{
    return marshal_read_long(fp);
}

int
PyMarshal_ReadShortFromFile(FILE *fp)
{
    return marshal_read_short(fp);
}

PyObject *
PyMarshal_ReadObjectFromFile(FILE *fp)
{
    if (PyAudit(AUDIT_MARSHAL_LOAD, NULL) < 0) {
        return NULL;
    }
    return marshal_read_file(fp);
}

PyObject *
PyMarshal_ReadLastObjectFromFile(FILE *fp)
{
    struct stat status;
    long position = ftell(fp);

    if (position >= 0 && fstat(fileno(fp), &status) == 0 &&
        status.st_size > position &&
        status.st_size - position <= WHOLE_FILE_MAX) {
        size_t size = (size_t)(status.st_size - position);
        char *buffer = PyMem_Malloc(size);
        if (buffer != NULL) {
            size_t got = fread(buffer, 1, size, fp);
            PyObject *object =
                PyMarshal_ReadObjectFromString(buffer, (Py_ssize_t)got);
            PyMem_Free(buffer);
            return object;
        }
    }
    return PyMarshal_ReadObjectFromFile(fp);
}

PyObject *
PyMarshal_ReadObjectFromString(const char *string, Py_ssize_t len)
{
    if (PyAudit(AUDIT_MARSHAL_LOADS, "y#", string, len) < 0) {
        return NULL;
    }
    return marshal_read_bytes(string, len);
}

/* --- The module ---------------------------------------------------------- */

/* The optional version argument; -1 with an exception. */
static int
version_argument(PyObject *const *args, Py_ssize_t nargs, Py_ssize_t index,
                 int *version)
{
    *version = Py_MARSHAL_VERSION;
    if (nargs > index) {
        *version = _PyLong_AsInt(args[index]);
        if (*version == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
marshal_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *data, *result;
    int version;

    if (!_PyArg_CheckPositional("dump", nargs, 2, 3) ||
        version_argument(args, nargs, 2, &version) < 0) {
        return NULL;
    }
    data = PyMarshal_WriteObjectToString(args[0], version);
    if (data == NULL) {
        return NULL;
    }
    result = PyObject_CallMethod(args[1], "write", "O", data);
    Py_DECREF(data);
    return result;
}

static PyObject *
marshal_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int version;

    if (!_PyArg_CheckPositional("dumps", nargs, 1, 2) ||
        version_argument(args, nargs, 1, &version) < 0) {
        return NULL;
    }
    return PyMarshal_WriteObjectToString(args[0], version);
}

static PyObject *
marshal_load(PyObject *module, PyObject *file)
{
    PyObject *data, *object = NULL;

    /* A text file has read(), too: better to refuse it at once. */
    data = PyObject_CallMethod(file, "read", "i", 0);
    if (data == NULL) {
        return NULL;
    }
    if (!PyBytes_Check(data)) {
        PyErr_Format(PyExc_TypeError,
                     "file.read() returned not bytes but %.100s",
                     Py_TYPE(data)->tp_name);
    }
    else if (PyAudit(AUDIT_MARSHAL_LOAD, NULL) == 0) {
        object = marshal_read_stream(file);
    }
    Py_DECREF(data);
    return object;
}

static PyObject *
marshal_loads(PyObject *module, PyObject *arg)
{
    Py_buffer view;
    PyObject *object;

    if (PyObject_GetBuffer(arg, &view, PyBUF_SIMPLE) != 0) {
        return NULL;
    }
    object = PyMarshal_ReadObjectFromString(view.buf, view.len);
    if (object != NULL) {
        audit_origin_of_loaded(object, view.buf, view.len, 0);
    }
    PyBuffer_Release(&view);
    return object;
}

static PyMethodDef marshal_methods[] = {
    {"dump", _PyCFunction_CAST(marshal_dump), METH_FASTCALL,
     "dump($module, value, file, version=version, /)\n--\n\n"
     "Writes a value to an open binary file."},
    {"load", marshal_load, METH_O,
     "load($module, file, /)\n--\n\n"
     "Reads one value from an open binary file."},
    {"dumps", _PyCFunction_CAST(marshal_dumps), METH_FASTCALL,
     "dumps($module, value, version=version, /)\n--\n\n"
     "The bytes that dump() would write."},
    {"loads", marshal_loads, METH_O,
     "loads($module, bytes, /)\n--\n\nReads one value from bytes."},
    {NULL, NULL, 0, NULL},
};

static int
marshal_exec(PyObject *module)
{
    return PyModule_AddIntConstant(module, "version", Py_MARSHAL_VERSION);
}

static PyModuleDef_Slot marshal_slots[] = {
    {Py_mod_exec, marshal_exec},
    {0, NULL},
};

static PyModuleDef marshal_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "marshal",
    .m_doc = PyDoc_STR("Values as bytes, in the format of .pyc files."),
    .m_methods = marshal_methods,
    .m_slots = marshal_slots,
};

PyObject *
PyMarshal_Init(void)
{
    return PyModuleDef_Init(&marshal_module);
}
