/* Handing objects to another interpreter, and identifiers of interpreters.
 *
 * An object becomes a _PyCrossInterpreterData: C data and a function that
 * makes an equal object in the interpreter that receives it.  Types register
 * how; str, bytes, int and None are known.
 */
#include "Python.h"

#include "errors.h"
#include "pystate.h"
#include "runtime.h"

#include <pthread.h>

/* Process-wide, under its mutex. */
static struct {
    pthread_mutex_t mutex;
    struct registered {
        struct registered *next;
        PyTypeObject *type;
        crossinterpdatafunc get_data;
    } *head;
} registry = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* ---- the types that are known ---- */

static PyObject *
bytes_from_shared(_PyCrossInterpreterData *data)
{
    PyObject *original = data->data;

    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(original),
                                     PyBytes_GET_SIZE(original));
}

static int
bytes_share(PyObject *object, _PyCrossInterpreterData *data)
{
    data->data = object;                      /* data->obj keeps it alive */
    data->obj = Py_NewRef(object);
    data->new_object = bytes_from_shared;
    data->free = NULL;
    return 0;
}

static PyObject *
str_from_shared(_PyCrossInterpreterData *data)
{
    PyObject *original = data->data;

    return PyUnicode_FromKindAndData((int)PyUnicode_KIND(original),
                                     PyUnicode_DATA(original),
                                     PyUnicode_GET_LENGTH(original));
}

static int
str_share(PyObject *object, _PyCrossInterpreterData *data)
{
    data->data = object;
    data->obj = Py_NewRef(object);
    data->new_object = str_from_shared;
    data->free = NULL;
    return 0;
}

static PyObject *
int_from_shared(_PyCrossInterpreterData *data)
{
    return PyLong_FromSsize_t((Py_ssize_t)(intptr_t)data->data);
}

static int
int_share(PyObject *object, _PyCrossInterpreterData *data)
{
    Py_ssize_t value = PyLong_AsSsize_t(object);

    if (value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_SetString(PyExc_OverflowError, "try sending as bytes");
        }
        return -1;
    }
    data->data = (void *)(intptr_t)value;
    data->obj = NULL;
    data->new_object = int_from_shared;
    data->free = NULL;
    return 0;
}

static PyObject *
none_from_shared(_PyCrossInterpreterData *Py_UNUSED(data))
{
    Py_RETURN_NONE;
}

static int
none_share(PyObject *Py_UNUSED(object), _PyCrossInterpreterData *data)
{
    data->data = NULL;
    data->obj = NULL;
    data->new_object = none_from_shared;
    data->free = NULL;
    return 0;
}

/* ---- the registry ---- */

static int
registry_add(PyTypeObject *type, crossinterpdatafunc get_data)
{
    struct registered *entry = PyMem_RawMalloc(sizeof(*entry));

    if (entry == NULL) {
        return -1;
    }
    entry->type = (PyTypeObject *)Py_NewRef(type);
    entry->get_data = get_data;
    entry->next = registry.head;
    registry.head = entry;
    return 0;
}

static void
registry_ensure(void)
{
    if (registry.head == NULL) {
        (void)registry_add(Py_TYPE(Py_None), none_share);
        (void)registry_add(&PyLong_Type, int_share);
        (void)registry_add(&PyUnicode_Type, str_share);
        (void)registry_add(&PyBytes_Type, bytes_share);
    }
}

int
_PyCrossInterpreterData_RegisterClass(PyTypeObject *type,
                                      crossinterpdatafunc get_data)
{
    int status;

    if (get_data == NULL) {
        PyErr_Format(PyExc_ValueError, "missing 'getdata' func");
        return -1;
    }
    pthread_mutex_lock(&registry.mutex);
    registry_ensure();
    status = registry_add(type, get_data);
    pthread_mutex_unlock(&registry.mutex);
    return status;
}

crossinterpdatafunc
_PyCrossInterpreterData_Lookup(PyObject *object)
{
    crossinterpdatafunc found = NULL;

    pthread_mutex_lock(&registry.mutex);
    registry_ensure();
    for (struct registered *entry = registry.head;
         entry != NULL && found == NULL; entry = entry->next) {
        if (entry->type == Py_TYPE(object)) {
            found = entry->get_data;
        }
    }
    pthread_mutex_unlock(&registry.mutex);
    return found;
}

