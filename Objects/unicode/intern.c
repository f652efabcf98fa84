/* str: the table of interned strings.
 *
 * Open addressing with linear probing; capacity a power of two, at most half
 * full.  The table borrows: a mortal string leaves it in unicode_dealloc.
 * Deleting moves later entries of the same cluster back, so there are no
 * tombstones.
 *
 * `state.interned` of a string: 0 not in the table; 1 mortal; 2 never to be
 * removed (static names, one-character strings, PyUnicode_InternImmortal).
 *
 * One table for the process: names and one-character strings are static and
 * shared by all interpreters, which also share one lock.
 */
#include "Python.h"
#include "names.h"
#include "internal/object.h"
#include "unicode.h"

#define INITIAL_CAPACITY 8192

static struct {
    PyObject **entries;           /* borrowed strings, NULL: free; itself NULL
                                     before the first string */
    size_t mask;                  /* capacity - 1 */
    size_t used;
} table;

static inline Py_hash_t
hash_of(PyObject *interned)
{
    return ((PyASCIIObject *)interned)->hash;
}

static inline void
set_interned(PyObject *self, unsigned state)
{
    ((PyASCIIObject *)self)->state.interned = state;
}

static int
table_grow(void)
{
    size_t capacity = table.entries == NULL ? INITIAL_CAPACITY
                                            : (table.mask + 1) * 2;
    PyObject **entries = PyMem_RawCalloc(capacity, sizeof(PyObject *));

    if (entries == NULL) {
        return -1;
    }
    if (table.entries != NULL) {
        for (size_t i = 0; i <= table.mask; i++) {
            PyObject *old = table.entries[i];
            if (old != NULL) {
                size_t slot = (size_t)hash_of(old) & (capacity - 1);
                while (entries[slot] != NULL) {
                    slot = (slot + 1) & (capacity - 1);
                }
                entries[slot] = old;
            }
        }
        PyMem_RawFree(table.entries);
    }
    table.entries = entries;
    table.mask = capacity - 1;
    return 0;
}

/* The entry of an equal string, or the free one where it belongs. */
static PyObject **
table_slot(PyObject *self, Py_hash_t hash)
{
    size_t i = (size_t)hash & table.mask;

    for (;; i = (i + 1) & table.mask) {
        PyObject *entry = table.entries[i];
        if (entry == NULL || entry == self ||
            (hash_of(entry) == hash && unicode_equal(entry, self))) {
            return &table.entries[i];
        }
    }
}

/* The interned equal of self, borrowed; self itself after adding it with the
 * given state; NULL without memory, and no exception. */
static PyObject *
table_intern(PyObject *self, unsigned state)
{
    Py_hash_t hash = unicode_hash(self);

    if (table.entries == NULL || table.used * 2 > table.mask) {
        if (table_grow() < 0) {
            return NULL;
        }
    }
    PyObject **entry = table_slot(self, hash);
    if (*entry == NULL) {
        *entry = self;
        table.used++;
        set_interned(self, state);
    }
    return *entry;
}

void
unicode_forget_interned(PyObject *self)
{
    if (table.entries == NULL) {
        return;
    }
    size_t hole = (size_t)hash_of(self) & table.mask;
    while (table.entries[hole] != self) {
        if (table.entries[hole] == NULL) {
            return;
        }
        hole = (hole + 1) & table.mask;
    }
    for (size_t i = (hole + 1) & table.mask; table.entries[i] != NULL;
         i = (i + 1) & table.mask) {
        size_t home = (size_t)hash_of(table.entries[i]) & table.mask;
        /* May move back only if its home is not in (hole, i]. */
        if (((i - home) & table.mask) >= ((i - hole) & table.mask)) {
            table.entries[hole] = table.entries[i];
            hole = i;
        }
    }
    table.entries[hole] = NULL;
    table.used--;
}

void
PyUnicode_InternInPlace(PyObject **string)
{
    PyObject *self = *string;

    if (self == NULL || !PyUnicode_CheckExact(self) ||
        unicode_is_interned(self)) {
        return;
    }
    if (PyUnicode_READY(self) < 0) {
        PyErr_Clear();                 /* MemoryError: it stays as it is */
        return;
    }
    PyObject *interned = table_intern(self, SSTATE_INTERNED_MORTAL);
    if (interned != NULL && interned != self) {
        Py_SETREF(*string, Py_NewRef(interned));
    }
}

