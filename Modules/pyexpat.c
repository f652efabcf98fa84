/* Module pyexpat: the XML parser expat.
 *
 * What expat reports goes to Python callables, one per kind of event
 * (HANDLERS below).  A callable that raises stops the parser; Parse() then
 * returns that exception.  With buffer_text, runs of character data are
 * collected and delivered before the next other event.
 */
#include "Python.h"
#include "structmember.h"
#include "internal/expat_encoding.h"

#include <expat.h>
#include <stddef.h>

#include "pyexpat.h"

#define CHUNK_SIZE (1 << 20)          /* XML_Parse() takes an int */
#define READ_SIZE 2048
#define TEXT_BUFFER_SIZE 8192

/* H(attribute, setter): events in pairs of expat share a setter. */
#define HANDLERS(H)                                                          \
    H(StartElement, StartElementHandler, XML_SetStartElementHandler)         \
    H(EndElement, EndElementHandler, XML_SetEndElementHandler)               \
    H(ProcessingInstruction, ProcessingInstructionHandler,                   \
      XML_SetProcessingInstructionHandler)                                   \
    H(CharacterData, CharacterDataHandler, XML_SetCharacterDataHandler)      \
    H(UnparsedEntityDecl, UnparsedEntityDeclHandler,                         \
      XML_SetUnparsedEntityDeclHandler)                                      \
    H(NotationDecl, NotationDeclHandler, XML_SetNotationDeclHandler)         \
    H(StartNamespaceDecl, StartNamespaceDeclHandler,                         \
      XML_SetStartNamespaceDeclHandler)                                      \
    H(EndNamespaceDecl, EndNamespaceDeclHandler,                             \
      XML_SetEndNamespaceDeclHandler)                                        \
    H(Comment, CommentHandler, XML_SetCommentHandler)                        \
    H(StartCdataSection, StartCdataSectionHandler,                           \
      XML_SetStartCdataSectionHandler)                                       \
    H(EndCdataSection, EndCdataSectionHandler,                               \
      XML_SetEndCdataSectionHandler)                                         \
    H(Default, DefaultHandler, XML_SetDefaultHandler)                        \
    H(DefaultHandlerExpand, DefaultHandlerExpand,                            \
      XML_SetDefaultHandlerExpand)                                           \
    H(NotStandalone, NotStandaloneHandler, XML_SetNotStandaloneHandler)      \
    H(ExternalEntityRef, ExternalEntityRefHandler,                           \
      XML_SetExternalEntityRefHandler)                                       \
    H(StartDoctypeDecl, StartDoctypeDeclHandler,                             \
      XML_SetStartDoctypeDeclHandler)                                        \
    H(EndDoctypeDecl, EndDoctypeDeclHandler, XML_SetEndDoctypeDeclHandler)   \
    H(EntityDecl, EntityDeclHandler, XML_SetEntityDeclHandler)               \
    H(XmlDecl, XmlDeclHandler, XML_SetXmlDeclHandler)                        \
    H(ElementDecl, ElementDeclHandler, XML_SetElementDeclHandler)            \
    H(AttlistDecl, AttlistDeclHandler, XML_SetAttlistDeclHandler)            \
    H(SkippedEntity, SkippedEntityHandler, XML_SetSkippedEntityHandler)

#define ROW(event, attribute, setter) H_##event,
enum { HANDLERS(ROW) HANDLER_COUNT };
#undef ROW

typedef struct {
    PyTypeObject *parser_type;
    PyObject *error;
} expat_state;

typedef struct {
    PyObject_HEAD
    XML_Parser parser;
    int ordered_attributes, specified_attributes, namespace_prefixes;
    int in_callback;
    XML_Char *buffer;             /* NULL: no buffer_text */
    int buffer_size, buffer_used;
    PyObject *intern;             /* dict or NULL */
    PyObject *parent;             /* of an external entity's parser */
    PyObject *handlers[HANDLER_COUNT];
} ParserObject;

static void set_expat_handler(ParserObject *self, int index, int active);

/* ---- from expat to Python ----------------------------------------------- */

static PyObject *
text_or_none(const XML_Char *text)
{
    if (text == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "strict");
}

/* The text, one object for equal ones if there is a dict for them. */
static PyObject *
interned(ParserObject *self, const XML_Char *text)
{
    PyObject *result = text_or_none(text);

    if (result == NULL || result == Py_None || self->intern == NULL) {
        return result;
    }
    PyObject *known = PyDict_SetDefault(self->intern, result, result);
    Py_XINCREF(known);
    Py_DECREF(result);
    return known;
}

/* An exception is set: nothing more is to be reported. */
static void
stop(ParserObject *self)
{
    for (int i = 0; i < HANDLER_COUNT; i++) {
        if (self->handlers[i] != NULL) {
            set_expat_handler(self, i, 0);
            Py_CLEAR(self->handlers[i]);
        }
    }
    XML_StopParser(self->parser, XML_FALSE);
}

/* Calls a handler; steals args, which may be NULL.  New, or NULL after
 * stop(). */
static PyObject *
call_handler(ParserObject *self, int index, const char *name, int line,
             PyObject *args)
{
    PyObject *result = NULL;

    if (args != NULL) {
        PyObject *handler = Py_NewRef(self->handlers[index]);
        self->in_callback = 1;
        result = PyObject_Call(handler, args, NULL);
        self->in_callback = 0;
        Py_DECREF(handler);
        Py_DECREF(args);
        if (result == NULL) {
            _PyTraceback_Add(name, __FILE__, line);
        }
    }
    if (result == NULL) {
        stop(self);
    }
    return result;
}

static int
deliver_text(ParserObject *self, const XML_Char *text, int size)
{
    if (self->handlers[H_CharacterData] == NULL) {
        return 0;
    }
    PyObject *string = PyUnicode_DecodeUTF8(text, size, "strict");
    PyObject *args = string == NULL ? NULL : Py_BuildValue("(N)", string);
    PyObject *result = call_handler(self, H_CharacterData, "CharacterData",
                                    __LINE__, args);
    Py_XDECREF(result);
    return result == NULL ? -1 : 0;
}

/* Delivers what buffer_text has collected. 0/-1 */
static int
flush_text(ParserObject *self)
{
    if (self->buffer == NULL || self->buffer_used == 0) {
        return 0;
    }
    int size = self->buffer_used;
    self->buffer_used = 0;
    return deliver_text(self, self->buffer, size);
}

