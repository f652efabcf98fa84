/* Attributes: the generic lookup, and the functions around the slots.
 *
 * Generic lookup (data model, "Invoking Descriptors"): a data descriptor of
 * the type wins over the instance, the instance over the rest of the type.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/audit.h"
#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/stackguard.h"
#include "internal/type.h"

/* ---- where the dict is -------------------------------------------------- */

PyObject **
object_dict_slot(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_ssize_t offset = type->tp_dictoffset;

    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return instance_dict_pointer(op);
    }
    if (offset == 0) {
        return NULL;
    }
    if (offset < 0) {
        Py_ssize_t nitems = Py_ABS(Py_SIZE(op));

        offset += (Py_ssize_t)_PyObject_VAR_SIZE(type, nitems);
    }
    return (PyObject **)((char *)op + offset);
}

PyObject **
_PyObject_GetDictPtr(PyObject *op)
{
    if (object_has_feature(op, Py_TPFLAGS_MANAGED_DICT)) {
        if (*instance_values_pointer(op) != NULL &&
            instance_ensure_dict(op) == NULL) {
            PyErr_Clear();           /* MemoryError: the contract has none */
            return NULL;
        }
        return instance_dict_pointer(op);
    }
    return object_dict_slot(op);
}

int
_PyObject_IsInstanceDictEmpty(PyObject *op)
{
    PyObject **dict;

    if (Py_TYPE(op)->tp_dictoffset == 0) {
        return 1;
    }
    if (object_has_feature(op, Py_TPFLAGS_MANAGED_DICT)) {
        return instance_is_empty(op);
    }
    dict = object_dict_slot(op);
    return *dict == NULL || PyDict_GET_SIZE(*dict) == 0;
}

int
PyObject_GenericSetDict(PyObject *op, PyObject *value, void *context)
{
    PyObject **dict = _PyObject_GetDictPtr(op);

    if (dict == NULL) {
        PyErr_SetString(PyExc_AttributeError, "This object has no __dict__");
        return -1;
    }
    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "cannot delete __dict__");
        return -1;
    }
    if (!PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "__dict__ must be set to a dictionary, not a '%.200s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_INCREF(value);
    Py_XSETREF(*dict, value);
    return 0;
}

/* ---- errors ------------------------------------------------------------- */

void
attribute_error_set_context(PyObject *op, PyObject *name)
{
    PyObject *type, *value, *traceback;
    PyAttributeErrorObject *error;

    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != NULL &&
        PyErr_GivenExceptionMatches(value, PyExc_AttributeError)) {
        error = (PyAttributeErrorObject *)value;
        if (error->name == NULL && error->obj == NULL) {
            error->name = Py_NewRef(name);
            error->obj = Py_NewRef(op);
        }
    }
    PyErr_Restore(type, value, traceback);
}

static void
attribute_raise_missing(PyObject *op, PyObject *name)
{
    PyErr_Format(PyExc_AttributeError,
                 "'%.50s' object has no attribute '%U'", Py_TYPE(op)->tp_name,
                 name);
    attribute_error_set_context(op, name);
}

static int
attribute_check_name(PyObject *name)
{
    if (PyUnicode_Check(name)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "attribute name must be string, not '%.200s'",
                 Py_TYPE(name)->tp_name);
    return -1;
}

/* ---- generic get -------------------------------------------------------- */

