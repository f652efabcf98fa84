/* The type `type`: calling classes, attributes of classes, getters and
 * setters, and the life of class objects.  How classes come to be is in new.c,
 * ready.c and spec.c.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/audit.h"
#include "internal/call.h"
#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"

/* ---- names -------------------------------------------------------------- */

const char *
_PyType_Name(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');

    return dot == NULL ? type->tp_name : dot + 1;
}

PyObject *
type_get_name(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return Py_NewRef(((PyHeapTypeObject *)type)->ht_name);
    }
    return PyUnicode_FromString(_PyType_Name(type));
}

PyObject *
type_get_qualname(PyTypeObject *type)
{
    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return Py_NewRef(((PyHeapTypeObject *)type)->ht_qualname);
    }
    return PyUnicode_FromString(_PyType_Name(type));
}

PyObject *
type_get_module(PyTypeObject *type)
{
    const char *dot;

    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *module = PyDict_GetItemWithError(type->tp_dict,
                                                   NAME(__module__));

        if (module == NULL) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_AttributeError, "__module__");
            }
            return NULL;
        }
        return Py_NewRef(module);
    }
    dot = strrchr(type->tp_name, '.');
    if (dot != NULL) {
        PyObject *module = PyUnicode_FromStringAndSize(type->tp_name,
                                                       dot - type->tp_name);

        if (module != NULL) {
            PyUnicode_InternInPlace(&module);
        }
        return module;
    }
    return Py_NewRef(NAME(builtins));
}

PyObject *
PyType_GetName(PyTypeObject *type)
{
    return type_get_name(type);
}

PyObject *
PyType_GetQualName(PyTypeObject *type)
{
    return type_get_qualname(type);
}

unsigned long
PyType_GetFlags(PyTypeObject *type)
{
    return type->tp_flags;
}

/* ---- text signatures ---------------------------------------------------- */

/* Where the "(...)" of "name(...)\n--\n\n" starts in `doc`; NULL if none. */
static const char *
doc_find_signature(const char *name, const char *doc)
{
    const char *dot = strrchr(name, '.');
    size_t size;

    if (dot != NULL) {
        name = dot + 1;
    }
    size = strlen(name);
    if (doc == NULL || strncmp(doc, name, size) != 0 || doc[size] != '(') {
        return NULL;
    }
    return doc + size;
}

/* Behind ")\n--\n\n"; NULL if an empty line comes first. */
static const char *
doc_skip_signature(const char *doc)
{
    static const char mark[] = ")\n--\n\n";

    for (; *doc != '\0'; doc++) {
        if (strncmp(doc, mark, sizeof(mark) - 1) == 0) {
            return doc + sizeof(mark) - 1;
        }
        if (doc[0] == '\n' && doc[1] == '\n') {
            return NULL;
        }
    }
    return NULL;
}

const char *
type_doc_without_signature(const char *name, const char *doc)
{
    const char *signature = doc_find_signature(name, doc);
    const char *rest;

    if (signature == NULL) {
        return doc;
    }
    rest = doc_skip_signature(signature);
    return rest == NULL ? doc : rest;
}

PyObject *
_PyType_GetDocFromInternalDoc(const char *name, const char *internal_doc)
{
    const char *doc = type_doc_without_signature(name, internal_doc);

    if (doc == NULL || *doc == '\0') {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(doc);
}

PyObject *
_PyType_GetTextSignatureFromInternalDoc(const char *name,
                                        const char *internal_doc)
{
    const char *start = doc_find_signature(name, internal_doc), *end;

    end = start == NULL ? NULL : doc_skip_signature(start);
    if (end == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromStringAndSize(
        start, end - start - (Py_ssize_t)strlen("\n--\n\n"));
}

/* ---- getters and setters ------------------------------------------------ */

/* May `name` be assigned to (value given) or deleted?  Audited. */
static int
type_check_set_special(PyTypeObject *type, PyObject *value, const char *name)
{
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        PyErr_Format(PyExc_TypeError,
                     "cannot set '%s' attribute of immutable type '%s'", name,
                     type->tp_name);
        return 0;
    }
    if (value == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "cannot delete '%s' attribute of immutable type '%s'",
                     name, type->tp_name);
        return 0;
    }
    return PyAudit(AUDIT_OBJECT___SETATTR__, "OsO", type, name, value) == 0;
}

