/* _elementtree: Element and the iterator of iter() and itertext(). */
#include "elementtree.h"

/* ---- attributes and children -------------------------------------------- */

/* The extra part, made if need be; takes a reference to attrib. */
static ElementExtra *
ensure_extra(ElementObject *self, PyObject *attrib)
{
    if (self->extra == NULL) {
        ElementExtra *extra = PyObject_Malloc(sizeof(ElementExtra));
        if (extra == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        extra->attrib = Py_XNewRef(attrib);
        extra->length = 0;
        extra->allocated = INLINE_CHILDREN;
        extra->children = extra->inline_children;
        self->extra = extra;
    }
    return self->extra;
}

static void
extra_free(ElementExtra *extra)
{
    if (extra == NULL) {
        return;
    }
    Py_XDECREF(extra->attrib);
    for (Py_ssize_t i = 0; i < extra->length; i++) {
        Py_DECREF(extra->children[i]);
    }
    if (extra->children != extra->inline_children) {
        PyObject_Free(extra->children);
    }
    PyObject_Free(extra);
}

/* Room for `more` children. 0/-1 */
static int
reserve_children(ElementObject *self, Py_ssize_t more)
{
    ElementExtra *extra = ensure_extra(self, NULL);

    if (extra == NULL) {
        return -1;
    }
    Py_ssize_t size = extra->length + more;
    if (size <= extra->allocated) {
        return 0;
    }
    size = size + (size >> 3) + (size < 9 ? 3 : 6);
    if (size > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(PyObject *)) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject **children;
    if (extra->children != extra->inline_children) {
        children = PyObject_Realloc(extra->children,
                                    (size_t)size * sizeof(PyObject *));
    }
    else {
        children = PyObject_Malloc((size_t)size * sizeof(PyObject *));
        if (children != NULL) {
            memcpy(children, extra->children,
                   (size_t)extra->length * sizeof(PyObject *));
        }
    }
    if (children == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    extra->children = children;
    extra->allocated = size;
    return 0;
}

static Py_ssize_t
child_count(ElementObject *self)
{
    return self->extra == NULL ? 0 : self->extra->length;
}

static int
is_element(PyObject *op, tree_state *state)
{
    return PyObject_TypeCheck(op, state->element_type);
}

int
element_add_child(ElementObject *self, PyObject *child)
{
    tree_state *state = tree_state_of((PyObject *)self);

    if (state == NULL) {
        return -1;
    }
    if (!is_element(child, state)) {
        PyErr_Format(PyExc_TypeError, "expected an Element, not \"%.200s\"",
                     Py_TYPE(child)->tp_name);
        return -1;
    }
    if (reserve_children(self, 1) < 0) {
        return -1;
    }
    self->extra->children[self->extra->length++] = Py_NewRef(child);
    return 0;
}

/* ---- life --------------------------------------------------------------- */

PyObject *
element_create(tree_state *state, PyObject *tag, PyObject *attrib)
{
    ElementObject *self = PyObject_GC_New(ElementObject, state->element_type);

    if (self == NULL) {
        return NULL;
    }
    self->extra = NULL;
    self->tag = Py_NewRef(tag);
    self->text = Py_NewRef(Py_None);
    self->tail = Py_NewRef(Py_None);
    self->weakreflist = NULL;
    PyObject_GC_Track(self);
    if (attrib != NULL && PyDict_GET_SIZE(attrib) > 0 &&
        ensure_extra(self, attrib) == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
element_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    ElementObject *self = (ElementObject *)type->tp_alloc(type, 0);

    if (self != NULL) {
        self->tag = Py_NewRef(Py_None);
        self->text = Py_NewRef(Py_None);
        self->tail = Py_NewRef(Py_None);
    }
    return (PyObject *)self;
}

/* A dict of the attributes given by argument and by keyword (attrib=...,
 * name=...); new, or NULL: *failed tells why. */
static PyObject *
merge_attributes(PyObject *given, PyObject *kwargs, int *failed)
{
    PyObject *result = NULL, *rest = NULL, *named;

    *failed = 1;
    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0) {
        *failed = given != NULL && PyDict_GET_SIZE(given) > 0 &&
                  (result = PyDict_Copy(given)) == NULL;
        return result;
    }
    rest = PyDict_Copy(kwargs);
    if (rest == NULL) {
        return NULL;
    }
    if (given == NULL) {
        named = PyDict_GetItemString(rest, "attrib");
        if (named != NULL) {
            if (!PyDict_Check(named)) {
                PyErr_Format(PyExc_TypeError, "attrib must be dict, not "
                             "%.100s", Py_TYPE(named)->tp_name);
                goto done;
            }
            result = PyDict_Copy(named);
            if (result == NULL || PyDict_DelItemString(rest, "attrib") < 0) {
                Py_CLEAR(result);
                goto done;
            }
        }
    }
    if (result == NULL) {
        result = given != NULL ? PyDict_Copy(given) : PyDict_New();
    }
    if (result != NULL && PyDict_Update(result, rest) < 0) {
        Py_CLEAR(result);
    }
    *failed = result == NULL;
done:
    Py_DECREF(rest);
    return result;
}

static int
element_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    ElementObject *self = (ElementObject *)op;
    PyObject *tag, *given = NULL;
    int failed;

    if (!PyArg_ParseTuple(args, "O|O!:Element", &tag, &PyDict_Type, &given)) {
        return -1;
    }
    PyObject *attrib = merge_attributes(given, kwargs, &failed);
    if (failed) {
        return -1;
    }
    if (attrib != NULL) {
        if (ensure_extra(self, NULL) == NULL) {
            Py_DECREF(attrib);
            return -1;
        }
        Py_XSETREF(self->extra->attrib, attrib);
    }
    Py_XSETREF(self->tag, Py_NewRef(tag));
    Py_XSETREF(self->text, Py_NewRef(Py_None));
    Py_XSETREF(self->tail, Py_NewRef(Py_None));
    return 0;
}

PyObject *
tree_subelement(PyObject *module, PyObject *args, PyObject *kwargs)
{
    tree_state *state = PyModule_GetState(module);
    PyObject *parent, *tag, *given = NULL;
    int failed;

    if (!PyArg_ParseTuple(args, "O!O|O!:SubElement", state->element_type,
                          &parent, &tag, &PyDict_Type, &given)) {
        return NULL;
    }
    PyObject *attrib = merge_attributes(given, kwargs, &failed);
    if (failed) {
        return NULL;
    }
    PyObject *child = element_create(state, tag, attrib);
    Py_XDECREF(attrib);
    if (child != NULL &&
        element_add_child((ElementObject *)parent, child) < 0) {
        Py_CLEAR(child);
    }
    return child;
}

static int
element_traverse(PyObject *op, visitproc visit, void *arg)
{
    ElementObject *self = (ElementObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->tag);
    Py_VISIT(self->text);
    Py_VISIT(self->tail);
    if (self->extra != NULL) {
        Py_VISIT(self->extra->attrib);
        for (Py_ssize_t i = 0; i < self->extra->length; i++) {
            Py_VISIT(self->extra->children[i]);
        }
    }
    return 0;
}

static int
element_clear_all(PyObject *op)
{
    ElementObject *self = (ElementObject *)op;
    ElementExtra *extra = self->extra;

    Py_CLEAR(self->tag);
    Py_CLEAR(self->text);
    Py_CLEAR(self->tail);
    self->extra = NULL;
    extra_free(extra);
    return 0;
}

static void
element_dealloc(PyObject *op)
{
    ElementObject *self = (ElementObject *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, element_dealloc)
    if (self->weakreflist != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    element_clear_all(op);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- children: methods -------------------------------------------------- */

static int
require_element(tree_state *state, const char *method, const char *what,
                PyObject *op)
{
    if (!is_element(op, state)) {
        _PyArg_BadArgument(method, what, state->element_type->tp_name, op);
        return -1;
    }
    return 0;
}

static PyObject *
element_append(PyObject *self, PyObject *child)
{
    tree_state *state = tree_state_of(self);

    if (state == NULL ||
        require_element(state, "append", "argument", child) < 0 ||
        element_add_child((ElementObject *)self, child) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
element_extend(PyObject *self, PyObject *elements)
{
    PyObject *items = PySequence_Fast(elements, "");

    if (items == NULL) {
        PyErr_Format(PyExc_TypeError, "expected sequence, not \"%.200s\"",
                     Py_TYPE(elements)->tp_name);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        int status = element_add_child((ElementObject *)self, item);
        Py_DECREF(item);
        if (status < 0) {
            Py_DECREF(items);
            return NULL;
        }
    }
    Py_DECREF(items);
    Py_RETURN_NONE;
}

static PyObject *
element_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    ElementObject *self = (ElementObject *)op;
    tree_state *state = tree_state_of(op);

    if (state == NULL || !_PyArg_CheckPositional("insert", nargs, 2, 2)) {
        return NULL;
    }
    Py_ssize_t index = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    if ((index == -1 && PyErr_Occurred()) ||
        require_element(state, "insert", "argument 2", args[1]) < 0 ||
        reserve_children(self, 1) < 0) {
        return NULL;
    }
    ElementExtra *extra = self->extra;
    index += index < 0 ? extra->length : 0;
    index = Py_MAX(index, 0);
    index = Py_MIN(index, extra->length);
    memmove(extra->children + index + 1, extra->children + index,
            (size_t)(extra->length - index) * sizeof(PyObject *));
    extra->children[index] = Py_NewRef(args[1]);
    extra->length++;
    Py_RETURN_NONE;
}

/* Takes child number i out; new. */
static PyObject *
take_child(ElementExtra *extra, Py_ssize_t i)
{
    PyObject *child = extra->children[i];

    extra->length--;
    memmove(extra->children + i, extra->children + i + 1,
            (size_t)(extra->length - i) * sizeof(PyObject *));
    return child;
}

static PyObject *
element_remove(PyObject *op, PyObject *child)
{
    ElementObject *self = (ElementObject *)op;
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        require_element(state, "remove", "argument", child) < 0) {
        return NULL;
    }
    Py_ssize_t i = 0;
    while (i < child_count(self) && self->extra->children[i] != child) {
        i++;
    }
    if (i == child_count(self)) {
        for (i = 0; i < child_count(self); i++) {
            PyObject *other = Py_NewRef(self->extra->children[i]);
            int equal = PyObject_RichCompareBool(other, child, Py_EQ);
            Py_DECREF(other);
            if (equal < 0) {
                return NULL;
            }
            if (equal) {
                break;
            }
        }
    }
    if (i >= child_count(self)) {
        PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
        return NULL;
    }
    Py_DECREF(take_child(self->extra, i));
    Py_RETURN_NONE;
}

static PyObject *
element_clear(PyObject *op, PyObject *unused)
{
    ElementObject *self = (ElementObject *)op;
    ElementExtra *extra = self->extra;

    self->extra = NULL;
    extra_free(extra);
    Py_XSETREF(self->text, Py_NewRef(Py_None));
    Py_XSETREF(self->tail, Py_NewRef(Py_None));
    Py_RETURN_NONE;
}

/* ---- copies and pickles ------------------------------------------------- */

static PyObject *
element_copy(PyObject *op, PyObject *unused)
{
    ElementObject *self = (ElementObject *)op;
    tree_state *state = tree_state_of(op);

    if (state == NULL) {
        return NULL;
    }
    ElementObject *copy = (ElementObject *)element_create(
        state, self->tag, self->extra ? self->extra->attrib : NULL);
    if (copy == NULL) {
        return NULL;
    }
    Py_SETREF(copy->text, Py_NewRef(self->text));
    Py_SETREF(copy->tail, Py_NewRef(self->tail));
    if (child_count(self) > 0) {
        if (reserve_children(copy, self->extra->length) < 0) {
            Py_DECREF(copy);
            return NULL;
        }
        for (Py_ssize_t i = 0; i < self->extra->length; i++) {
            copy->extra->children[i] = Py_NewRef(self->extra->children[i]);
        }
        copy->extra->length = self->extra->length;
    }
    return (PyObject *)copy;
}

static PyObject *
deep_copy(tree_state *state, PyObject *op, PyObject *memo)
{
    if (op == Py_None || PyUnicode_CheckExact(op)) {
        return Py_NewRef(op);
    }
    return PyObject_CallFunctionObjArgs(state->deepcopy, op, memo, NULL);
}

static PyObject *
element_deepcopy(PyObject *op, PyObject *memo)
{
    ElementObject *self = (ElementObject *)op;
    tree_state *state = tree_state_of(op);
    PyObject *tag = NULL, *attrib = NULL, *id = NULL;
    ElementObject *copy = NULL;
    int failed = 1;

    if (state == NULL) {
        return NULL;
    }
    if (!PyDict_Check(memo)) {
        _PyArg_BadArgument("__deepcopy__", "argument", "dict", memo);
        return NULL;
    }
    tag = deep_copy(state, self->tag, memo);
    if (tag == NULL) {
        goto done;
    }
    if (self->extra != NULL && self->extra->attrib != NULL) {
        attrib = deep_copy(state, self->extra->attrib, memo);
        if (attrib == NULL) {
            goto done;
        }
    }
    copy = (ElementObject *)element_create(
        state, tag, attrib != NULL && PyDict_Check(attrib) ? attrib : NULL);
    id = PyLong_FromVoidPtr(op);
    if (copy == NULL || id == NULL ||
        PyDict_SetItem(memo, id, (PyObject *)copy) < 0) {
        goto done;
    }
    PyObject *part = deep_copy(state, self->text, memo);
    if (part == NULL) {
        goto done;
    }
    Py_SETREF(copy->text, part);
    part = deep_copy(state, self->tail, memo);
    if (part == NULL) {
        goto done;
    }
    Py_SETREF(copy->tail, part);
    for (Py_ssize_t i = 0; i < child_count(self); i++) {
        PyObject *child = Py_NewRef(self->extra->children[i]);
        part = deep_copy(state, child, memo);
        Py_DECREF(child);
        if (part == NULL || element_add_child(copy, part) < 0) {
            Py_XDECREF(part);
            goto done;
        }
        Py_DECREF(part);
    }
    failed = 0;
done:
    Py_XDECREF(tag);
    Py_XDECREF(attrib);
    Py_XDECREF(id);
    if (failed) {
        Py_CLEAR(copy);
    }
    return (PyObject *)copy;
}

static PyObject *
children_list(ElementObject *self)
{
    PyObject *list = PyList_New(child_count(self));

    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(self->extra->children[i]));
    }
    return list;
}

static PyObject *
element_getstate(PyObject *op, PyObject *unused)
{
    ElementObject *self = (ElementObject *)op;
    PyObject *children = children_list(self), *attrib;

    if (children == NULL) {
        return NULL;
    }
    attrib = self->extra != NULL && self->extra->attrib != NULL
                 ? Py_NewRef(self->extra->attrib)
                 : PyDict_New();
    if (attrib == NULL) {
        Py_DECREF(children);
        return NULL;
    }
    return Py_BuildValue("{sOsNsNsOsO}", "tag", self->tag, "_children",
                         children, "attrib", attrib, "text", self->text,
                         "tail", self->tail);
}

static PyObject *
element_setstate(PyObject *op, PyObject *dict)
{
    static const char *const keywords[] = {"tag", "attrib", "text", "tail",
                                           "_children", NULL};
    static _PyArg_Parser parser = {.format = "|$OOOOO",
                                   .keywords = keywords};
    ElementObject *self = (ElementObject *)op;
    PyObject *tag = NULL, *attrib = NULL, *text = NULL, *tail = NULL;
    PyObject *children = NULL;

    if (!PyDict_CheckExact(dict)) {
        PyErr_Format(PyExc_TypeError,
                     "Don't know how to unpickle \"%.200R\" as an Element",
                     dict);
        return NULL;
    }
    PyObject *nothing = PyTuple_New(0);
    if (nothing == NULL) {
        return NULL;
    }
    int parsed = _PyArg_ParseTupleAndKeywordsFast(
        nothing, dict, &parser, &tag, &attrib, &text, &tail, &children);
    Py_DECREF(nothing);
    if (!parsed) {
        return NULL;
    }
    if (tag == NULL) {
        PyErr_SetString(PyExc_TypeError, "tag may not be NULL");
        return NULL;
    }
    if ((attrib != NULL && !PyDict_Check(attrib)) ||
        (children != NULL && !PyList_Check(children))) {
        PyErr_SetString(PyExc_TypeError, attrib != NULL &&
                                                 !PyDict_Check(attrib)
                                             ? "attrib must be dict"
                                             : "'_children' is not a list");
        return NULL;
    }
    Py_XSETREF(self->tag, Py_NewRef(tag));
    Py_XSETREF(self->text, Py_NewRef(text == NULL ? Py_None : text));
    Py_XSETREF(self->tail, Py_NewRef(tail == NULL ? Py_None : tail));
    ElementExtra *old = self->extra;
    self->extra = NULL;
    extra_free(old);
    if (attrib == NULL && children == NULL) {
        Py_RETURN_NONE;
    }
    if (ensure_extra(self, attrib) == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0;
         children != NULL && i < PyList_GET_SIZE(children); i++) {
        if (element_add_child(self, PyList_GET_ITEM(children, i)) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
element_sizeof(PyObject *op, PyObject *unused)
{
    ElementObject *self = (ElementObject *)op;
    size_t size = (size_t)Py_TYPE(op)->tp_basicsize;

    if (self->extra != NULL) {
        size += sizeof(ElementExtra);
        if (self->extra->children != self->extra->inline_children) {
            size += sizeof(PyObject *) * (size_t)self->extra->allocated;
        }
    }
    return PyLong_FromSize_t(size);
}

/* ---- finding ------------------------------------------------------------ */

/* Whether the path is more than a tag. */
static int
is_path(PyObject *path)
{
    int outside = 1;

    if (!PyUnicode_Check(path) || PyUnicode_READY(path) < 0) {
        PyErr_Clear();
        return 1;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(path);
    if (n >= 2 && PyUnicode_READ_CHAR(path, 0) == '{' &&
        (PyUnicode_READ_CHAR(path, 1) == '}' ||
         (n >= 3 && PyUnicode_READ_CHAR(path, 1) == '*' &&
          PyUnicode_READ_CHAR(path, 2) == '}'))) {
        return 1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(path, i);
        if (ch == '{' || ch == '}') {
            outside = ch == '}';
        }
        else if (outside && (ch == '/' || ch == '*' || ch == '[' ||
                             ch == '@' || ch == '.')) {
            return 1;
        }
    }
    return 0;
}

/* The next child from *i on whose tag is `tag`: 1 and *child new, 0, -1. */
static int
next_with_tag(ElementObject *self, PyObject *tag, Py_ssize_t *i,
              PyObject **child)
{
    while (*i < child_count(self)) {
        *child = Py_NewRef(self->extra->children[(*i)++]);
        PyObject *other = Py_NewRef(((ElementObject *)*child)->tag);
        int equal = PyObject_RichCompareBool(other, tag, Py_EQ);
        Py_DECREF(other);
        if (equal != 0) {
            if (equal < 0) {
                Py_CLEAR(*child);
            }
            return equal;
        }
        Py_CLEAR(*child);
    }
    return 0;
}

static const char *const find_keywords[] = {"path", "namespaces", NULL};

static PyObject *
element_find(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|O:find",
                                   .keywords = find_keywords};
    PyObject *path, *namespaces = Py_None, *child;
    Py_ssize_t i = 0;
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path,
                                      &namespaces)) {
        return NULL;
    }
    if (is_path(path) || namespaces != Py_None) {
        return PyObject_CallMethod(state->element_path, "find", "OOO", op,
                                   path, namespaces);
    }
    int found = next_with_tag((ElementObject *)op, path, &i, &child);
    return found > 0 ? child : found < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
element_findtext(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"path", "default", "namespaces",
                                           NULL};
    static _PyArg_Parser parser = {.format = "O|OO:findtext",
                                   .keywords = keywords};
    PyObject *path, *by_default = Py_None, *namespaces = Py_None, *child;
    Py_ssize_t i = 0;
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path,
                                      &by_default, &namespaces)) {
        return NULL;
    }
    if (is_path(path) || namespaces != Py_None) {
        return PyObject_CallMethod(state->element_path, "findtext", "OOOO",
                                   op, path, by_default, namespaces);
    }
    int found = next_with_tag((ElementObject *)op, path, &i, &child);
    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(by_default);
    }
    PyObject *text = ((ElementObject *)child)->text;
    PyObject *result = text == Py_None ? PyUnicode_New(0, 0)
                                       : Py_NewRef(text);
    Py_DECREF(child);
    return result;
}

