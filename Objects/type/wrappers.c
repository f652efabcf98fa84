/* Wrappers: how the descriptor of a special method calls the slot beneath.
 *
 * `x.__add__(y)` finds a wrapper descriptor (from a row of slots.def), which
 * calls wrap_binary_left(x, (y,), nb_add of the defining type).  All of them
 * run Python: the slot does.
 */
#include "Python.h"

#include "internal/type.h"
#include "wrappers.h"

/* Raises TypeError unless `args` has exactly n items. */
static int
wrap_check_count(PyObject *args, Py_ssize_t n)
{
    if (!PyTuple_CheckExact(args)) {
        PyErr_SetString(PyExc_SystemError,
                        "PyArg_UnpackTuple() argument list is not a tuple");
        return 0;
    }
    if (n == PyTuple_GET_SIZE(args)) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "expected %zd argument%s, got %zd", n,
                 n == 1 ? "" : "s", PyTuple_GET_SIZE(args));
    return 0;
}

/* The only argument, borrowed. */
static PyObject *
wrap_only(PyObject *args)
{
    return wrap_check_count(args, 1) ? PyTuple_GET_ITEM(args, 0) : NULL;
}

static PyObject *
wrap_none_unless(int status)
{
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
wrap_bool_unless(int status)
{
    if (status < 0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(status);
}

PyObject *
wrap_unary(PyObject *self, PyObject *args, void *wrapped)
{
    return wrap_check_count(args, 0) ? ((unaryfunc)wrapped)(self) : NULL;
}

PyObject *
wrap_binary(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *other = wrap_only(args);

    return other == NULL ? NULL : ((binaryfunc)wrapped)(self, other);
}

PyObject *
wrap_binary_left(PyObject *self, PyObject *args, void *wrapped)
{
    return wrap_binary(self, args, wrapped);
}

PyObject *
wrap_binary_right(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *other = wrap_only(args);

    return other == NULL ? NULL : ((binaryfunc)wrapped)(other, self);
}

PyObject *
wrap_ternary(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *other, *third = Py_None;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &other, &third)) {
        return NULL;
    }
    return ((ternaryfunc)wrapped)(self, other, third);
}

PyObject *
wrap_ternary_right(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *other, *third = Py_None;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &other, &third)) {
        return NULL;
    }
    return ((ternaryfunc)wrapped)(other, self, third);
}

PyObject *
wrap_inquiry(PyObject *self, PyObject *args, void *wrapped)
{
    if (!wrap_check_count(args, 0)) {
        return NULL;
    }
    return wrap_bool_unless(((inquiry)wrapped)(self));
}

