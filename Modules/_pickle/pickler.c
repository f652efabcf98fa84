/* The type Pickler. */

#include "private.h"
#include "structmember.h"

/* ---- Settings ----------------------------------------------------------- */

int
pickler_set_protocol(pickler *self, PyObject *protocol, int fix_imports)
{
    long number = DEFAULT_PROTOCOL;

    if (protocol != Py_None) {
        number = PyLong_AsLong(protocol);
        if (number < 0) {
            if (number == -1 && PyErr_Occurred()) {
                return -1;
            }
            number = HIGHEST_PROTOCOL;
        }
        else if (number > HIGHEST_PROTOCOL) {
            PyErr_Format(PyExc_ValueError,
                         "pickle protocol must be <= %d", HIGHEST_PROTOCOL);
            return -1;
        }
    }
    self->protocol = (char)number;
    self->bin = number > 0;
    self->fix_imports = fix_imports && number < 3;
    return 0;
}

int
pickler_set_buffer_callback(pickler *self, PyObject *callback)
{
    if (callback == Py_None) {
        Py_CLEAR(self->buffer_callback);
        return 0;
    }
    if (callback != NULL && self->protocol < 5) {
        PyErr_SetString(PyExc_ValueError,
                        "buffer_callback needs protocol >= 5");
        return -1;
    }
    Py_XSETREF(self->buffer_callback, Py_XNewRef(callback));
    return 0;
}