static PyObject *
element_findall(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|O:findall",
                                   .keywords = find_keywords};
    PyObject *path, *namespaces = Py_None, *child;
    Py_ssize_t i = 0;
    tree_state *state = tree_state_of(op);
    int found;

    if (state == NULL ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path,
                                      &namespaces)) {
        return NULL;
    }
    if (is_path(path) || namespaces != Py_None) {
        return PyObject_CallMethod(state->element_path, "findall", "OOO", op,
                                   path, namespaces);
    }
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    while ((found = next_with_tag((ElementObject *)op, path, &i, &child)) >
           0) {
        int status = PyList_Append(list, child);
        Py_DECREF(child);
        if (status < 0) {
            found = -1;
            break;
        }
    }
    if (found < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
element_iterfind(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "O|O:iterfind",
                                   .keywords = find_keywords};
    PyObject *path, *namespaces = Py_None;
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        !_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &path,
                                      &namespaces)) {
        return NULL;
    }
    return PyObject_CallMethod(state->element_path, "iterfind", "OOO", op,
                               path, namespaces);
}

/* ---- attributes of the XML element -------------------------------------- */

static PyObject *
element_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
            PyObject *kwnames)
{
    static const char *const keywords[] = {"key", "default", NULL};
    static _PyArg_Parser parser = {.format = "O|O:get",
                                   .keywords = keywords};
    ElementObject *self = (ElementObject *)op;
    PyObject *key, *value = NULL, *by_default = Py_None, *attrib;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &key,
                                      &by_default)) {
        return NULL;
    }
    if (self->extra != NULL && self->extra->attrib != NULL) {
        /* The key's methods may clear the element. */
        attrib = Py_NewRef(self->extra->attrib);
        value = Py_XNewRef(PyDict_GetItemWithError(attrib, key));
        Py_DECREF(attrib);
        if (value == NULL && PyErr_Occurred()) {
            return NULL;
        }
    }
    return value == NULL ? Py_NewRef(by_default) : value;
}

