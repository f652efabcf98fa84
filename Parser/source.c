/* Where source text comes from: strings, bytes with PEP 263 cookies, files,
 * interactive input.  The result is always one buffer of UTF-8 with '\n'. */

#include "Python.h"

#include "names.h"
#include "tokenizer.h"

#include <errno.h>
#include <string.h>

/* What the reference decodes at once (io.TextIOWrapper), in bytes. */
#define FILE_CHUNK_SIZE 8192

/* ---- Buffers ------------------------------------------------------------ */

static tokenizer *
tokenizer_new(PyObject *filename)
{
    tokenizer *tok = PyMem_Calloc(1, sizeof(tokenizer));

    if (tok == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    tok->atbol = 1;
    tok->report_warnings = 1;
    if (filename != NULL) {
        tok->filename = Py_NewRef(filename);
    }
    else {
        tok->filename = PyUnicode_FromString("<string>");
        if (tok->filename == NULL) {
            tokenizer_free(tok);
            return NULL;
        }
    }
    return tok;
}

void
tokenizer_free(tokenizer *tok)
{
    if (tok == NULL) {
        return;
    }
    PyMem_Free(tok->input);
    PyMem_Free(tok->encoding);
    Py_XDECREF(tok->filename);
    Py_XDECREF(tok->decode_error);
    PyMem_Free(tok);
}

/* Copies `text` with "\r\n" and "\r" turned into "\n". */
static char *
copy_with_newlines(char *target, const char *text, Py_ssize_t size)
{
    const char *end = text + size;

    while (text < end) {
        const char *cr = memchr(text, '\r', (size_t)(end - text));
        size_t run = (size_t)((cr == NULL ? end : cr) - text);
        memcpy(target, text, run);
        target += run;
        text += run;
        if (cr != NULL) {
            *target++ = '\n';
            text += text + 1 < end && text[1] == '\n' ? 2 : 1;
        }
    }
    return target;
}

/* Adds the last line's newline to a copy of the text.  In strings the
 * reference adds one behind "\r\n", too.  Returns the new end. */
static char *
end_last_line(const tokenizer *tok, const char *copy, char *end,
              const char *text, Py_ssize_t size)
{
    int ends_in_two = !tok->from_file && size >= 2 &&
                      text[size - 2] == '\r' && text[size - 1] == '\n';

    if (end > copy && (end[-1] != '\n' || ends_in_two)) {
        *end++ = '\n';
    }
    return end;
}

/* Gives the tokenizer its text.  Returns 0 or -1. */
static int
set_text(tokenizer *tok, const char *text, Py_ssize_t size, int add_newline)
{
    tok->input = PyMem_Malloc((size_t)size + 4);
    if (tok->input == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    char *end = copy_with_newlines(tok->input, text, size);
    if (add_newline) {
        end = end_last_line(tok, tok->input, end, text, size);
    }
    /* Three NULs, for look-ahead. */
    memset(end, 0, 3);
    tok->limit = end;
    tok->buf = tok->cur = tok->inp = tok->line_start = tok->input;
    return 0;
}

static int
set_encoding(tokenizer *tok, const char *encoding)
{
    char *copy = PyMem_Malloc(strlen(encoding) + 1);

    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, encoding, strlen(encoding) + 1);
    PyMem_Free(tok->encoding);
    tok->encoding = copy;
    return 0;
}

/* ---- Cookies ------------------------------------------------------------ */

static int
is_blank_char(char c)
{
    return c == ' ' || c == '\t' || c == '\014';
}

/* Looks for a cookie in one line (without its end).  Returns its length and
 * `*cookie`, 0 if there is none and the next line may have one, or -1 if none
 * can follow. */
static Py_ssize_t
find_cookie(const char *line, const char *end, const char **cookie)
{
    while (line < end && is_blank_char(*line)) {
        line++;
    }
    if (line == end) {
        return 0;
    }
    if (*line != '#') {
        return -1;
    }
    for (; line + 6 < end; line++) {
        if (memcmp(line, "coding", 6) != 0 ||
            (line[6] != ':' && line[6] != '=')) {
            continue;
        }
        const char *name = line + 7;
        while (name < end && (*name == ' ' || *name == '\t')) {
            name++;
        }
        const char *stop = name;
        while (stop < end && (Py_ISALNUM(*stop) || *stop == '-' ||
                              *stop == '_' || *stop == '.')) {
            stop++;
        }
        if (stop > name) {
            *cookie = name;
            return stop - name;
        }
    }
    return 0;
}

/* The names of the two commonest encodings, unified. */
static void
normalize_encoding(char *name)
{
    char head[13];
    size_t i;

    for (i = 0; i < 12 && name[i] != '\0'; i++) {
        head[i] = name[i] == '_' ? '-' : (char)Py_TOLOWER(name[i]);
    }
    head[i] = '\0';
    if (strcmp(head, "utf-8") == 0 || strncmp(head, "utf-8-", 6) == 0) {
        memcpy(name, "utf-8", sizeof("utf-8"));
        return;
    }
    static const char *const latin[] = {"latin-1", "iso-8859-1",
                                        "iso-latin-1"};
    for (size_t k = 0; k < Py_ARRAY_LENGTH(latin); k++) {
        size_t size = strlen(latin[k]);
        if (strncmp(head, latin[k], size) == 0 &&
            (head[size] == '\0' || head[size] == '-')) {
            memcpy(name, "iso-8859-1", sizeof("iso-8859-1"));
            return;
        }
    }
}

/* Returns the declared encoding (PyMem, room for "iso-8859-1"), NULL without
 * exception if there is none, NULL with MemoryError. */
static char *
find_declared_encoding(const char *text, Py_ssize_t size)
{
    const char *limit = text + size;

    for (int line = 0; line < 2 && text < limit; line++) {
        const char *end = text, *cookie;
        while (end < limit && *end != '\n' && *end != '\r') {
            end++;
        }
        Py_ssize_t length = find_cookie(text, end, &cookie);
        if (length < 0) {
            return NULL;
        }
        if (length > 0) {
            char *name = PyMem_Malloc((size_t)length + 16);
            if (name == NULL) {
                PyErr_NoMemory();
                return NULL;
            }
            memcpy(name, cookie, (size_t)length);
            name[length] = '\0';
            normalize_encoding(name);
            return name;
        }
        text = end;
        if (text + 1 < limit && text[0] == '\r' && text[1] == '\n') {
            text++;
        }
        text++;
    }
    return NULL;
}

/* ---- Tokenizers --------------------------------------------------------- */

tokenizer *
tokenizer_from_utf8(const char *text, Py_ssize_t size, int add_newline,
                    PyObject *filename)
{
    tokenizer *tok = tokenizer_new(filename);

    if (tok == NULL || set_text(tok, text, size, add_newline) < 0 ||
        set_encoding(tok, "utf-8") < 0) {
        tokenizer_free(tok);
        return NULL;
    }
    return tok;
}

/* The text is in `encoding` (not UTF-8): decodes it.  Runs Python. */
static int
set_encoded_text(tokenizer *tok, const char *text, Py_ssize_t size,
                 const char *encoding, int add_newline)
{
    int result = -1;
    char *copy = PyMem_Malloc((size_t)size + 1);

    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    /* Line ends are made uniform in the encoded text: so the places in errors
     * are the reference's. */
    char *end = copy_with_newlines(copy, text, size);
    if (add_newline) {
        end = end_last_line(tok, copy, end, text, size);
    }
    PyObject *decoded = PyUnicode_Decode(copy, end - copy, encoding, NULL);
    PyMem_Free(copy);
    if (decoded != NULL) {
        Py_ssize_t utf8_size;
        const char *utf8 = PyUnicode_AsUTF8AndSize(decoded, &utf8_size);
        if (utf8 != NULL) {
            result = set_text(tok, utf8, utf8_size, add_newline);
        }
        Py_DECREF(decoded);
    }
    return result;
}

/* Finds out the encoding of `text` and sets it up.  Returns 0 or -1. */
static int
set_bytes(tokenizer *tok, const char *text, Py_ssize_t size, int add_newline)
{
    int has_bom = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    int result = -1;

    if (has_bom) {
        text += 3;
        size -= 3;
    }
    char *encoding = find_declared_encoding(text, size);
    if (encoding == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (has_bom && encoding != NULL && strcmp(encoding, "utf-8") != 0) {
        PyErr_Format(PyExc_SyntaxError, "encoding problem: %s with BOM",
                     encoding);
        goto done;
    }
    if ((has_bom || encoding != NULL) &&
        set_encoding(tok, has_bom ? "utf-8" : encoding) < 0) {
        goto done;
    }
    if (encoding == NULL || strcmp(encoding, "utf-8") == 0) {
        result = set_text(tok, text, size, add_newline);
    }
    else {
        result = set_encoded_text(tok, text, size, encoding, add_newline);
    }
done:
    PyMem_Free(encoding);
    return result;
}

/* An exception about the encoding becomes a SyntaxError without place. */
static void
raise_encoding_error(PyObject *filename)
{
    if (!PyErr_ExceptionMatches(PyExc_LookupError) &&
        !PyErr_ExceptionMatches(PyExc_SyntaxError) &&
        !PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        return;
    }
    PyObject *type, *value, *traceback, *text = NULL, *details = NULL;

    PyErr_Fetch(&type, &value, &traceback);
    if (value != NULL) {
        text = PyObject_Str(value);
    }
    if (text != NULL) {
        details = Py_BuildValue("(O(OiiO))", text,
                                filename == NULL ? Py_None : filename, 0, -1,
                                Py_None);
    }
    if (details != NULL) {
        PyErr_SetObject(PyExc_SyntaxError, details);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    Py_XDECREF(text);
    Py_XDECREF(details);
}

tokenizer *
tokenizer_from_bytes(const char *text, Py_ssize_t size, int add_newline,
                     PyObject *filename)
{
    tokenizer *tok = tokenizer_new(filename);

    if (tok != NULL && set_bytes(tok, text, size, add_newline) < 0) {
        raise_encoding_error(filename);
        tokenizer_free(tok);
        return NULL;
    }
    return tok;
}

/* Reads everything.  Returns PyMem memory, or NULL with an exception. */
static char *
read_file(FILE *file, Py_ssize_t *size)
{
    size_t capacity = 8192, used = 0;
    char *text = PyMem_Malloc(capacity);

    while (text != NULL) {
        size_t got;
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        got = fread(text + used, 1, capacity - used, file);
        Py_END_ALLOW_THREADS
        used += got;
        if (got == 0) {
            if (ferror(file) && errno == EINTR && PyErr_CheckSignals() == 0) {
                clearerr(file);
                continue;
            }
            if (PyErr_Occurred() || (ferror(file) && errno != 0)) {
                if (!PyErr_Occurred()) {
                    PyErr_SetFromErrno(PyExc_OSError);
                }
                PyMem_Free(text);
                return NULL;
            }
            *size = (Py_ssize_t)used;
            return text;
        }
        if (used == capacity) {
            char *larger = PyMem_Realloc(text, capacity * 2);
            if (larger == NULL) {
                PyMem_Free(text);
                text = NULL;
                break;
            }
            text = larger;
            capacity *= 2;
        }
    }
    PyErr_NoMemory();
    return NULL;
}

static void
raise_encoding_problem(const char *encoding)
{
    PyErr_Format(PyExc_SyntaxError, "encoding problem: %s",
                 encoding == NULL ? "utf-8" : encoding);
}

/* A line of a file ends in front of a NUL, without its newline: 3.11 reads
 * lines as C strings.  (Strings with NULs are refused; see
 * _Py_SourceAsString.)  Returns the size that is left. */
static Py_ssize_t
cut_lines_at_nul(char *text, Py_ssize_t size)
{
    char *end = text + size, *out = text, *from = text;

    while (from < end) {
        char *nul = memchr(from, '\0', (size_t)(end - from));
        char *stop = nul == NULL ? end : nul;

        memmove(out, from, (size_t)(stop - from));
        out += stop - from;
        if (nul == NULL) {
            break;
        }
        from = memchr(nul, '\n', (size_t)(end - nul));
        if (from == NULL) {
            break;
        }
        from++;
    }
    return out - text;
}

/* The end of the line with the cookie, one of the first two. */
static Py_ssize_t
cookie_line_end(const char *text, Py_ssize_t size)
{
    const char *cookie, *limit = text + size;
    const char *end = memchr(text, '\n', (size_t)size);

    if (end != NULL && find_cookie(text, end, &cookie) == 0) {
        end = memchr(end + 1, '\n', (size_t)(limit - end - 1));
    }
    return (end == NULL ? limit : end) - text;
}

/* Decodes the text from `at` on, in the chunks of io.TextIOWrapper.  Returns
 * what comes before the chunk that fails and sets `tok->decode_error`; NULL
 * with an exception if that is the first.  Runs Python. */
static PyObject *
decode_chunks(tokenizer *tok, const char *text, Py_ssize_t size, Py_ssize_t at)
{
    PyObject *result = NULL, *chunk = NULL;
    PyObject *decoder = PyCodec_IncrementalDecoder(tok->encoding, NULL);

    while (decoder != NULL && at <= size) {
        Py_ssize_t rest = Py_MIN(size - at, FILE_CHUNK_SIZE);
        PyObject *bytes = PyBytes_FromStringAndSize(text + at, rest);
        if (bytes == NULL) {
            break;
        }
        chunk = PyObject_CallMethodObjArgs(decoder, NAME(decode), bytes,
                                           rest == 0 ? Py_True : Py_False,
                                           NULL);
        Py_DECREF(bytes);
        if (chunk == NULL) {
            break;
        }
        if (!PyUnicode_Check(chunk)) {
            PyErr_SetString(PyExc_TypeError,
                            "decoder should return a string result");
            break;
        }
        if (result == NULL) {
            result = Py_NewRef(chunk);
        }
        else {
            PyUnicode_Append(&result, chunk);
            if (result == NULL) {
                break;
            }
        }
        Py_CLEAR(chunk);
        at += rest == 0 ? 1 : rest;
    }
    Py_XDECREF(chunk);
    Py_XDECREF(decoder);
    if (result != NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyObject *type, *traceback;
        PyErr_Fetch(&type, &tok->decode_error, &traceback);
        PyErr_NormalizeException(&type, &tok->decode_error, &traceback);
        Py_XDECREF(type);
        Py_XDECREF(traceback);
    }
    else {
        Py_CLEAR(result);
    }
    return result;
}

/* The text cannot be decoded, which an exception says.  The reference decodes
 * a file as it goes: a mistake in the lines in front of the chunk that fails
 * is reported first, and the failure tells where in its chunk it is.  Sets up
 * these lines, and the exception for what follows.  Returns 0, or -1 with an
 * exception: no line can be read, or the codec has changed its mind. */
static int
set_text_before_error(tokenizer *tok, const char *text, Py_ssize_t size)
{
    PyObject *head = NULL, *lines = NULL;
    Py_ssize_t begin = cookie_line_end(text, size), utf8_size;
    int result = -1;

    PyErr_Clear();                       /* UnicodeDecodeError: made again */
    head = PyUnicode_Decode(text, begin, tok->encoding, NULL);
    if (head != NULL) {
        lines = decode_chunks(tok, text, size, begin);
    }
    if (lines != NULL) {
        PyUnicode_Append(&head, lines);
    }
    const char *utf8 = lines == NULL || head == NULL
                           ? NULL
                           : PyUnicode_AsUTF8AndSize(head, &utf8_size);
    if (utf8 != NULL) {
        while (utf8_size > 0 && utf8[utf8_size - 1] != '\n') {
            utf8_size--;                 /* a line that is not complete */
        }
        result = set_text(tok, utf8, utf8_size, 0);
    }
    else if (!PyErr_Occurred()) {
        raise_encoding_problem(tok->encoding);
    }
    Py_XDECREF(head);
    Py_XDECREF(lines);
    return result;
}

tokenizer *
tokenizer_from_file(FILE *file, const char *encoding, PyObject *filename)
{
    Py_ssize_t size;
    tokenizer *tok = NULL;
    int ok = 0;

    char *text = read_file(file, &size);
    if (text == NULL) {
        return NULL;
    }
    size = cut_lines_at_nul(text, size);
    tok = tokenizer_new(filename);
    if (tok == NULL) {
        goto done;
    }
    tok->from_file = 1;
    if (encoding == NULL) {
        ok = set_bytes(tok, text, size, 1) == 0;
        tok->check_utf8 = ok && tok->encoding == NULL;
    }
    else if (set_encoding(tok, encoding) == 0) {
        ok = set_encoded_text(tok, text, size, encoding, 1) == 0;
    }
    if (!ok && encoding == NULL && tok->encoding != NULL &&
        PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        ok = set_text_before_error(tok, text, size) == 0;
    }
    if (!ok && PyErr_ExceptionMatches(PyExc_Exception) &&
        !PyErr_ExceptionMatches(PyExc_SyntaxError) &&
        !PyErr_ExceptionMatches(PyExc_MemoryError)) {
        /* For files the reference says no more. */
        raise_encoding_problem(tok->encoding);
    }
done:
    PyMem_Free(text);
    if (!ok) {
        tokenizer_free(tok);
        return NULL;
    }
    return tok;
}

/* ---- Lines of files ----------------------------------------------------- */

/* Length of the valid UTF-8 sequence at `s`, or 0. */
static int
utf8_sequence(const unsigned char *s, const unsigned char *end)
{
    static const struct { unsigned char low, high, second_low, second_high,
                          size; } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(forms); i++) {
        if (s[0] < forms[i].low || s[0] > forms[i].high) {
            continue;
        }
        if (end - s < forms[i].size || s[1] < forms[i].second_low ||
            s[1] > forms[i].second_high) {
            return 0;
        }
        for (int k = 2; k < forms[i].size; k++) {
            if ((s[k] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return forms[i].size;
    }
    return 0;
}

int
source_check_line(tokenizer *tok, const char *line, Py_ssize_t size)
{
    const unsigned char *s = (const unsigned char *)line, *end = s + size;

    while (s < end) {
        if (*s < 128) {
            s++;
            continue;
        }
        int length = utf8_sequence(s, end);
        if (length == 0) {
            PyErr_Format(
                PyExc_SyntaxError,
                "Non-UTF-8 code starting with '\\x%.2x' in file %U on line "
                "%i, but no encoding declared; see "
                "https://peps.python.org/pep-0263/ for details",
                *s, tok->filename, tok->lineno);
            return -1;
        }
        s += length;
    }
    return 0;
}

/* ---- Interactive input -------------------------------------------------- */

tokenizer *
tokenizer_interactive(FILE *file, const char *encoding, const char *prompt,
                      const char *next_prompt, PyObject *filename)
{
    tokenizer *tok = tokenizer_new(filename);

    if (tok == NULL) {
        return NULL;
    }
    tok->interactive = 1;
    tok->file = file;
    tok->prompt = prompt;
    tok->next_prompt = next_prompt;
    tok->capacity = 1024;
    tok->input = PyMem_Malloc((size_t)tok->capacity);
    if (tok->input == NULL) {
        PyErr_NoMemory();
        tokenizer_free(tok);
        return NULL;
    }
    memset(tok->input, 0, 4);
    tok->limit = tok->input;
    tok->buf = tok->cur = tok->inp = tok->line_start = tok->input;
    if (encoding != NULL && set_encoding(tok, encoding) < 0) {
        tokenizer_free(tok);
        return NULL;
    }
    return tok;
}

static void
rebase(char **pointer, char *from, char *to)
{
    if (*pointer != NULL) {
        *pointer = to + (*pointer - from);
    }
}

int
tokenizer_append_line(tokenizer *tok, const char *line, Py_ssize_t size)
{
    Py_ssize_t used = tok->limit - tok->input;
    Py_ssize_t needed = used + size + 8;

    if (needed > tok->capacity) {
        char *old = tok->input;
        char *larger = PyMem_Malloc((size_t)needed * 2);
        if (larger == NULL) {
            PyErr_NoMemory();
            tok->done = TOKENIZER_ERROR;
            return -1;
        }
        memcpy(larger, old, (size_t)used);
        tok->capacity = needed * 2;
        rebase(&tok->limit, old, larger);
        rebase(&tok->buf, old, larger);
        rebase(&tok->cur, old, larger);
        rebase(&tok->inp, old, larger);
        rebase(&tok->line_start, old, larger);
        rebase(&tok->multi_line_start, old, larger);
        rebase(&tok->start, old, larger);
        tok->input = larger;
        PyMem_Free(old);
    }
    char *end = copy_with_newlines(tok->limit, line, size);
    if (end == tok->limit || end[-1] != '\n') {
        *end++ = '\n';
    }
    memset(end, 0, 3);
    tok->limit = end;
    return 0;
}

/* A line in the encoding of the terminal, as UTF-8 in a new bytes. */
static PyObject *
line_as_utf8(tokenizer *tok, const char *line)
{
    if (tok->encoding == NULL) {
        return PyBytes_FromString(line);
    }
    PyObject *text = PyUnicode_Decode(line, (Py_ssize_t)strlen(line),
                                      tok->encoding, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *bytes = PyUnicode_AsUTF8String(text);
    Py_DECREF(text);
    return bytes;
}

int
source_read_interactive(tokenizer *tok)
{
    char *line = PyOS_Readline(tok->file != NULL ? tok->file : stdin, stdout,
                               tok->prompt == NULL ? "" : tok->prompt);

    if (tok->next_prompt != NULL) {
        tok->prompt = tok->next_prompt;
    }
    if (line == NULL) {
        if (!PyErr_Occurred() ||
            PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
            /* The message begins on a line of its own. */
            PyErr_Clear();
            PySys_WriteStderr("\n");
            PyErr_SetNone(PyExc_KeyboardInterrupt);
        }
        tok->done = TOKENIZER_INTERRUPT;
        return -1;
    }
    if (*line == '\0') {
        PyMem_Free(line);
        return 0;
    }
    PyObject *utf8 = line_as_utf8(tok, line);
    PyMem_Free(line);
    if (utf8 == NULL) {
        tok->done = TOKENIZER_DECODE;
        return -1;
    }
    int result = tokenizer_append_line(tok, PyBytes_AS_STRING(utf8),
                                       PyBytes_GET_SIZE(utf8));
    Py_DECREF(utf8);
    return result < 0 ? -1 : 1;
}
