/* Hash objects over OpenSSL's EVP digests. */
#include "digest.h"

#include "bytes.h"

/* Updates beyond this many bytes run without the GIL. */
#define LONG_UPDATE 2048

static PyObject *
raise_openssl_error(void)
{
    unsigned long code = libcrypto.ERR_peek_last_error();
    const char *reason = NULL;

    if (code != 0) {
        reason = libcrypto.ERR_reason_error_string(code);
    }
    libcrypto.ERR_clear_error();
    PyErr_SetString(PyExc_ValueError,
                    reason != NULL ? reason : "unsupported hash type");
    return NULL;
}

int
digest_take_buffer(PyObject *data, Py_buffer *view)
{
    if (PyUnicode_Check(data)) {
        PyErr_SetString(PyExc_TypeError,
                        "Strings must be encoded before hashing");
        return -1;
    }
    if (!PyObject_CheckBuffer(data)) {
        PyErr_SetString(PyExc_TypeError,
                        "object supporting the buffer API required");
        return -1;
    }
    if (PyObject_GetBuffer(data, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (view->ndim > 1) {
        PyErr_SetString(PyExc_BufferError,
                        "Buffer must be single dimension");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

static void
digest_lock(DigestObject *self)
{
    if (self->lock != NULL &&
        !PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
}

static void
digest_unlock(DigestObject *self)
{
    if (self->lock != NULL) {
        PyThread_release_lock(self->lock);
    }
}

static int
digest_feed(DigestObject *self, PyObject *data)
{
    Py_buffer view;
    int good;

    if (digest_take_buffer(data, &view) < 0) {
        return -1;
    }
    if (self->lock == NULL && view.len >= LONG_UPDATE) {
        self->lock = PyThread_allocate_lock();
    }
    digest_lock(self);
    if (self->lock != NULL && view.len >= LONG_UPDATE) {
        Py_BEGIN_ALLOW_THREADS
        good = libcrypto.EVP_DigestUpdate(self->context, view.buf,
                                          (size_t)view.len);
        Py_END_ALLOW_THREADS
    }
    else {
        good = libcrypto.EVP_DigestUpdate(self->context, view.buf,
                                          (size_t)view.len);
    }
    digest_unlock(self);
    PyBuffer_Release(&view);
    if (!good) {
        raise_openssl_error();
        return -1;
    }
    return 0;
}

/* An object without state. */
static DigestObject *
digest_alloc(PyTypeObject *type, const digest_algorithm *algorithm)
{
    DigestObject *self = (DigestObject *)type->tp_alloc(type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->algorithm = algorithm;
    self->lock = NULL;
    self->context = libcrypto.EVP_MD_CTX_new();
    if (self->context == NULL) {
        Py_DECREF(self);
        PyErr_NoMemory();
        return NULL;
    }
    return self;
}

PyObject *
digest_new(PyTypeObject *type, const digest_algorithm *algorithm,
           PyObject *data)
{
    DigestObject *self = digest_alloc(type, algorithm);         /* owned */

    if (self == NULL) {
        return NULL;
    }
    if (!libcrypto.EVP_DigestInit_ex(self->context, (*algorithm->md)(),
                                     NULL)) {
        Py_DECREF(self);
        return raise_openssl_error();
    }
    if (data != NULL && digest_feed(self, data) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

void
digest_dealloc(PyObject *op)
{
    DigestObject *self = (DigestObject *)op;
    PyTypeObject *type = Py_TYPE(op);

    if (PyType_IS_GC(type)) {
        PyObject_GC_UnTrack(op);
    }
    libcrypto.EVP_MD_CTX_free(self->context);
    if (self->lock != NULL) {
        PyThread_free_lock(self->lock);
    }
    type->tp_free(op);
    Py_DECREF(type);
}

int
digest_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

/* ---- methods ---- */

PyObject *
digest_update(PyObject *self, PyObject *data)
{
    if (digest_feed((DigestObject *)self, data) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
digest_copy(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    DigestObject *self = (DigestObject *)op;
    DigestObject *copy = digest_alloc(Py_TYPE(op), self->algorithm);

    if (copy == NULL) {
        return NULL;
    }
    digest_lock(self);
    int good = libcrypto.EVP_MD_CTX_copy_ex(copy->context, self->context);
    digest_unlock(self);
    if (!good) {
        Py_DECREF(copy);
        return raise_openssl_error();
    }
    return (PyObject *)copy;
}

/* The digest of what was fed so far; n bytes, for SHAKE any number. */
static int
digest_compute(DigestObject *self, unsigned char *out, size_t n)
{
    EVP_MD_CTX *context = libcrypto.EVP_MD_CTX_new();

    if (context == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    digest_lock(self);
    int good = libcrypto.EVP_MD_CTX_copy_ex(context, self->context);
    digest_unlock(self);
    if (good) {
        good = self->algorithm->is_xof
                   ? n == 0 || libcrypto.EVP_DigestFinalXOF(context, out, n)
                   : libcrypto.EVP_DigestFinal_ex(context, out, NULL);
    }
    libcrypto.EVP_MD_CTX_free(context);
    if (!good) {
        raise_openssl_error();
        return -1;
    }
    return 0;
}

static size_t
digest_size(DigestObject *self)
{
    return (size_t)libcrypto.EVP_MD_get_size(
        libcrypto.EVP_MD_CTX_get0_md(self->context));
}

PyObject *
digest_digest(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    unsigned char out[EVP_MAX_MD_SIZE];

    if (digest_compute((DigestObject *)self, out, sizeof(out)) < 0) {
        return NULL;
    }
    return PyBytes_FromStringAndSize(
        (char *)out, (Py_ssize_t)digest_size((DigestObject *)self));
}

PyObject *
digest_hexdigest(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    unsigned char out[EVP_MAX_MD_SIZE];

    if (digest_compute((DigestObject *)self, out, sizeof(out)) < 0) {
        return NULL;
    }
    return _Py_strhex((char *)out,
                      (Py_ssize_t)digest_size((DigestObject *)self));
}

/* A length argument, below 2**29. */
static int
take_length(PyObject *arg, size_t *length)
{
    if (!PyLong_Check(arg) && !PyIndex_Check(arg)) {
        PyErr_Format(PyExc_TypeError,
                     "'%.100s' object cannot be interpreted as an integer",
                     Py_TYPE(arg)->tp_name);
        return -1;
    }
    PyObject *number = _PyNumber_Index(arg);                    /* owned */
    if (number == NULL) {
        return -1;
    }
    if (_PyLong_Sign(number) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        Py_DECREF(number);
        return -1;
    }
    *length = PyLong_AsSize_t(number);
    Py_DECREF(number);
    if (*length == (size_t)-1 && PyErr_Occurred()) {
        return -1;
    }
    if (*length >= (size_t)1 << 29) {
        PyErr_SetString(PyExc_ValueError, "length is too large");
        return -1;
    }
    return 0;
}

static PyObject *
digest_xof(PyObject *self, PyObject *arg,
           PyObject *(*make)(const char *, Py_ssize_t))
{
    size_t length;

    if (take_length(arg, &length) < 0) {
        return NULL;
    }
    unsigned char *out = PyMem_Malloc(length + 1);
    if (out == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    if (digest_compute((DigestObject *)self, out, length) == 0) {
        result = make((char *)out, (Py_ssize_t)length);
    }
    PyMem_Free(out);
    return result;
}

PyObject *
digest_digest_of_length(PyObject *self, PyObject *length)
{
    return digest_xof(self, length, PyBytes_FromStringAndSize);
}

PyObject *
digest_hexdigest_of_length(PyObject *self, PyObject *length)
{
    return digest_xof(self, length, _Py_strhex);
}

PyObject *
digest_get_name(PyObject *self, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(((DigestObject *)self)->algorithm->name);
}

PyObject *
digest_get_block_size(PyObject *self, void *Py_UNUSED(closure))
{
    DigestObject *digest = (DigestObject *)self;

    return PyLong_FromLong(libcrypto.EVP_MD_get_block_size(
        libcrypto.EVP_MD_CTX_get0_md(digest->context)));
}

PyObject *
digest_get_size(PyObject *self, void *Py_UNUSED(closure))
{
    DigestObject *digest = (DigestObject *)self;

    return PyLong_FromSize_t(digest->algorithm->is_xof ? 0
                                                       : digest_size(digest));
}

/* ---- modules of constructor functions ---- */

static PyMethodDef digest_methods[] = {
    {"copy", digest_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nA second hash in the same state."},
    {"digest", digest_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nThe digest as bytes."},
    {"hexdigest", digest_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nThe digest in hexadecimal."},
    {"update", digest_update, METH_O,
     "update($self, obj, /)\n--\n\nFeed data."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef digest_getset[] = {
    {"block_size", digest_get_block_size, NULL, NULL, NULL},
    {"name", digest_get_name, NULL, NULL, NULL},
    {"digest_size", digest_get_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyType_Slot digest_type_slots[] = {
    {Py_tp_dealloc, digest_dealloc},
    {Py_tp_methods, digest_methods},
    {Py_tp_getset, digest_getset},
    {Py_tp_traverse, digest_traverse},
    {0, NULL},
};

int
digest_module_exec(PyObject *module, const digest_function *functions, int n)
{
    digest_module_state *state = PyModule_GetState(module);

    if (crypto_load() < 0) {
        return -1;
    }
    state->functions = functions;
    for (int i = 0; i < n; i++) {
        state->types[i] = (PyTypeObject *)PyType_FromModuleAndSpec(
            module, functions[i].spec, NULL);
        if (state->types[i] == NULL ||
            PyModule_AddObjectRef(module, functions[i].type_name,
                                  (PyObject *)state->types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
digest_module_call(PyObject *module, int index, PyObject *const *args,
                   Py_ssize_t nargs, PyObject *kwnames, _PyArg_Parser *parser)
{
    digest_module_state *state = PyModule_GetState(module);
    PyObject *data = NULL;                                      /* borrowed */
    int usedforsecurity = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser, &data,
                                      &usedforsecurity)) {
        return NULL;
    }
    return digest_new(state->types[index], state->functions[index].algorithm,
                      data);
}

int
digest_module_traverse(PyObject *module, visitproc visit, void *arg)
{
    digest_module_state *state = PyModule_GetState(module);

    Py_VISIT(state->types[0]);
    Py_VISIT(state->types[1]);
    return 0;
}

int
digest_module_clear(PyObject *module)
{
    digest_module_state *state = PyModule_GetState(module);

    Py_CLEAR(state->types[0]);
    Py_CLEAR(state->types[1]);
    return 0;
}

void
digest_module_free(void *module)
{
    digest_module_clear(module);
}