/* The dict of attributes, made if need be. */
static PyObject *
ensure_attrib(ElementObject *self)
{
    if (ensure_extra(self, NULL) == NULL) {
        return NULL;
    }
    if (self->extra->attrib == NULL) {
        self->extra->attrib = PyDict_New();
    }
    return Py_XNewRef(self->extra->attrib);
}

static PyObject *
element_set(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("set", nargs, 2, 2)) {
        return NULL;
    }
    PyObject *attrib = ensure_attrib((ElementObject *)op);
    if (attrib == NULL) {
        return NULL;
    }
    int status = PyDict_SetItem(attrib, args[0], args[1]);
    Py_DECREF(attrib);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
element_items(PyObject *op, PyObject *unused)
{
    ElementExtra *extra = ((ElementObject *)op)->extra;

    return extra != NULL && extra->attrib != NULL
               ? PyDict_Items(extra->attrib) : PyList_New(0);
}

static PyObject *
element_keys(PyObject *op, PyObject *unused)
{
    ElementExtra *extra = ((ElementObject *)op)->extra;

    return extra != NULL && extra->attrib != NULL
               ? PyDict_Keys(extra->attrib) : PyList_New(0);
}

static PyObject *
element_makeelement(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    tree_state *state = tree_state_of(op);

    if (state == NULL ||
        !_PyArg_CheckPositional("makeelement", nargs, 2, 2)) {
        return NULL;
    }
    if (!PyDict_Check(args[1])) {
        _PyArg_BadArgument("makeelement", "argument 2", "dict", args[1]);
        return NULL;
    }
    PyObject *attrib = PyDict_Copy(args[1]);
    if (attrib == NULL) {
        return NULL;
    }
    PyObject *element = element_create(state, args[0], attrib);
    Py_DECREF(attrib);
    return element;
}