static PyObject *
type_name_getter(PyTypeObject *type, void *closure)
{
    return type_get_name(type);
}

static int
type_name_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;
    const char *text;
    Py_ssize_t size;

    if (!type_check_set_special(type, value, "__name__")) {
        return -1;
    }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "can only assign string to %s.__name__, not '%s'",
                     type->tp_name, Py_TYPE(value)->tp_name);
        return -1;
    }
    text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        return -1;
    }
    if (strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError,
                        "type name must not contain null characters");
        return -1;
    }
    type->tp_name = text;
    Py_SETREF(heap_type->ht_name, Py_NewRef(value));
    return 0;
}

static PyObject *
type_qualname_getter(PyTypeObject *type, void *closure)
{
    return type_get_qualname(type);
}

static int
type_qualname_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    if (!type_check_set_special(type, value, "__qualname__")) {
        return -1;
    }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "can only assign string to %s.__qualname__, not '%s'",
                     type->tp_name, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_SETREF(((PyHeapTypeObject *)type)->ht_qualname, Py_NewRef(value));
    return 0;
}

static PyObject *
type_module_getter(PyTypeObject *type, void *closure)
{
    return type_get_module(type);
}

static int
type_module_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    if (!type_check_set_special(type, value, "__module__")) {
        return -1;
    }
    PyType_Modified(type);
    return PyDict_SetItem(type->tp_dict, NAME(__module__), value);
}

static PyObject *
type_dict_getter(PyTypeObject *type, void *closure)
{
    if (type->tp_dict == NULL) {
        Py_RETURN_NONE;
    }
    return PyDictProxy_New(type->tp_dict);
}

static PyObject *
type_doc_getter(PyTypeObject *type, void *closure)
{
    PyObject *doc;

    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE) && type->tp_doc != NULL) {
        return _PyType_GetDocFromInternalDoc(type->tp_name, type->tp_doc);
    }
    doc = PyDict_GetItemWithError(type->tp_dict, NAME(__doc__));
    if (doc == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    if (Py_TYPE(doc)->tp_descr_get != NULL) {
        return Py_TYPE(doc)->tp_descr_get(doc, NULL, (PyObject *)type);
    }
    return Py_NewRef(doc);
}

static int
type_doc_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    if (!type_check_set_special(type, value, "__doc__")) {
        return -1;
    }
    PyType_Modified(type);
    return PyDict_SetItem(type->tp_dict, NAME(__doc__), value);
}

static PyObject *
type_text_signature_getter(PyTypeObject *type, void *closure)
{
    return _PyType_GetTextSignatureFromInternalDoc(type->tp_name,
                                                   type->tp_doc);
}

/* `type` itself has a descriptor under the name, which is no answer. */
static PyObject *
type_abstract_methods_getter(PyTypeObject *type, void *closure)
{
    PyObject *methods = NULL;

    if (type != &PyType_Type) {
        methods = PyDict_GetItemWithError(type->tp_dict,
                                          NAME(__abstractmethods__));
    }
    if (methods == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, NAME(__abstractmethods__));
        }
        return NULL;
    }
    return Py_NewRef(methods);
}

static int
type_abstract_methods_setter(PyTypeObject *type, PyObject *value,
                             void *closure)
{
    int abstract = 0;

    if (value != NULL) {
        abstract = PyObject_IsTrue(value);
        if (abstract < 0 ||
            PyDict_SetItem(type->tp_dict, NAME(__abstractmethods__),
                           value) < 0) {
            return -1;
        }
    }
    else if (PyDict_DelItem(type->tp_dict, NAME(__abstractmethods__)) < 0) {
        if (PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_SetObject(PyExc_AttributeError, NAME(__abstractmethods__));
        }
        return -1;
    }
    PyType_Modified(type);
    if (abstract) {
        type->tp_flags |= Py_TPFLAGS_IS_ABSTRACT;
    }
    else {
        type->tp_flags &= ~Py_TPFLAGS_IS_ABSTRACT;
    }
    return 0;
}