/* Whether an event is to be delivered now. */
static int
ready(ParserObject *self, int index)
{
    return self->handlers[index] != NULL && !PyErr_Occurred() &&
           flush_text(self) == 0 && self->handlers[index] != NULL;
}

/* An event whose handler's result is ignored. */
#define EVENT(event, parameters, ...)                                        \
    static void XMLCALL on_##event parameters                                \
    {                                                                        \
        ParserObject *self = data;                                           \
        if (ready(self, H_##event)) {                                        \
            Py_XDECREF(call_handler(self, H_##event, #event, __LINE__,       \
                                    Py_BuildValue(__VA_ARGS__)));            \
        }                                                                    \
    }

/* The handler's result as expat wants it: 0 if it failed.  Steals result. */
static int
take_answer(ParserObject *self, PyObject *result)
{
    if (result == NULL) {
        return 0;
    }
    int answer = (int)PyLong_AsLong(result);
    Py_DECREF(result);
    if (answer == -1 && PyErr_Occurred()) {
        stop(self);
        return 0;
    }
    return answer;
}

/* An event whose handler returns an int; `fallback` without a handler. */
#define QUESTION(event, parameters, owner, fallback, ...)                    \
    static int XMLCALL on_##event parameters                                 \
    {                                                                        \
        ParserObject *self = owner;                                          \
        if (!ready(self, H_##event)) {                                       \
            return PyErr_Occurred() ? 0 : fallback;                          \
        }                                                                    \
        return take_answer(self, call_handler(self, H_##event, #event,       \
                                              __LINE__,                      \
                                              Py_BuildValue(__VA_ARGS__)));  \
    }

static void XMLCALL
on_CharacterData(void *data, const XML_Char *text, int size)
{
    ParserObject *self = data;

    if (PyErr_Occurred()) {
        return;
    }
    if (self->buffer == NULL) {
        deliver_text(self, text, size);
        return;
    }
    if (size > self->buffer_size - self->buffer_used) {
        if (flush_text(self) < 0 || self->handlers[H_CharacterData] == NULL) {
            return;
        }
    }
    if (self->buffer == NULL || size > self->buffer_size) {
        deliver_text(self, text, size);
        return;
    }
    memcpy(self->buffer + self->buffer_used, text,
           (size_t)size * sizeof(XML_Char));
    self->buffer_used += size;
}

/* The attributes as dict, or as list of names and values in turn. */
static PyObject *
make_attributes(ParserObject *self, const XML_Char **atts)
{
    int n = 0;

    if (self->specified_attributes) {
        n = XML_GetSpecifiedAttributeCount(self->parser);
    }
    else {
        while (atts[n] != NULL) {
            n += 2;
        }
    }
    PyObject *result = self->ordered_attributes ? PyList_New(n)
                                                : PyDict_New();
    for (int i = 0; result != NULL && i < n; i += 2) {
        PyObject *name = interned(self, atts[i]);
        PyObject *value = name == NULL ? NULL : text_or_none(atts[i + 1]);
        int status = value == NULL ? -1 : 0;
        if (status == 0 && self->ordered_attributes) {
            PyList_SET_ITEM(result, i, Py_NewRef(name));
            PyList_SET_ITEM(result, i + 1, Py_NewRef(value));
        }
        else if (status == 0) {
            status = PyDict_SetItem(result, name, value);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (status < 0) {
            Py_CLEAR(result);
        }
    }
    return result;
}

EVENT(StartElement,
      (void *data, const XML_Char *name, const XML_Char **atts),
      "NN", interned(self, name), make_attributes(self, atts))
EVENT(EndElement, (void *data, const XML_Char *name), "(N)",
      interned(self, name))
EVENT(ProcessingInstruction,
      (void *data, const XML_Char *target, const XML_Char *text), "NN",
      interned(self, target), text_or_none(text))
EVENT(UnparsedEntityDecl,
      (void *data, const XML_Char *entity, const XML_Char *base,
       const XML_Char *system, const XML_Char *public_id,
       const XML_Char *notation),
      "NNNNN", interned(self, entity), interned(self, base),
      interned(self, system), interned(self, public_id),
      interned(self, notation))
EVENT(NotationDecl,
      (void *data, const XML_Char *notation, const XML_Char *base,
       const XML_Char *system, const XML_Char *public_id),
      "NNNN", interned(self, notation), interned(self, base),
      interned(self, system), interned(self, public_id))
EVENT(StartNamespaceDecl,
      (void *data, const XML_Char *prefix, const XML_Char *uri), "NN",
      interned(self, prefix), interned(self, uri))
EVENT(EndNamespaceDecl, (void *data, const XML_Char *prefix), "(N)",
      interned(self, prefix))
EVENT(Comment, (void *data, const XML_Char *text), "(N)", text_or_none(text))
EVENT(StartCdataSection, (void *data), "()")
EVENT(EndCdataSection, (void *data), "()")
EVENT(Default, (void *data, const XML_Char *text, int size), "(N)",
      PyUnicode_DecodeUTF8(text, size, "strict"))
EVENT(DefaultHandlerExpand, (void *data, const XML_Char *text, int size),
      "(N)", PyUnicode_DecodeUTF8(text, size, "strict"))
EVENT(StartDoctypeDecl,
      (void *data, const XML_Char *name, const XML_Char *system,
       const XML_Char *public_id, int has_internal_subset),
      "NNNi", interned(self, name), interned(self, system),
      interned(self, public_id), has_internal_subset)
EVENT(EndDoctypeDecl, (void *data), "()")
EVENT(EntityDecl,
      (void *data, const XML_Char *name, int is_parameter,
       const XML_Char *value, int size, const XML_Char *base,
       const XML_Char *system, const XML_Char *public_id,
       const XML_Char *notation),
      "NiNNNNN", interned(self, name), is_parameter,
      value == NULL ? Py_NewRef(Py_None)
                    : PyUnicode_DecodeUTF8(value, size, "strict"),
      interned(self, base), interned(self, system), interned(self, public_id),
      interned(self, notation))
EVENT(XmlDecl,
      (void *data, const XML_Char *version, const XML_Char *encoding,
       int standalone),
      "NNi", text_or_none(version), text_or_none(encoding), standalone)
EVENT(AttlistDecl,
      (void *data, const XML_Char *element, const XML_Char *attribute,
       const XML_Char *type, const XML_Char *value, int required),
      "NNNNi", interned(self, element), interned(self, attribute),
      text_or_none(type), text_or_none(value), required)
EVENT(SkippedEntity, (void *data, const XML_Char *name, int is_parameter),
      "Ni", interned(self, name), is_parameter)

QUESTION(NotStandalone, (void *data), data, 1, "()")
QUESTION(ExternalEntityRef,
         (XML_Parser parser, const XML_Char *context, const XML_Char *base,
          const XML_Char *system, const XML_Char *public_id),
         XML_GetUserData(parser), 0, "NNNN", text_or_none(context),
         interned(self, base), interned(self, system),
         interned(self, public_id))

#undef EVENT
#undef QUESTION

/* (type, quantifier, name, children) */
static PyObject *
make_model(ParserObject *self, XML_Content *model)
{
    if (Py_EnterRecursiveCall(" in a content model")) {
        return NULL;
    }
    PyObject *children = PyTuple_New((Py_ssize_t)model->numchildren);
    PyObject *result = NULL;
    for (unsigned i = 0; children != NULL && i < model->numchildren; i++) {
        PyObject *child = make_model(self, &model->children[i]);
        if (child == NULL) {
            Py_CLEAR(children);
            break;
        }
        PyTuple_SET_ITEM(children, (Py_ssize_t)i, child);
    }
    if (children != NULL) {
        result = Py_BuildValue("iiNN", (int)model->type, (int)model->quant,
                               text_or_none(model->name), children);
    }
    Py_LeaveRecursiveCall();
    return result;
}

static void XMLCALL
on_ElementDecl(void *data, const XML_Char *name, XML_Content *model)
{
    ParserObject *self = data;

    if (ready(self, H_ElementDecl)) {
        PyObject *tree = make_model(self, model);
        PyObject *args = tree == NULL
                             ? NULL
                             : Py_BuildValue("NN", interned(self, name), tree);
        Py_XDECREF(call_handler(self, H_ElementDecl, "ElementDecl", __LINE__,
                                args));
    }
    XML_FreeContentModel(self->parser, model);
}

/* Turns the event on or off in expat. */
static void
set_expat_handler(ParserObject *self, int index, int active)
{
    switch (index) {
#define ROW(event, attribute, setter)                                     \
    case H_##event:                                                       \
        setter(self->parser, active ? on_##event : NULL);                 \
        break;
        HANDLERS(ROW)
#undef ROW
    default:
        break;
    }
}

int XMLCALL
expat_unknown_encoding(void *data, const XML_Char *name, XML_Encoding *info)
{
    char all[256];

    if (PyErr_Occurred()) {
        return XML_STATUS_ERROR;
    }
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    PyObject *text = PyUnicode_Decode(all, 256, name, "replace");
    if (text == NULL || PyUnicode_READY(text) < 0) {
        Py_XDECREF(text);
        return XML_STATUS_ERROR;
    }
    if (PyUnicode_GET_LENGTH(text) != 256) {
        Py_DECREF(text);
        PyErr_SetString(PyExc_ValueError,
                        "multi-byte encodings are not supported");
        return XML_STATUS_ERROR;
    }
    for (int i = 0; i < 256; i++) {
        Py_UCS4 ch = PyUnicode_READ_CHAR(text, i);
        info->map[i] = ch == Py_UNICODE_REPLACEMENT_CHARACTER ? -1 : (int)ch;
    }
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    Py_DECREF(text);
    return XML_STATUS_OK;
}

/* ---- errors ------------------------------------------------------------- */

static int
set_number(PyObject *error, const char *name, XML_Size value)
{
    PyObject *number = PyLong_FromUnsignedLong((unsigned long)value);

    if (number == NULL) {
        return -1;
    }
    int status = PyObject_SetAttrString(error, name, number);
    Py_DECREF(number);
    return status;
}

static PyObject *
raise_parse_error(expat_state *state, ParserObject *self, enum XML_Error code)
{
    XML_Size line = XML_GetErrorLineNumber(self->parser);
    XML_Size column = XML_GetErrorColumnNumber(self->parser);
    PyObject *text = PyUnicode_FromFormat("%s: line %zu, column %zu",
                                          XML_ErrorString(code), (size_t)line,
                                          (size_t)column);
    if (text == NULL) {
        return NULL;
    }
    PyObject *error = PyObject_CallOneArg(state->error, text);
    Py_DECREF(text);
    if (error != NULL) {
        if (set_number(error, "code", (XML_Size)code) == 0 &&
            set_number(error, "offset", column) == 0 &&
            set_number(error, "lineno", line) == 0) {
            PyErr_SetObject(state->error, error);
        }
        Py_DECREF(error);
    }
    return NULL;
}

static PyObject *
parse_result(expat_state *state, ParserObject *self, int status)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (status == 0) {
        return raise_parse_error(state, self, XML_GetErrorCode(self->parser));
    }
    return flush_text(self) < 0 ? NULL : PyLong_FromLong(status);
}

/* ---- Parse -------------------------------------------------------------- */

static PyObject *
parser_Parse(PyObject *op, PyTypeObject *class, PyObject *const *args,
             Py_ssize_t nargs, PyObject *kwnames)
{
    ParserObject *self = (ParserObject *)op;
    expat_state *state = PyType_GetModuleState(class);
    Py_buffer view = {NULL, NULL};
    const char *data;
    Py_ssize_t size;
    int final = 0, status = XML_STATUS_OK;

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "Parse() takes no keyword arguments");
        return NULL;
    }
    if (!_PyArg_CheckPositional("Parse", nargs, 1, 2)) {
        return NULL;
    }
    if (nargs > 1) {
        final = PyObject_IsTrue(args[1]);
        if (final < 0) {
            return NULL;
        }
    }
    if (PyUnicode_Check(args[0])) {
        data = PyUnicode_AsUTF8AndSize(args[0], &size);
        if (data == NULL) {
            return NULL;
        }
        (void)XML_SetEncoding(self->parser, "utf-8");
    }
    else {
        if (PyObject_GetBuffer(args[0], &view, PyBUF_SIMPLE) < 0) {
            return NULL;
        }
        data = view.buf;
        size = view.len;
    }
    Py_INCREF(args[0]);
    while (size > CHUNK_SIZE && status != XML_STATUS_ERROR) {
        status = (int)XML_Parse(self->parser, data, CHUNK_SIZE, 0);
        data += CHUNK_SIZE;
        size -= CHUNK_SIZE;
    }
    if (status != XML_STATUS_ERROR) {
        status = (int)XML_Parse(self->parser, data, (int)size, final);
    }
    Py_DECREF(args[0]);
    if (view.obj != NULL) {
        PyBuffer_Release(&view);
    }
    return parse_result(state, self, status);
}

/* Reads up to READ_SIZE bytes to the buffer: how many, or -1. */
static Py_ssize_t
read_into(void *buffer, PyObject *read)
{
    PyObject *bytes = PyObject_CallFunction(read, "i", READ_SIZE);
    const char *data;
    Py_ssize_t size = -1;

    if (bytes == NULL) {
        return -1;
    }
    if (PyBytes_Check(bytes)) {
        data = PyBytes_AS_STRING(bytes);
        size = PyBytes_GET_SIZE(bytes);
    }
    else if (PyByteArray_Check(bytes)) {
        data = PyByteArray_AS_STRING(bytes);
        size = PyByteArray_GET_SIZE(bytes);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "read() did not return a bytes object (type=%.400s)",
                     Py_TYPE(bytes)->tp_name);
        goto done;
    }
    if (size > READ_SIZE) {
        PyErr_Format(PyExc_ValueError,
                     "read() returned too much data: %i bytes requested, "
                     "%zd returned", READ_SIZE, size);
        size = -1;
        goto done;
    }
    memcpy(buffer, data, (size_t)size);
done:
    Py_DECREF(bytes);
    return size;
}