static void
intern_immortal(PyObject **string)
{
    PyUnicode_InternInPlace(string);
    if (*string != NULL && PyUnicode_Check(*string) &&
        ((PyASCIIObject *)*string)->state.interned ==
            SSTATE_INTERNED_MORTAL) {
        set_interned(*string, SSTATE_INTERNED_IMMORTAL);
        Py_INCREF(*string);
    }
}

void
PyUnicode_InternImmortal(PyObject **string)
{
    intern_immortal(string);
}

PyObject *
unicode_intern_latin1(const char *text, Py_ssize_t size)
{
    PyObject *self;

    if (size > 0 && table.entries != NULL) {
        Py_hash_t hash = _Py_HashBytes(text, size);

        /* FAST PATH: most names are there already. */
        for (size_t i = (size_t)hash & table.mask;
             table.entries[i] != NULL; i = (i + 1) & table.mask) {
            self = table.entries[i];
            if (hash_of(self) == hash && unicode_kind(self) == 1 &&
                unicode_length(self) == size &&
                memcmp(unicode_data(self), text, (size_t)size) == 0) {
                return Py_NewRef(self);
            }
        }
        self = PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text, size);
        if (self != NULL) {
            ((PyASCIIObject *)self)->hash = hash;
        }
    }
    else {
        self = PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, text, size);
    }
    if (self != NULL) {
        PyUnicode_InternInPlace(&self);
    }
    return self;
}

PyObject *
PyUnicode_InternFromString(const char *text)
{
    Py_ssize_t size = (Py_ssize_t)strlen(text);
    PyObject *self;

    if (unicode_find_max_char(PyUnicode_1BYTE_KIND, text, size) < 0x80) {
        return unicode_intern_latin1(text, size);
    }
    self = PyUnicode_DecodeUTF8Stateful(text, size, NULL, NULL);
    if (self != NULL) {
        PyUnicode_InternInPlace(&self);
    }
    return self;
}

Py_ssize_t
unicode_interned_count(void)
{
    return (Py_ssize_t)table.used;
}

/* ---- identifiers of the older API --------------------------------------- */

PyObject *
_PyUnicode_FromId(_Py_Identifier *id)
{
    PyObject *name = NULL;

    if (id->index < 0) {
        /* One string per process serves every interpreter: it is interned,
         * and immortal. */
        name = PyUnicode_DecodeUTF8Stateful(
            id->string, (Py_ssize_t)strlen(id->string), NULL, NULL);
        if (name == NULL) {
            return NULL;
        }
        intern_immortal(&name);
        id->index = (Py_ssize_t)(uintptr_t)name;
        return name;
    }
    return (PyObject *)(uintptr_t)id->index;
}

int
_PyUnicode_EqualToASCIIId(PyObject *left, _Py_Identifier *right)
{
    return _PyUnicode_EqualToASCIIString(left, right->string);
}

/* ---- start and end ------------------------------------------------------ */

static int
intern_static(PyObject *self)
{
    PyObject *interned = table_intern(self, SSTATE_INTERNED_IMMORTAL);

    if (interned == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

int
unicode_init(PyInterpreterState *interp)
{
    if (table.used > 0) {
        return 0;                      /* a further interpreter */
    }
    if (intern_static(unicode_empty()) < 0) {
        return -1;
    }
    for (int ch = 0; ch < 128; ch++) {
        if (intern_static(unicode_latin1_char((Py_UCS1)ch)) < 0) {
            return -1;
        }
    }
    /* The others are interned when used as names, which marshal data show;
     * their hashes may be of an earlier run. */
    for (int ch = 128; ch < 256; ch++) {
        ((PyASCIIObject *)unicode_latin1_char((Py_UCS1)ch))->hash = -1;
    }
    for (size_t i = 0; i < NAMES_COUNT; i++) {
        if (intern_static(names_get((int)i)) < 0) {
            return -1;
        }
    }
    return 0;
}

void
unicode_fini(PyInterpreterState *interp)
{
    if (table.entries == NULL || interp != PyInterpreterState_Main()) {
        return;
    }
    /* Survivors must not look for themselves in a table that is gone, and
     * static strings get another hash if the runtime starts again. */
    for (size_t i = 0; i <= table.mask; i++) {
        PyObject *self = table.entries[i];
        if (self != NULL) {
            set_interned(self, SSTATE_NOT_INTERNED);
            if (object_is_immortal(self)) {
                ((PyASCIIObject *)self)->hash = -1;
            }
        }
    }
    PyMem_RawFree(table.entries);
    table.entries = NULL;
    table.mask = 0;
    table.used = 0;
}
