/* Arrays from pickles, also of machines with other sizes and orders. */
#include "array.h"

/* Item size, order and meaning of a machine format. */
typedef struct {
    unsigned char size;
    bool is_signed, big_endian;
    char meaning;                /* 'i' integer, 'f' float, 'u' text */
} machine_row;

static const machine_row machine_rows[] = {
    {1, false, false, 'i'}, {1, true, false, 'i'},
    {2, false, false, 'i'}, {2, false, true, 'i'},
    {2, true, false, 'i'},  {2, true, true, 'i'},
    {4, false, false, 'i'}, {4, false, true, 'i'},
    {4, true, false, 'i'},  {4, true, true, 'i'},
    {8, false, false, 'i'}, {8, false, true, 'i'},
    {8, true, false, 'i'},  {8, true, true, 'i'},
    {4, false, false, 'f'}, {4, false, true, 'f'},
    {8, false, false, 'f'}, {8, false, true, 'f'},
    {2, false, false, 'u'}, {2, false, true, 'u'},
    {4, false, false, 'u'}, {4, false, true, 'u'},
};

/* One foreign item as an object. */
static PyObject *
decode_item(const machine_row *row, const char *p)
{
    if (row->meaning == 'i') {
        return _PyLong_FromByteArray((const unsigned char *)p, row->size,
                                     !row->big_endian, row->is_signed);
    }
    double value = row->size == 4 ? PyFloat_Unpack4(p, !row->big_endian)
                                  : PyFloat_Unpack8(p, !row->big_endian);
    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(value);
}

/* The items as an initializer for array(). */
static PyObject *
decode_items(const machine_row *row, PyObject *bytes)
{
    Py_ssize_t len = PyBytes_GET_SIZE(bytes), n = len / row->size;
    const char *p = PyBytes_AS_STRING(bytes);
    int order = row->big_endian ? 1 : -1;

    if (row->meaning == 'u') {
        return row->size == 2 ? PyUnicode_DecodeUTF16(p, len, "strict", &order)
                              : PyUnicode_DecodeUTF32(p, len, "strict",
                                                      &order);
    }
    if (len % row->size != 0) {
        PyErr_SetString(PyExc_ValueError,
                        row->meaning == 'i'
                            ? "bytes length not a multiple of item size"
                            : "bytes length not a multiple of item size");
        return NULL;
    }
    PyObject *list = PyList_New(n);                             /* owned */
    for (Py_ssize_t i = 0; list != NULL && i < n; i++, p += row->size) {
        PyObject *item = decode_item(row, p);

        if (item == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

/* The type code that holds a foreign format's integers, if the given one
 * does not. */
static char
suitable_code(const machine_row *row, char code)
{
    const array_kind *kind = array_find_kind((Py_UCS4)code);

    if (row->meaning != 'i' ||
        (kind->is_integer && kind->size == row->size &&
         kind->is_signed == row->is_signed)) {
        return code;
    }
    for (size_t i = 0; i < ARRAY_KINDS; i++) {
        if (array_kinds[i].is_integer && array_kinds[i].size == row->size &&
            array_kinds[i].is_signed == row->is_signed) {
            return array_kinds[i].code;
        }
    }
    return code;
}

PyObject *
array_reconstruct(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    array_state *state = PyModule_GetState(module);
    Py_UCS4 code;

    if (!_PyArg_CheckPositional("_array_reconstructor", nargs, 4, 4)) {
        return NULL;
    }
    if (!PyType_Check(args[0])) {
        PyErr_Format(PyExc_TypeError,
                     "first argument must be a type object, not %.200s",
                     Py_TYPE(args[0])->tp_name);
        return NULL;
    }
    if (array_take_code(args[1], "_array_reconstructor", 2, &code) < 0) {
        return NULL;
    }
    int machine = _PyLong_AsInt(args[2]);
    if (machine == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)args[0];
    if (!PyType_IsSubtype(type, state->array_type)) {
        PyErr_Format(PyExc_TypeError, "%.200s is not a subtype of %.200s",
                     type->tp_name, state->array_type->tp_name);
        return NULL;
    }
    if (array_find_kind(code) == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "second argument must be a valid type code");
        return NULL;
    }
    if (machine < 0 || machine >= (int)Py_ARRAY_LENGTH(machine_rows)) {
        PyErr_SetString(PyExc_ValueError,
                        "third argument must be a valid machine format "
                        "code.");
        return NULL;
    }
    if (!PyBytes_Check(args[3])) {
        PyErr_Format(PyExc_TypeError,
                     "fourth argument should be bytes, not %.200s",
                     Py_TYPE(args[3])->tp_name);
        return NULL;
    }
    const machine_row *row = &machine_rows[machine];
    PyObject *initial = (int)array_find_kind(code)->machine == machine
                            ? Py_NewRef(args[3])
                            : decode_items(row, args[3]);       /* owned */
    if (initial == NULL) {
        return NULL;
    }
    PyObject *call_args = Py_BuildValue(
        "(CN)", (int)suitable_code(row, (char)code), initial);  /* owned */
    if (call_args == NULL) {
        return NULL;
    }
    PyObject *result = array_new(type, call_args, NULL);
    Py_DECREF(call_args);
    return result;
}

