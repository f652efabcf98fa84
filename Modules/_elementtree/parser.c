/* _elementtree: XMLParser, on expat, and the module.
 *
 * With a plain TreeBuilder as target the builder's functions are called
 * directly; any other target is called through the methods that it has.
 */
#include "elementtree.h"
#include "internal/expat_encoding.h"

#include <expat.h>

#define CHUNK_SIZE (1 << 20)
#define READ_SIZE (64 * 1024)

/* Methods of a target, each optional. */
#define TARGET_METHODS(M)                                                    \
    M(start) M(data) M(end) M(start_ns) M(end_ns) M(comment) M(pi) M(close)  \
    M(doctype)

typedef struct {
    PyObject_HEAD
    tree_state *state;            /* of the module, which outlives types */
    XML_Parser parser;            /* NULL before __init__ */
    PyObject *target, *entity, *names;
    int builds;                   /* target is a plain TreeBuilder */
#define M(name) PyObject *on_##name;
    TARGET_METHODS(M)
#undef M
} ParserObject;

extern PyType_Spec xml_parser_spec;

/* ---- errors ------------------------------------------------------------- */

static void
raise_parse_error(ParserObject *self, enum XML_Error code, const char *text)
{
    XML_Size line = XML_GetErrorLineNumber(self->parser);
    XML_Size column = XML_GetErrorColumnNumber(self->parser);
    PyObject *message = PyUnicode_FromFormat(
        "%s: line %zu, column %zu",
        text == NULL ? XML_ErrorString(code) : text, (size_t)line,
        (size_t)column);
    PyObject *error = NULL, *number = NULL, *position = NULL;

    if (message == NULL) {
        return;
    }
    error = PyObject_CallOneArg(self->state->parse_error, message);
    Py_DECREF(message);
    if (error == NULL) {
        return;
    }
    number = PyLong_FromLong((long)code);
    position = Py_BuildValue("(kk)", (unsigned long)line,
                             (unsigned long)column);
    if (number != NULL && position != NULL &&
        PyObject_SetAttrString(error, "code", number) == 0 &&
        PyObject_SetAttrString(error, "position", position) == 0) {
        PyErr_SetObject(self->state->parse_error, error);
    }
    Py_XDECREF(number);
    Py_XDECREF(position);
    Py_DECREF(error);
}

/* ---- text from expat ---------------------------------------------------- */

static PyObject *
decode(const XML_Char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "strict");
}

static PyObject *
decode_or_none(const XML_Char *text)
{
    return text == NULL ? Py_NewRef(Py_None) : decode(text);
}

/* A name, "{uri}local" if it has a namespace; one object for equal ones. */
static PyObject *
make_name(ParserObject *self, const XML_Char *text)
{
    PyObject *key = PyBytes_FromString(text);

    if (key == NULL) {
        return NULL;
    }
    PyObject *name = PyDict_GetItemWithError(self->names, key);
    if (name != NULL) {
        Py_INCREF(name);
    }
    else if (!PyErr_Occurred()) {
        name = strchr(text, '}') == NULL ? decode(text)
                                         : PyUnicode_FromFormat("{%s", text);
        if (name != NULL && PyDict_SetItem(self->names, key, name) < 0) {
            Py_CLEAR(name);
        }
    }
    Py_DECREF(key);
    return name;
}

/* ---- events ------------------------------------------------------------- */

/* target.<name> if it has that. 0/-1 */
static int
find_method(PyObject *target, const char *name, PyObject **method)
{
    PyObject *attribute = PyUnicode_FromString(name);

    if (attribute == NULL) {
        return -1;
    }
    int status = _PyObject_LookupAttr(target, attribute, method);
    Py_DECREF(attribute);
    return status < 0 ? -1 : 0;
}

/* Calls a target's method with args (stolen, may be NULL). */
static void
call_target(PyObject *method, PyObject *args)
{
    if (args == NULL) {
        return;
    }
    PyObject *result = PyObject_Call(method, args, NULL);
    Py_XDECREF(result);
    Py_DECREF(args);
}