pickler *
pickler_new_plain(pickle_state *state)
{
    pickler *self = (pickler *)state->pickler_type->tp_alloc(
        state->pickler_type, 0);

    if (self == NULL) {
        return NULL;
    }
    self->state = state;
    self->frame_start = -1;
    if (memo_init(&self->memo) < 0) {
        self->state = NULL;
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

/* ---- Dumping ------------------------------------------------------------ */

static int
dump_content(pickler *self, PyObject *object)
{
    if (self->protocol >= 2) {
        char header[2] = {(char)OP_PROTO, (char)self->protocol};
        if (output_write(self, header, 2) < 0) {
            return -1;
        }
        self->framing = self->protocol >= 4;
    }
    if (save(self, object, 0) < 0 || output_op(self, OP_STOP) < 0 ||
        output_commit_frame(self) < 0) {
        return -1;
    }
    return 0;
}

/* Pickles into the buffer. */
int
pickler_dump(pickler *self, PyObject *object)
{
    PyObject *set_id = self->persistent_id;     /* by the program */
    int status = -1;

    if (raise_if_running((PyObject *)self, self->running) < 0 ||
        (set_id == NULL &&
         lookup_attribute((PyObject *)self, "persistent_id",
                          &self->persistent_id) < 0)) {
        return -1;
    }
    self->running = 1;
    self->output_size = 0;
    self->framing = 0;
    self->frame_start = -1;
    if (lookup_attribute((PyObject *)self, "reducer_override",
               &self->reducer_override) == 0) {
        status = dump_content(self, object);
    }
    self->running = 0;
    self->framing = 0;
    /* Not kept: they refer back to the pickler. */
    Py_CLEAR(self->reducer_override);
    if (set_id == NULL) {
        Py_CLEAR(self->persistent_id);
    }
    return status;
}

PyDoc_STRVAR(dump_doc,
"dump($self, obj, /)\n--\n\n"
"Write the pickled form of the object to the file.");

static PyObject *
pickler_dump_method(pickler *self, PyObject *object)
{
    if (self->state == NULL || self->write == NULL) {
        pickle_state *state = state_of_type(Py_TYPE(self));
        if (state != NULL) {
            PyErr_Format(state->pickling_error,
                         "Pickler.__init__() was not called by "
                         "%s.__init__()", Py_TYPE(self)->tp_name);
        }
        return NULL;
    }
    if (pickler_dump(self, object) < 0 || output_flush(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(clear_memo_doc,
"clear_memo($self, /)\n--\n\n"
"Forget which objects were pickled already.");

static PyObject *
pickler_clear_memo(pickler *self, PyObject *Py_UNUSED(ignored))
{
    memo_clear(&self->memo);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(sizeof_doc,
"__sizeof__($self, /)\n--\n\n"
"Size in memory, in bytes.");

static PyObject *
pickler_sizeof(pickler *self, PyObject *Py_UNUSED(ignored))
{
    size_t size = _PyObject_SIZE(Py_TYPE(self));

    if (self->memo.entries != NULL) {
        size += (self->memo.mask + 1) * sizeof(memo_entry);
    }
    size += (size_t)self->output_capacity;
    return PyLong_FromSize_t(size);
}

/* ---- Life --------------------------------------------------------------- */

int
pickler_set_file(pickler *self, PyObject *file)
{
    if (lookup_attribute(file, "write", &self->write) < 0) {
        return -1;
    }
    if (self->write == NULL) {
        PyErr_SetString(PyExc_TypeError,
                        "file must have a 'write' attribute");
        return -1;
    }
    return 0;
}

static int
pickler_clear(pickler *self)
{
    Py_CLEAR(self->write);
    Py_CLEAR(self->persistent_id);
    Py_CLEAR(self->dispatch_table);
    Py_CLEAR(self->fast_memo);
    Py_CLEAR(self->reducer_override);
    Py_CLEAR(self->buffer_callback);
    if (self->memo.entries != NULL) {
        memo_clear(&self->memo);
    }
    return 0;
}

static int
pickler_init(pickler *self, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {(char *)"file", (char *)"protocol",
                               (char *)"fix_imports",
                               (char *)"buffer_callback", NULL};
    PyObject *file, *protocol = Py_None, *callback = Py_None;
    int fix_imports = 1;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OpO:Pickler", keywords,
                                     &file, &protocol, &fix_imports,
                                     &callback)) {
        return -1;
    }
    pickle_state *state = state_of_type(Py_TYPE(self));
    if (state == NULL ||
        raise_if_running((PyObject *)self, self->running) < 0) {
        return -1;
    }
    if (self->write != NULL) {
        pickler_clear(self);              /* a second __init__ */
    }
    if (pickler_set_protocol(self, protocol, fix_imports) < 0 ||
        pickler_set_file(self, file) < 0 ||
        pickler_set_buffer_callback(self, callback) < 0) {
        return -1;
    }
    if (self->memo.entries == NULL && memo_init(&self->memo) < 0) {
        return -1;
    }
    self->output_size = 0;
    self->frame_start = -1;
    self->fast = self->fast_nesting = 0;
    self->state = state;
    PyObject *table;
    if (lookup_attribute((PyObject *)self, "dispatch_table", &table) < 0) {
        return -1;
    }
    Py_XSETREF(self->dispatch_table, table);
    return 0;
}

static int
pickler_traverse(pickler *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->write);
    Py_VISIT(self->persistent_id);
    Py_VISIT(self->dispatch_table);
    Py_VISIT(self->fast_memo);
    Py_VISIT(self->reducer_override);
    Py_VISIT(self->buffer_callback);
    for (size_t i = 0; self->memo.entries != NULL && i <= self->memo.mask;
         i++) {
        Py_VISIT(self->memo.entries[i].key);
    }
    return 0;
}

static void
pickler_dealloc(pickler *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    pickler_clear(self);
    memo_free(&self->memo);
    PyMem_Free(self->output);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

/* ---- Attributes --------------------------------------------------------- */

static PyObject *
pickler_get_memo(pickler *self, void *closure)
{
    pickle_state *state = state_of_type(Py_TYPE(self));

    return state == NULL ? NULL : memo_view_new(state->pickler_memo_type,
                                                (PyObject *)self);
}

PyObject *
pickler_copy_memo(pickler *self)
{
    const memo_table *memo = &self->memo;
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict != NULL && memo->entries != NULL &&
                       i <= memo->mask; i++) {
        PyObject *object = memo->entries[i].key;
        Py_ssize_t number = memo->entries[i].number;
        if (object == NULL) {
            continue;
        }
        Py_INCREF(object);
        PyObject *key = PyLong_FromVoidPtr(object);
        PyObject *value = Py_BuildValue("nN", number, object);
        if (key == NULL || value == NULL ||
            PyDict_SetItem(dict, key, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return dict;
}

/* From {id: (number, object)}.  0 or -1. */
static int
fill_memo(memo_table *memo, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    while (PyDict_Next(dict, &position, &key, &value)) {
        if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 2) {
            PyErr_SetString(PyExc_TypeError,
                            "'memo' values must be 2-item tuples");
            return -1;
        }
        Py_ssize_t number = PyLong_AsSsize_t(PyTuple_GET_ITEM(value, 0));
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (memo_set(memo, PyTuple_GET_ITEM(value, 1), number) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
copy_memo(memo_table *memo, const memo_table *from)
{
    for (size_t i = 0; from->entries != NULL && i <= from->mask; i++) {
        if (from->entries[i].key != NULL &&
            memo_set(memo, from->entries[i].key, from->entries[i].number) <
                0) {
            return -1;
        }
    }
    return 0;
}

static int
pickler_set_memo(pickler *self, PyObject *value, void *closure)
{
    memo_table memo;
    int status;

    pickle_state *state = state_of_type(Py_TYPE(self));
    if (state == NULL) {
        return -1;
    }
    int is_view = memo_view_check(value, state->pickler_memo_type,
                                  "a PicklerMemoProxy");
    if (is_view < 0) {
        return -1;
    }
    if (memo_init(&memo) < 0) {
        return -1;
    }
    status = is_view
                 ? copy_memo(&memo, &((pickler *)memo_view_owner(value))->memo)
                 : fill_memo(&memo, value);
    if (status < 0) {
        memo_free(&memo);
        return -1;
    }
    memo_table old = self->memo;
    self->memo = memo;
    memo_free(&old);
    return 0;
}

static PyObject *
pickler_get_persistent_id(pickler *self, void *closure)
{
    return function_get(self->persistent_id, "persistent_id");
}

static int
pickler_set_persistent_id(pickler *self, PyObject *value, void *closure)
{
    return function_set(&self->persistent_id, value, "persistent_id");
}

static PyMemberDef pickler_members[] = {
    {"bin", T_INT, offsetof(pickler, bin)},
    {"fast", T_INT, offsetof(pickler, fast)},
    {"dispatch_table", T_OBJECT_EX, offsetof(pickler, dispatch_table)},
    {NULL},
};

static PyGetSetDef pickler_getset[] = {
    {"memo", (getter)pickler_get_memo, (setter)pickler_set_memo},
    {"persistent_id", (getter)pickler_get_persistent_id,
     (setter)pickler_set_persistent_id},
    {NULL},
};

static PyMethodDef pickler_methods[] = {
    {"dump", (PyCFunction)pickler_dump_method, METH_O, dump_doc},
    {"clear_memo", (PyCFunction)pickler_clear_memo, METH_NOARGS,
     clear_memo_doc},
    {"__sizeof__", (PyCFunction)pickler_sizeof, METH_NOARGS, sizeof_doc},
    {NULL},
};

PyDoc_STRVAR(pickler_doc,
"Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n"
"--\n\n"
"Writes pickled objects to a binary file.\n\n"
"The protocol is a number from 0 to 5, negative for the highest.  With\n"
"fix_imports protocols below 3 use the names of Python 2.  The callback\n"
"gets the buffers that are to be transmitted elsewhere.");

static PyType_Slot pickler_slots[] = {
    {Py_tp_doc, (char *)pickler_doc},
    {Py_tp_dealloc, pickler_dealloc},
    {Py_tp_traverse, pickler_traverse},
    {Py_tp_clear, pickler_clear},
    {Py_tp_methods, pickler_methods},
    {Py_tp_members, pickler_members},
    {Py_tp_getset, pickler_getset},
    {Py_tp_init, pickler_init},
    {Py_tp_new, PyType_GenericNew},
    {0, NULL},
};

PyType_Spec pickler_spec = {
    .name = "_pickle.Pickler",
    .basicsize = sizeof(pickler),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = pickler_slots,
};