/* The instance's own attribute, new: 1/0/-1.  Runs Python (hostile keys). */
static int
attribute_find_own(PyObject *op, PyObject *name, PyObject *dict,
                   PyObject **value)
{
    *value = NULL;
    if (dict == NULL) {
        PyObject **slot;

        if (object_has_feature(op, Py_TPFLAGS_MANAGED_DICT)) {
            PyDictValues *values = *instance_values_pointer(op);

            if (values != NULL) {
                if (PyUnicode_CheckExact(name)) {
                    *value = instance_get_attribute(op, values, name);
                    return *value != NULL;
                }
                if (instance_ensure_dict(op) == NULL) {
                    return -1;
                }
            }
            slot = instance_dict_pointer(op);
        }
        else {
            slot = object_dict_slot(op);
        }
        if (slot == NULL || *slot == NULL) {
            return 0;
        }
        dict = *slot;
    }
    Py_INCREF(dict);
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    Py_DECREF(dict);
    if (*value != NULL) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* With `suppress`: NULL without an exception where AttributeError would be
 * raised. */
static PyObject *
attribute_finish(PyObject *result, int suppress)
{
    if (result == NULL && suppress &&
        PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    return result;
}

PyObject *
_PyObject_GenericGetAttrWithDict(PyObject *op, PyObject *name, PyObject *dict,
                                 int suppress)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *descr, *result;
    descrgetfunc get = NULL;
    int found;

    if (attribute_check_name(name) < 0) {
        return NULL;
    }
    if (type->tp_dict == NULL && PyType_Ready(type) < 0) {
        return NULL;
    }
    Py_INCREF(name);
    descr = Py_XNewRef(_PyType_Lookup(type, name));
    if (descr != NULL) {
        get = Py_TYPE(descr)->tp_descr_get;
        if (get != NULL && PyDescr_IsData(descr)) {
            result = attribute_finish(get(descr, op, (PyObject *)type),
                                      suppress);
            goto done;
        }
    }
    found = attribute_find_own(op, name, dict, &result);
    if (found != 0) {
        result = found < 0 ? attribute_finish(NULL, suppress) : result;
    }
    else if (get != NULL) {
        result = attribute_finish(get(descr, op, (PyObject *)type), suppress);
    }
    else if (descr != NULL) {
        result = descr;
        descr = NULL;
    }
    else {
        result = NULL;
        if (!suppress) {
            attribute_raise_missing(op, name);
        }
    }
done:
    Py_XDECREF(descr);
    Py_DECREF(name);
    return result;
}

PyObject *
PyObject_GenericGetAttr(PyObject *op, PyObject *name)
{
    return _PyObject_GenericGetAttrWithDict(op, name, NULL, 0);
}

/* ---- events of assignments ---------------------------------------------- */

int
attribute_audit_assignment(PyObject *op, const char *name, PyObject *value)
{
    return value != NULL ? PyAudit(AUDIT_LUCID_OBJECT___SETATTR__, "OsO", op,
                                   name, value)
                         : PyAudit(AUDIT_LUCID_OBJECT___DELATTR__, "Os", op,
                                   name);
}

/* Where Python raises object.__setattr__ or object.__delattr__ itself. */
static int
assignment_has_event(PyObject *op, const char *name)
{
    static const char *const of_type[] = {"__bases__", "__doc__", "__module__",
                                          "__name__", "__qualname__", NULL};
    static const char *const of_function[] = {"__code__", "__defaults__",
                                              "__kwdefaults__", NULL};
    static const char *const nothing[] = {NULL};
    const char *const *names = PyType_Check(op) ? of_type
                               : PyFunction_Check(op) ? of_function : nothing;

    if (strcmp(name, "__class__") == 0) {
        return 1;
    }
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return 1;
        }
    }
    return 0;
}

int
attribute_audit_patch(PyObject *op, PyObject *name, PyObject *value)
{
    const char *text;

    if (!PyType_Check(op) && !PyModule_Check(op) && !PyFunction_Check(op)) {
        return 0;
    }
    text = PyUnicode_AsUTF8(name);
    if (text == NULL) {
        PyErr_Clear();         /* a surrogate: no name that Python audits */
    }
    else if (assignment_has_event(op, text)) {
        return 0;
    }
    return value != NULL ? PyAudit(AUDIT_LUCID_OBJECT___SETATTR__, "OOO", op,
                                   name, value)
                         : PyAudit(AUDIT_LUCID_OBJECT___DELATTR__, "OO", op,
                                   name);
}

/* ---- generic set -------------------------------------------------------- */