static int
check_not_deleted(PyObject *value)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError,
                        "can't delete element attribute");
        return -1;
    }
    return 0;
}

/* tag, text, tail: closure is the field's offset. */
static PyObject *
field_get(PyObject *op, void *closure)
{
    return Py_NewRef(*(PyObject **)((char *)op + (intptr_t)closure));
}

static int
field_set(PyObject *op, PyObject *value, void *closure)
{
    PyObject **field = (PyObject **)((char *)op + (intptr_t)closure);

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    Py_XSETREF(*field, Py_NewRef(value));
    return 0;
}

static PyObject *
attrib_get(PyObject *op, void *closure)
{
    return ensure_attrib((ElementObject *)op);
}

static int
attrib_set(PyObject *op, PyObject *value, void *closure)
{
    ElementObject *self = (ElementObject *)op;

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    if (!PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError, "attrib must be dict, not %.200s",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    if (ensure_extra(self, NULL) == NULL) {
        return -1;
    }
    Py_XSETREF(self->extra->attrib, Py_NewRef(value));
    return 0;
}

/* ---- sequence ----------------------------------------------------------- */

static Py_ssize_t
element_length(PyObject *op)
{
    return child_count((ElementObject *)op);
}

static PyObject *
element_getitem(PyObject *op, Py_ssize_t index)
{
    ElementObject *self = (ElementObject *)op;

    if (index < 0 || index >= child_count(self)) {
        PyErr_SetString(PyExc_IndexError, "child index out of range");
        return NULL;
    }
    return Py_NewRef(self->extra->children[index]);
}

static int
element_setitem(PyObject *op, Py_ssize_t index, PyObject *item)
{
    ElementObject *self = (ElementObject *)op;
    tree_state *state = tree_state_of(op);

    if (state == NULL) {
        return -1;
    }
    if (index < 0 || index >= child_count(self)) {
        PyErr_SetString(PyExc_IndexError,
                        "child assignment index out of range");
        return -1;
    }
    if (item == NULL) {
        Py_DECREF(take_child(self->extra, index));
        return 0;
    }
    if (!is_element(item, state)) {
        PyErr_Format(PyExc_TypeError, "expected an Element, not \"%.200s\"",
                     Py_TYPE(item)->tp_name);
        return -1;
    }
    Py_SETREF(self->extra->children[index], Py_NewRef(item));
    return 0;
}

static PyObject *
element_subscript(PyObject *op, PyObject *item)
{
    ElementObject *self = (ElementObject *)op;
    Py_ssize_t start, stop, step;

    if (PyIndex_Check(item)) {
        Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return element_getitem(op, index < 0 ? index + child_count(self)
                                             : index);
    }
    if (!PySlice_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "element indices must be integers");
        return NULL;
    }
    if (PySlice_Unpack(item, &start, &stop, &step) < 0) {
        return NULL;
    }
    Py_ssize_t n = PySlice_AdjustIndices(child_count(self), &start, &stop,
                                         step);
    PyObject *list = PyList_New(Py_MAX(n, 0));
    for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(
            self->extra->children[start + i * step]));
    }
    return list;
}