static PyObject *
parser_ParseFile(PyObject *op, PyTypeObject *class, PyObject *const *args,
                 Py_ssize_t nargs, PyObject *kwnames)
{
    ParserObject *self = (ParserObject *)op;
    expat_state *state = PyType_GetModuleState(class);
    PyObject *read = NULL, *result = NULL;
    int status = XML_STATUS_OK;
    Py_ssize_t size;

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "ParseFile() takes no keyword arguments");
        return NULL;
    }
    if (!_PyArg_CheckPositional("ParseFile", nargs, 1, 1)) {
        return NULL;
    }
    read = PyObject_GetAttrString(args[0], "read");
    if (read == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_SetString(PyExc_TypeError,
                            "argument must have 'read' attribute");
        }
        return NULL;
    }
    do {
        void *buffer = XML_GetBuffer(self->parser, READ_SIZE);
        if (buffer == NULL) {
            result = raise_parse_error(state, self,
                                       XML_GetErrorCode(self->parser));
            goto done;
        }
        size = read_into(buffer, read);
        if (size < 0) {
            goto done;
        }
        status = (int)XML_ParseBuffer(self->parser, (int)size, size == 0);
        if (PyErr_Occurred()) {
            goto done;
        }
    } while (status != XML_STATUS_ERROR && size > 0);
    result = parse_result(state, self, status);