static void
attribute_raise_not_settable(PyObject *op, PyObject *name, PyObject *descr)
{
    if (descr == NULL) {
        PyErr_Format(PyExc_AttributeError,
                     "'%.100s' object has no attribute '%U'",
                     Py_TYPE(op)->tp_name, name);
        attribute_error_set_context(op, name);
    }
    else {
        PyErr_Format(PyExc_AttributeError,
                     "'%.50s' object attribute '%U' is read-only",
                     Py_TYPE(op)->tp_name, name);
    }
}

static int
attribute_set_own(PyObject *op, PyObject *name, PyObject *value,
                  PyObject *descr)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject **slot;

    if (type_has_feature(type, Py_TPFLAGS_MANAGED_DICT)) {
        PyDictValues *values = *instance_values_pointer(op);

        if (values != NULL) {
            if (PyUnicode_CheckExact(name)) {
                int result = instance_set_attribute(op, values, name, value);

                if (result < 0 && value == NULL) {
                    attribute_error_set_context(op, name);
                }
                return result;
            }
            if (instance_ensure_dict(op) == NULL) {
                return -1;
            }
        }
        slot = instance_dict_pointer(op);
    }
    else {
        slot = object_dict_slot(op);
    }
    if (slot == NULL) {
        attribute_raise_not_settable(op, name, descr);
        return -1;
    }
    return instance_dict_set_item(type, slot, name, value);
}

int
_PyObject_GenericSetAttrWithDict(PyObject *op, PyObject *name, PyObject *value,
                                 PyObject *dict)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *descr;
    int result;

    if (attribute_check_name(name) < 0 ||
        (attribute_audit_wanted(value) && !PyType_Check(op) &&
         attribute_audit_patch(op, name, value) < 0)) {
        return -1;
    }
    if (type->tp_dict == NULL && PyType_Ready(type) < 0) {
        return -1;
    }
    Py_INCREF(name);
    Py_INCREF(type);             /* __class__ may change meanwhile */
    descr = Py_XNewRef(_PyType_Lookup(type, name));
    if (descr != NULL && Py_TYPE(descr)->tp_descr_set != NULL) {
        result = Py_TYPE(descr)->tp_descr_set(descr, op, value);
        goto done;
    }
    if (dict == NULL) {
        result = attribute_set_own(op, name, value, descr);
    }
    else {
        Py_INCREF(dict);
        result = value == NULL ? PyDict_DelItem(dict, name)
                               : PyDict_SetItem(dict, name, value);
        Py_DECREF(dict);
    }
    if (result < 0 && PyErr_ExceptionMatches(PyExc_KeyError)) {
        if (PyType_IsSubtype(type, &PyType_Type)) {
            PyErr_Format(PyExc_AttributeError,
                         "type object '%.50s' has no attribute '%U'",
                         ((PyTypeObject *)op)->tp_name, name);
            attribute_error_set_context(op, name);
        }
        else {
            PyErr_Format(PyExc_AttributeError,
                         "'%.100s' object has no attribute '%U'",
                         type->tp_name, name);
            attribute_error_set_context(op, name);
        }
    }
done:
    Py_XDECREF(descr);
    Py_DECREF(type);
    Py_DECREF(name);
    return result;
}

int
PyObject_GenericSetAttr(PyObject *op, PyObject *name, PyObject *value)
{
    return _PyObject_GenericSetAttrWithDict(op, name, value, NULL);
}

/* ---- through the slots -------------------------------------------------- */

PyObject *
PyObject_GetAttr(PyObject *op, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *result;

    if (attribute_check_name(name) < 0) {
        return NULL;
    }
    if (type->tp_getattro != NULL) {
        result = type->tp_getattro(op, name);
    }
    else if (type->tp_getattr != NULL) {
        const char *text = PyUnicode_AsUTF8(name);

        if (text == NULL) {
            return NULL;
        }
        result = type->tp_getattr(op, (char *)text);
    }
    else {
        PyErr_Format(PyExc_AttributeError,
                     "'%.100s' object has no attribute '%U'", type->tp_name,
                     name);
        result = NULL;
    }
    if (result == NULL) {
        attribute_error_set_context(op, name);
    }
    return result;
}

