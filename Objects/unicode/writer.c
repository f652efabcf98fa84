/* _PyUnicodeWriter: the one growable string.
 *
 * `buffer` is NULL, or a string of `size` characters of which `pos` are
 * written; or, `readonly`, a whole string that was the only thing written so
 * far, kept uncopied.  Then kind and size are 0, so that every further write
 * goes through prepare.
 */
#include "Python.h"
#include "unicode.h"

void
_PyUnicodeWriter_Init(_PyUnicodeWriter *writer)
{
    memset(writer, 0, sizeof(*writer));
    writer->min_char = 127;
    writer->kind = PyUnicode_WCHAR_KIND;
}

static inline void
writer_update(_PyUnicodeWriter *writer)
{
    writer->maxchar = unicode_max_char(writer->buffer);
    writer->data = unicode_data(writer->buffer);
    if (writer->readonly) {
        writer->kind = PyUnicode_WCHAR_KIND;
        writer->size = 0;
    }
    else {
        writer->kind = (enum PyUnicode_Kind)unicode_kind(writer->buffer);
        writer->size = unicode_length(writer->buffer);
    }
}

/* Exchanges the buffer for one of that size and kind. */
static int
writer_move(_PyUnicodeWriter *writer, Py_ssize_t size, Py_UCS4 max_char)
{
    PyObject *buffer = PyUnicode_New(size, max_char);

    if (buffer == NULL) {
        return -1;
    }
    unicode_copy_chars(unicode_kind(buffer), unicode_data(buffer),
                       unicode_kind(writer->buffer), writer->data,
                       writer->pos);
    Py_SETREF(writer->buffer, buffer);
    writer->readonly = 0;
    return 0;
}

int
_PyUnicodeWriter_PrepareInternal(_PyUnicodeWriter *writer, Py_ssize_t length,
                                 Py_UCS4 max_char)
{
    if (length > PY_SSIZE_T_MAX - writer->pos) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t size = writer->pos + length;
    max_char = Py_MAX(max_char, writer->min_char);
    if (writer->buffer == NULL || size > writer->size) {
        if (writer->overallocate && size <= PY_SSIZE_T_MAX - size / 4) {
            size += size / 4;
        }
        size = Py_MAX(size, writer->min_length);
    }
    if (writer->buffer == NULL) {
        writer->buffer = PyUnicode_New(size, max_char);
        if (writer->buffer == NULL) {
            return -1;
        }
    }
    else if (size > writer->size) {
        if (max_char > writer->maxchar || writer->readonly) {
            if (writer_move(writer, size,
                            Py_MAX(max_char, writer->maxchar)) < 0) {
                return -1;
            }
        }
        else if (unicode_resize(&writer->buffer, size) < 0) {
            return -1;
        }
    }
    else if (max_char > writer->maxchar) {
        if (writer_move(writer, writer->size, max_char) < 0) {
            return -1;
        }
    }
    writer_update(writer);
    return 0;
}

int
_PyUnicodeWriter_PrepareKindInternal(_PyUnicodeWriter *writer,
                                     enum PyUnicode_Kind kind)
{
    Py_UCS4 max_char = kind == PyUnicode_1BYTE_KIND   ? 0xff
                       : kind == PyUnicode_2BYTE_KIND ? 0xffff
                                                      : UNICODE_MAX;
    return _PyUnicodeWriter_PrepareInternal(writer, 0, max_char);
}

int
_PyUnicodeWriter_WriteChar(_PyUnicodeWriter *writer, Py_UCS4 ch)
{
    if (_PyUnicodeWriter_Prepare(writer, 1, ch) < 0) {
        return -1;
    }
    unicode_write((int)writer->kind, writer->data, writer->pos, ch);
    writer->pos++;
    return 0;
}