/* Made on demand, for classes; builtin types have none. */
static PyObject *
type_annotations_getter(PyTypeObject *type, void *closure)
{
    PyObject *annotations;

    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyErr_Format(PyExc_AttributeError,
                     "type object '%s' has no attribute '__annotations__'",
                     type->tp_name);
        return NULL;
    }
    annotations =
        PyDict_GetItemWithError(type->tp_dict, NAME(__annotations__));
    if (annotations != NULL) {
        descrgetfunc get = Py_TYPE(annotations)->tp_descr_get;

        return get == NULL ? Py_NewRef(annotations)
                           : get(annotations, NULL, (PyObject *)type);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    annotations = PyDict_New();
    if (annotations != NULL &&
        PyDict_SetItem(type->tp_dict, NAME(__annotations__),
                       annotations) < 0) {
        Py_CLEAR(annotations);
    }
    if (annotations != NULL) {
        PyType_Modified(type);
    }
    return annotations;
}

static int
type_annotations_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        PyErr_Format(PyExc_TypeError,
                     "cannot set '__annotations__' attribute of immutable "
                     "type '%s'", type->tp_name);
        return -1;
    }
    if (value != NULL) {
        if (PyDict_SetItem(type->tp_dict, NAME(__annotations__), value) < 0) {
            return -1;
        }
    }
    else if (PyDict_DelItem(type->tp_dict, NAME(__annotations__)) < 0) {
        if (PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Format(PyExc_AttributeError, "__annotations__");
        }
        return -1;
    }
    PyType_Modified(type);
    return 0;
}

static PyObject *
type_bases_getter(PyTypeObject *type, void *closure)
{
    return Py_NewRef(type->tp_bases);
}

static int
type_bases_setter(PyTypeObject *type, PyObject *value, void *closure)
{
    if (!type_check_set_special(type, value, "__bases__")) {
        return -1;
    }
    return type_set_bases(type, value);
}

/* ---- methods ------------------------------------------------------------ */

static PyObject *
type_mro_method(PyTypeObject *type, PyObject *ignored)
{
    PyObject *order = type_mro_c3(type), *result;

    if (order == NULL) {
        return NULL;
    }
    result = PySequence_List(order);
    Py_DECREF(order);
    return result;
}

static PyObject *
type_subclasses_method(PyTypeObject *type, PyObject *ignored)
{
    if (PyAudit(AUDIT_LUCID_TYPE___SUBCLASSES__, "(O)", type) < 0) {
        return NULL;
    }
    return type_subclasses(type);
}

static PyObject *
type_prepare(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    return PyDict_New();
}

static PyObject *
type_instancecheck(PyObject *self, PyObject *instance)
{
    int result = _PyObject_RealIsInstance(instance, self);

    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *
type_subclasscheck(PyObject *self, PyObject *subclass)
{
    int result = _PyObject_RealIsSubclass(subclass, self);

    return result < 0 ? NULL : PyBool_FromLong(result);
}

/* Adds the attributes of a class and its bases, bases first. Anything with
 * __bases__ counts as a class. */
int
type_merge_dir(PyObject *dict, PyObject *cls)
{
    PyObject *attributes = NULL, *bases = NULL;
    Py_ssize_t n;
    int result = -1;

    if (_PyObject_LookupAttr(cls, NAME(__dict__), &attributes) < 0) {
        return -1;
    }
    if (attributes != NULL) {
        int status = PyDict_Update(dict, attributes);

        Py_DECREF(attributes);
        if (status < 0) {
            return -1;
        }
    }
    if (_PyObject_LookupAttr(cls, NAME(__bases__), &bases) < 0) {
        return -1;
    }
    if (bases == NULL) {
        return 0;
    }
    n = PySequence_Size(bases);
    if (n < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *base = PySequence_GetItem(bases, i);
        int status;

        if (base == NULL) {
            goto done;
        }
        status = type_merge_dir(dict, base);
        Py_DECREF(base);
        if (status < 0) {
            goto done;
        }
    }
    result = 0;
done:
    Py_DECREF(bases);
    return result;
}

static PyObject *
type_dir(PyObject *self, PyObject *ignored)
{
    PyObject *dict = PyDict_New(), *result = NULL;

    if (dict != NULL && type_merge_dir(dict, self) == 0) {
        result = PyDict_Keys(dict);
    }
    Py_XDECREF(dict);
    return result;
}

static PyObject *
type_sizeof(PyTypeObject *type, PyObject *ignored)
{
    Py_ssize_t size;

    if (type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyHeapTypeObject *heap_type = (PyHeapTypeObject *)type;

        size = sizeof(PyHeapTypeObject);
        if (heap_type->ht_cached_keys != NULL) {
            size += dict_keys_sizeof(heap_type->ht_cached_keys);
        }
    }
    else {
        size = sizeof(PyTypeObject);
    }
    return PyLong_FromSsize_t(size);
}

static PyObject *
type_or(PyObject *left, PyObject *right)
{
    return union_type_or(left, right);
}

/* ---- call --------------------------------------------------------------- */

/* type(x), the one-argument form, is for `type` itself only. */
static PyObject *
type_of_or_check(PyObject *args, PyObject *kwds)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);

    if (n == 1 && (kwds == NULL || PyDict_GET_SIZE(kwds) == 0)) {
        return Py_NewRef((PyObject *)Py_TYPE(PyTuple_GET_ITEM(args, 0)));
    }
    if (n != 3) {
        PyErr_SetString(PyExc_TypeError, "type() takes 1 or 3 arguments");
    }
    return NULL;
}

