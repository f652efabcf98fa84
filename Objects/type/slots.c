/* Slot functions: what stands in the slots of a class that defines special
 * methods.  Each looks the method up on the type (never on the instance),
 * binds it only if it is not a plain function, and calls it.  All of them run
 * Python.  The table of all slots is at the end.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/abstract.h"
#include "internal/call.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/type.h"
#include "wrappers.h"

PyObject *
object_find_special_method(PyObject *self, PyObject *name,
                           PyObject **self_or_null)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *method = _PyType_Lookup(type, name);
    descrgetfunc get;

    *self_or_null = NULL;
    if (method == NULL) {
        return NULL;
    }
    if (object_has_feature(method, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        *self_or_null = self;
        return Py_NewRef(method);
    }
    get = Py_TYPE(method)->tp_descr_get;
    return get == NULL ? Py_NewRef(method)
                       : get(method, self, (PyObject *)type);
}

/* Calls args[0].name(args[1:]); `n` counts args[0].  *found is 0, and no
 * exception set, if the type has no such method. */
static PyObject *
slot_try_call(PyObject *name, PyObject **args, Py_ssize_t n, int *found)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *self, *method, *result;

    method = object_find_special_method(args[0], name, &self);
    *found = method != NULL || PyErr_Occurred() != NULL;
    if (method == NULL) {
        return NULL;
    }
    if (self != NULL) {
        result = call_vectorcall(tstate, method, args, n, NULL);
    }
    else {
        result = call_vectorcall(tstate, method, args + 1,
                                 (n - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                 NULL);
    }
    Py_DECREF(method);
    return result;
}

/* As slot_try_call; absent: AttributeError(name). */
static PyObject *
slot_call(PyObject *name, PyObject **args, Py_ssize_t n)
{
    int found;
    PyObject *result = slot_try_call(name, args, n, &found);

    if (!found) {
        PyErr_SetObject(PyExc_AttributeError, name);
    }
    return result;
}

/* As slot_try_call; absent: NotImplemented. */
static PyObject *
slot_call_maybe(PyObject *name, PyObject *left, PyObject *right)
{
    PyObject *args[2] = {left, right};
    int found;
    PyObject *result = slot_try_call(name, args, 2, &found);

    return found ? result : Py_NewRef(Py_NotImplemented);
}

static PyObject *
slot_call_unary(PyObject *self, PyObject *name)
{
    return slot_call(name, &self, 1);
}

static PyObject *
slot_call_binary(PyObject *self, PyObject *name, PyObject *other)
{
    PyObject *args[2] = {self, other};

    return slot_call(name, args, 2);
}

