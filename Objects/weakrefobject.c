/* Weak references and proxies.
 *
 * The references to an object form a list whose head is in the object (at
 * tp_weaklistoffset).  Order: the plain reference without callback, if there
 * is one, then the plain proxy, then all others; so the two that can be shared
 * are found at once.  When the object dies, references lose it (wr_object
 * becomes None), then callbacks are called.
 */
#include "Python.h"
#include "structmember.h"

#include "internal/call.h"
#include "internal/descr.h"
#include "internal/gc.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/runtime.h"
#include "internal/stackguard.h"

#define LIST_OF(op) ((PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(op))

Py_ssize_t
_PyWeakref_GetWeakrefCount(PyWeakReference *head)
{
    Py_ssize_t n = 0;

    for (; head != NULL; head = head->wr_next) {
        n++;
    }
    return n;
}

Py_ssize_t
weakref_count(PyWeakReference *head)
{
    return _PyWeakref_GetWeakrefCount(head);
}

/* Unlinks it from its object; the callback goes too unless `keep_callback`. */
static void
weakref_clear(PyWeakReference *self, int keep_callback)
{
    PyObject *callback = self->wr_callback;

    if (self->wr_object != Py_None) {
        PyWeakReference **list = LIST_OF(self->wr_object);

        if (*list == self) {
            *list = self->wr_next;
        }
        self->wr_object = Py_None;
        if (self->wr_prev != NULL) {
            self->wr_prev->wr_next = self->wr_next;
        }
        if (self->wr_next != NULL) {
            self->wr_next->wr_prev = self->wr_prev;
        }
        self->wr_prev = self->wr_next = NULL;
    }
    if (!keep_callback && callback != NULL) {
        self->wr_callback = NULL;
        Py_DECREF(callback);
    }
}

/* For the collector: the callback stays, to be called later or dropped with
 * the reference. */
void
_PyWeakref_ClearRef(PyWeakReference *self)
{
    weakref_clear(self, 1);
}

void
weakref_clear_all_no_callbacks(PyObject *op)
{
    PyWeakReference **list = LIST_OF(op);

    while (*list != NULL) {
        weakref_clear(*list, 1);
    }
}

static void
weakref_dealloc(PyObject *self)
{
    if (dealloc_must_wait(self)) {
        return;
    }
    PyObject_GC_UnTrack(self);
    weakref_clear((PyWeakReference *)self, 0);
    Py_TYPE(self)->tp_free(self);
}

static int
weakref_traverse(PyWeakReference *self, visitproc visit, void *arg)
{
    Py_VISIT(self->wr_callback);
    return 0;
}

static int
weakref_tp_clear(PyWeakReference *self)
{
    weakref_clear(self, 0);
    return 0;
}

/* ---- making ------------------------------------------------------------- */

static PyObject *weakref_vectorcall(PyObject *self, PyObject *const *args,
                                    size_t nargsf, PyObject *kwnames);

static void
weakref_init_fields(PyWeakReference *self, PyObject *op, PyObject *callback)
{
    self->hash = -1;
    self->wr_object = op;
    self->wr_prev = self->wr_next = NULL;
    self->wr_callback = Py_XNewRef(callback);
    self->vectorcall = weakref_vectorcall;
}

static PyWeakReference *
weakref_make(PyTypeObject *type, PyObject *op, PyObject *callback)
{
    PyWeakReference *self = PyObject_GC_New(PyWeakReference, type);

    if (self != NULL) {
        weakref_init_fields(self, op, callback);
        gc_track(self);
    }
    return self;
}

/* The shareable references at the start of the list; NULL if absent. */
static void
weakref_find_basic(PyWeakReference *head, PyWeakReference **reference,
                   PyWeakReference **proxy)
{
    *reference = *proxy = NULL;
    if (head != NULL && head->wr_callback == NULL) {
        if (PyWeakref_CheckRefExact(head)) {
            *reference = head;
            head = head->wr_next;
        }
        if (head != NULL && head->wr_callback == NULL &&
            PyWeakref_CheckProxy(head)) {
            *proxy = head;
        }
    }
}