done:
    Py_DECREF(read);
    return result;
}

/* ---- other methods ------------------------------------------------------ */

static PyObject *
parser_SetBase(PyObject *self, PyObject *argument)
{
    Py_ssize_t size;

    if (!PyUnicode_Check(argument)) {
        _PyArg_BadArgument("SetBase", "argument", "str", argument);
        return NULL;
    }
    const char *base = PyUnicode_AsUTF8AndSize(argument, &size);
    if (base == NULL) {
        return NULL;
    }
    if (strlen(base) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    if (!XML_SetBase(((ParserObject *)self)->parser, base)) {
        return PyErr_NoMemory();
    }
    Py_RETURN_NONE;
}

static PyObject *
parser_GetBase(PyObject *self, PyObject *unused)
{
    return text_or_none(XML_GetBase(((ParserObject *)self)->parser));
}

static PyObject *
parser_GetInputContext(PyObject *op, PyObject *unused)
{
    ParserObject *self = (ParserObject *)op;
    int offset, size;

    if (self->in_callback) {
        const char *buffer = XML_GetInputContext(self->parser, &offset, &size);
        if (buffer != NULL) {
            return PyBytes_FromStringAndSize(buffer + offset, size - offset);
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
parser_SetParamEntityParsing(PyObject *self, PyObject *argument)
{
    int flag = _PyLong_AsInt(argument);

    if (flag == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(XML_SetParamEntityParsing(
        ((ParserObject *)self)->parser,
        (enum XML_ParamEntityParsing)flag));
}

static PyObject *
parser_UseForeignDTD(PyObject *op, PyTypeObject *class, PyObject *const *args,
                     Py_ssize_t nargs, PyObject *kwnames)
{
    ParserObject *self = (ParserObject *)op;
    int flag = 1;

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "UseForeignDTD() takes no keyword arguments");
        return NULL;
    }
    if (!_PyArg_CheckPositional("UseForeignDTD", nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 1) {
        flag = PyObject_IsTrue(args[0]);
        if (flag < 0) {
            return NULL;
        }
    }
    enum XML_Error error = XML_UseForeignDTD(self->parser,
                                             flag ? XML_TRUE : XML_FALSE);
    if (error != XML_ERROR_NONE) {
        return raise_parse_error(PyType_GetModuleState(class), self, error);
    }
    Py_RETURN_NONE;
}

/* A parser object without handlers, or NULL.  `parser` may be NULL. */
static ParserObject *
parser_alloc(expat_state *state, XML_Parser parser, PyObject *intern)
{
    ParserObject *self = PyObject_GC_New(ParserObject, state->parser_type);

    if (self == NULL) {
        return NULL;
    }
    memset(&self->parser, 0,
           sizeof(ParserObject) - offsetof(ParserObject, parser));
    self->parser = parser;
    self->buffer_size = TEXT_BUFFER_SIZE;
    self->intern = Py_XNewRef(intern);
    PyObject_GC_Track(self);
    if (parser != NULL) {
        XML_SetUserData(parser, self);
        XML_SetUnknownEncodingHandler(parser, expat_unknown_encoding, NULL);
    }
    return self;
}

static PyObject *
parser_ExternalEntityParserCreate(PyObject *op, PyTypeObject *class,
                                  PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *kwnames)
{
    ParserObject *self = (ParserObject *)op;
    const char *context, *encoding = NULL;

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) > 0) {
        PyErr_SetString(PyExc_TypeError, "ExternalEntityParserCreate() takes "
                        "no keyword arguments");
        return NULL;
    }
    if (!_PyArg_ParseStack(args, nargs, "z|s:ExternalEntityParserCreate",
                           &context, &encoding)) {
        return NULL;
    }
    ParserObject *other = parser_alloc(PyType_GetModuleState(class), NULL,
                                       self->intern);
    if (other == NULL) {
        return NULL;
    }
    other->ordered_attributes = self->ordered_attributes;
    other->specified_attributes = self->specified_attributes;
    other->namespace_prefixes = self->namespace_prefixes;
    other->buffer_size = self->buffer_size;
    other->parser = XML_ExternalEntityParserCreate(self->parser, context,
                                                   encoding);
    other->parent = Py_NewRef(op);
    if (other->parser == NULL) {
        Py_DECREF(other);
        return PyErr_NoMemory();
    }
    if (self->buffer != NULL) {
        other->buffer = PyMem_Malloc((size_t)self->buffer_size);
        if (other->buffer == NULL) {
            Py_DECREF(other);
            return PyErr_NoMemory();
        }
    }
    XML_SetUserData(other->parser, other);
    for (int i = 0; i < HANDLER_COUNT; i++) {
        if (self->handlers[i] != NULL) {
            other->handlers[i] = Py_NewRef(self->handlers[i]);
            set_expat_handler(other, i, 1);
        }
    }
    return (PyObject *)other;
}

/* ---- attributes --------------------------------------------------------- */

static int
check_not_deleted(PyObject *value)
{
    if (value == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "Cannot delete attribute");
        return -1;
    }
    return 0;
}

static PyObject *
handler_get(PyObject *self, void *closure)
{
    PyObject *handler = ((ParserObject *)self)->handlers[(intptr_t)closure];

    return Py_NewRef(handler == NULL ? Py_None : handler);
}

static int
handler_set(PyObject *op, PyObject *value, void *closure)
{
    ParserObject *self = (ParserObject *)op;
    int index = (int)(intptr_t)closure;

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    /* What was collected belongs to the old handler. */
    if (index == H_CharacterData && flush_text(self) < 0) {
        return -1;
    }
    if (value == Py_None) {
        /* expat is inside the loop that calls the handler of text: it has to
         * keep one, which then finds nobody to deliver to. */
        if (!(index == H_CharacterData && self->in_callback)) {
            set_expat_handler(self, index, 0);
        }
        Py_CLEAR(self->handlers[index]);
        return 0;
    }
    Py_XSETREF(self->handlers[index], Py_NewRef(value));
    set_expat_handler(self, index, 1);
    return 0;
}

static PyObject *
buffer_text_get(PyObject *self, void *closure)
{
    return PyBool_FromLong(((ParserObject *)self)->buffer != NULL);
}

static int
buffer_text_set(PyObject *op, PyObject *value, void *closure)
{
    ParserObject *self = (ParserObject *)op;

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    int wanted = PyObject_IsTrue(value);
    if (wanted < 0) {
        return -1;
    }
    if (wanted && self->buffer == NULL) {
        self->buffer = PyMem_Malloc((size_t)self->buffer_size);
        if (self->buffer == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->buffer_used = 0;
    }
    else if (!wanted && self->buffer != NULL) {
        if (flush_text(self) < 0) {
            return -1;
        }
        PyMem_Free(self->buffer);
        self->buffer = NULL;
    }
    return 0;
}

static PyObject *
buffer_size_get(PyObject *self, void *closure)
{
    return PyLong_FromLong(((ParserObject *)self)->buffer_size);
}

static int
buffer_size_set(PyObject *op, PyObject *value, void *closure)
{
    ParserObject *self = (ParserObject *)op;

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "buffer_size must be an integer");
        return -1;
    }
    long size = PyLong_AsLong(value);
    if (size <= 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "buffer_size must be greater than zero");
        }
        return -1;
    }
    if (size > INT_MAX) {
        PyErr_Format(PyExc_ValueError,
                     "buffer_size must not be greater than %i", INT_MAX);
        return -1;
    }
    if (size == self->buffer_size) {
        return 0;
    }
    if (self->buffer != NULL) {
        if (flush_text(self) < 0) {
            return -1;
        }
        XML_Char *buffer = PyMem_Malloc((size_t)size);
        if (buffer == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        PyMem_Free(self->buffer);
        self->buffer = buffer;
    }
    self->buffer_size = (int)size;
    return 0;
}