/* For slots that return a status. */
static int
slot_call_status(PyObject *name, PyObject **args, Py_ssize_t n)
{
    PyObject *result = slot_call(name, args, n);

    if (result == NULL) {
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

/* A special method that a class may set to None to say "not supported".
 * Returns 1 found, 0 absent, -1; *method is new. */
static int
slot_find_optional(PyObject *self, PyObject *name, PyObject **method,
                   PyObject **bound_to)
{
    *method = object_find_special_method(self, name, bound_to);
    if (*method != NULL) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
slot_finish_unary(PyObject *method, PyObject *bound_to)
{
    PyObject *result = bound_to == NULL ? call_no_args(method)
                                        : call_one_arg(method, bound_to);

    Py_DECREF(method);
    return result;
}

/* ---- numbers ------------------------------------------------------------ */

/* Whether the type of `right` has another `name` than the type of `left`. */
static int
slot_is_overridden(PyObject *left, PyObject *right, PyObject *name)
{
    PyObject *ours, *theirs;
    int result;

    if (_PyObject_LookupAttr((PyObject *)Py_TYPE(right), name, &theirs) < 0) {
        return -1;
    }
    if (theirs == NULL) {
        return 0;
    }
    if (_PyObject_LookupAttr((PyObject *)Py_TYPE(left), name, &ours) < 0) {
        Py_DECREF(theirs);
        return -1;
    }
    if (ours == NULL) {
        Py_DECREF(theirs);
        return 1;
    }
    result = PyObject_RichCompareBool(ours, theirs, Py_NE);
    Py_DECREF(ours);
    Py_DECREF(theirs);
    return result;
}

static int
slot_number_is(PyTypeObject *type, size_t offset, void *function)
{
    return type->tp_as_number != NULL &&
           *(void **)((char *)type->tp_as_number + offset) == function;
}

/* The dance of left and right operand (data model, "Emulating numeric
 * types"), for classes: the right one first if it is of a subclass that
 * overrides the reflected method. */
static PyObject *
slot_binary(PyObject *left, PyObject *right, size_t offset, void *function,
            PyObject *name, PyObject *reflected)
{
    PyTypeObject *left_type = Py_TYPE(left), *right_type = Py_TYPE(right);
    int try_right = left_type != right_type &&
                    slot_number_is(right_type, offset, function);

    if (slot_number_is(left_type, offset, function)) {
        PyObject *result;

        if (try_right && PyType_IsSubtype(right_type, left_type)) {
            int overridden = slot_is_overridden(left, right, reflected);

            if (overridden < 0) {
                return NULL;
            }
            if (overridden) {
                result = slot_call_maybe(reflected, right, left);
                if (result != Py_NotImplemented) {
                    return result;
                }
                Py_DECREF(result);
                try_right = 0;
            }
        }
        result = slot_call_maybe(name, left, right);
        if (result != Py_NotImplemented || Py_IS_TYPE(right, Py_TYPE(left))) {
            return result;
        }
        Py_DECREF(result);
    }
    if (try_right) {
        return slot_call_maybe(reflected, right, left);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

#define BINARY(SLOT, DUNDER) \
    static PyObject * \
    slot_##SLOT(PyObject *left, PyObject *right) \
    { \
        return slot_binary(left, right, offsetof(PyNumberMethods, SLOT), \
                           (void *)slot_##SLOT, NAME(__##DUNDER##__), \
                           NAME(__r##DUNDER##__)); \
    }
BINARY(nb_add, add)
BINARY(nb_subtract, sub)
BINARY(nb_multiply, mul)
BINARY(nb_remainder, mod)
BINARY(nb_divmod, divmod)
BINARY(nb_lshift, lshift)
BINARY(nb_rshift, rshift)
BINARY(nb_and, and)
BINARY(nb_xor, xor)
BINARY(nb_or, or)
BINARY(nb_floor_divide, floordiv)
BINARY(nb_true_divide, truediv)
BINARY(nb_matrix_multiply, matmul)
#undef BINARY

#define INPLACE(SLOT, DUNDER) \
    static PyObject * \
    slot_##SLOT(PyObject *self, PyObject *other) \
    { \
        return slot_call_binary(self, NAME(__##DUNDER##__), other); \
    }
INPLACE(nb_inplace_add, iadd)
INPLACE(nb_inplace_subtract, isub)
INPLACE(nb_inplace_multiply, imul)
INPLACE(nb_inplace_remainder, imod)
INPLACE(nb_inplace_lshift, ilshift)
INPLACE(nb_inplace_rshift, irshift)
INPLACE(nb_inplace_and, iand)
INPLACE(nb_inplace_xor, ixor)
INPLACE(nb_inplace_or, ior)
INPLACE(nb_inplace_floor_divide, ifloordiv)
INPLACE(nb_inplace_true_divide, itruediv)
INPLACE(nb_inplace_matrix_multiply, imatmul)
INPLACE(mp_subscript, getitem)
#undef INPLACE

#define UNARY(SLOT, DUNDER) \
    static PyObject * \
    slot_##SLOT(PyObject *self) \
    { \
        return slot_call_unary(self, NAME(__##DUNDER##__)); \
    }
UNARY(nb_negative, neg)
UNARY(nb_positive, pos)
UNARY(nb_absolute, abs)
UNARY(nb_invert, invert)
UNARY(nb_int, int)
UNARY(nb_float, float)
UNARY(nb_index, index)
UNARY(tp_str, str)
#undef UNARY

static PyObject *slot_nb_power(PyObject *, PyObject *, PyObject *);

static PyObject *
slot_nb_power(PyObject *self, PyObject *other, PyObject *modulus)
{
    size_t offset = offsetof(PyNumberMethods, nb_power);

    if (modulus == Py_None) {
        return slot_binary(self, other, offset, (void *)slot_nb_power,
                           NAME(__pow__), NAME(__rpow__));
    }
    /* There is no reflected form of three arguments; we can be here for the
     * type of `other`, whose method must not be called with self first. */
    if (slot_number_is(Py_TYPE(self), offset, (void *)slot_nb_power)) {
        PyObject *args[3] = {self, other, modulus};

        return slot_call(NAME(__pow__), args, 3);
    }
    Py_RETURN_NOTIMPLEMENTED;
}

static PyObject *
slot_nb_inplace_power(PyObject *self, PyObject *other, PyObject *modulus)
{
    return slot_call_binary(self, NAME(__ipow__), other);
}

static int
slot_nb_bool(PyObject *self)
{
    PyObject *method, *bound_to, *value;
    int by_len = 0, result = -1;

    if (slot_find_optional(self, NAME(__bool__), &method, &bound_to) == 0) {
        by_len = 1;
        if (slot_find_optional(self, NAME(__len__), &method, &bound_to) == 0) {
            return 1;
        }
    }
    if (method == NULL) {
        return -1;
    }
    value = slot_finish_unary(method, bound_to);
    if (value == NULL) {
        return -1;
    }
    if (by_len || PyBool_Check(value)) {
        result = PyObject_IsTrue(value);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "__bool__ should return bool, returned %s",
                     Py_TYPE(value)->tp_name);
    }
    Py_DECREF(value);
    return result;
}

/* ---- containers --------------------------------------------------------- */

static Py_ssize_t
slot_sq_length(PyObject *self)
{
    PyObject *value = slot_call_unary(self, NAME(__len__)), *index;
    Py_ssize_t len;

    if (value == NULL) {
        return -1;
    }
    index = PyNumber_Index(value);
    Py_DECREF(value);
    if (index == NULL) {
        return -1;
    }
    if (_PyLong_Sign(index) < 0) {
        Py_DECREF(index);
        PyErr_SetString(PyExc_ValueError, "__len__() should return >= 0");
        return -1;
    }
    len = PyNumber_AsSsize_t(index, PyExc_OverflowError);
    Py_DECREF(index);
    return len;
}

static PyObject *
slot_sq_item(PyObject *self, Py_ssize_t i)
{
    PyObject *index = PyLong_FromSsize_t(i), *result;

    if (index == NULL) {
        return NULL;
    }
    result = slot_call_binary(self, NAME(__getitem__), index);
    Py_DECREF(index);
    return result;
}

static int
slot_mp_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    PyObject *args[3] = {self, key, value};

    return value == NULL ? slot_call_status(NAME(__delitem__), args, 2)
                         : slot_call_status(NAME(__setitem__), args, 3);
}

static int
slot_sq_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    PyObject *index = PyLong_FromSsize_t(i);
    int result;

    if (index == NULL) {
        return -1;
    }
    result = slot_mp_ass_subscript(self, index, value);
    Py_DECREF(index);
    return result;
}

static int
slot_sq_contains(PyObject *self, PyObject *value)
{
    PyObject *method, *bound_to, *answer;
    int result;

    switch (slot_find_optional(self, NAME(__contains__), &method, &bound_to)) {
    case -1:
        return -1;
    case 0:
        return (int)_PySequence_IterSearch(self, value,
                                           PY_ITERSEARCH_CONTAINS);
    }
    if (method == Py_None) {
        Py_DECREF(method);
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not a container",
                     Py_TYPE(self)->tp_name);
        return -1;
    }
    answer = bound_to == NULL ? call_one_arg(method, value)
                              : call_two_args(method, bound_to, value);
    Py_DECREF(method);
    if (answer == NULL) {
        return -1;
    }
    result = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return result;
}

/* ---- text, hash, comparison, calls -------------------------------------- */

static PyObject *
slot_tp_repr(PyObject *self)
{
    int found;
    PyObject *result = slot_try_call(NAME(__repr__), &self, 1, &found);

    return found ? result
                 : PyUnicode_FromFormat("<%s object at %p>",
                                        Py_TYPE(self)->tp_name, self);
}

static Py_hash_t
slot_tp_hash(PyObject *self)
{
    PyObject *method, *bound_to, *value;
    Py_hash_t hash;
    int found = slot_find_optional(self, NAME(__hash__), &method, &bound_to);

    if (found < 0) {
        return -1;
    }
    if (method == NULL || method == Py_None) {
        Py_XDECREF(method);
        return PyObject_HashNotImplemented(self);
    }
    value = slot_finish_unary(method, bound_to);
    if (value == NULL) {
        return -1;
    }
    if (!PyLong_Check(value)) {
        Py_DECREF(value);
        PyErr_SetString(PyExc_TypeError,
                        "__hash__ method should return an integer");
        return -1;
    }
    /* An int that fits is taken as it is, so that __hash__ can return
     * another object's hash unchanged; a larger one is hashed. */
    hash = PyLong_AsSsize_t(value);
    if (hash == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        hash = PyLong_Type.tp_hash(value);
    }
    Py_DECREF(value);
    return hash == -1 ? -2 : hash;
}

PyObject *
slot_tp_call(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *bound_to, *result;
    PyObject *method = object_find_special_method(self, NAME(__call__),
                                                  &bound_to);

    if (method == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, NAME(__call__));
        }
        return NULL;
    }
    result = bound_to == NULL
                 ? _PyObject_Call(tstate, method, args, kwds)
                 : _PyObject_Call_Prepend(tstate, method, self, args, kwds);
    Py_DECREF(method);
    return result;
}

/* Indexed by Py_LT ... Py_GE. */
static PyObject *
slot_comparison_name(int op)
{
    switch (op) {
    case Py_LT: return NAME(__lt__);
    case Py_LE: return NAME(__le__);
    case Py_EQ: return NAME(__eq__);
    case Py_NE: return NAME(__ne__);
    case Py_GT: return NAME(__gt__);
    default:    return NAME(__ge__);
    }
}

static PyObject *
slot_tp_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *bound_to, *result, *name = slot_comparison_name(op);
    PyObject *method = object_find_special_method(self, name, &bound_to);

    if (method == NULL) {
        /* Also when __get__ failed: the reference ignores that, and
         * programs compare objects whose descriptors raise. */
        PyErr_Clear();
        Py_RETURN_NOTIMPLEMENTED;
    }
    result = bound_to == NULL ? call_one_arg(method, other)
                              : call_two_args(method, self, other);
    Py_DECREF(method);
    return result;
}

static PyObject *
slot_tp_iter(PyObject *self)
{
    PyObject *method, *bound_to;
    int found = slot_find_optional(self, NAME(__iter__), &method, &bound_to);

    if (found > 0 && method != Py_None) {
        return slot_finish_unary(method, bound_to);
    }
    if (found == 0) {
        found =
            slot_find_optional(self, NAME(__getitem__), &method, &bound_to);
        if (found > 0) {
            Py_DECREF(method);
            return PySeqIter_New(self);
        }
    }
    if (found < 0) {
        return NULL;
    }
    Py_XDECREF(method);
    PyErr_Format(PyExc_TypeError, "'%.200s' object is not iterable",
                 Py_TYPE(self)->tp_name);
    return NULL;
}

PyObject *
slot_tp_iternext(PyObject *self)
{
    return slot_call_unary(self, NAME(__next__));
}

/* ---- attributes --------------------------------------------------------- */

PyObject *
slot_tp_getattro(PyObject *self, PyObject *name)
{
    return slot_call_binary(self, NAME(__getattribute__), name);
}

/* Calls an attribute function found on the type, binding it first if it is
 * not a plain function. */
static PyObject *
slot_call_attribute(PyObject *self, PyObject *function, PyObject *name)
{
    descrgetfunc get = Py_TYPE(function)->tp_descr_get;
    PyObject *bound, *result;

    if (object_has_feature(function, Py_TPFLAGS_METHOD_DESCRIPTOR)) {
        return call_two_args(function, self, name);
    }
    if (get == NULL) {
        return call_one_arg(function, name);
    }
    bound = get(function, self, (PyObject *)Py_TYPE(self));
    if (bound == NULL) {
        return NULL;
    }
    result = call_one_arg(bound, name);
    Py_DECREF(bound);
    return result;
}

PyObject *
slot_tp_getattr_hook(PyObject *self, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *getattr = _PyType_Lookup(type, NAME(__getattr__));
    PyObject *getattribute, *result;

    if (getattr == NULL) {
        /* No hook needed: take the shorter way from now on. */
        type->tp_getattro = slot_tp_getattro;
        return slot_tp_getattro(self, name);
    }
    Py_INCREF(getattr);
    getattribute = _PyType_Lookup(type, NAME(__getattribute__));
    if (getattribute == NULL ||
        (Py_IS_TYPE(getattribute, &PyWrapperDescr_Type) &&
         ((PyWrapperDescrObject *)getattribute)->d_wrapped ==
             (void *)PyObject_GenericGetAttr)) {
        result = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
        if (result == NULL && !PyErr_Occurred()) {
            result = slot_call_attribute(self, getattr, name);
        }
        Py_DECREF(getattr);
        return result;
    }
    Py_INCREF(getattribute);
    result = slot_call_attribute(self, getattribute, name);
    Py_DECREF(getattribute);
    if (result == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        result = slot_call_attribute(self, getattr, name);
    }
    Py_DECREF(getattr);
    return result;
}

int
slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *args[3] = {self, name, value};

    return value == NULL ? slot_call_status(NAME(__delattr__), args, 2)
                         : slot_call_status(NAME(__setattr__), args, 3);
}

PyObject *
slot_tp_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    PyTypeObject *self_type = Py_TYPE(self);
    PyObject *get = _PyType_Lookup(self_type, NAME(__get__)), *result;
    PyObject *args[4] = {NULL, self, obj == NULL ? Py_None : obj,
                         type == NULL ? Py_None : type};

    if (get == NULL) {
        if (self_type->tp_descr_get == slot_tp_descr_get) {
            self_type->tp_descr_get = NULL;
        }
        return Py_NewRef(self);
    }
    Py_INCREF(get);
    result = PyObject_Vectorcall(get, args + 1,
                                 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(get);
    return result;
}

static int
slot_tp_descr_set(PyObject *self, PyObject *target, PyObject *value)
{
    PyObject *args[3] = {self, target, value};

    return value == NULL ? slot_call_status(NAME(__delete__), args, 2)
                         : slot_call_status(NAME(__set__), args, 3);
}

/* ---- life --------------------------------------------------------------- */

int
slot_tp_init(PyObject *self, PyObject *args, PyObject *kwds)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyObject *bound_to, *result;
    PyObject *method = object_find_special_method(self, NAME(__init__),
                                                  &bound_to);

    if (method == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, NAME(__init__));
        }
        return -1;
    }
    result = bound_to == NULL
                 ? _PyObject_Call(tstate, method, args, kwds)
                 : _PyObject_Call_Prepend(tstate, method, self, args, kwds);
    Py_DECREF(method);
    if (result == NULL) {
        return -1;
    }
    if (result != Py_None) {
        PyErr_Format(PyExc_TypeError,
                     "__init__() should return None, not '%.200s'",
                     Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return -1;
    }
    Py_DECREF(result);
    return 0;
}

PyObject *
slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    PyObject *function, *result;

    function = PyObject_GetAttr((PyObject *)type, NAME(__new__));
    if (function == NULL) {
        return NULL;
    }
    result = _PyObject_Call_Prepend(_PyThreadState_GET(), function,
                                    (PyObject *)type, args, kwds);
    Py_DECREF(function);
    return result;
}