static void
weakref_insert_head(PyWeakReference *self, PyWeakReference **list)
{
    self->wr_prev = NULL;
    self->wr_next = *list;
    if (*list != NULL) {
        (*list)->wr_prev = self;
    }
    *list = self;
}

static void
weakref_insert_after(PyWeakReference *self, PyWeakReference *other)
{
    self->wr_prev = other;
    self->wr_next = other->wr_next;
    if (other->wr_next != NULL) {
        other->wr_next->wr_prev = self;
    }
    other->wr_next = self;
}

/* Behind the shareable ones. */
static void
weakref_insert(PyWeakReference *self, PyWeakReference **list)
{
    PyWeakReference *reference, *proxy, *before;

    weakref_find_basic(*list, &reference, &proxy);
    before = proxy != NULL ? proxy : reference;
    if (before == NULL) {
        weakref_insert_head(self, list);
    }
    else {
        weakref_insert_after(self, before);
    }
}

static int
weakref_check_target(PyObject *op)
{
    if (PyType_SUPPORTS_WEAKREFS(Py_TYPE(op))) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError,
                 "cannot create weak reference to '%s' object",
                 Py_TYPE(op)->tp_name);
    return -1;
}

PyObject *
PyWeakref_NewRef(PyObject *op, PyObject *callback)
{
    PyWeakReference *reference, *proxy, *self, **list;

    if (weakref_check_target(op) < 0) {
        return NULL;
    }
    if (callback == Py_None) {
        callback = NULL;
    }
    list = LIST_OF(op);
    weakref_find_basic(*list, &reference, &proxy);
    if (callback == NULL && reference != NULL) {
        return Py_NewRef((PyObject *)reference);
    }
    /* The allocation may run the collector, and that anything: look again. */
    self = weakref_make(&_PyWeakref_RefType, op, callback);
    if (self == NULL) {
        return NULL;
    }
    if (callback != NULL) {
        weakref_insert(self, list);
        return (PyObject *)self;
    }
    weakref_find_basic(*list, &reference, &proxy);
    if (reference == NULL) {
        weakref_insert_head(self, list);
        return (PyObject *)self;
    }
    self->wr_object = Py_None;           /* never was in the list */
    Py_DECREF(self);
    return Py_NewRef((PyObject *)reference);
}

PyObject *
PyWeakref_NewProxy(PyObject *op, PyObject *callback)
{
    PyWeakReference *reference, *proxy, *self, **list;

    if (weakref_check_target(op) < 0) {
        return NULL;
    }
    if (callback == Py_None) {
        callback = NULL;
    }
    list = LIST_OF(op);
    weakref_find_basic(*list, &reference, &proxy);
    if (callback == NULL && proxy != NULL) {
        return Py_NewRef((PyObject *)proxy);
    }
    self = weakref_make(PyCallable_Check(op) ? &_PyWeakref_CallableProxyType
                                             : &_PyWeakref_ProxyType,
                        op, callback);
    if (self == NULL) {
        return NULL;
    }
    weakref_find_basic(*list, &reference, &proxy);
    if (callback == NULL && proxy != NULL) {
        self->wr_object = Py_None;       /* never was in the list */
        Py_DECREF(self);
        return Py_NewRef((PyObject *)proxy);
    }
    if (callback == NULL) {
        if (reference == NULL) {
            weakref_insert_head(self, list);
        }
        else {
            weakref_insert_after(self, reference);
        }
    }
    else {
        weakref_insert(self, list);
    }
    return (PyObject *)self;
}

