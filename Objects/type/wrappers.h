/* The wrappers that slots.def names (wrappers.c). */
#ifndef LUCID_TYPE_WRAPPERS_H
#define LUCID_TYPE_WRAPPERS_H

#include "Python.h"

#define WRAPPER(NAME) \
    PyObject *NAME(PyObject *self, PyObject *args, void *wrapped);
WRAPPER(wrap_unary)
WRAPPER(wrap_binary) WRAPPER(wrap_binary_left) WRAPPER(wrap_binary_right)
    WRAPPER(wrap_ternary) WRAPPER(wrap_ternary_right) WRAPPER(wrap_inquiry)
        WRAPPER(wrap_len) WRAPPER(wrap_hash) WRAPPER(wrap_repeat) WRAPPER(
            wrap_item) WRAPPER(wrap_setitem_index) WRAPPER(wrap_delitem_index)
            WRAPPER(wrap_contains) WRAPPER(wrap_setitem_object)
                WRAPPER(wrap_delitem_object) WRAPPER(wrap_setattr)
                    WRAPPER(wrap_delattr) WRAPPER(wrap_descr_get)
                        WRAPPER(wrap_descr_set) WRAPPER(wrap_descr_delete)
                            WRAPPER(wrap_del) WRAPPER(wrap_next)
                                WRAPPER(wrap_lt) WRAPPER(wrap_le)
                                    WRAPPER(wrap_eq) WRAPPER(wrap_ne)
                                        WRAPPER(wrap_gt) WRAPPER(wrap_ge)
#undef WRAPPER

                                            PyObject *wrap_call_with_keywords(
                                                PyObject *self, PyObject *args,
                                                void *wrapped, PyObject *kwds);
PyObject *wrap_init_with_keywords(PyObject *self, PyObject *args,
                                  void *wrapped, PyObject *kwds);
#define wrap_call ((wrapperfunc)(void (*)(void))wrap_call_with_keywords)
#define wrap_init ((wrapperfunc)(void (*)(void))wrap_init_with_keywords)

#endif