static PyObject *
buffer_used_get(PyObject *self, void *closure)
{
    return PyLong_FromLong(((ParserObject *)self)->buffer_used);
}

/* The flags; closure is the offset of the field. */
static PyObject *
flag_get(PyObject *self, void *closure)
{
    return PyBool_FromLong(*(int *)((char *)self + (intptr_t)closure));
}

static int
flag_set(PyObject *op, PyObject *value, void *closure)
{
    ParserObject *self = (ParserObject *)op;

    if (check_not_deleted(value) < 0) {
        return -1;
    }
    int wanted = PyObject_IsTrue(value);
    if (wanted < 0) {
        return -1;
    }
    *(int *)((char *)self + (intptr_t)closure) = wanted;
    XML_SetReturnNSTriplet(self->parser, self->namespace_prefixes);
    return 0;
}

#define POSITION(name, function)                                              \
    static PyObject *name##_get(PyObject *self, void *closure)                \
    {                                                                         \
        return PyLong_FromLong(                                               \
            (long)function(((ParserObject *)self)->parser));                  \
    }

POSITION(ErrorCode, XML_GetErrorCode)
POSITION(ErrorLineNumber, XML_GetErrorLineNumber)
POSITION(ErrorColumnNumber, XML_GetErrorColumnNumber)
POSITION(ErrorByteIndex, XML_GetErrorByteIndex)
POSITION(CurrentLineNumber, XML_GetCurrentLineNumber)
POSITION(CurrentColumnNumber, XML_GetCurrentColumnNumber)
POSITION(CurrentByteIndex, XML_GetCurrentByteIndex)
#undef POSITION

#define FLAG(name)                                   \
    {#name, flag_get, flag_set, NULL,                \
     (void *)(intptr_t)offsetof(ParserObject, name)}