PyObject *
PyWeakref_GetObject(PyObject *op)
{
    if (op == NULL || !PyWeakref_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyWeakref_GET_OBJECT(op);
}

/* ---- the end of an object ----------------------------------------------- */

/* Runs Python (the callback). */
static void
weakref_call_callback(PyWeakReference *self, PyObject *callback)
{
    PyObject *answer;

    if (_PyRuntime.closed_to_python) {
        return;
    }
    answer = call_one_arg(callback, (PyObject *)self);
    if (answer == NULL) {
        PyErr_WriteUnraisable(callback);
    }
    else {
        Py_DECREF(answer);
    }
}

/* Takes all references off first, so that no callback sees the dying object;
 * then calls. */
static void
weakref_clear_with_callbacks(PyObject *op, Py_ssize_t n)
{
    PyWeakReference **list = LIST_OF(op);
    PyObject *pairs = PyTuple_New(n * 2);

    if (pairs == NULL) {
        PyErr_WriteUnraisable(NULL);
        weakref_clear_all_no_callbacks(op);
        return;
    }
    for (Py_ssize_t i = 0; i < n && *list != NULL; i++) {
        PyWeakReference *self = *list;

        if (Py_REFCNT((PyObject *)self) > 0) {
            PyTuple_SET_ITEM(pairs, i * 2, Py_NewRef((PyObject *)self));
            PyTuple_SET_ITEM(pairs, i * 2 + 1, self->wr_callback);  /* moved */
        }
        else {
            Py_XDECREF(self->wr_callback);
        }
        self->wr_callback = NULL;
        weakref_clear(self, 0);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *self = PyTuple_GET_ITEM(pairs, i * 2);
        PyObject *callback = PyTuple_GET_ITEM(pairs, i * 2 + 1);

        if (self != NULL && callback != NULL) {
            weakref_call_callback((PyWeakReference *)self, callback);
        }
    }
    Py_DECREF(pairs);
}

void
PyObject_ClearWeakRefs(PyObject *op)
{
    PyObject *type, *value, *traceback;
    PyWeakReference **list;

    if (op == NULL || !PyType_SUPPORTS_WEAKREFS(Py_TYPE(op)) ||
        Py_REFCNT(op) != 0) {
        PyErr_BadInternalCall();
        return;
    }
    list = LIST_OF(op);
    /* FAST PATH: the shareable ones have no callbacks. */
    while (*list != NULL && (*list)->wr_callback == NULL) {
        weakref_clear(*list, 0);
    }
    if (*list == NULL) {
        return;
    }
    PyErr_Fetch(&type, &value, &traceback);
    weakref_clear_with_callbacks(op, _PyWeakref_GetWeakrefCount(*list));
    PyErr_Restore(type, value, traceback);
}

/* ---- weakref.ref -------------------------------------------------------- */

static PyObject *
weakref_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                   PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("weakref", kwnames) ||
        !_PyArg_CheckPositional("weakref", PyVectorcall_NARGS(nargsf), 0, 0)) {
        return NULL;
    }
    return Py_NewRef(PyWeakref_GET_OBJECT(self));
}

static Py_hash_t
weakref_hash(PyWeakReference *self)
{
    PyObject *op;

    if (self->hash != -1) {
        return self->hash;
    }
    op = PyWeakref_GET_OBJECT(self);
    if (op == Py_None) {
        PyErr_SetString(PyExc_TypeError, "weak object has gone away");
        return -1;
    }
    Py_INCREF(op);
    self->hash = PyObject_Hash(op);
    Py_DECREF(op);
    return self->hash;
}

static PyObject *
weakref_repr(PyWeakReference *self)
{
    PyObject *op = PyWeakref_GET_OBJECT(self), *name, *result;

    if (op == Py_None) {
        return PyUnicode_FromFormat("<weakref at %p; dead>", self);
    }
    Py_INCREF(op);
    if (_PyObject_LookupAttr(op, NAME(__name__), &name) < 0) {
        Py_DECREF(op);
        return NULL;
    }
    if (name == NULL || !PyUnicode_Check(name)) {
        result = PyUnicode_FromFormat("<weakref at %p; to '%s' at %p>", self,
                                      Py_TYPE(op)->tp_name, op);
    }
    else {
        result = PyUnicode_FromFormat("<weakref at %p; to '%s' at %p (%U)>",
                                      self, Py_TYPE(op)->tp_name, op, name);
    }
    Py_DECREF(op);
    Py_XDECREF(name);
    return result;
}