static PyObject *
type_call(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyTypeObject *made;
    PyObject *op;

    if (type == &PyType_Type) {
        op = type_of_or_check(args, kwds);
        if (op != NULL || PyErr_Occurred()) {
            return op;
        }
    }
    if (type->tp_new == NULL) {
        PyErr_Format(PyExc_TypeError, "cannot create '%s' instances",
                     type->tp_name);
        return NULL;
    }
    op = type->tp_new(type, args, kwds);
    op = _Py_CheckFunctionResult(tstate, (PyObject *)type, op, NULL);
    if (op == NULL) {
        return NULL;
    }
    made = Py_TYPE(op);
    if (made != type && !PyType_IsSubtype(made, type)) {
        return op;                 /* __new__ returned something else */
    }
    if (made->tp_init != NULL && made->tp_init(op, args, kwds) < 0) {
        Py_DECREF(op);
        return NULL;
    }
    return op;
}

/* `type` as a function: type(x) without a tuple. */
static PyObject *
type_vectorcall(PyObject *metatype, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (nargs == 1 && metatype == (PyObject *)&PyType_Type) {
        if (!_PyArg_NoKwnames("type", kwnames)) {
            return NULL;
        }
        return Py_NewRef((PyObject *)Py_TYPE(args[0]));
    }
    return _PyObject_MakeTpCall(_PyThreadState_GET(), metatype, args, nargs,
                                kwnames);
}

/* FAST PATH: instances of classes with object's __new__ and a Python
 * __init__: same as type_call, without packing the arguments. */
PyObject *
type_vectorcall_instance(PyObject *self, PyObject *const *args, size_t nargsf,
                         PyObject *kwnames)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyThreadState *tstate = _PyThreadState_GET();
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    Py_ssize_t total =
        nargs + (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));
    PyObject *small[CALL_SMALL_STACK + 1], *op, *init, *answer;

    if (type->tp_new != object_new || type->tp_init != slot_tp_init ||
        type_has_feature(type, Py_TPFLAGS_IS_ABSTRACT) ||
        total > CALL_SMALL_STACK ||
        (init = _PyType_Lookup(type, NAME(__init__))) == NULL ||
        !Py_IS_TYPE(init, &PyFunction_Type)) {
        return _PyObject_MakeTpCall(tstate, self, args, nargs, kwnames);
    }
    Py_INCREF(init);
    op = type->tp_alloc(type, 0);
    if (op == NULL) {
        Py_DECREF(init);
        return NULL;
    }
    if (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) {
        PyObject **lent = (PyObject **)args - 1, *kept = lent[0];

        lent[0] = op;
        answer = call_vectorcall(tstate, init, lent, nargs + 1, kwnames);
        lent[0] = kept;
    }
    else {
        small[0] = op;
        for (Py_ssize_t i = 0; i < total; i++) {
            small[i + 1] = args[i];
        }
        answer = call_vectorcall(tstate, init, small, nargs + 1, kwnames);
    }
    Py_DECREF(init);
    if (answer == NULL) {
        Py_DECREF(op);
        return NULL;
    }
    if (answer != Py_None) {
        PyErr_Format(PyExc_TypeError,
                     "__init__() should return None, not '%.200s'",
                     Py_TYPE(answer)->tp_name);
        Py_DECREF(answer);
        Py_DECREF(op);
        return NULL;
    }
    Py_DECREF(answer);
    return op;
}

