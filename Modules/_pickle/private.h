#ifndef LUCID_PICKLE_PRIVATE_H
#define LUCID_PICKLE_PRIVATE_H

#include "Python.h"

#include "names.h"

#include <string.h>

enum { HIGHEST_PROTOCOL = 5, DEFAULT_PROTOCOL = 4 };

/* The opcodes (module pickletools). */
enum {
    OP_MARK = '(', OP_STOP = '.', OP_POP = '0', OP_POP_MARK = '1',
    OP_DUP = '2', OP_FLOAT = 'F', OP_INT = 'I', OP_BININT = 'J',
    OP_BININT1 = 'K', OP_BININT2 = 'M', OP_LONG = 'L', OP_NONE = 'N',
    OP_PERSID = 'P', OP_BINPERSID = 'Q', OP_REDUCE = 'R', OP_STRING = 'S',
    OP_BINSTRING = 'T', OP_SHORT_BINSTRING = 'U', OP_UNICODE = 'V',
    OP_BINUNICODE = 'X', OP_APPEND = 'a', OP_BUILD = 'b', OP_GLOBAL = 'c',
    OP_DICT = 'd', OP_EMPTY_DICT = '}', OP_APPENDS = 'e', OP_GET = 'g',
    OP_BINGET = 'h', OP_INST = 'i', OP_LONG_BINGET = 'j', OP_LIST = 'l',
    OP_EMPTY_LIST = ']', OP_OBJ = 'o', OP_PUT = 'p', OP_BINPUT = 'q',
    OP_LONG_BINPUT = 'r', OP_SETITEM = 's', OP_TUPLE = 't',
    OP_EMPTY_TUPLE = ')', OP_SETITEMS = 'u', OP_BINFLOAT = 'G',
    OP_PROTO = 0x80, OP_NEWOBJ = 0x81, OP_EXT1 = 0x82, OP_EXT2 = 0x83,
    OP_EXT4 = 0x84, OP_TUPLE1 = 0x85, OP_TUPLE2 = 0x86, OP_TUPLE3 = 0x87,
    OP_NEWTRUE = 0x88, OP_NEWFALSE = 0x89, OP_LONG1 = 0x8A, OP_LONG4 = 0x8B,
    OP_BINBYTES = 'B', OP_SHORT_BINBYTES = 'C',
    OP_SHORT_BINUNICODE = 0x8C, OP_BINUNICODE8 = 0x8D, OP_BINBYTES8 = 0x8E,
    OP_EMPTY_SET = 0x8F, OP_ADDITEMS = 0x90, OP_FROZENSET = 0x91,
    OP_NEWOBJ_EX = 0x92, OP_STACK_GLOBAL = 0x93, OP_MEMOIZE = 0x94,
    OP_FRAME = 0x95,
    OP_BYTEARRAY8 = 0x96, OP_NEXT_BUFFER = 0x97, OP_READONLY_BUFFER = 0x98,
};

enum {
    BATCH_SIZE = 1000,             /* items per APPENDS, SETITEMS */
    FAST_NESTING_LIMIT = 50,       /* without memo: then look for cycles */
    FRAME_SIZE_MIN = 4,
    FRAME_SIZE_TARGET = 64 * 1024,
    FRAME_HEADER_SIZE = 9,
    PREFETCH = 128 * 1024,
};

/* ---- State of the module ---- */

typedef struct {
    PyObject *pickle_error, *pickling_error, *unpickling_error;
    PyObject *dispatch_table;      /* copyreg */
    PyObject *extension_registry, *inverted_registry, *extension_cache;
    /* _compat_pickle: names of Python 2 and 3. */
    PyObject *name_mapping_2to3, *import_mapping_2to3;
    PyObject *name_mapping_3to2, *import_mapping_3to2;
    PyObject *codecs_encode, *getattr, *partial;
    PyTypeObject *pickler_type, *unpickler_type;
    PyTypeObject *pickler_memo_type, *unpickler_memo_type;
} pickle_state;

extern struct PyModuleDef pickle_module;

/* What runs while a pickler or unpickler is at work may be Python: it must not
 * start, or initialize, the same object again, under the feet of the work that
 * is going on.  0, or -1 with RuntimeError. */
static inline int
raise_if_running(PyObject *self, int running)
{
    if (running) {
        PyErr_Format(PyExc_RuntimeError, "%.200s object is in use",
                     Py_TYPE(self)->tp_name);
        return -1;
    }
    return 0;
}

