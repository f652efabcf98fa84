/* The static strings of names.def.
 *
 * They are complete objects at link time: the hash is computed when the
 * intern table takes them in (unicode_intern_init). */
#include <stddef.h>

#include "Python.h"
#include "names.h"
#include "object.h"

#define L(name, text)                                               \
    .name_##name = {                                                \
        .header = {.ob_base = {REFCOUNT_IMMORTAL, &PyUnicode_Type}, \
                   .length = sizeof(text) - 1,                      \
                   .hash = -1,                                      \
                   .state = {.interned = SSTATE_INTERNED_IMMORTAL,  \
                             .kind = PyUnicode_1BYTE_KIND,          \
                             .compact = 1,                          \
                             .ascii = 1,                            \
                             .ready = 1}},                          \
        .characters = text,                                         \
    },
#define N(name) L(name, #name)
struct names_table names_table = {
#include "names.def"
};

static const unsigned short name_offsets[NAMES_COUNT] = {
#define L(name, text) offsetof(struct names_table, name_##name) / 8,
#define N(name) L(name, #name)
#include "names.def"
};

PyObject *
names_get(int i)
{
    return (PyObject *)((char *)&names_table + (size_t)name_offsets[i] * 8);
}
