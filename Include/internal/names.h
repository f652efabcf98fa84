/* Names that C code looks up: immortal, interned, hashed at start-up.
 * NAME(append) is the str "append", borrowed. */
#ifndef LUCID_NAMES_H
#define LUCID_NAMES_H

#include "Python.h"

/* One static str each: header, characters, NUL. */
struct names_table {
#define L(name, text)                  \
    struct {                           \
        PyASCIIObject header;          \
        char characters[sizeof(text)]; \
    } name_##name;
#define N(name) L(name, #name)
#include "names.def"
};
extern struct names_table names_table;

#define NAME(name) ((PyObject *)&names_table.name_##name.header)

typedef enum {
#define L(name, text) NAME_INDEX_##name,
#define N(name) L(name, #name)
#include "names.def"
    NAMES_COUNT
} NameIndex;

/* The name with the index 0 <= i < NAMES_COUNT, borrowed. */
PyObject *names_get(int i);

#endif