/* ---- sharing ---- */

static int
raise_not_shareable(PyObject *object)
{
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError,
                     "%S does not support cross-interpreter data", object);
    }
    return -1;
}

int
_PyObject_CheckCrossInterpreterData(PyObject *object)
{
    return _PyCrossInterpreterData_Lookup(object) != NULL
               ? 0
               : raise_not_shareable(object);
}

int
_PyObject_GetCrossInterpreterData(PyObject *object,
                                  _PyCrossInterpreterData *data)
{
    PyThreadState *tstate = _PyThreadState_GET();
    crossinterpdatafunc get_data;
    int status;

    *data = (_PyCrossInterpreterData){0};
    data->interp = -1;
    Py_INCREF(object);
    get_data = _PyCrossInterpreterData_Lookup(object);
    if (get_data == NULL) {
        Py_DECREF(object);
        return raise_not_shareable(object);
    }
    status = get_data(object, data);
    Py_DECREF(object);
    if (status != 0) {
        return -1;
    }
    data->interp = tstate->interp->id;
    if (data->interp < 0) {
        _PyErr_SetString(tstate, PyExc_SystemError, "missing interp");
        _PyCrossInterpreterData_Release(data);
        return -1;
    }
    if (data->new_object == NULL) {
        _PyErr_SetString(tstate, PyExc_SystemError, "missing new_object func");
        _PyCrossInterpreterData_Release(data);
        return -1;
    }
    return 0;
}

PyObject *
_PyCrossInterpreterData_NewObject(_PyCrossInterpreterData *data)
{
    return data->new_object(data);
}

/* The data belongs to the interpreter that it came from: there it is
 * released. */
void
_PyCrossInterpreterData_Release(_PyCrossInterpreterData *data)
{
    PyThreadState *saved = NULL;
    PyInterpreterState *interp;

    if (data->data == NULL && data->obj == NULL) {
        return;
    }
    interp = _PyInterpreterState_LookUpID(data->interp);
    if (interp == NULL) {
        PyErr_Clear();     /* RuntimeError: it is gone, and its data with it */
        return;
    }
    if (interp != _PyThreadState_GET()->interp) {
        saved = PyThreadState_Swap(PyInterpreterState_ThreadHead(interp));
    }
    if (data->free != NULL) {
        data->free(data->data);
    }
    data->data = NULL;
    Py_CLEAR(data->obj);
    if (saved != NULL) {
        PyThreadState_Swap(saved);
    }
}

/* ---- InterpreterID objects ---- */

typedef struct {
    PyObject_HEAD
    int64_t id;
} InterpreterID;

PyAPI_DATA(PyTypeObject) _PyInterpreterID_Type;
PyAPI_FUNC(PyObject *) _PyInterpreterID_New(int64_t id);
PyAPI_FUNC(PyObject *)
    _PyInterpreterState_GetIDObject(PyInterpreterState *interp);
PyAPI_FUNC(PyInterpreterState *)
    _PyInterpreterID_LookUp(PyObject *requested_id);

static PyObject *
interpreter_id_new(PyTypeObject *type, int64_t id, int force)
{
    PyInterpreterState *interp = _PyInterpreterState_LookUpID(id);
    InterpreterID *self;

    if (interp == NULL) {
        if (!force) {
            return NULL;
        }
        PyErr_Clear();               /* RuntimeError: asked for all the same */
    }
    if (interp != NULL && _PyInterpreterState_IDIncref(interp) < 0) {
        return NULL;
    }
    self = PyObject_New(InterpreterID, type);
    if (self == NULL) {
        if (interp != NULL) {
            _PyInterpreterState_IDDecref(interp);
        }
        return NULL;
    }
    self->id = id;
    return (PyObject *)self;
}

static int
interpreter_id_from_object(PyObject *object, void *address)
{
    int64_t id;

    if (PyObject_TypeCheck(object, &_PyInterpreterID_Type)) {
        id = ((InterpreterID *)object)->id;
    }
    else if (PyIndex_Check(object)) {
        id = PyLong_AsLongLong(object);
        if (id == -1 && PyErr_Occurred()) {
            return 0;
        }
        if (id < 0) {
            PyErr_Format(PyExc_ValueError,
                         "interpreter ID must be a non-negative int, got %R",
                         object);
            return 0;
        }
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "interpreter ID must be an int, got %.100s",
                     Py_TYPE(object)->tp_name);
        return 0;
    }
    *(int64_t *)address = id;
    return 1;
}

