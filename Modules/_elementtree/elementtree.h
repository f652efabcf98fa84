/* What the files of _elementtree share. */
#ifndef LUCID_ELEMENTTREE_H
#define LUCID_ELEMENTTREE_H

#include "Python.h"
#include "structmember.h"

typedef struct {
    PyTypeObject *element_type, *iterator_type, *builder_type, *parser_type;
    PyObject *parse_error;
    PyObject *element_path;       /* module xml.etree.ElementPath */
    PyObject *deepcopy;           /* copy.deepcopy */
    PyObject *comment_factory, *pi_factory;        /* or NULL */
} tree_state;

extern PyModuleDef tree_module;

static inline tree_state *
tree_state_of(PyObject *op)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(op), &tree_module);

    return module == NULL ? NULL : PyModule_GetState(module);
}

/* Attributes and children; most elements need neither. */
#define INLINE_CHILDREN 4

typedef struct {
    PyObject *attrib;             /* dict or NULL */
    Py_ssize_t length, allocated;
    PyObject **children;          /* owned; inline_children or memory */
    PyObject *inline_children[INLINE_CHILDREN];
} ElementExtra;

typedef struct {
    PyObject_HEAD
    PyObject *tag, *text, *tail;
    ElementExtra *extra;          /* NULL: no attributes, no children */
    PyObject *weakreflist;
} ElementObject;

/* New element; attrib (a dict or NULL) is kept, not copied. */
PyObject *element_create(tree_state *state, PyObject *tag, PyObject *attrib);
int element_add_child(ElementObject *self, PyObject *child);

typedef struct {
    PyObject_HEAD
    PyObject *root;               /* NULL until the first start */
    PyObject *this_element;       /* open element, or None */
    PyObject *last;               /* started or ended last, or None */
    PyObject *tail_of;            /* data is the tail of this, or NULL */
    PyObject *data;               /* NULL, str, or list of str */
    PyObject *stack;              /* list of the elements around this one */
    Py_ssize_t index;             /* used part of the stack */
    PyObject *element_factory, *comment_factory, *pi_factory;     /* or NULL */
    PyObject *events_append;      /* NULL: no events */
    PyObject *start_event, *end_event, *start_ns_event, *end_ns_event;
    PyObject *comment_event, *pi_event;            /* names, or NULL */
    char insert_comments, insert_pis;
} BuilderObject;

PyObject *builder_create(tree_state *state);
PyObject *builder_handle_start(tree_state *state, BuilderObject *self,
                               PyObject *tag, PyObject *attrib);
PyObject *builder_handle_data(BuilderObject *self, PyObject *data);
PyObject *builder_handle_end(tree_state *state, BuilderObject *self);
PyObject *builder_handle_comment(tree_state *state, BuilderObject *self,
                                 PyObject *text);
PyObject *builder_handle_pi(tree_state *state, BuilderObject *self,
                            PyObject *target, PyObject *text);
int builder_add_event(BuilderObject *self, PyObject *event, PyObject *node);
PyObject *builder_done(BuilderObject *self);

PyObject *tree_subelement(PyObject *module, PyObject *args, PyObject *kwargs);

extern PyType_Spec element_spec, element_iterator_spec, builder_spec;

#endif