static int
type_init(PyObject *cls, PyObject *args, PyObject *kwds)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);

    if (kwds != NULL && n == 1 && PyDict_GET_SIZE(kwds) != 0) {
        PyErr_SetString(PyExc_TypeError,
                        "type.__init__() takes no keyword arguments");
        return -1;
    }
    if (n != 1 && n != 3) {
        PyErr_SetString(PyExc_TypeError,
                        "type.__init__() takes 1 or 3 arguments");
        return -1;
    }
    return 0;
}

/* ---- attributes --------------------------------------------------------- */

/* Data descriptors of the metatype, then the MRO of the class, then the
 * metatype's other attributes. */
PyObject *
type_getattro(PyObject *self, PyObject *name)
{
    PyTypeObject *type = (PyTypeObject *)self, *metatype = Py_TYPE(type);
    PyObject *meta_attribute, *attribute, *result;
    descrgetfunc meta_get = NULL;

    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError,
                     "attribute name must be string, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return NULL;
    }
    if (type->tp_dict == NULL && PyType_Ready(type) < 0) {
        return NULL;
    }
    meta_attribute = _PyType_Lookup(metatype, name);
    if (meta_attribute != NULL) {
        Py_INCREF(meta_attribute);
        meta_get = Py_TYPE(meta_attribute)->tp_descr_get;
        if (meta_get != NULL && PyDescr_IsData(meta_attribute)) {
            result = meta_get(meta_attribute, self, (PyObject *)metatype);
            Py_DECREF(meta_attribute);
            return result;
        }
    }
    attribute = _PyType_Lookup(type, name);
    if (attribute != NULL) {
        descrgetfunc get = Py_TYPE(attribute)->tp_descr_get;

        Py_INCREF(attribute);
        Py_XDECREF(meta_attribute);
        if (get != NULL) {
            result = get(attribute, NULL, self);
            Py_DECREF(attribute);
            return result;
        }
        return attribute;
    }
    if (meta_get != NULL) {
        result = meta_get(meta_attribute, self, (PyObject *)metatype);
        Py_DECREF(meta_attribute);
        return result;
    }
    if (meta_attribute != NULL) {
        return meta_attribute;
    }
    PyErr_Format(PyExc_AttributeError,
                 "type object '%.50s' has no attribute '%U'", type->tp_name,
                 name);
    return NULL;
}

static int
name_is_dunder(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    const char *text;

    if (n < 5 || !PyUnicode_IS_ASCII(name)) {
        return 0;
    }
    text = (const char *)PyUnicode_1BYTE_DATA(name);
    return text[0] == '_' && text[1] == '_' && text[n - 1] == '_' &&
           text[n - 2] == '_';
}

/* Versions go before the change, so that nobody caches what is about to be
 * freed; slots follow after it.  Runs Python. */
static int
type_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    PyTypeObject *type = (PyTypeObject *)self;
    int result;

    if (type_has_feature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        PyErr_Format(PyExc_TypeError,
                     "cannot set %R attribute of immutable type '%s'", name,
                     type->tp_name);
        return -1;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError,
                     "attribute name must be string, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return -1;
    }
    /* Exact and interned: lookups compare by identity first. */
    name = PyUnicode_CheckExact(name) ? Py_NewRef(name)
                                      : _PyUnicode_Copy(name);
    if (name == NULL) {
        return -1;
    }
    if (PyUnicode_READY(name) < 0) {
        Py_DECREF(name);
        return -1;
    }
    PyUnicode_InternInPlace(&name);
    if (attribute_audit_wanted(value) &&
        attribute_audit_patch(self, name, value) < 0) {
        Py_DECREF(name);
        return -1;
    }
    PyType_Modified(type);
    result =
        _PyObject_GenericSetAttrWithDict(self, name, value, type->tp_dict);
    PyType_Modified(type);       /* a finalizer may have looked it up */
    if (result == 0 && name_is_dunder(name)) {
        result = type_update_slot(type, name);
    }
    Py_DECREF(name);
    return result;
}