static PyObject *
interpreter_id_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *keywords[] = {(char *)"id", (char *)"force", NULL};
    int64_t id;
    int force = 0;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwds, "O&|$p:InterpreterID.__init__", keywords,
            interpreter_id_from_object, &id, &force)) {
        return NULL;
    }
    return interpreter_id_new(type, id, force);
}

static void
interpreter_id_dealloc(InterpreterID *self)
{
    PyInterpreterState *interp = _PyInterpreterState_LookUpID(self->id);

    if (interp != NULL) {
        _PyInterpreterState_IDDecref(interp);
    }
    else {
        PyErr_Clear();                        /* RuntimeError: already gone */
    }
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
interpreter_id_repr(InterpreterID *self)
{
    return PyUnicode_FromFormat("%s(%lld)", _PyType_Name(Py_TYPE(self)),
                                (long long)self->id);
}

static PyObject *
interpreter_id_str(InterpreterID *self)
{
    return PyUnicode_FromFormat("%lld", (long long)self->id);
}

static PyObject *
interpreter_id_int(InterpreterID *self)
{
    return PyLong_FromLongLong(self->id);
}

static Py_hash_t
interpreter_id_hash(InterpreterID *self)
{
    PyObject *number = PyLong_FromLongLong(self->id);
    Py_hash_t hash;

    if (number == NULL) {
        return -1;
    }
    hash = PyObject_Hash(number);
    Py_DECREF(number);
    return hash;
}

static PyObject *
interpreter_id_richcompare(PyObject *self, PyObject *other, int op)
{
    int64_t id = ((InterpreterID *)self)->id;
    int equal;

    if ((op != Py_EQ && op != Py_NE) ||
        !PyObject_TypeCheck(self, &_PyInterpreterID_Type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyObject_TypeCheck(other, &_PyInterpreterID_Type)) {
        equal = id == ((InterpreterID *)other)->id;
    }
    else if (PyLong_CheckExact(other)) {
        int overflow;
        long long other_id = PyLong_AsLongLongAndOverflow(other, &overflow);

        if (other_id == -1 && PyErr_Occurred()) {
            return NULL;
        }
        equal = !overflow && other_id >= 0 && id == other_id;
    }
    else if (PyNumber_Check(other)) {
        PyObject *number = PyLong_FromLongLong(id), *result;

        if (number == NULL) {
            return NULL;
        }
        result = PyObject_RichCompare(number, other, op);
        Py_DECREF(number);
        return result;
    }
    else {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return PyBool_FromLong(op == Py_EQ ? equal : !equal);
}

static PyNumberMethods interpreter_id_as_number = {
    .nb_int = (unaryfunc)interpreter_id_int,
    .nb_index = (unaryfunc)interpreter_id_int,
};

PyTypeObject _PyInterpreterID_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "InterpreterID",
    .tp_basicsize = sizeof(InterpreterID),
    .tp_dealloc = (destructor)interpreter_id_dealloc,
    .tp_repr = (reprfunc)interpreter_id_repr,
    .tp_str = (reprfunc)interpreter_id_str,
    .tp_hash = (hashfunc)interpreter_id_hash,
    .tp_richcompare = interpreter_id_richcompare,
    .tp_as_number = &interpreter_id_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("Which interpreter; usable as an int."),
    .tp_new = interpreter_id_tp_new,
};

PyObject *
_PyInterpreterID_New(int64_t id)
{
    return interpreter_id_new(&_PyInterpreterID_Type, id, 0);
}

PyObject *
_PyInterpreterState_GetIDObject(PyInterpreterState *interp)
{
    if (_PyInterpreterState_IDInitref(interp) != 0) {
        return NULL;
    }
    return interpreter_id_new(&_PyInterpreterID_Type, interp->id, 0);
}

PyInterpreterState *
_PyInterpreterID_LookUp(PyObject *requested_id)
{
    int64_t id;

    return interpreter_id_from_object(requested_id, &id)
               ? _PyInterpreterState_LookUpID(id)
               : NULL;
}