void
slot_tp_finalize(PyObject *self)
{
    PyObject *type, *value, *traceback, *method, *bound_to, *result;

    PyErr_Fetch(&type, &value, &traceback);
    method = object_find_special_method(self, NAME(__del__), &bound_to);
    if (method != NULL) {
        result = bound_to == NULL ? call_no_args(method)
                                  : call_one_arg(method, bound_to);
        if (result == NULL) {
            PyErr_WriteUnraisable(method);
        }
        else {
            Py_DECREF(result);
        }
        Py_DECREF(method);
    }
    PyErr_Restore(type, value, traceback);
}

/* ---- coroutines --------------------------------------------------------- */

static PyObject *
slot_async(PyObject *self, PyObject *name)
{
    int found;
    PyObject *result = slot_try_call(name, &self, 1, &found);

    if (!found) {
        PyErr_Format(PyExc_AttributeError,
                     "object %.50s does not have %U method",
                     Py_TYPE(self)->tp_name, name);
    }
    return result;
}

static PyObject *
slot_am_await(PyObject *self)
{
    return slot_async(self, NAME(__await__));
}

static PyObject *
slot_am_aiter(PyObject *self)
{
    return slot_async(self, NAME(__aiter__));
}

static PyObject *
slot_am_anext(PyObject *self)
{
    return slot_async(self, NAME(__anext__));
}