/* The state of the module that made `type` or a base of it; NULL: error. */
pickle_state *state_of_type(PyTypeObject *type);

/* ---- Pickler ---- */

typedef struct {
    PyObject *key;                 /* owned; NULL: free */
    Py_ssize_t number;
} memo_entry;

/* Objects by identity. */
typedef struct {
    memo_entry *entries;
    size_t mask, used;
} memo_table;

typedef struct {
    PyObject_HEAD
    pickle_state *state;           /* NULL: __init__ was not called */
    memo_table memo;
    PyObject *persistent_id;       /* set by the program, or while dumping */
    PyObject *dispatch_table;      /* NULL: copyreg's */
    PyObject *reducer_override;    /* while dumping */
    PyObject *write;               /* the file's; NULL: keep everything */
    char *output;
    Py_ssize_t output_size, output_capacity;
    Py_ssize_t frame_start;        /* -1: no frame is open */
    int bin, fast;                 /* Python sets them */
    int fast_nesting;
    char protocol, framing, fix_imports;
    char running;                  /* dumping: see raise_if_running */
    PyObject *fast_memo;           /* dict of ids, deep in fast mode */
    PyObject *buffer_callback;
} pickler;

/* output.c */
int memo_init(memo_table *memo);
void memo_clear(memo_table *memo);          /* empty, reusable */
void memo_free(memo_table *memo);
int memo_set(memo_table *memo, PyObject *key, Py_ssize_t number);
Py_ssize_t memo_find(const memo_table *memo, PyObject *key);   /* or -1 */

int output_write_slowly(pickler *self, const void *data, Py_ssize_t size);

static inline int
output_write(pickler *self, const void *data, Py_ssize_t size)
{
    if (size > self->output_capacity - self->output_size ||
        (self->framing && self->frame_start < 0)) {
        return output_write_slowly(self, data, size);
    }
    memcpy(self->output + self->output_size, data, (size_t)size);
    self->output_size += size;
    return 0;
}

static inline int
output_op(pickler *self, int op)
{
    char byte = (char)op;
    return output_write(self, &byte, 1);
}
/* A header and data that may be large; `payload`: an object with the data,
 * for a file to write, or NULL. */
int output_data(pickler *self, const char *header, Py_ssize_t header_size,
                const char *data, Py_ssize_t size, PyObject *payload);
int output_boundary(pickler *self);
int output_commit_frame(pickler *self);
int output_flush(pickler *self);            /* to the file */
int output_memo_get(pickler *self, PyObject *object);
int output_memo_put(pickler *self, PyObject *object);

/* save.c, reduce.c: 0 or -1.  Run Python. */
int save(pickler *self, PyObject *object, int without_persistent_id);
int save_global(pickler *self, PyObject *object, PyObject *name);
int save_reduce(pickler *self, PyObject *args, PyObject *object);
int save_by_reduction(pickler *self, PyObject *object);
int batch_list(pickler *self, PyObject *iterator);
int batch_dict(pickler *self, PyObject *iterator);
/* Around containers in fast mode.  `enter`: 1, or 0 with an exception. */
int fast_enter(pickler *self, PyObject *object);
int fast_leave(pickler *self, PyObject *object);

/* pickler.c */
int pickler_set_protocol(pickler *self, PyObject *protocol, int fix_imports);
int pickler_set_file(pickler *self, PyObject *file);
int pickler_set_buffer_callback(pickler *self, PyObject *callback);
int pickler_dump(pickler *self, PyObject *object);
pickler *pickler_new_plain(pickle_state *state);
PyObject *pickler_copy_memo(pickler *self);   /* {id: (number, object)} */
extern PyType_Spec pickler_spec;

/* ---- Unpickler ---- */

typedef struct {
    PyObject_HEAD
    pickle_state *state;           /* NULL: __init__ was not called */
    PyObject **stack;              /* owned references */
    Py_ssize_t stack_size, stack_capacity, fence;
    Py_ssize_t *marks;
    Py_ssize_t mark_count, mark_capacity;
    PyObject **memo;               /* owned references, NULL where unset */
    size_t memo_size, memo_used;
    PyObject *persistent_load;     /* set by the program, or while loading */
    /* The input: a buffer, that a file fills. */
    Py_buffer buffer;
    Py_ssize_t next, prefetched;
    char *line;                    /* a line put together, PyMem */
    PyObject *read, *readinto, *readline, *peek;
    PyObject *buffers;             /* iterator, or NULL */
    char *encoding;                /* PyMem; behind its NUL is errors */
    char protocol, fix_imports;
    char running;                  /* loading: see raise_if_running */
} unpickler;