/* Equal if the objects are equal while both live; afterwards by identity. */
static PyObject *
weakref_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *a, *b, *result;

    if ((op != Py_EQ && op != Py_NE) || !PyWeakref_Check(left) ||
        !PyWeakref_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    a = PyWeakref_GET_OBJECT(left);
    b = PyWeakref_GET_OBJECT(right);
    if (a == Py_None || b == Py_None) {
        return PyBool_FromLong((left == right) == (op == Py_EQ));
    }
    Py_INCREF(a);
    Py_INCREF(b);
    result = PyObject_RichCompare(a, b, op);
    Py_DECREF(a);
    Py_DECREF(b);
    return result;
}

static PyObject *
weakref_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *op, *callback = NULL;
    PyWeakReference *reference, *proxy, *self, **list;

    if (!PyArg_UnpackTuple(args, "__new__", 1, 2, &op, &callback) ||
        weakref_check_target(op) < 0) {
        return NULL;
    }
    if (callback == Py_None) {
        callback = NULL;
    }
    list = LIST_OF(op);
    weakref_find_basic(*list, &reference, &proxy);
    if (callback == NULL && type == &_PyWeakref_RefType &&
        reference != NULL) {
        return Py_NewRef((PyObject *)reference);
    }
    self = (PyWeakReference *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    weakref_init_fields(self, op, callback);
    if (callback == NULL && type == &_PyWeakref_RefType) {
        weakref_insert_head(self, list);
    }
    else {
        weakref_insert(self, list);
    }
    return (PyObject *)self;
}

static int
weakref_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *op, *callback;

    if (!_PyArg_NoKeywords("ref", kwargs)) {
        return -1;
    }
    return PyArg_UnpackTuple(args, "__init__", 1, 2, &op, &callback) ? 0 : -1;
}

static PyMemberDef weakref_members[] = {
    {"__callback__", T_OBJECT, offsetof(PyWeakReference, wr_callback),
     READONLY},
    {NULL}
};

static PyMethodDef weakref_methods[] = {CLASS_GETITEM_METHOD, {NULL}};

PyTypeObject _PyWeakref_RefType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.ReferenceType",
    .tp_basicsize = sizeof(PyWeakReference),
    .tp_dealloc = weakref_dealloc,
    .tp_vectorcall_offset = offsetof(PyWeakReference, vectorcall),
    .tp_repr = (reprfunc)weakref_repr,
    .tp_hash = (hashfunc)weakref_hash,
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_BASETYPE,
    .tp_traverse = (traverseproc)weakref_traverse,
    .tp_clear = (inquiry)weakref_tp_clear,
    .tp_richcompare = weakref_richcompare,
    .tp_methods = weakref_methods,
    .tp_members = weakref_members,
    .tp_init = weakref_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = weakref_new,
    .tp_free = PyObject_GC_Del,
};

/* ---- proxies ------------------------------------------------------------ */

static int
proxy_is_alive(PyObject *self)
{
    if (PyWeakref_GET_OBJECT(self) != Py_None) {
        return 1;
    }
    PyErr_SetString(PyExc_ReferenceError,
                    "weakly-referenced object no longer exists");
    return 0;
}

/* The object behind a proxy, or the object itself: new, NULL if it is dead. */
static PyObject *
proxy_unwrap(PyObject *op)
{
    if (op != NULL && PyWeakref_CheckProxy(op)) {
        if (!proxy_is_alive(op)) {
            return NULL;
        }
        op = PyWeakref_GET_OBJECT(op);
    }
    return Py_XNewRef(op);
}