PyObject *
wrap_len(PyObject *self, PyObject *args, void *wrapped)
{
    Py_ssize_t len;

    if (!wrap_check_count(args, 0)) {
        return NULL;
    }
    len = ((lenfunc)wrapped)(self);
    if (len < 0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromSsize_t(len);
}

PyObject *
wrap_hash(PyObject *self, PyObject *args, void *wrapped)
{
    Py_hash_t hash;

    if (!wrap_check_count(args, 0)) {
        return NULL;
    }
    hash = ((hashfunc)wrapped)(self);
    if (hash == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromSsize_t(hash);
}

/* ---- containers -------------------------------------------------------- */

PyObject *
wrap_repeat(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *count = wrap_only(args);
    Py_ssize_t n;

    if (count == NULL) {
        return NULL;
    }
    n = PyNumber_AsSsize_t(count, PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return ((ssizeargfunc)wrapped)(self, n);
}

/* The index that `key` means, counted from the end if negative. */
static Py_ssize_t
wrap_index(PyObject *self, PyObject *key)
{
    PySequenceMethods *methods = Py_TYPE(self)->tp_as_sequence;
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_OverflowError);

    if (i < 0 && !(i == -1 && PyErr_Occurred()) && methods != NULL &&
        methods->sq_length != NULL) {
        Py_ssize_t len = methods->sq_length(self);

        if (len < 0) {
            return -1;
        }
        i += len;
    }
    return i;
}

PyObject *
wrap_item(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *key = wrap_only(args);
    Py_ssize_t i;

    if (key == NULL) {
        return NULL;
    }
    i = wrap_index(self, key);
    if (i == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return ((ssizeargfunc)wrapped)(self, i);
}

PyObject *
wrap_setitem_index(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *key, *value;
    Py_ssize_t i;

    if (!PyArg_UnpackTuple(args, "", 2, 2, &key, &value)) {
        return NULL;
    }
    i = wrap_index(self, key);
    if (i == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return wrap_none_unless(((ssizeobjargproc)wrapped)(self, i, value));
}

PyObject *
wrap_delitem_index(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *key = wrap_only(args);
    Py_ssize_t i;

    if (key == NULL) {
        return NULL;
    }
    i = wrap_index(self, key);
    if (i == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return wrap_none_unless(((ssizeobjargproc)wrapped)(self, i, NULL));
}

PyObject *
wrap_contains(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *value = wrap_only(args);

    return value == NULL
               ? NULL
               : wrap_bool_unless(((objobjproc)wrapped)(self, value));
}

PyObject *
wrap_setitem_object(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *key, *value;

    if (!PyArg_UnpackTuple(args, "", 2, 2, &key, &value)) {
        return NULL;
    }
    return wrap_none_unless(((objobjargproc)wrapped)(self, key, value));
}

PyObject *
wrap_delitem_object(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *key = wrap_only(args);

    return key == NULL
               ? NULL
               : wrap_none_unless(((objobjargproc)wrapped)(self, key, NULL));
}

/* ---- attributes -------------------------------------------------------- */

/* Refuses object.__setattr__(x, ...) where a C type between object and the
 * type of x has its own way of setting attributes (as types do): it guards an
 * invariant that must not be walked around. */
static int
wrap_check_setattr(PyObject *self, setattrofunc function, const char *what)
{
    PyTypeObject *type = Py_TYPE(self), *defining = type;
    PyObject *mro = type->tp_mro;

    if (mro == NULL) {
        return 1;
    }
    for (Py_ssize_t i = PyTuple_GET_SIZE(mro) - 1; i >= 0; i--) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);

        if (base->tp_setattro != slot_tp_setattro &&
            base->tp_setattro == type->tp_setattro) {
            defining = base;
            break;
        }
    }
    for (PyTypeObject *base = defining; base != NULL; base = base->tp_base) {
        if (base->tp_setattro == function) {
            break;
        }
        if (base->tp_setattro != slot_tp_setattro) {
            PyErr_Format(PyExc_TypeError, "can't apply this %s to %s object",
                         what, type->tp_name);
            return 0;
        }
    }
    return 1;
}

PyObject *
wrap_setattr(PyObject *self, PyObject *args, void *wrapped)
{
    setattrofunc function = (setattrofunc)wrapped;
    PyObject *name, *value;

    if (!PyArg_UnpackTuple(args, "", 2, 2, &name, &value) ||
        !wrap_check_setattr(self, function, "__setattr__")) {
        return NULL;
    }
    return wrap_none_unless(function(self, name, value));
}

PyObject *
wrap_delattr(PyObject *self, PyObject *args, void *wrapped)
{
    setattrofunc function = (setattrofunc)wrapped;
    PyObject *name = wrap_only(args);

    if (name == NULL || !wrap_check_setattr(self, function, "__delattr__")) {
        return NULL;
    }
    return wrap_none_unless(function(self, name, NULL));
}

PyObject *
wrap_descr_get(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *obj, *type = NULL;

    if (!PyArg_UnpackTuple(args, "", 1, 2, &obj, &type)) {
        return NULL;
    }
    if (obj == Py_None) {
        obj = NULL;
    }
    if (type == Py_None) {
        type = NULL;
    }
    if (type == NULL && obj == NULL) {
        PyErr_SetString(PyExc_TypeError, "__get__(None, None) is invalid");
        return NULL;
    }
    return ((descrgetfunc)wrapped)(self, obj, type);
}

PyObject *
wrap_descr_set(PyObject *self, PyObject *args, void *wrapped)
{
    return wrap_setitem_object(self, args, wrapped);
}

PyObject *
wrap_descr_delete(PyObject *self, PyObject *args, void *wrapped)
{
    return wrap_delitem_object(self, args, wrapped);
}

/* ---- calls, comparison, iteration -------------------------------------- */

PyObject *
wrap_call_with_keywords(PyObject *self, PyObject *args, void *wrapped,
                        PyObject *kwds)
{
    return ((ternaryfunc)wrapped)(self, args, kwds);
}

PyObject *
wrap_init_with_keywords(PyObject *self, PyObject *args, void *wrapped,
                        PyObject *kwds)
{
    return wrap_none_unless(((initproc)wrapped)(self, args, kwds));
}

PyObject *
wrap_del(PyObject *self, PyObject *args, void *wrapped)
{
    if (!wrap_check_count(args, 0)) {
        return NULL;
    }
    ((destructor)wrapped)(self);
    Py_RETURN_NONE;
}

PyObject *
wrap_next(PyObject *self, PyObject *args, void *wrapped)
{
    PyObject *item;

    if (!wrap_check_count(args, 0)) {
        return NULL;
    }
    item = ((iternextfunc)wrapped)(self);
    if (item == NULL && !PyErr_Occurred()) {
        PyErr_SetNone(PyExc_StopIteration);
    }
    return item;
}

static PyObject *
wrap_richcompare(PyObject *self, PyObject *args, void *wrapped, int op)
{
    PyObject *other = wrap_only(args);

    return other == NULL ? NULL
                         : ((richcmpfunc)wrapped)(self, other, op);
}

#define COMPARISON(NAME, OP) \
    PyObject * \
    NAME(PyObject *self, PyObject *args, void *wrapped) \
    { \
        return wrap_richcompare(self, args, wrapped, OP); \
    }
COMPARISON(wrap_lt, Py_LT)
COMPARISON(wrap_le, Py_LE)
COMPARISON(wrap_eq, Py_EQ)
COMPARISON(wrap_ne, Py_NE)
COMPARISON(wrap_gt, Py_GT)
COMPARISON(wrap_ge, Py_GE)
#undef COMPARISON