int
_PyObject_LookupAttr(PyObject *op, PyObject *name, PyObject **result)
{
    PyTypeObject *type = Py_TYPE(op);

    *result = NULL;
    if (attribute_check_name(name) < 0) {
        return -1;
    }
    if (type->tp_getattro == PyObject_GenericGetAttr) {
        *result = _PyObject_GenericGetAttrWithDict(op, name, NULL, 1);
        if (*result != NULL) {
            return 1;
        }
        return PyErr_Occurred() ? -1 : 0;
    }
    if (type->tp_getattro != NULL) {
        *result = type->tp_getattro(op, name);
    }
    else if (type->tp_getattr != NULL) {
        const char *text = PyUnicode_AsUTF8(name);

        if (text == NULL) {
            return -1;
        }
        *result = type->tp_getattr(op, (char *)text);
    }
    else {
        return 0;
    }
    if (*result != NULL) {
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

int
_PyObject_LookupAttrId(PyObject *op, _Py_Identifier *name, PyObject **result)
{
    PyObject *string = _PyUnicode_FromId(name);       /* borrowed */

    if (string == NULL) {
        *result = NULL;
        return -1;
    }
    return _PyObject_LookupAttr(op, string, result);
}

PyObject *
PyObject_GetAttrString(PyObject *op, const char *name)
{
    PyObject *string, *result;

    if (Py_TYPE(op)->tp_getattr != NULL) {
        return Py_TYPE(op)->tp_getattr(op, (char *)name);
    }
    string = PyUnicode_FromString(name);
    if (string == NULL) {
        return NULL;
    }
    result = PyObject_GetAttr(op, string);
    Py_DECREF(string);
    return result;
}

int
PyObject_HasAttr(PyObject *op, PyObject *name)
{
    PyObject *value;

    if (_PyObject_LookupAttr(op, name, &value) < 0) {
        PyErr_Clear();            /* the contract: errors count as absent */
        return 0;
    }
    if (value == NULL) {
        return 0;
    }
    Py_DECREF(value);
    return 1;
}

int
PyObject_HasAttrString(PyObject *op, const char *name)
{
    PyObject *value = PyObject_GetAttrString(op, name);

    if (value == NULL) {
        PyErr_Clear();            /* the contract: errors count as absent */
        return 0;
    }
    Py_DECREF(value);
    return 1;
}

int
PyObject_SetAttr(PyObject *op, PyObject *name, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(op);
    int result;

    if (attribute_check_name(name) < 0) {
        return -1;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    if (type->tp_setattro != NULL) {
        result = type->tp_setattro(op, name, value);
    }
    else if (type->tp_setattr != NULL) {
        const char *text = PyUnicode_AsUTF8(name);

        result = text == NULL ? -1
                              : type->tp_setattr(op, (char *)text, value);
    }
    else {
        const char *what =
            type->tp_getattr == NULL && type->tp_getattro == NULL
                ? "has no attributes"
                : "has only read-only attributes";

        PyErr_Format(PyExc_TypeError, "'%.100s' object %s (%s .%U)",
                     type->tp_name, what, value == NULL ? "del" : "assign to",
                     name);
        result = -1;
    }
    Py_DECREF(name);
    return result;
}

int
PyObject_SetAttrString(PyObject *op, const char *name, PyObject *value)
{
    PyObject *string;
    int result;

    if (Py_TYPE(op)->tp_setattr != NULL) {
        return Py_TYPE(op)->tp_setattr(op, (char *)name, value);
    }
    string = PyUnicode_InternFromString(name);
    if (string == NULL) {
        return -1;
    }
    result = PyObject_SetAttr(op, string, value);
    Py_DECREF(string);
    return result;
}

PyObject *
_PyObject_GetAttrId(PyObject *op, _Py_Identifier *name)
{
    PyObject *string = _PyUnicode_FromId(name);       /* borrowed */

    return string == NULL ? NULL : PyObject_GetAttr(op, string);
}

int
_PyObject_SetAttrId(PyObject *op, _Py_Identifier *name, PyObject *value)
{
    PyObject *string = _PyUnicode_FromId(name);       /* borrowed */

    return string == NULL ? -1 : PyObject_SetAttr(op, string, value);
}

/* ---- for calls ---------------------------------------------------------- */

/* 1: *method is a function that wants `op` as first argument; 0: *method is
 * the attribute as it is (NULL on error). */
int
_PyObject_GetMethod(PyObject *op, PyObject *name, PyObject **method)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *descr, *own;
    descrgetfunc get = NULL;
    int is_method = 0, found;

    if (type->tp_getattro != PyObject_GenericGetAttr ||
        !PyUnicode_CheckExact(name) ||
        (type->tp_dict == NULL && PyType_Ready(type) < 0)) {
        *method = PyErr_Occurred() && type->tp_dict == NULL
                      ? NULL : PyObject_GetAttr(op, name);
        return 0;
    }
    *method = NULL;
    descr = Py_XNewRef(_PyType_Lookup(type, name));
    if (descr != NULL) {
        if (object_has_feature(descr, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
            is_method = 1;
        }
        else {
            get = Py_TYPE(descr)->tp_descr_get;
            if (get != NULL && PyDescr_IsData(descr)) {
                *method = get(descr, op, (PyObject *)type);
                Py_DECREF(descr);
                return 0;
            }
        }
    }
    found = attribute_find_own(op, name, NULL, &own);
    if (found != 0) {
        Py_XDECREF(descr);
        *method = own;
        return 0;
    }
    if (is_method) {
        *method = descr;
        return 1;
    }
    if (get != NULL) {
        *method = get(descr, op, (PyObject *)type);
        Py_DECREF(descr);
        return 0;
    }
    if (descr != NULL) {
        *method = descr;
        return 0;
    }
    attribute_raise_missing(op, name);
    return 0;
}

PyObject *
_PyObject_LookupSpecial(PyObject *op, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject *result = _PyType_Lookup(type, name);
    descrgetfunc get;

    if (result == NULL) {
        return NULL;
    }
    get = Py_TYPE(result)->tp_descr_get;
    return get == NULL ? Py_NewRef(result)
                       : get(result, op, (PyObject *)type);
}

PyObject *
_PyObject_LookupSpecialId(PyObject *op, _Py_Identifier *name)
{
    PyObject *string = _PyUnicode_FromId(name);       /* borrowed */

    return string == NULL ? NULL : _PyObject_LookupSpecial(op, string);
}

int
object_find_special(PyObject *op, PyObject *name, PyObject **attr)
{
    *attr = _PyObject_LookupSpecial(op, name);
    if (*attr != NULL) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

int
_PyObject_IsAbstract(PyObject *op)
{
    PyObject *flag;
    int result;

    if (op == NULL) {
        return 0;
    }
    if (stack_guard_nested(" in __isabstractmethod__") < 0) {
        return -1;
    }
    Py_INCREF(op);                      /* its owner may let it go meanwhile */
    result = _PyObject_LookupAttr(op, NAME(__isabstractmethod__), &flag);
    Py_DECREF(op);
    if (result > 0) {
        result = PyObject_IsTrue(flag);
        Py_DECREF(flag);
    }
    return result;
}

PyObject *
_PyObject_NextNotImplemented(PyObject *op)
{
    PyErr_Format(PyExc_TypeError, "'%.200s' object is not iterable",
                 Py_TYPE(op)->tp_name);
    return NULL;
}

int
PyCallable_Check(PyObject *op)
{
    return op != NULL && Py_TYPE(op)->tp_call != NULL;
}