/* Slices change a list of the children, which then takes their place. */
static int
assign_slice(ElementObject *self, PyObject *slice, PyObject *value)
{
    tree_state *state = tree_state_of((PyObject *)self);
    PyObject *list = children_list(self), *items = NULL;
    int result = -1;

    if (state == NULL || list == NULL) {
        goto done;
    }
    if (value == NULL) {
        if (PyObject_DelItem(list, slice) < 0) {
            goto done;
        }
    }
    else {
        items = PySequence_Fast(value, "");
        if (items == NULL) {
            PyErr_Format(PyExc_TypeError, "expected sequence, not \"%.200s\"",
                         Py_TYPE(value)->tp_name);
            goto done;
        }
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
            PyObject *item = PySequence_Fast_GET_ITEM(items, i);
            if (!is_element(item, state)) {
                PyErr_Format(PyExc_TypeError,
                             "expected an Element, not \"%.200s\"",
                             Py_TYPE(item)->tp_name);
                goto done;
            }
        }
        if (PyObject_SetItem(list, slice, items) < 0) {
            goto done;
        }
    }
    Py_ssize_t n = PyList_GET_SIZE(list), old = child_count(self);
    if (n > old && reserve_children(self, n - old) < 0) {
        goto done;
    }
    if (self->extra != NULL) {
        /* Exchange: the list ends with the old children, and drops them. */
        PyObject *gone = PyList_New(old);
        if (gone == NULL) {
            goto done;
        }
        for (Py_ssize_t i = 0; i < old; i++) {
            PyList_SET_ITEM(gone, i, self->extra->children[i]);
        }
        for (Py_ssize_t i = 0; i < n; i++) {
            self->extra->children[i] = Py_NewRef(PyList_GET_ITEM(list, i));
        }
        self->extra->length = n;
        Py_DECREF(gone);
    }
    result = 0;
