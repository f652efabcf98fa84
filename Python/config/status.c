/* PyStatus and PyWideStringList (C API reference, "Python Initialization
 * Configuration"), and the wide strings that configurations are made of. */
#include "Python.h"

#include "config.h"

PyStatus
PyStatus_Ok(void)
{
    return STATUS_OK();
}

PyStatus
PyStatus_Error(const char *err_msg)
{
    return (PyStatus){._type = _PyStatus_TYPE_ERROR, .err_msg = err_msg};
}

PyStatus
PyStatus_NoMemory(void)
{
    return PyStatus_Error("memory allocation failed");
}

PyStatus
PyStatus_Exit(int exitcode)
{
    return STATUS_EXIT(exitcode);
}

int
PyStatus_IsError(PyStatus status)
{
    return status._type == _PyStatus_TYPE_ERROR;
}

int
PyStatus_IsExit(PyStatus status)
{
    return status._type == _PyStatus_TYPE_EXIT;
}

int
PyStatus_Exception(PyStatus status)
{
    return status_failed(status);
}

/* --- Wide strings -------------------------------------------------------- */

wchar_t *
wide_copy_size(const wchar_t *text, size_t length)
{
    wchar_t *copy;

    if (length > (size_t)PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) {
        return NULL;
    }
    copy = PyMem_RawMalloc((length + 1) * sizeof(wchar_t));
    if (copy != NULL) {
        memcpy(copy, text, length * sizeof(wchar_t));
        copy[length] = L'\0';
    }
    return copy;
}

wchar_t *
wide_copy(const wchar_t *text)
{
    return wide_copy_size(text, wcslen(text));
}

wchar_t *
wide_join(const wchar_t *left, const wchar_t *separator, const wchar_t *right)
{
    size_t left_length = wcslen(left);
    size_t separator_length = left_length == 0 ? 0 : wcslen(separator);
    size_t right_length = wcslen(right);
    wchar_t *text = PyMem_RawMalloc(
        (left_length + separator_length + right_length + 1) * sizeof(wchar_t));

    if (text == NULL) {
        return NULL;
    }
    wmemcpy(text, left, left_length);
    wmemcpy(text + left_length, separator, separator_length);
    wmemcpy(text + left_length + separator_length, right, right_length + 1);
    return text;
}

void
_PyWideStringList_Clear(PyWideStringList *list)
{
    for (Py_ssize_t i = 0; i < list->length; i++) {
        PyMem_RawFree(list->items[i]);
    }
    PyMem_RawFree(list->items);
    *list = (PyWideStringList){0, NULL};
}

int
_PyWideStringList_Copy(PyWideStringList *list, const PyWideStringList *other)
{
    PyWideStringList copy = {0, NULL};

    if (status_failed(_PyWideStringList_Extend(&copy, other))) {
        _PyWideStringList_Clear(&copy);
        return -1;
    }
    _PyWideStringList_Clear(list);
    *list = copy;
    return 0;
}

PyStatus
PyWideStringList_Insert(PyWideStringList *list, Py_ssize_t index,
                        const wchar_t *item)
{
    wchar_t *copy, **items;

    if (index < 0) {
        return PyStatus_Error("PyWideStringList_Insert index must be >= 0");
    }
    if (list->length == PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(wchar_t *) - 1) {
        return STATUS_NO_MEMORY();
    }
    if (index > list->length) {
        index = list->length;
    }
    copy = wide_copy(item);
    if (copy == NULL) {
        return STATUS_NO_MEMORY();
    }
    items = PyMem_RawRealloc(list->items,
                             (size_t)(list->length + 1) * sizeof(*items));
    if (items == NULL) {
        PyMem_RawFree(copy);
        return STATUS_NO_MEMORY();
    }
    memmove(items + index + 1, items + index,
            (size_t)(list->length - index) * sizeof(*items));
    items[index] = copy;
    list->items = items;
    list->length++;
    return STATUS_OK();
}

PyStatus
PyWideStringList_Append(PyWideStringList *list, const wchar_t *item)
{
    return PyWideStringList_Insert(list, list->length, item);
}

PyStatus
_PyWideStringList_Extend(PyWideStringList *list, const PyWideStringList *other)
{
    for (Py_ssize_t i = 0; i < other->length; i++) {
        PyStatus status = PyWideStringList_Append(list, other->items[i]);
        if (status_failed(status)) {
            return status;
        }
    }
    return STATUS_OK();
}

PyObject *
_PyWideStringList_AsList(const PyWideStringList *list)
{
    PyObject *result = PyList_New(list->length);

    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < list->length; i++) {
        PyObject *item = PyUnicode_FromWideChar(list->items[i], -1);
        if (item == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        PyList_SET_ITEM(result, i, item);
    }
    return result;
}