static void XMLCALL
on_default(void *data, const XML_Char *text, int size)
{
    ParserObject *self = data;

    if (size < 2 || text[0] != '&' || PyErr_Occurred()) {
        return;
    }
    PyObject *key = PyUnicode_DecodeUTF8(text + 1, size - 2, "strict");
    if (key == NULL) {
        return;
    }
    PyObject *value = PyDict_GetItemWithError(self->entity, key);
    if (value != NULL) {
        Py_INCREF(value);
        if (self->builds) {
            Py_XDECREF(builder_handle_data((BuilderObject *)self->target,
                                           value));
        }
        else if (self->on_data != NULL) {
            call_target(self->on_data, PyTuple_Pack(1, value));
        }
        Py_DECREF(value);
    }
    else if (!PyErr_Occurred()) {
        char message[128];
        PyOS_snprintf(message, sizeof(message), "undefined entity &%.100s;",
                      PyUnicode_AsUTF8(key));
        raise_parse_error(self, XML_ERROR_UNDEFINED_ENTITY, message);
    }
    Py_DECREF(key);
}

/* The attributes as dict, new; NULL without exception if there are none. */
static PyObject *
make_attributes(ParserObject *self, const XML_Char **attributes)
{
    PyObject *dict = NULL;

    if (attributes[0] == NULL) {
        return NULL;
    }
    dict = PyDict_New();
    for (; dict != NULL && attributes[0] != NULL; attributes += 2) {
        PyObject *name = make_name(self, attributes[0]);
        PyObject *value = name == NULL ? NULL : decode(attributes[1]);
        if (value == NULL || PyDict_SetItem(dict, name, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    return dict;
}

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    PyObject *tag = make_name(self, name);
    PyObject *attrib = tag == NULL ? NULL : make_attributes(self, attributes);
    if (tag == NULL || (attrib == NULL && PyErr_Occurred())) {
        Py_XDECREF(tag);
        return;
    }
    if (self->builds) {
        Py_XDECREF(builder_handle_start(
            self->state, (BuilderObject *)self->target, tag, attrib));
    }
    else if (self->on_start != NULL) {
        if (attrib == NULL) {
            attrib = PyDict_New();
        }
        if (attrib != NULL) {
            call_target(self->on_start, PyTuple_Pack(2, tag, attrib));
        }
    }
    Py_XDECREF(tag);
    Py_XDECREF(attrib);
}

static void XMLCALL
on_data(void *data, const XML_Char *text, int size)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    PyObject *string = PyUnicode_DecodeUTF8(text, size, "strict");
    if (string == NULL) {
        return;
    }
    if (self->builds) {
        Py_XDECREF(builder_handle_data((BuilderObject *)self->target,
                                       string));
    }
    else if (self->on_data != NULL) {
        call_target(self->on_data, PyTuple_Pack(1, string));
    }
    Py_DECREF(string);
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    if (self->builds) {
        /* The builder knows which one is open. */
        Py_XDECREF(builder_handle_end(self->state,
                                      (BuilderObject *)self->target));
    }
    else if (self->on_end != NULL) {
        PyObject *tag = make_name(self, name);
        call_target(self->on_end, tag == NULL ? NULL
                                              : Py_BuildValue("(N)", tag));
    }
}

static void XMLCALL
on_start_ns(void *data, const XML_Char *prefix, const XML_Char *uri)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    PyObject *pair = Py_BuildValue("NN", decode(prefix == NULL ? "" : prefix),
                                   decode(uri == NULL ? "" : uri));
    if (pair == NULL) {
        return;
    }
    if (self->builds) {
        BuilderObject *builder = (BuilderObject *)self->target;
        builder_add_event(builder, builder->start_ns_event, pair);
        Py_DECREF(pair);
    }
    else if (self->on_start_ns != NULL) {
        call_target(self->on_start_ns, pair);
    }
    else {
        Py_DECREF(pair);
    }
}

static void XMLCALL
on_end_ns(void *data, const XML_Char *prefix)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    if (self->builds) {
        BuilderObject *builder = (BuilderObject *)self->target;
        builder_add_event(builder, builder->end_ns_event, Py_None);
    }
    else if (self->on_end_ns != NULL) {
        call_target(self->on_end_ns,
                    Py_BuildValue("(N)", decode(prefix == NULL ? ""
                                                               : prefix)));
    }
}

static void XMLCALL
on_comment(void *data, const XML_Char *text)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    PyObject *string = decode(text);
    if (string == NULL) {
        return;
    }
    if (self->builds) {
        Py_XDECREF(builder_handle_comment(
            self->state, (BuilderObject *)self->target, string));
    }
    else if (self->on_comment != NULL) {
        call_target(self->on_comment, PyTuple_Pack(1, string));
    }
    Py_DECREF(string);
}