done:
    Py_XDECREF(items);
    Py_XDECREF(list);
    return result;
}

static int
element_ass_subscript(PyObject *op, PyObject *item, PyObject *value)
{
    ElementObject *self = (ElementObject *)op;

    if (PyIndex_Check(item)) {
        Py_ssize_t index = PyNumber_AsSsize_t(item, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) {
            return -1;
        }
        return element_setitem(op, index < 0 ? index + child_count(self)
                                             : index, value);
    }
    if (PySlice_Check(item)) {
        return assign_slice(self, item, value);
    }
    PyErr_SetString(PyExc_TypeError, "element indices must be integers");
    return -1;
}

static PyObject *
element_repr(PyObject *op)
{
    ElementObject *self = (ElementObject *)op;

    if (self->tag == NULL) {
        return PyUnicode_FromFormat("<Element at %p>", op);
    }
    int status = Py_ReprEnter(op);
    if (status == 0) {
        PyObject *result = PyUnicode_FromFormat("<Element %R at %p>",
                                                self->tag, op);
        Py_ReprLeave(op);
        return result;
    }
    if (status > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__",
                     Py_TYPE(op)->tp_name);
    }
    return NULL;
}

/* ---- iteration over the tree -------------------------------------------- */

typedef struct {
    ElementObject *parent;        /* owned */
    Py_ssize_t index;             /* of the next child */
} IteratorLevel;

