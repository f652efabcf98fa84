/* Capsules: C pointers on their way through Python. */
#include "Python.h"

#include "internal/object.h"

typedef struct {
    PyObject_HEAD
    void *pointer;                 /* never NULL */
    const char *name;              /* the maker's, or NULL */
    void *context;
    PyCapsule_Destructor destructor;
} capsule_object;

static int
capsule_names_equal(const char *left, const char *right)
{
    return left == NULL || right == NULL ? left == right
                                         : strcmp(left, right) == 0;
}

/* Raises ValueError unless `op` is a sound capsule. */
static capsule_object *
capsule_check(PyObject *op, const char *message)
{
    if (op == NULL || !PyCapsule_CheckExact(op) ||
        ((capsule_object *)op)->pointer == NULL) {
        PyErr_SetString(PyExc_ValueError, message);
        return NULL;
    }
    return (capsule_object *)op;
}

#define CALLED_WITH_INVALID(FUNCTION) \
    FUNCTION " called with invalid PyCapsule object"

PyObject *
PyCapsule_New(void *pointer, const char *name, PyCapsule_Destructor destructor)
{
    capsule_object *self;

    if (pointer == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "PyCapsule_New called with null pointer");
        return NULL;
    }
    self = PyObject_New(capsule_object, &PyCapsule_Type);
    if (self != NULL) {
        self->pointer = pointer;
        self->name = name;
        self->context = NULL;
        self->destructor = destructor;
    }
    return (PyObject *)self;
}

int
PyCapsule_IsValid(PyObject *op, const char *name)
{
    capsule_object *self = (capsule_object *)op;

    return self != NULL && PyCapsule_CheckExact(op) &&
           self->pointer != NULL && capsule_names_equal(self->name, name);
}

void *
PyCapsule_GetPointer(PyObject *op, const char *name)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_GetPointer"));

    if (self == NULL) {
        return NULL;
    }
    if (!capsule_names_equal(name, self->name)) {
        PyErr_SetString(PyExc_ValueError,
                        "PyCapsule_GetPointer called with incorrect name");
        return NULL;
    }
    return self->pointer;
}

const char *
PyCapsule_GetName(PyObject *op)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_GetName"));

    return self == NULL ? NULL : self->name;
}

PyCapsule_Destructor
PyCapsule_GetDestructor(PyObject *op)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_GetDestructor"));

    return self == NULL ? NULL : self->destructor;
}

void *
PyCapsule_GetContext(PyObject *op)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_GetContext"));

    return self == NULL ? NULL : self->context;
}

int
PyCapsule_SetPointer(PyObject *op, void *pointer)
{
    capsule_object *self;

    if (pointer == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "PyCapsule_SetPointer called with null pointer");
        return -1;
    }
    self = capsule_check(op, CALLED_WITH_INVALID("PyCapsule_SetPointer"));
    if (self == NULL) {
        return -1;
    }
    self->pointer = pointer;
    return 0;
}

int
PyCapsule_SetName(PyObject *op, const char *name)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_SetName"));

    if (self == NULL) {
        return -1;
    }
    self->name = name;
    return 0;
}

int
PyCapsule_SetDestructor(PyObject *op, PyCapsule_Destructor destructor)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_SetDestructor"));

    if (self == NULL) {
        return -1;
    }
    self->destructor = destructor;
    return 0;
}

int
PyCapsule_SetContext(PyObject *op, void *context)
{
    capsule_object *self =
        capsule_check(op, CALLED_WITH_INVALID("PyCapsule_SetContext"));

    if (self == NULL) {
        return -1;
    }
    self->context = context;
    return 0;
}

/* "package.module.attribute": imports the first part, then follows
 * attributes.  Runs Python. */
static PyObject *
capsule_follow_path(char *path, const char *name)
{
    PyObject *op = NULL;

    for (char *part = path; part != NULL;) {
        char *dot = strchr(part, '.');

        if (dot != NULL) {
            *dot++ = '\0';
        }
        if (op == NULL) {
            op = PyImport_ImportModule(part);
            if (op == NULL) {
                PyErr_Format(PyExc_ImportError,
                             "PyCapsule_Import could not import module \"%s\"",
                             part);
            }
        }
        else {
            PyObject *attribute = PyObject_GetAttrString(op, part);

            Py_SETREF(op, attribute);
        }
        if (op == NULL) {
            return NULL;
        }
        part = dot;
    }
    return op;
}

void *
PyCapsule_Import(const char *name, int no_block)
{
    size_t size = strlen(name) + 1;
    char *path = PyMem_Malloc(size);
    PyObject *op;
    void *result = NULL;

    if (path == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(path, name, size);
    op = capsule_follow_path(path, name);
    PyMem_Free(path);
    if (op == NULL) {
        return NULL;
    }
    if (PyCapsule_IsValid(op, name)) {
        result = ((capsule_object *)op)->pointer;
    }
    else {
        PyErr_Format(PyExc_AttributeError,
                     "PyCapsule_Import \"%s\" is not valid", name);
    }
    Py_DECREF(op);
    return result;
}

static void
capsule_dealloc(PyObject *op)
{
    capsule_object *self = (capsule_object *)op;

    if (self->destructor != NULL) {
        self->destructor(op);
    }
    PyObject_Free(op);
}

static PyObject *
capsule_repr(PyObject *op)
{
    capsule_object *self = (capsule_object *)op;
    const char *quote = self->name == NULL ? "" : "\"";

    return PyUnicode_FromFormat("<capsule object %s%s%s at %p>", quote,
                                self->name == NULL ? "NULL" : self->name,
                                quote, self);
}

PyTypeObject PyCapsule_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "PyCapsule",
    .tp_basicsize = sizeof(capsule_object),
    .tp_dealloc = capsule_dealloc,
    .tp_repr = capsule_repr,
    .tp_doc = PyDoc_STR("A C pointer in an object's clothes, by which one "
                        "extension module\noffers functions to another."),
};