int
_PyUnicodeWriter_WriteStr(_PyUnicodeWriter *writer, PyObject *text)
{
    if (PyUnicode_READY(text) < 0) {
        return -1;
    }
    Py_ssize_t n = unicode_length(text);
    if (n == 0) {
        return 0;
    }
    Py_UCS4 max_char = unicode_max_char(text);
    if (max_char > writer->maxchar || n > writer->size - writer->pos) {
        if (writer->buffer == NULL && !writer->overallocate &&
            PyUnicode_CheckExact(text)) {
            writer->readonly = 1;
            writer->buffer = Py_NewRef(text);
            writer_update(writer);
            writer->pos += n;
            return 0;
        }
        if (_PyUnicodeWriter_PrepareInternal(writer, n, max_char) < 0) {
            return -1;
        }
    }
    int kind = (int)writer->kind;
    unicode_copy_chars(kind, (char *)writer->data + writer->pos * kind,
                       unicode_kind(text), unicode_data(text), n);
    writer->pos += n;
    return 0;
}

int
_PyUnicodeWriter_WriteSubstring(_PyUnicodeWriter *writer, PyObject *text,
                                Py_ssize_t start, Py_ssize_t end)
{
    if (PyUnicode_READY(text) < 0) {
        return -1;
    }
    Py_ssize_t n = end - start;
    if (n == 0) {
        return 0;
    }
    if (start == 0 && end == unicode_length(text)) {
        return _PyUnicodeWriter_WriteStr(writer, text);
    }
    Py_UCS4 max_char = unicode_max_char(text);
    if (max_char > writer->maxchar) {
        max_char = _PyUnicode_FindMaxChar(text, start, end);
    }
    if (_PyUnicodeWriter_Prepare(writer, n, max_char) < 0) {
        return -1;
    }
    int kind = (int)writer->kind, text_kind = unicode_kind(text);
    unicode_copy_chars(kind, (char *)writer->data + writer->pos * kind,
                       text_kind,
                       (char *)unicode_data(text) + start * text_kind, n);
    writer->pos += n;
    return 0;
}

static int
writer_write_bytes(_PyUnicodeWriter *writer, const char *text, Py_ssize_t n,
                   Py_UCS4 max_char)
{
    if (_PyUnicodeWriter_Prepare(writer, n, max_char) < 0) {
        return -1;
    }
    if (n > 0) {
        int kind = (int)writer->kind;
        unicode_copy_chars(kind, (char *)writer->data + writer->pos * kind, 1,
                           text, n);
        writer->pos += n;
    }
    return 0;
}

int
_PyUnicodeWriter_WriteASCIIString(_PyUnicodeWriter *writer, const char *text,
                                  Py_ssize_t n)
{
    if (n == -1) {
        n = (Py_ssize_t)strlen(text);
    }
    if (n == 0) {
        return 0;
    }
    if (writer->buffer == NULL && !writer->overallocate) {
        PyObject *string = _PyUnicode_FromASCII(text, n);
        if (string == NULL) {
            return -1;
        }
        writer->readonly = 1;
        writer->buffer = string;
        writer_update(writer);
        writer->pos += n;
        return 0;
    }
    return writer_write_bytes(writer, text, n, 127);
}

int
_PyUnicodeWriter_WriteLatin1String(_PyUnicodeWriter *writer, const char *text,
                                   Py_ssize_t n)
{
    return writer_write_bytes(writer, text, n,
                              unicode_find_max_char(1, text, n));
}

PyObject *
_PyUnicodeWriter_Finish(_PyUnicodeWriter *writer)
{
    PyObject *text = writer->buffer;

    writer->buffer = NULL;
    if (writer->pos == 0) {
        Py_XDECREF(text);
        return Py_NewRef(unicode_empty());
    }
    if (writer->readonly) {
        return text;
    }
    if (writer->pos == 1) {
        Py_UCS4 ch = unicode_read((int)writer->kind, writer->data, 0);
        if (ch < 256) {
            Py_DECREF(text);
            return Py_NewRef(unicode_latin1_char((Py_UCS1)ch));
        }
    }
    if (unicode_length(text) != writer->pos &&
        unicode_resize(&text, writer->pos) < 0) {
        Py_DECREF(text);
        return NULL;
    }
    return text;
}

void
_PyUnicodeWriter_Dealloc(_PyUnicodeWriter *writer)
{
    Py_CLEAR(writer->buffer);
}