static PyObject *
proxy_unary(PyObject *self, unaryfunc function)
{
    PyObject *op = proxy_unwrap(self), *result;

    if (op == NULL) {
        return NULL;
    }
    result = function(op);
    Py_DECREF(op);
    return result;
}

static PyObject *
proxy_binary(PyObject *left, PyObject *right, binaryfunc function)
{
    PyObject *a = proxy_unwrap(left), *b, *result = NULL;

    if (a == NULL) {
        return NULL;
    }
    b = proxy_unwrap(right);
    if (b != NULL) {
        result = function(a, b);
        Py_DECREF(b);
    }
    Py_DECREF(a);
    return result;
}

static PyObject *
proxy_ternary(PyObject *first, PyObject *second, PyObject *third,
              ternaryfunc function)
{
    PyObject *a = proxy_unwrap(first), *b, *c, *result = NULL;

    if (a == NULL) {
        return NULL;
    }
    b = proxy_unwrap(second);
    if (b != NULL) {
        c = proxy_unwrap(third);
        if (c != NULL || third == NULL) {
            result = function(a, b, c);
            Py_XDECREF(c);
        }
        Py_DECREF(b);
    }
    Py_DECREF(a);
    return result;
}

#define PROXY_UNARY(NAME, FUNCTION) \
    static PyObject * \
    NAME(PyObject *self) \
    { \
        return proxy_unary(self, FUNCTION); \
    }
#define PROXY_BINARY(NAME, FUNCTION) \
    static PyObject * \
    NAME(PyObject *left, PyObject *right) \
    { \
        return proxy_binary(left, right, FUNCTION); \
    }
#define PROXY_TERNARY(NAME, FUNCTION) \
    static PyObject * \
    NAME(PyObject *first, PyObject *second, PyObject *third) \
    { \
        return proxy_ternary(first, second, third, FUNCTION); \
    }

PROXY_BINARY(proxy_getattr, PyObject_GetAttr)
PROXY_UNARY(proxy_str, PyObject_Str)
PROXY_TERNARY(proxy_call, PyObject_Call)
PROXY_BINARY(proxy_add, PyNumber_Add)
PROXY_BINARY(proxy_sub, PyNumber_Subtract)
PROXY_BINARY(proxy_mul, PyNumber_Multiply)
PROXY_BINARY(proxy_floor_div, PyNumber_FloorDivide)
PROXY_BINARY(proxy_true_div, PyNumber_TrueDivide)
PROXY_BINARY(proxy_mod, PyNumber_Remainder)
PROXY_BINARY(proxy_divmod, PyNumber_Divmod)
PROXY_TERNARY(proxy_pow, PyNumber_Power)
PROXY_UNARY(proxy_neg, PyNumber_Negative)
PROXY_UNARY(proxy_pos, PyNumber_Positive)
PROXY_UNARY(proxy_abs, PyNumber_Absolute)
PROXY_UNARY(proxy_invert, PyNumber_Invert)
PROXY_BINARY(proxy_lshift, PyNumber_Lshift)
PROXY_BINARY(proxy_rshift, PyNumber_Rshift)
PROXY_BINARY(proxy_and, PyNumber_And)
PROXY_BINARY(proxy_xor, PyNumber_Xor)
PROXY_BINARY(proxy_or, PyNumber_Or)
PROXY_UNARY(proxy_int, PyNumber_Long)
PROXY_UNARY(proxy_float, PyNumber_Float)
PROXY_BINARY(proxy_iadd, PyNumber_InPlaceAdd)
PROXY_BINARY(proxy_isub, PyNumber_InPlaceSubtract)
PROXY_BINARY(proxy_imul, PyNumber_InPlaceMultiply)
PROXY_BINARY(proxy_ifloor_div, PyNumber_InPlaceFloorDivide)
PROXY_BINARY(proxy_itrue_div, PyNumber_InPlaceTrueDivide)
PROXY_BINARY(proxy_imod, PyNumber_InPlaceRemainder)
PROXY_TERNARY(proxy_ipow, PyNumber_InPlacePower)
PROXY_BINARY(proxy_ilshift, PyNumber_InPlaceLshift)
PROXY_BINARY(proxy_irshift, PyNumber_InPlaceRshift)
PROXY_BINARY(proxy_iand, PyNumber_InPlaceAnd)
PROXY_BINARY(proxy_ixor, PyNumber_InPlaceXor)
PROXY_BINARY(proxy_ior, PyNumber_InPlaceOr)
PROXY_UNARY(proxy_index, PyNumber_Index)
PROXY_BINARY(proxy_matmul, PyNumber_MatrixMultiply)
PROXY_BINARY(proxy_imatmul, PyNumber_InPlaceMatrixMultiply)
PROXY_BINARY(proxy_getitem, PyObject_GetItem)
PROXY_UNARY(proxy_iter, PyObject_GetIter)
#undef PROXY_UNARY
#undef PROXY_BINARY
#undef PROXY_TERNARY