/* input.c.  Sizes, -1 with an exception.  `*data` is good until the next
 * read. */
Py_ssize_t input_read_slowly(unpickler *self, char **data, Py_ssize_t size);

static inline char *
unpickler_errors(const unpickler *self)
{
    return self->encoding + strlen(self->encoding) + 1;
}

static inline char *
input_next(const unpickler *self)
{
    return (char *)self->buffer.buf + self->next;
}

static inline Py_ssize_t
input_read(unpickler *self, char **data, Py_ssize_t size)
{
    if (size > self->buffer.len - self->next) {
        return input_read_slowly(self, data, size);
    }
    *data = input_next(self);
    self->next += size;
    return size;
}

/* Into `target`, the memory of the new object `owner`. */
Py_ssize_t input_read_into(unpickler *self, PyObject *owner, char *target,
                           Py_ssize_t size);
Py_ssize_t input_read_line(unpickler *self, char **line);   /* with '\n' */
int input_skip_consumed(unpickler *self);
int input_set_bytes(unpickler *self, PyObject *data);
int input_set_file(unpickler *self, PyObject *file);
void input_release(unpickler *self);

int stack_push_slowly(unpickler *self, PyObject *object);

/* Steals `object`; NULL means failure. */
static inline int
stack_push(unpickler *self, PyObject *object)
{
    if (object == NULL || self->stack_size == self->stack_capacity) {
        return stack_push_slowly(self, object);
    }
    self->stack[self->stack_size++] = object;
    return 0;
}

PyObject *stack_pop(unpickler *self);                       /* new */
int stack_underflow(unpickler *self);                       /* -1 */
void stack_clear_to(unpickler *self, Py_ssize_t size);
PyObject *stack_pop_list(unpickler *self, Py_ssize_t start);
PyObject *stack_pop_tuple(unpickler *self, Py_ssize_t start);
Py_ssize_t stack_marker(unpickler *self);                   /* or -1 */
int stack_mark(unpickler *self);

PyObject *memo_item(unpickler *self, size_t index);         /* or NULL */
int memo_put(unpickler *self, size_t index, PyObject *object);

/* load.c */
PyObject *unpickler_run(unpickler *self);

/* unpickler.c */
int unpickler_set_encoding(unpickler *self, const char *encoding,
                           const char *errors);
int unpickler_set_buffers(unpickler *self, PyObject *buffers);
PyObject *unpickler_find_class(unpickler *self, PyObject *module,
                               PyObject *name);
unpickler *unpickler_new_plain(pickle_state *state);
void unpickler_clear_memo(unpickler *self);
PyObject *unpickler_copy_memo(unpickler *self);     /* {index: object} */
extern PyType_Spec unpickler_spec;

/* memo_view.c */
PyObject *memo_view_new(PyTypeObject *type, PyObject *owner);
PyObject *memo_view_owner(PyObject *view);                  /* borrowed */
/* What is assigned to `memo`: 1 for a view, 0 for a dict, -1 with
 * TypeError. */
int memo_view_check(PyObject *value, PyTypeObject *type, const char *name);
extern PyType_Spec pickler_memo_spec, unpickler_memo_spec;

/* attributes.c */

/* persistent_id, persistent_load.  new; AttributeError if there is none. */
PyObject *function_get(PyObject *function, const char *name);
/* 0, or -1 with TypeError if it cannot be called. */
int function_set(PyObject **place, PyObject *value, const char *name);

/* An attribute of an object: `*place` new, NULL if absent.  0 or -1.  Runs
 * Python. */
int lookup_attribute(PyObject *object, const char *name, PyObject **place);

/* The attribute at the end of a path of names.  New; `*parent` (new, may be
 * NULL) what it is an attribute of.  Runs Python. */
PyObject *get_deep_attribute(PyObject *object, PyObject *path,
                             PyObject **parent);
/* "a.b" -> ["a", "b"]; NULL with AttributeError for "<locals>".  `object` is
 * for the message, or NULL. */
PyObject *split_path(PyObject *object, PyObject *name);

#endif