#define READ(name) {#name, name##_get, NULL, NULL, NULL}
#define ROW(event, attribute, setter) \
    {#attribute, handler_get, handler_set, NULL, (void *)(intptr_t)H_##event},

static PyGetSetDef parser_getset[] = {
    HANDLERS(ROW)
    READ(ErrorCode), READ(ErrorLineNumber), READ(ErrorColumnNumber),
    READ(ErrorByteIndex), READ(CurrentLineNumber), READ(CurrentColumnNumber),
    READ(CurrentByteIndex), READ(buffer_used),
    {"buffer_size", buffer_size_get, buffer_size_set, NULL, NULL},
    {"buffer_text", buffer_text_get, buffer_text_set, NULL, NULL},
    FLAG(namespace_prefixes), FLAG(ordered_attributes),
    FLAG(specified_attributes),
    {NULL, NULL, NULL, NULL, NULL},
};

#undef ROW
#undef READ
#undef FLAG

static PyMemberDef parser_members[] = {
    {"intern", T_OBJECT, offsetof(ParserObject, intern), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* ---- the parser type ---------------------------------------------------- */

static int
parser_traverse(PyObject *op, visitproc visit, void *arg)
{
    ParserObject *self = (ParserObject *)op;

    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->intern);
    Py_VISIT(self->parent);
    for (int i = 0; i < HANDLER_COUNT; i++) {
        Py_VISIT(self->handlers[i]);
    }
    return 0;
}

static int
parser_clear(PyObject *op)
{
    ParserObject *self = (ParserObject *)op;

    for (int i = 0; i < HANDLER_COUNT; i++) {
        if (self->handlers[i] != NULL) {
            set_expat_handler(self, i, 0);
            Py_CLEAR(self->handlers[i]);
        }
    }
    Py_CLEAR(self->intern);
    return 0;
}

static void
parser_dealloc(PyObject *op)
{
    ParserObject *self = (ParserObject *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    parser_clear(op);
    if (self->parser != NULL) {
        XML_ParserFree(self->parser);
    }
    /* Only now: the entity's parser shares tables with its parent's. */
    Py_CLEAR(self->parent);
    PyMem_Free(self->buffer);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

#define CLASS_METHOD(name)                                             \
    #name, (PyCFunction)(void (*)(void))parser_##name,                 \
    METH_METHOD | METH_FASTCALL | METH_KEYWORDS

static PyMethodDef parser_methods[] = {
    {CLASS_METHOD(Parse),
     PyDoc_STR("Parse($self, data, isfinal=False, /)\n--\n\n"
               "Parse a piece of the document.")},
    {CLASS_METHOD(ParseFile),
     PyDoc_STR("ParseFile($self, file, /)\n--\n\n"
               "Parse what a file has.")},
    {"SetBase", parser_SetBase, METH_O,
     PyDoc_STR("SetBase($self, base, /)\n--\n\nSet the base URL.")},
    {"GetBase", parser_GetBase, METH_NOARGS,
     PyDoc_STR("GetBase($self, /)\n--\n\nThe base URL.")},
    {"GetInputContext", parser_GetInputContext, METH_NOARGS,
     PyDoc_STR("GetInputContext($self, /)\n--\n\n"
               "The source of the current event, or None.")},
    {CLASS_METHOD(ExternalEntityParserCreate),
     PyDoc_STR("ExternalEntityParserCreate($self, context, "
               "encoding=<unrepresentable>,\n"
               "                           /)\n--\n\n"
               "Make a parser for an external entity.")},
    {"SetParamEntityParsing", parser_SetParamEntityParsing, METH_O,
     PyDoc_STR("SetParamEntityParsing($self, flag, /)\n--\n\n"
               "Say when parameter entities are parsed.")},
    {CLASS_METHOD(UseForeignDTD),
     PyDoc_STR("UseForeignDTD($self, flag=True, /)\n--\n\n"
               "Let the application give a DTD.")},
    {NULL, NULL, 0, NULL},
};

#undef CLASS_METHOD

static PyType_Slot parser_slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("XML parser")},
    {Py_tp_dealloc, parser_dealloc},
    {Py_tp_traverse, parser_traverse},
    {Py_tp_clear, parser_clear},
    {Py_tp_methods, parser_methods},
    {Py_tp_members, parser_members},
    {Py_tp_getset, parser_getset},
    {0, NULL},
};

static PyType_Spec parser_spec = {
    .name = "pyexpat.xmlparser",
    .basicsize = sizeof(ParserObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = parser_slots,
};

/* ---- module functions --------------------------------------------------- */

static XML_Parser
create_expat_parser(const char *encoding, const char *separator)
{
    static const XML_Memory_Handling_Suite memory = {
        PyMem_Malloc, PyMem_Realloc, PyMem_Free};
    XML_Parser parser = XML_ParserCreate_MM(encoding, &memory, separator);

    if (parser != NULL) {
        XML_SetHashSalt(parser, (unsigned long)_Py_HashSecret.expat.hashsalt);
    }
    return parser;
}

static PyObject *
expat_ParserCreate(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const keywords[] = {"encoding", "namespace_separator",
                                           "intern", NULL};
    static _PyArg_Parser parser = {.format = "|zzO:ParserCreate",
                                   .keywords = keywords,
                                   .fname = "ParserCreate"};
    PyObject *values[3] = {NULL, NULL, NULL}, *dict = NULL;
    const char *texts[2] = {NULL, NULL};

    PyObject *const *given = _PyArg_UnpackKeywords(
        args, nargs, NULL, kwnames, &parser, 0, 3, 0, values);
    if (given == NULL) {
        return NULL;
    }
    if (given == args) {
        /* Only nargs of them are there. */
        for (Py_ssize_t i = 0; i < nargs; i++) {
            values[i] = args[i];
        }
        given = values;
    }
    for (int i = 0; i < 2; i++) {
        if (given[i] == NULL || given[i] == Py_None) {
            continue;
        }
        if (!PyUnicode_Check(given[i])) {
            _PyArg_BadArgument("ParserCreate",
                               i == 0 ? "argument 'encoding'"
                                      : "argument 'namespace_separator'",
                               "str or None", given[i]);
            return NULL;
        }
        Py_ssize_t size;
        texts[i] = PyUnicode_AsUTF8AndSize(given[i], &size);
        if (texts[i] == NULL) {
            return NULL;
        }
        if (strlen(texts[i]) != (size_t)size) {
            PyErr_SetString(PyExc_ValueError, "embedded null character");
            return NULL;
        }
    }
    if (texts[1] != NULL && strlen(texts[1]) > 1) {
        PyErr_SetString(PyExc_ValueError, "namespace_separator must be at "
                        "most one character, omitted, or None");
        return NULL;
    }
    if (given[2] == NULL) {
        dict = PyDict_New();
        if (dict == NULL) {
            return NULL;
        }
    }
    else if (given[2] != Py_None) {
        if (!PyDict_Check(given[2])) {
            PyErr_SetString(PyExc_TypeError, "intern must be a dictionary");
            return NULL;
        }
        dict = Py_NewRef(given[2]);
    }
    XML_Parser expat = create_expat_parser(texts[0], texts[1]);
    ParserObject *self = NULL;
    if (expat == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "XML_ParserCreate failed");
    }
    else {
        self = parser_alloc(PyModule_GetState(module), expat, dict);
        if (self == NULL) {
            XML_ParserFree(expat);
        }
    }
    Py_XDECREF(dict);
    return (PyObject *)self;
}

static PyObject *
expat_ErrorString(PyObject *module, PyObject *argument)
{
    long code = PyLong_AsLong(argument);

    if (code == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return text_or_none(XML_ErrorString((enum XML_Error)code));
}

static PyMethodDef expat_methods[] = {
    {"ParserCreate", (PyCFunction)(void (*)(void))expat_ParserCreate,
     METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("ParserCreate($module, /, encoding=None, "
               "namespace_separator=None,\n"
               "             intern=<unrepresentable>)\n--\n\n"
               "Make a parser.")},
    {"ErrorString", expat_ErrorString, METH_O,
     PyDoc_STR("ErrorString($module, code, /)\n--\n\n"
               "The text of an error code.")},
    {NULL, NULL, 0, NULL},
};

/* ---- the module's contents ---------------------------------------------- */

static const struct {
    const char *name;
    enum XML_Error code;
} error_constants[] = {
#define E(name) {#name, name}
    E(XML_ERROR_NO_MEMORY), E(XML_ERROR_SYNTAX), E(XML_ERROR_NO_ELEMENTS),
    E(XML_ERROR_INVALID_TOKEN), E(XML_ERROR_UNCLOSED_TOKEN),
    E(XML_ERROR_PARTIAL_CHAR), E(XML_ERROR_TAG_MISMATCH),
    E(XML_ERROR_DUPLICATE_ATTRIBUTE), E(XML_ERROR_JUNK_AFTER_DOC_ELEMENT),
    E(XML_ERROR_PARAM_ENTITY_REF), E(XML_ERROR_UNDEFINED_ENTITY),
    E(XML_ERROR_RECURSIVE_ENTITY_REF), E(XML_ERROR_ASYNC_ENTITY),
    E(XML_ERROR_BAD_CHAR_REF), E(XML_ERROR_BINARY_ENTITY_REF),
    E(XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF), E(XML_ERROR_MISPLACED_XML_PI),
    E(XML_ERROR_UNKNOWN_ENCODING), E(XML_ERROR_INCORRECT_ENCODING),
    E(XML_ERROR_UNCLOSED_CDATA_SECTION), E(XML_ERROR_EXTERNAL_ENTITY_HANDLING),
    E(XML_ERROR_NOT_STANDALONE), E(XML_ERROR_UNEXPECTED_STATE),
    E(XML_ERROR_ENTITY_DECLARED_IN_PE), E(XML_ERROR_FEATURE_REQUIRES_XML_DTD),
    E(XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING), E(XML_ERROR_UNBOUND_PREFIX),
    E(XML_ERROR_UNDECLARING_PREFIX), E(XML_ERROR_INCOMPLETE_PE),
    E(XML_ERROR_XML_DECL), E(XML_ERROR_TEXT_DECL), E(XML_ERROR_PUBLICID),
    E(XML_ERROR_SUSPENDED), E(XML_ERROR_NOT_SUSPENDED), E(XML_ERROR_ABORTED),
    E(XML_ERROR_FINISHED), E(XML_ERROR_SUSPEND_PE),
    E(XML_ERROR_RESERVED_PREFIX_XML), E(XML_ERROR_RESERVED_PREFIX_XMLNS),
    E(XML_ERROR_RESERVED_NAMESPACE_URI), E(XML_ERROR_INVALID_ARGUMENT),
    E(XML_ERROR_NO_BUFFER), E(XML_ERROR_AMPLIFICATION_LIMIT_BREACH),
#undef E
};

/* The submodule, borrowed, which becomes an attribute too. */
static PyObject *
add_submodule(PyObject *module, const char *full_name, const char *doc)
{
    PyObject *submodule = PyImport_AddModule(full_name);

    if (submodule == NULL || PyModule_SetDocString(submodule, doc) < 0 ||
        PyModule_AddObjectRef(module, strrchr(full_name, '.') + 1,
                              submodule) < 0) {
        return NULL;
    }
    return submodule;
}

/* One error in codes and messages, and as constant. */
static int
add_error(PyObject *errors, PyObject *codes, PyObject *messages,
          const char *name, enum XML_Error code)
{
    PyObject *number = PyLong_FromLong((long)code);
    PyObject *text = text_or_none(XML_ErrorString(code));
    int status = -1;

    if (number != NULL && text != NULL) {
        status = PyModule_AddObjectRef(errors, name, text) < 0 ||
                         PyDict_SetItem(codes, text, number) < 0 ||
                         PyDict_SetItem(messages, number, text) < 0
                     ? -1 : 0;
    }
    Py_XDECREF(number);
    Py_XDECREF(text);
    return status;
}

static int
add_errors(PyObject *module)
{
    PyObject *errors =
        add_submodule(module, "pyexpat.errors",
                      "Constants used to describe error conditions.");
    PyObject *codes = NULL, *messages = NULL;
    int result = -1;

    if (errors == NULL) {
        return -1;
    }
    codes = PyDict_New();
    messages = PyDict_New();
    if (codes == NULL || messages == NULL) {
        goto done;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(error_constants); i++) {
        if (add_error(errors, codes, messages, error_constants[i].name,
                      error_constants[i].code) < 0) {
            goto done;
        }
    }
    if (PyModule_AddObjectRef(errors, "codes", codes) == 0) {
        result = PyModule_AddObjectRef(errors, "messages", messages);
    }
done:
    Py_XDECREF(codes);
    Py_XDECREF(messages);
    return result;
}

static int
add_model(PyObject *module)
{
    PyObject *model = add_submodule(
        module, "pyexpat.model",
        "Constants used to interpret content model information.");

    if (model == NULL) {
        return -1;
    }
#define C(name) PyModule_AddIntConstant(model, #name, name) < 0
    if (C(XML_CTYPE_EMPTY) || C(XML_CTYPE_ANY) || C(XML_CTYPE_MIXED) ||
        C(XML_CTYPE_NAME) || C(XML_CTYPE_CHOICE) || C(XML_CTYPE_SEQ) ||
        C(XML_CQUANT_NONE) || C(XML_CQUANT_OPT) || C(XML_CQUANT_REP) ||
        C(XML_CQUANT_PLUS)) {
        return -1;
    }
#undef C
    return 0;
}

static int
add_features(PyObject *module)
{
    const XML_Feature *feature = XML_GetFeatureList();
    PyObject *list = PyList_New(0);

    for (; list != NULL && feature->feature != XML_FEATURE_END; feature++) {
        PyObject *item = Py_BuildValue("sl", feature->name,
                                       (long)feature->value);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    if (list == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "features", list);
    Py_DECREF(list);
    return status;
}

static void
free_capi(PyObject *capsule)
{
    PyMem_Free(PyCapsule_GetPointer(capsule, PyExpat_CAPSULE_NAME));
}

static int
add_capi(PyObject *module)
{
    struct PyExpat_CAPI *api = PyMem_Calloc(1, sizeof(*api));
    XML_Expat_Version version = XML_ExpatVersionInfo();

    if (api == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *api = (struct PyExpat_CAPI){
        .magic = (char *)PyExpat_CAPI_MAGIC,
        .size = sizeof(*api),
        .MAJOR_VERSION = version.major,
        .MINOR_VERSION = version.minor,
        .MICRO_VERSION = version.micro,
        .ErrorString = XML_ErrorString,
        .GetErrorCode = XML_GetErrorCode,
        .GetErrorColumnNumber = XML_GetErrorColumnNumber,
        .GetErrorLineNumber = XML_GetErrorLineNumber,
        .Parse = XML_Parse,
        .ParserCreate_MM = XML_ParserCreate_MM,
        .ParserFree = XML_ParserFree,
        .SetCharacterDataHandler = XML_SetCharacterDataHandler,
        .SetCommentHandler = XML_SetCommentHandler,
        .SetDefaultHandlerExpand = XML_SetDefaultHandlerExpand,
        .SetElementHandler = XML_SetElementHandler,
        .SetNamespaceDeclHandler = XML_SetNamespaceDeclHandler,
        .SetProcessingInstructionHandler = XML_SetProcessingInstructionHandler,
        .SetUnknownEncodingHandler = XML_SetUnknownEncodingHandler,
        .SetUserData = XML_SetUserData,
        .SetStartDoctypeDeclHandler = XML_SetStartDoctypeDeclHandler,
        .SetEncoding = XML_SetEncoding,
        .DefaultUnknownEncodingHandler = expat_unknown_encoding,
        .SetHashSalt = XML_SetHashSalt,
    };
    PyObject *capsule = PyCapsule_New(api, PyExpat_CAPSULE_NAME, free_capi);
    if (capsule == NULL) {
        PyMem_Free(api);
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "expat_CAPI", capsule);
    Py_DECREF(capsule);
    return status;
}

static int
expat_exec(PyObject *module)
{
    expat_state *state = PyModule_GetState(module);
    XML_Expat_Version version = XML_ExpatVersionInfo();

    state->parser_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &parser_spec, NULL);
    state->error = PyErr_NewException("xml.parsers.expat.ExpatError", NULL,
                                      NULL);
    if (state->parser_type == NULL || state->error == NULL ||
        PyModule_AddObjectRef(module, "error", state->error) < 0 ||
        PyModule_AddObjectRef(module, "ExpatError", state->error) < 0 ||
        PyModule_AddObjectRef(module, "XMLParserType",
                              (PyObject *)state->parser_type) < 0 ||
        PyModule_AddStringConstant(module, "EXPAT_VERSION",
                                   XML_ExpatVersion()) < 0 ||
        PyModule_AddStringConstant(module, "native_encoding", "UTF-8") < 0) {
        return -1;
    }
    PyObject *numbers = Py_BuildValue("(iii)", version.major, version.minor,
                                      version.micro);
    if (numbers == NULL) {
        return -1;
    }
    int status = PyModule_AddObjectRef(module, "version_info", numbers);
    Py_DECREF(numbers);
    if (status < 0 || add_errors(module) < 0 || add_model(module) < 0 ||
        add_features(module) < 0 || add_capi(module) < 0) {
        return -1;
    }
#define C(name) PyModule_AddIntConstant(module, #name, name) < 0
    if (C(XML_PARAM_ENTITY_PARSING_NEVER) ||
        C(XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE) ||
        C(XML_PARAM_ENTITY_PARSING_ALWAYS)) {
        return -1;
    }
#undef C
    return 0;
}

static int
expat_traverse(PyObject *module, visitproc visit, void *arg)
{
    expat_state *state = PyModule_GetState(module);

    Py_VISIT(state->parser_type);
    Py_VISIT(state->error);
    return 0;
}

static int
expat_clear(PyObject *module)
{
    expat_state *state = PyModule_GetState(module);

    Py_CLEAR(state->parser_type);
    Py_CLEAR(state->error);
    return 0;
}

static void
expat_free(void *module)
{
    expat_clear(module);
}

static PyModuleDef_Slot expat_slots[] = {
    {Py_mod_exec, expat_exec},
    {0, NULL},
};

static PyModuleDef expat_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyexpat",
    .m_doc = PyDoc_STR("XML parsing with expat."),
    .m_size = sizeof(expat_state),
    .m_methods = expat_methods,
    .m_slots = expat_slots,
    .m_traverse = expat_traverse,
    .m_clear = expat_clear,
    .m_free = expat_free,
};

PyMODINIT_FUNC PyInit_pyexpat(void);

PyMODINIT_FUNC
PyInit_pyexpat(void)
{
    return PyModuleDef_Init(&expat_module);
}