static PyObject *
proxy_bytes_of(PyObject *op)
{
    return PyObject_CallMethodNoArgs(op, NAME(__bytes__));
}

static PyObject *
proxy_bytes(PyObject *self, PyObject *ignored)
{
    return proxy_unary(self, proxy_bytes_of);
}

static PyObject *
proxy_reversed_of(PyObject *op)
{
    return PyObject_CallMethodNoArgs(op, NAME(__reversed__));
}

static PyObject *
proxy_reversed(PyObject *self, PyObject *ignored)
{
    return proxy_unary(self, proxy_reversed_of);
}

static PyObject *
proxy_repr(PyObject *self)
{
    PyObject *op = PyWeakref_GET_OBJECT(self);

    return PyUnicode_FromFormat("<weakproxy at %p to %s at %p>", self,
                                Py_TYPE(op)->tp_name, op);
}

static int
proxy_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *op = proxy_unwrap(self);
    int result;

    if (op == NULL) {
        return -1;
    }
    result = PyObject_SetAttr(op, name, value);
    Py_DECREF(op);
    return result;
}

static PyObject *
proxy_richcompare(PyObject *left, PyObject *right, int op)
{
    PyObject *a = proxy_unwrap(left), *b, *result = NULL;

    if (a == NULL) {
        return NULL;
    }
    b = proxy_unwrap(right);
    if (b != NULL) {
        result = PyObject_RichCompare(a, b, op);
        Py_DECREF(b);
    }
    Py_DECREF(a);
    return result;
}

static int
proxy_bool(PyObject *self)
{
    PyObject *op = proxy_unwrap(self);
    int result;

    if (op == NULL) {
        return -1;
    }
    result = PyObject_IsTrue(op);
    Py_DECREF(op);
    return result;
}

static int
proxy_contains(PyObject *self, PyObject *value)
{
    PyObject *op = proxy_unwrap(self);
    int result;

    if (op == NULL) {
        return -1;
    }
    result = PySequence_Contains(op, value);
    Py_DECREF(op);
    return result;
}

static Py_ssize_t
proxy_length(PyObject *self)
{
    PyObject *op = proxy_unwrap(self);
    Py_ssize_t result;

    if (op == NULL) {
        return -1;
    }
    result = PyObject_Size(op);
    Py_DECREF(op);
    return result;
}

static int
proxy_setitem(PyObject *self, PyObject *key, PyObject *value)
{
    PyObject *op = proxy_unwrap(self);
    int result;

    if (op == NULL) {
        return -1;
    }
    result = value == NULL ? PyObject_DelItem(op, key)
                           : PyObject_SetItem(op, key, value);
    Py_DECREF(op);
    return result;
}

static PyObject *
proxy_iternext(PyObject *self)
{
    PyObject *op = proxy_unwrap(self), *result;

    if (op == NULL) {
        return NULL;
    }
    if (!PyIter_Check(op)) {
        PyErr_Format(PyExc_TypeError,
                     "Weakref proxy referenced a non-iterator '%.200s' object",
                     Py_TYPE(op)->tp_name);
        Py_DECREF(op);
        return NULL;
    }
    result = PyIter_Next(op);
    Py_DECREF(op);
    return result;
}

