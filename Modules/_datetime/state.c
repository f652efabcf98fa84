/* Pickled states of date, datetime and time: their bytes. */

#include "private.h"

int
state_read(PyObject *state, const state_layout *layout, unsigned char *data)
{
    Py_UCS4 checked;

    if (PyBytes_Check(state)) {
        if (PyBytes_GET_SIZE(state) != layout->size) {
            return 0;
        }
        memcpy(data, PyBytes_AS_STRING(state), (size_t)layout->size);
        checked = data[layout->checked] & layout->mask;
        return checked >= layout->low && checked <= layout->high;
    }
    if (!PyUnicode_Check(state) || PyUnicode_READY(state) < 0 ||
        PyUnicode_GET_LENGTH(state) != layout->size) {
        return PyErr_Occurred() ? -1 : 0;
    }
    checked = PyUnicode_READ_CHAR(state, layout->checked) & layout->mask;
    if (checked < layout->low || checked > layout->high) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < layout->size; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(state, i);
        if (c > 255) {
            PyErr_Format(PyExc_ValueError,
                         "Failed to encode latin1 string when unpickling a "
                         "%s object. pickle.load(data, encoding='latin1') is "
                         "assumed.", layout->name);
            return -1;
        }
        data[i] = (unsigned char)c;
    }
    return 1;
}

PyObject *
state_write(const state_layout *layout, const unsigned char *data, int fold,
            PyObject *tzinfo)
{
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)data,
                                                layout->size);

    if (bytes == NULL) {
        return NULL;
    }
    if (fold) {
        PyBytes_AS_STRING(bytes)[layout->checked] |= (char)0x80;
    }
    return tzinfo == Py_None ? Py_BuildValue("(N)", bytes)
                             : Py_BuildValue("(NO)", bytes, tzinfo);
}