typedef struct {
    PyObject_HEAD
    IteratorLevel *levels;
    Py_ssize_t used, allocated;
    ElementObject *root;          /* until it has been given out */
    PyObject *tag;                /* wanted, or None */
    int want_text;
} IteratorObject;

static int
iterator_push(IteratorObject *self, ElementObject *parent)
{
    if (self->used == self->allocated) {
        Py_ssize_t size = self->allocated * 2;
        IteratorLevel *levels = PyMem_Realloc(
            self->levels, (size_t)size * sizeof(IteratorLevel));
        if (levels == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->levels = levels;
        self->allocated = size;
    }
    self->levels[self->used++] = (IteratorLevel){
        (ElementObject *)Py_NewRef(parent), 0};
    return 0;
}

/* The text if it is one, else NULL: 1/0/-1 */
static int
usable_text(PyObject *text)
{
    return text == Py_None ? 0 : PyObject_IsTrue(text);
}

/* Goes to the next element, new; NULL at the end, on error, or with *tail
 * set (new) when one ends whose tail is to be given out. */
static ElementObject *
iterator_advance(IteratorObject *self, tree_state *state, PyObject **tail)
{
    *tail = NULL;
    if (self->root != NULL) {
        ElementObject *root = self->root;
        self->root = NULL;
        return root;
    }
    while (self->used > 0) {
        IteratorLevel *level = &self->levels[self->used - 1];
        if (level->index < child_count(level->parent)) {
            PyObject *child = level->parent->extra->children[level->index++];
            if (!is_element(child, state)) {
                PyErr_Format(PyExc_AttributeError,
                             "'%.100s' object has no attribute 'iter'",
                             Py_TYPE(child)->tp_name);
                return NULL;
            }
            return (ElementObject *)Py_NewRef(child);
        }
        ElementObject *done = level->parent;
        self->used--;
        /* The tail of where it began is outside. */
        if (self->want_text && self->used > 0) {
            PyObject *text = Py_NewRef(done->tail);
            int usable = usable_text(text);
            Py_DECREF(done);
            if (usable != 0) {
                if (usable < 0) {
                    Py_CLEAR(text);
                }
                *tail = text;
                return NULL;
            }
            Py_DECREF(text);
        }
        else {
            Py_DECREF(done);
        }
    }
    return NULL;
}

static PyObject *
iterator_next(PyObject *op)
{
    IteratorObject *self = (IteratorObject *)op;
    tree_state *state = tree_state_of(op);
    ElementObject *element;
    PyObject *tail;

    if (state == NULL) {
        return NULL;
    }
    while ((element = iterator_advance(self, state, &tail)) != NULL) {
        if (iterator_push(self, element) < 0) {
            Py_DECREF(element);
            return NULL;
        }
        PyObject *candidate;
        int wanted;
        if (self->want_text) {
            candidate = Py_NewRef(element->text);
            Py_DECREF(element);
            wanted = usable_text(candidate);
        }
        else {
            candidate = (PyObject *)element;
            PyObject *tag = Py_NewRef(element->tag);
            wanted = self->tag == Py_None ||
                     tag == self->tag
                         ? 1
                         : PyObject_RichCompareBool(tag, self->tag, Py_EQ);
            Py_DECREF(tag);
        }
        if (wanted > 0) {
            return candidate;
        }
        Py_DECREF(candidate);
        if (wanted < 0) {
            return NULL;
        }
    }
    return tail;
}

static int
iterator_traverse(PyObject *op, visitproc visit, void *arg)
{
    IteratorObject *self = (IteratorObject *)op;

    Py_VISIT(Py_TYPE(self));
    for (Py_ssize_t i = 0; i < self->used; i++) {
        Py_VISIT(self->levels[i].parent);
    }
    Py_VISIT(self->root);
    Py_VISIT(self->tag);
    return 0;
}

static void
iterator_dealloc(PyObject *op)
{
    IteratorObject *self = (IteratorObject *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    while (self->used > 0) {
        Py_DECREF(self->levels[--self->used].parent);
    }
    PyMem_Free(self->levels);
    Py_XDECREF(self->root);
    Py_XDECREF(self->tag);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyObject *
iterator_create(PyObject *op, PyObject *tag, int want_text)
{
    tree_state *state = tree_state_of(op);
    IteratorObject *self = state == NULL
        ? NULL
        : PyObject_GC_New(IteratorObject, state->iterator_type);

    if (self == NULL) {
        return NULL;
    }
    self->levels = PyMem_New(IteratorLevel, 8);
    self->used = 0;
    self->allocated = 8;
    self->root = (ElementObject *)Py_NewRef(op);
    self->tag = Py_NewRef(tag);
    self->want_text = want_text;
    PyObject_GC_Track(self);
    if (self->levels == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static PyObject *
element_iter(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static const char *const keywords[] = {"tag", NULL};
    static _PyArg_Parser parser = {.format = "|O:iter",
                                   .keywords = keywords};
    PyObject *tag = Py_None;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &tag)) {
        return NULL;
    }
    if (PyUnicode_Check(tag) &&
        PyUnicode_CompareWithASCIIString(tag, "*") == 0) {
        tag = Py_None;
    }
    return iterator_create(op, tag, 0);
}

static PyObject *
element_itertext(PyObject *op, PyObject *unused)
{
    return iterator_create(op, Py_None, 1);
}

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {0, NULL},
};

PyType_Spec element_iterator_spec = {
    .name = "_elementtree._element_iterator",
    .basicsize = sizeof(IteratorObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = iterator_slots,
};

/* ---- the type ----------------------------------------------------------- */

#define FAST(name) (PyCFunction)(void (*)(void))element_##name
#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)
#define DOC(text) PyDoc_STR(text)

static PyMethodDef element_methods[] = {
    {"clear", element_clear, METH_NOARGS,
     DOC("clear($self, /)\n--\n\nRemove children, attributes and texts.")},
    {"get", FAST(get), KEYWORDS,
     DOC("get($self, /, key, default=None)\n--\n\nAn attribute's value.")},
    {"set", FAST(set), METH_FASTCALL,
     DOC("set($self, key, value, /)\n--\n\nSet an attribute.")},
    {"find", FAST(find), KEYWORDS,
     DOC("find($self, /, path, namespaces=None)\n--\n\n"
         "The first element that matches, or None.")},
    {"findtext", FAST(findtext), KEYWORDS,
     DOC("findtext($self, /, path, default=None, namespaces=None)\n--\n\n"
         "The text of the first element that matches.")},
    {"findall", FAST(findall), KEYWORDS,
     DOC("findall($self, /, path, namespaces=None)\n--\n\n"
         "The list of elements that match.")},
    {"append", element_append, METH_O,
     DOC("append($self, subelement, /)\n--\n\nAdd a child at the end.")},
    {"extend", element_extend, METH_O,
     DOC("extend($self, elements, /)\n--\n\nAdd children at the end.")},
    {"insert", FAST(insert), METH_FASTCALL,
     DOC("insert($self, index, subelement, /)\n--\n\nAdd a child.")},
    {"remove", element_remove, METH_O,
     DOC("remove($self, subelement, /)\n--\n\nRemove a child.")},
    {"iter", FAST(iter), KEYWORDS,
     DOC("iter($self, /, tag=None)\n--\n\n"
         "Iterate over this element and all below.")},
    {"itertext", element_itertext, METH_NOARGS,
     DOC("itertext($self, /)\n--\n\nIterate over the inner texts.")},
    {"iterfind", FAST(iterfind), KEYWORDS,
     DOC("iterfind($self, /, path, namespaces=None)\n--\n\n"
         "Iterate over the elements that match.")},
    {"items", element_items, METH_NOARGS,
     DOC("items($self, /)\n--\n\nThe attributes as list of pairs.")},
    {"keys", element_keys, METH_NOARGS,
     DOC("keys($self, /)\n--\n\nThe list of attribute names.")},
    {"makeelement", FAST(makeelement), METH_FASTCALL,
     DOC("makeelement($self, tag, attrib, /)\n--\n\nMake an element.")},
    {"__copy__", element_copy, METH_NOARGS,
     DOC("__copy__($self, /)\n--\n\nA copy with the same children.")},
    {"__deepcopy__", element_deepcopy, METH_O,
     DOC("__deepcopy__($self, memo, /)\n--\n\nA copy of the tree.")},
    {"__getstate__", element_getstate, METH_NOARGS,
     DOC("__getstate__($self, /)\n--\n\nThe state for pickle.")},
    {"__setstate__", element_setstate, METH_O,
     DOC("__setstate__($self, state, /)\n--\n\nSet the state.")},
    {"__sizeof__", element_sizeof, METH_NOARGS,
     DOC("__sizeof__($self, /)\n--\n\nThe size in bytes.")},
    {NULL, NULL, 0, NULL},
};

#define FIELD(name)                                       \
    {#name, field_get, field_set,                         \
     DOC("The element's " #name "."),                     \
     (void *)(intptr_t)offsetof(ElementObject, name)}

static PyGetSetDef element_getset[] = {
    FIELD(tag), FIELD(text), FIELD(tail),
    {"attrib", attrib_get, attrib_set, DOC("The dict of attributes."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef element_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ElementObject, weakreflist),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot element_slots[] = {
    {Py_tp_dealloc, element_dealloc},
    {Py_tp_repr, element_repr},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_traverse, element_traverse},
    {Py_tp_clear, element_clear_all},
    {Py_tp_methods, element_methods},
    {Py_tp_members, element_members},
    {Py_tp_getset, element_getset},
    {Py_tp_init, element_init},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, element_new},
    {Py_sq_length, element_length},
    {Py_sq_item, element_getitem},
    {Py_sq_ass_item, element_setitem},
    {Py_mp_length, element_length},
    {Py_mp_subscript, element_subscript},
    {Py_mp_ass_subscript, element_ass_subscript},
    {0, NULL},
};

PyType_Spec element_spec = {
    .name = "xml.etree.ElementTree.Element",
    .basicsize = sizeof(ElementObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = element_slots,
};