/* ---- the table ---------------------------------------------------------- */

/* No dunder stands for a buffer slot, which would be behind the sequence's. */
#define SUITE_AT(OFFSET)                                                      \
    ((OFFSET) >= offsetof(PyHeapTypeObject, as_sequence)                      \
         ? SLOT_SUITE_SEQUENCE                                                \
     : (OFFSET) >= offsetof(PyHeapTypeObject, as_mapping)                     \
         ? SLOT_SUITE_MAPPING                                                 \
     : (OFFSET) >= offsetof(PyHeapTypeObject, as_number) ? SLOT_SUITE_NUMBER  \
     : (OFFSET) >= offsetof(PyHeapTypeObject, as_async)  ? SLOT_SUITE_ASYNC   \
                                                         : SLOT_SUITE_TYPE)
#define SLOT(DUNDER, FIELD, FUNCTION, WRAPPER, FLAGS, DOC) \
    {.dunder = #DUNDER, .offset = offsetof(PyHeapTypeObject, FIELD), \
     .function = (void *)FUNCTION, .wrapper = WRAPPER, .doc = DOC, \
     .flags = FLAGS, .suite = SUITE_AT(offsetof(PyHeapTypeObject, FIELD))},
type_slot_def type_slot_defs[] = {
#include "internal/slots.def"
    {.dunder = NULL}
};