static PyObject *
type_repr(PyTypeObject *type)
{
    PyObject *module, *name, *result = NULL;

    if (type->tp_name == NULL) {
        return PyUnicode_FromFormat("<class at %p>", type);
    }
    module = type_get_module(type);
    if (module == NULL) {
        PyErr_Clear();              /* __module__ was deleted */
    }
    else if (!PyUnicode_Check(module)) {
        Py_CLEAR(module);
    }
    name = type_get_qualname(type);
    if (name != NULL) {
        if (module != NULL && !_PyUnicode_Equal(module, NAME(builtins))) {
            result = PyUnicode_FromFormat("<class '%U.%U'>", module, name);
        }
        else {
            result = PyUnicode_FromFormat("<class '%s'>", type->tp_name);
        }
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return result;
}

/* ---- life --------------------------------------------------------------- */

static void
type_forget_bases(PyTypeObject *type)
{
    PyObject *bases = type->tp_bases;

    for (Py_ssize_t i = 0; bases != NULL && i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);

        if (PyType_Check(base)) {
            type_remove_subclass((PyTypeObject *)base, type);
        }
    }
}

static void
type_dealloc(PyObject *self)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)self;
    PyObject *error_type, *error_value, *error_traceback;

    assert(type_has_feature(type, Py_TPFLAGS_HEAPTYPE));
    if (gc_is_tracked(self)) {
        gc_untrack(self);
    }
    PyErr_Fetch(&error_type, &error_value, &error_traceback);
    type_forget_bases(type);
    PyErr_Restore(error_type, error_value, error_traceback);
    PyObject_ClearWeakRefs(self);
    Py_XDECREF(type->tp_base);
    Py_XDECREF(type->tp_dict);
    Py_XDECREF(type->tp_bases);
    Py_XDECREF(type->tp_mro);
    Py_XDECREF(type->tp_cache);
    Py_XDECREF(type->tp_subclasses);
    PyObject_Free((char *)type->tp_doc);
    Py_XDECREF(heap_type->ht_name);
    Py_XDECREF(heap_type->ht_qualname);
    Py_XDECREF(heap_type->ht_slots);
    Py_XDECREF(heap_type->ht_module);
    if (heap_type->ht_cached_keys != NULL) {
        dict_keys_decref(heap_type->ht_cached_keys);
    }
    PyMem_Free(heap_type->_ht_tpname);
    Py_TYPE(type)->tp_free(self);
}

static int
type_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = (PyTypeObject *)self;

    if (!type_has_feature(type, Py_TPFLAGS_HEAPTYPE)) {
        return 0;
    }
    Py_VISIT(type->tp_dict);
    Py_VISIT(type->tp_cache);
    Py_VISIT(type->tp_mro);
    Py_VISIT(type->tp_bases);
    Py_VISIT(type->tp_base);
    Py_VISIT(((PyHeapTypeObject *)type)->ht_module);
    /* tp_subclasses holds weak references, ht_slots and names only strings. */
    return 0;
}

/* Instances can outlive this: tp_base and tp_bases stay, for their dealloc
 * needs them; the MRO goes, since it contains the type itself. */
static int
type_clear(PyObject *self)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyHeapTypeObject *heap_type = (PyHeapTypeObject *)self;

    PyType_Modified(type);
    if (heap_type->ht_cached_keys != NULL) {
        PyDictKeysObject *keys = heap_type->ht_cached_keys;

        heap_type->ht_cached_keys = NULL;
        dict_keys_decref(keys);
    }
    if (type->tp_dict != NULL) {
        PyDict_Clear(type->tp_dict);
    }
    Py_CLEAR(heap_type->ht_module);
    Py_CLEAR(type->tp_mro);
    return 0;
}

static int
type_is_gc(PyObject *self)
{
    return type_has_feature((PyTypeObject *)self, Py_TPFLAGS_HEAPTYPE);
}

/* ---- definition --------------------------------------------------------- */

static PyNumberMethods type_as_number = {.nb_or = type_or};

