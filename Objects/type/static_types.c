/* Start-up and shutdown of the static types. */
#include "Python.h"

#include "internal/object.h"
#include "internal/type.h"

#define T(TYPE) extern PyTypeObject TYPE;
#include "internal/static_types.def"
#undef T

static PyTypeObject *const static_types[] = {
#define T(TYPE) &TYPE,
#include "internal/static_types.def"
#undef T
};

int
types_init(PyInterpreterState *interp)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(static_types); i++) {
        object_set_immortal((PyObject *)static_types[i]);
        if (PyType_Ready(static_types[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

void
types_fini(PyInterpreterState *interp)
{
    type_cache_clear();
}