static PyMethodDef proxy_methods[] = {
    {"__bytes__", proxy_bytes, METH_NOARGS, NULL},
    {"__reversed__", proxy_reversed, METH_NOARGS, NULL},
    {NULL}
};

static PyNumberMethods proxy_as_number = {
    .nb_add = proxy_add, .nb_subtract = proxy_sub, .nb_multiply = proxy_mul,
    .nb_remainder = proxy_mod, .nb_divmod = proxy_divmod,
    .nb_power = proxy_pow, .nb_negative = proxy_neg,
    .nb_positive = proxy_pos, .nb_absolute = proxy_abs, .nb_bool = proxy_bool,
    .nb_invert = proxy_invert, .nb_lshift = proxy_lshift,
    .nb_rshift = proxy_rshift, .nb_and = proxy_and, .nb_xor = proxy_xor,
    .nb_or = proxy_or, .nb_int = proxy_int, .nb_float = proxy_float,
    .nb_inplace_add = proxy_iadd, .nb_inplace_subtract = proxy_isub,
    .nb_inplace_multiply = proxy_imul, .nb_inplace_remainder = proxy_imod,
    .nb_inplace_power = proxy_ipow, .nb_inplace_lshift = proxy_ilshift,
    .nb_inplace_rshift = proxy_irshift, .nb_inplace_and = proxy_iand,
    .nb_inplace_xor = proxy_ixor, .nb_inplace_or = proxy_ior,
    .nb_floor_divide = proxy_floor_div, .nb_true_divide = proxy_true_div,
    .nb_inplace_floor_divide = proxy_ifloor_div,
    .nb_inplace_true_divide = proxy_itrue_div, .nb_index = proxy_index,
    .nb_matrix_multiply = proxy_matmul,
    .nb_inplace_matrix_multiply = proxy_imatmul,
};

static PySequenceMethods proxy_as_sequence = {
    .sq_length = proxy_length,
    .sq_contains = proxy_contains,
};

static PyMappingMethods proxy_as_mapping = {
    .mp_length = proxy_length,
    .mp_subscript = proxy_getitem,
    .mp_ass_subscript = proxy_setitem,
};

#define PROXY_COMMON \
    .tp_basicsize = sizeof(PyWeakReference), .tp_dealloc = weakref_dealloc, \
    .tp_repr = proxy_repr, .tp_as_number = &proxy_as_number, \
    .tp_as_sequence = &proxy_as_sequence, \
    .tp_as_mapping = &proxy_as_mapping, .tp_str = proxy_str, \
    .tp_getattro = proxy_getattr, .tp_setattro = proxy_setattr, \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, \
    .tp_hash = PyObject_HashNotImplemented, \
    .tp_traverse = (traverseproc)weakref_traverse, \
    .tp_clear = (inquiry)weakref_tp_clear, \
    .tp_richcompare = proxy_richcompare, .tp_iter = proxy_iter, \
    .tp_free = PyObject_GC_Del

PyTypeObject _PyWeakref_ProxyType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.ProxyType",
    PROXY_COMMON,
    .tp_methods = proxy_methods,
    .tp_iternext = proxy_iternext,
};

PyTypeObject _PyWeakref_CallableProxyType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.CallableProxyType",
    PROXY_COMMON,
    .tp_call = proxy_call,
    .tp_iternext = proxy_iternext,
};

int
PyType_SUPPORTS_WEAKREFS(PyTypeObject *type)
{
    return type->tp_weaklistoffset > 0;
}

PyObject **
PyObject_GET_WEAKREFS_LISTPTR(PyObject *op)
{
    Py_ssize_t offset = Py_TYPE(op)->tp_weaklistoffset;

    return (PyObject **)((char *)op + offset);
}