static void XMLCALL
on_pi(void *data, const XML_Char *target, const XML_Char *text)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    PyObject *name = decode(target);
    PyObject *string = name == NULL ? NULL : decode_or_none(text);
    if (string == NULL) {
        Py_XDECREF(name);
        return;
    }
    if (self->builds) {
        BuilderObject *builder = (BuilderObject *)self->target;
        if ((builder->events_append != NULL && builder->pi_event != NULL) ||
            builder->insert_pis) {
            Py_XDECREF(builder_handle_pi(self->state, builder, name,
                                         string));
        }
    }
    else if (self->on_pi != NULL) {
        call_target(self->on_pi, PyTuple_Pack(2, name, string));
    }
    Py_XDECREF(name);
    Py_XDECREF(string);
}

static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system,
           const XML_Char *public_id, int has_internal_subset)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    if (self->on_doctype != NULL) {
        call_target(self->on_doctype,
                    Py_BuildValue("NNN", decode_or_none(name),
                                  decode_or_none(public_id),
                                  decode_or_none(system)));
        return;
    }
    PyObject *own = NULL;
    if (find_method((PyObject *)self, "doctype", &own) == 0 && own != NULL) {
        Py_DECREF(own);
        PyErr_WarnEx(PyExc_RuntimeWarning,
                     "The doctype() method of XMLParser is ignored.  Define "
                     "doctype() method on the TreeBuilder target.", 1);
    }
}

/* ---- the object --------------------------------------------------------- */

#define OBJECT_FIELDS(F)                                                \
    F(target) F(entity) F(names) F(on_start) F(on_data) F(on_end)       \
    F(on_start_ns) F(on_end_ns) F(on_comment) F(on_pi) F(on_close)      \
    F(on_doctype)

static int
parser_traverse(PyObject *op, visitproc visit, void *arg)
{
    ParserObject *self = (ParserObject *)op;

    Py_VISIT(Py_TYPE(self));
#define F(name) Py_VISIT(self->name);
    OBJECT_FIELDS(F)
#undef F
    return 0;
}

static int
parser_clear(PyObject *op)
{
    ParserObject *self = (ParserObject *)op;
    XML_Parser parser = self->parser;

    if (parser != NULL) {
        self->parser = NULL;
        XML_ParserFree(parser);
    }
#define F(name) Py_CLEAR(self->name);
    OBJECT_FIELDS(F)
#undef F
    return 0;
}

static void
parser_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_GC_UnTrack(self);
    parser_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static XML_Parser
create_expat_parser(ParserObject *self, const char *encoding)
{
    static const XML_Memory_Handling_Suite memory = {
        PyObject_Malloc, PyObject_Realloc, PyObject_Free};
    XML_Parser parser = XML_ParserCreate_MM(encoding, &memory, "}");

    if (parser == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    XML_SetHashSalt(parser, (unsigned long)_Py_HashSecret.expat.hashsalt);
    XML_SetUserData(parser, self);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetDefaultHandlerExpand(parser, on_default);
    XML_SetCharacterDataHandler(parser, on_data);
    if (self->on_start_ns != NULL || self->on_end_ns != NULL) {
        XML_SetNamespaceDeclHandler(parser, on_start_ns, on_end_ns);
    }
    if (self->on_comment != NULL) {
        XML_SetCommentHandler(parser, on_comment);
    }
    if (self->on_pi != NULL) {
        XML_SetProcessingInstructionHandler(parser, on_pi);
    }
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetUnknownEncodingHandler(parser, expat_unknown_encoding, NULL);
    return parser;
}

static int
parser_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"target", "encoding", NULL};
    static _PyArg_Parser parser = {.format = "|$OO:XMLParser",
                                   .keywords = keywords};
    ParserObject *self = (ParserObject *)op;
    PyObject *target = Py_None, *encoding_object = Py_None;
    const char *encoding = NULL;

    self->state = tree_state_of(op);
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "XMLParser() takes no positional arguments");
        return -1;
    }
    if (self->state == NULL ||
        !_PyArg_ParseTupleAndKeywordsFast(args, kwargs, &parser, &target,
                                          &encoding_object)) {
        return -1;
    }
    if (encoding_object != Py_None) {
        if (!PyUnicode_Check(encoding_object)) {
            _PyArg_BadArgument("XMLParser", "argument 'encoding'",
                               "str or None", encoding_object);
            return -1;
        }
        encoding = PyUnicode_AsUTF8(encoding_object);
        if (encoding == NULL) {
            return -1;
        }
        if (strlen(encoding) !=
            (size_t)PyUnicode_GET_LENGTH(encoding_object)) {
            PyErr_SetString(PyExc_ValueError, "embedded null character");
            return -1;
        }
    }
    parser_clear(op);
    self->entity = PyDict_New();
    self->names = PyDict_New();
    self->target = target != Py_None ? Py_NewRef(target)
                                     : builder_create(self->state);
    if (self->entity == NULL || self->names == NULL || self->target == NULL) {
        return -1;
    }
    self->builds = Py_IS_TYPE(self->target, self->state->builder_type);