static PyMethodDef type_methods[] = {
    {"mro", (PyCFunction)type_mro_method, METH_NOARGS,
     PyDoc_STR("mro($self, /)\n--\n\nThe method resolution order of a type.")},
    {"__subclasses__", (PyCFunction)type_subclasses_method, METH_NOARGS,
     PyDoc_STR("__subclasses__($self, /)\n--\n\n"
               "List of the direct subclasses that are alive.")},
    {"__prepare__", (PyCFunction)(void (*)(void))type_prepare,
     METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     PyDoc_STR("__prepare__() -> dict\n"
               "The namespace in which a class body runs.")},
    {"__instancecheck__", type_instancecheck, METH_O,
     PyDoc_STR("__instancecheck__($self, instance, /)\n--\n\n"
               "Whether an object is an instance.")},
    {"__subclasscheck__", type_subclasscheck, METH_O,
     PyDoc_STR("__subclasscheck__($self, subclass, /)\n--\n\n"
               "Whether a class is a subclass.")},
    {"__dir__", type_dir, METH_NOARGS,
     PyDoc_STR("__dir__($self, /)\n--\n\nNames of a type's attributes.")},
    {"__sizeof__", (PyCFunction)type_sizeof, METH_NOARGS,
     PyDoc_STR(
         "__sizeof__($self, /)\n--\n\nMemory of the type object, in bytes.")},
    {NULL}};

static PyMemberDef type_members[] = {
    {"__basicsize__", T_PYSSIZET, offsetof(PyTypeObject, tp_basicsize),
     READONLY},
    {"__itemsize__", T_PYSSIZET, offsetof(PyTypeObject, tp_itemsize),
     READONLY},
    {"__flags__", T_ULONG, offsetof(PyTypeObject, tp_flags), READONLY},
    {"__weakrefoffset__", T_PYSSIZET,
     offsetof(PyTypeObject, tp_weaklistoffset), READONLY},
    {"__base__", T_OBJECT, offsetof(PyTypeObject, tp_base), READONLY},
    {"__dictoffset__", T_PYSSIZET, offsetof(PyTypeObject, tp_dictoffset),
     READONLY},
    {"__mro__", T_OBJECT, offsetof(PyTypeObject, tp_mro), READONLY},
    {NULL}};

static PyGetSetDef type_getsets[] = {
    {"__name__", (getter)type_name_getter, (setter)type_name_setter},
    {"__qualname__", (getter)type_qualname_getter,
     (setter)type_qualname_setter},
    {"__bases__", (getter)type_bases_getter, (setter)type_bases_setter},
    {"__module__", (getter)type_module_getter, (setter)type_module_setter},
    {"__abstractmethods__", (getter)type_abstract_methods_getter,
     (setter)type_abstract_methods_setter},
    {"__dict__", (getter)type_dict_getter},
    {"__doc__", (getter)type_doc_getter, (setter)type_doc_setter},
    {"__text_signature__", (getter)type_text_signature_getter},
    {"__annotations__", (getter)type_annotations_getter,
     (setter)type_annotations_setter},
    {NULL}
};

PyTypeObject PyType_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "type",
    .tp_basicsize = sizeof(PyHeapTypeObject),
    .tp_itemsize = sizeof(PyMemberDef),
    .tp_dealloc = type_dealloc,
    .tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall),
    .tp_repr = (reprfunc)type_repr,
    .tp_as_number = &type_as_number,
    .tp_call = (ternaryfunc)type_call,
    .tp_getattro = type_getattro,
    .tp_setattro = type_setattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                Py_TPFLAGS_TYPE_SUBCLASS | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = PyDoc_STR("type(object) -> the object's type\n"
                        "type(name, bases, dict, **kwds) -> a new type"),
    .tp_traverse = type_traverse,
    .tp_clear = type_clear,
    .tp_weaklistoffset = offsetof(PyTypeObject, tp_weaklist),
    .tp_methods = type_methods,
    .tp_members = type_members,
    .tp_getset = type_getsets,
    .tp_dictoffset = offsetof(PyTypeObject, tp_dict),
    .tp_init = type_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = type_new,
    .tp_free = PyObject_GC_Del,
    .tp_is_gc = type_is_gc,
    .tp_vectorcall = type_vectorcall,
};