#define M(name)                                                         \
    if (find_method(self->target, #name, &self->on_##name) < 0) {       \
        return -1;                                                      \
    }
    TARGET_METHODS(M)
#undef M
    self->parser = create_expat_parser(self, encoding);
    return self->parser == NULL ? -1 : 0;
}

/* ---- parsing ------------------------------------------------------------ */

static int
check_initialized(ParserObject *self)
{
    if (self->target == NULL || self->parser == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "XMLParser.__init__() wasn't called");
        return -1;
    }
    return 0;
}

/* None, or NULL. */
static PyObject *
parse(ParserObject *self, const char *text, Py_ssize_t size, int final)
{
    int status;

    do {
        int chunk = (int)Py_MIN(size, CHUNK_SIZE);
        status = XML_Parse(self->parser, text, chunk,
                           final && chunk == size);
        text += chunk;
        size -= chunk;
    } while (size > 0 && status != XML_STATUS_ERROR && !PyErr_Occurred());
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (status == XML_STATUS_ERROR) {
        raise_parse_error(self, XML_GetErrorCode(self->parser), NULL);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
parser_feed(PyObject *op, PyObject *data)
{
    ParserObject *self = (ParserObject *)op;
    Py_buffer view;
    Py_ssize_t size;

    if (check_initialized(self) < 0) {
        return NULL;
    }
    if (PyUnicode_Check(data)) {
        const char *text = PyUnicode_AsUTF8AndSize(data, &size);
        if (text == NULL) {
            return NULL;
        }
        (void)XML_SetEncoding(self->parser, "utf-8");
        return parse(self, text, size, 0);
    }
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *result = parse(self, view.buf, view.len, 0);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
parser_close(PyObject *op, PyObject *unused)
{
    ParserObject *self = (ParserObject *)op;

    if (check_initialized(self) < 0) {
        return NULL;
    }
    PyObject *result = parse(self, "", 0, 1);
    if (result == NULL) {
        return NULL;
    }
    if (self->builds) {
        Py_DECREF(result);
        return builder_done((BuilderObject *)self->target);
    }
    if (self->on_close != NULL) {
        Py_DECREF(result);
        return PyObject_CallNoArgs(self->on_close);
    }
    return result;
}

/* One piece of the file, new bytes; NULL at its end or on error. */
static PyObject *
read_piece(PyObject *read)
{
    PyObject *piece = PyObject_CallFunction(read, "i", READ_SIZE);

    if (piece == NULL) {
        return NULL;
    }
    if (PyUnicode_CheckExact(piece)) {
        if (PyUnicode_GET_LENGTH(piece) == 0) {
            Py_DECREF(piece);
            return NULL;
        }
        Py_SETREF(piece, PyUnicode_AsEncodedString(piece, "utf-8",
                                                   "surrogatepass"));
        return piece;
    }
    if (!PyBytes_CheckExact(piece) || PyBytes_GET_SIZE(piece) == 0) {
        Py_CLEAR(piece);
    }
    return piece;
}

static PyObject *
parser__parse_whole(PyObject *op, PyObject *file)
{
    ParserObject *self = (ParserObject *)op;
    PyObject *piece, *result;

    if (check_initialized(self) < 0) {
        return NULL;
    }
    PyObject *read = PyObject_GetAttrString(file, "read");
    if (read == NULL) {
        return NULL;
    }
    while ((piece = read_piece(read)) != NULL) {
        result = parse(self, PyBytes_AS_STRING(piece),
                       PyBytes_GET_SIZE(piece), 0);
        Py_DECREF(piece);
        if (result == NULL) {
            Py_DECREF(read);
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_DECREF(read);
    if (PyErr_Occurred()) {
        return NULL;
    }
    result = parse(self, "", 0, 1);
    if (result != NULL && self->builds) {
        Py_DECREF(result);
        return builder_done((BuilderObject *)self->target);
    }
    return result;
}

/* ---- events to report --------------------------------------------------- */

/* Turns one event on. 0/-1 */
static int
report_event(ParserObject *self, BuilderObject *builder, PyObject *event)
{
    const char *name = NULL;
    PyObject **field;

    if (PyUnicode_Check(event)) {
        name = PyUnicode_AsUTF8(event);
    }
    else if (PyBytes_Check(event)) {
        name = PyBytes_AS_STRING(event);
    }
    if (name == NULL) {
        PyErr_SetString(PyExc_ValueError, "invalid events sequence");
        return -1;
    }
    if (strcmp(name, "start") == 0) {
        field = &builder->start_event;
    }
    else if (strcmp(name, "end") == 0) {
        field = &builder->end_event;
    }
    else if (strcmp(name, "start-ns") == 0 || strcmp(name, "end-ns") == 0) {
        field = name[0] == 's' ? &builder->start_ns_event
                               : &builder->end_ns_event;
        XML_SetNamespaceDeclHandler(self->parser, on_start_ns, on_end_ns);
    }
    else if (strcmp(name, "comment") == 0) {
        field = &builder->comment_event;
        XML_SetCommentHandler(self->parser, on_comment);
    }
    else if (strcmp(name, "pi") == 0) {
        field = &builder->pi_event;
        XML_SetProcessingInstructionHandler(self->parser, on_pi);
    }
    else {
        PyErr_Format(PyExc_ValueError, "unknown event '%s'", name);
        return -1;
    }
    Py_XSETREF(*field, Py_NewRef(event));
    return 0;
}

static PyObject *
parser__setevents(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    ParserObject *self = (ParserObject *)op;

    if (check_initialized(self) < 0 ||
        !_PyArg_CheckPositional("_setevents", nargs, 1, 2)) {
        return NULL;
    }
    if (!self->builds) {
        PyErr_SetString(PyExc_TypeError, "event handling only supported for "
                        "ElementTree.TreeBuilder targets");
        return NULL;
    }
    BuilderObject *builder = (BuilderObject *)self->target;
    PyObject *append = PyObject_GetAttrString(args[0], "append");
    if (append == NULL) {
        return NULL;
    }
    Py_XSETREF(builder->events_append, append);
    Py_CLEAR(builder->start_event);
    Py_CLEAR(builder->end_event);
    Py_CLEAR(builder->start_ns_event);
    Py_CLEAR(builder->end_ns_event);
    Py_CLEAR(builder->comment_event);
    Py_CLEAR(builder->pi_event);
    if (nargs < 2 || args[1] == Py_None) {
        builder->end_event = PyUnicode_FromString("end");
        if (builder->end_event == NULL) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    PyObject *events = PySequence_Fast(args[1], "events must be a sequence");
    if (events == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(events); i++) {
        if (report_event(self, builder,
                         PySequence_Fast_GET_ITEM(events, i)) < 0) {
            Py_DECREF(events);
            return NULL;
        }
    }
    Py_DECREF(events);
    Py_RETURN_NONE;
}

static PyObject *
parser_version_get(PyObject *self, void *closure)
{
    XML_Expat_Version version = XML_ExpatVersionInfo();

    return PyUnicode_FromFormat("Expat %d.%d.%d", version.major,
                                version.minor, version.micro);
}

/* ---- the type ----------------------------------------------------------- */

#define DOC(text) PyDoc_STR(text)

static PyMethodDef parser_methods[] = {
    {"feed", parser_feed, METH_O,
     DOC("feed($self, data, /)\n--\n\nParse a piece of the document.")},
    {"close", parser_close, METH_NOARGS,
     DOC("close($self, /)\n--\n\nFinish; returns what the target made.")},
    {"_parse_whole", parser__parse_whole, METH_O,
     DOC("_parse_whole($self, file, /)\n--\n\nParse a file.")},
    {"_setevents", (PyCFunction)(void (*)(void))parser__setevents,
     METH_FASTCALL,
     DOC("_setevents($self, events_queue, events_to_report=None, /)\n--\n\n"
         "Report events to a queue.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef parser_members[] = {
    {"entity", T_OBJECT, offsetof(ParserObject, entity), READONLY, NULL},
    {"target", T_OBJECT, offsetof(ParserObject, target), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef parser_getset[] = {
    {"version", parser_version_get, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot parser_slots[] = {
    {Py_tp_dealloc, parser_dealloc},
    {Py_tp_traverse, parser_traverse},
    {Py_tp_clear, parser_clear},
    {Py_tp_methods, parser_methods},
    {Py_tp_members, parser_members},
    {Py_tp_getset, parser_getset},
    {Py_tp_init, parser_init},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, PyType_GenericNew},
    {0, NULL},
};

PyType_Spec xml_parser_spec = {
    .name = "xml.etree.ElementTree.XMLParser",
    .basicsize = sizeof(ParserObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = parser_slots,
};

/* ---- the module --------------------------------------------------------- */

static PyObject *
tree_set_factories(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    tree_state *state = PyModule_GetState(module);

    if (!_PyArg_CheckPositional("_set_factories", nargs, 2, 2)) {
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        if (args[i] != Py_None && !PyCallable_Check(args[i])) {
            PyErr_Format(PyExc_TypeError,
                         "%s factory must be callable, not %.100s",
                         i == 0 ? "Comment" : "PI",
                         Py_TYPE(args[i])->tp_name);
            return NULL;
        }
    }
    PyObject *comment = state->comment_factory, *pi = state->pi_factory;
    PyObject *old = PyTuple_Pack(2, comment == NULL ? Py_None : comment,
                                 pi == NULL ? Py_None : pi);
    if (old == NULL) {
        return NULL;
    }
    Py_XSETREF(state->comment_factory,
               args[0] == Py_None ? NULL : Py_NewRef(args[0]));
    Py_XSETREF(state->pi_factory,
               args[1] == Py_None ? NULL : Py_NewRef(args[1]));
    return old;
}

static PyMethodDef tree_methods[] = {
    {"SubElement", (PyCFunction)(void (*)(void))tree_subelement,
     METH_VARARGS | METH_KEYWORDS,
     DOC("Make an element and append it to a parent.")},
    {"_set_factories", (PyCFunction)(void (*)(void))tree_set_factories,
     METH_FASTCALL,
     DOC("_set_factories($module, comment_factory, pi_factory, /)\n--\n\n"
         "Set what makes comments and instructions; returns the old ones.")},
    {NULL, NULL, 0, NULL},
};

static int
add_type(PyObject *module, PyTypeObject **field, PyType_Spec *spec,
         int publish)
{
    *field = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (*field == NULL) {
        return -1;
    }
    return publish ? PyModule_AddType(module, *field) : 0;
}

static int
tree_exec(PyObject *module)
{
    tree_state *state = PyModule_GetState(module);

    if (add_type(module, &state->element_type, &element_spec, 1) < 0 ||
        add_type(module, &state->iterator_type, &element_iterator_spec, 0) <
            0 ||
        add_type(module, &state->builder_type, &builder_spec, 1) < 0 ||
        add_type(module, &state->parser_type, &xml_parser_spec, 1) < 0) {
        return -1;
    }
    PyObject *copy = PyImport_ImportModule("copy");
    if (copy == NULL) {
        return -1;
    }
    state->deepcopy = PyObject_GetAttrString(copy, "deepcopy");
    Py_DECREF(copy);
    state->element_path = PyImport_ImportModule("xml.etree.ElementPath");
    state->parse_error = PyErr_NewException("xml.etree.ElementTree.ParseError",
                                            PyExc_SyntaxError, NULL);
    if (state->deepcopy == NULL || state->element_path == NULL ||
        state->parse_error == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "ParseError", state->parse_error);
}

#define STATE_FIELDS(F)                                               \
    F(element_type) F(iterator_type) F(builder_type) F(parser_type)   \
    F(parse_error) F(element_path) F(deepcopy) F(comment_factory)     \
    F(pi_factory)

static int
tree_traverse(PyObject *module, visitproc visit, void *arg)
{
    tree_state *state = PyModule_GetState(module);

#define F(name) Py_VISIT(state->name);
    STATE_FIELDS(F)
#undef F
    return 0;
}

static int
tree_clear(PyObject *module)
{
    tree_state *state = PyModule_GetState(module);

#define F(name) Py_CLEAR(state->name);
    STATE_FIELDS(F)
#undef F
    return 0;
}

static void
tree_free(void *module)
{
    tree_clear(module);
}

static PyModuleDef_Slot tree_slots[] = {
    {Py_mod_exec, tree_exec},
    {0, NULL},
};

PyModuleDef tree_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_elementtree",
    .m_size = sizeof(tree_state),
    .m_methods = tree_methods,
    .m_slots = tree_slots,
    .m_traverse = tree_traverse,
    .m_clear = tree_clear,
    .m_free = tree_free,
};

PyMODINIT_FUNC PyInit__elementtree(void);

PyMODINIT_FUNC
PyInit__elementtree(void)
{
    return PyModuleDef_Init(&tree_module);
}
