/* The methods that bytes and bytearray share, included once by each file:
 * it defines TEXT (data and length of `self`), WHOLE (self if it is exact and
 * immutable, else NULL) and MAKE (the result's maker) first.  Here is only
 * argument parsing; the work is in bytes_methods.c. */

#define RECEIVER (&(const bytes_receiver){TEXT, WHOLE, MAKE})

/* From here to text_released() a bytearray keeps its size: what runs
 * meanwhile, an argument's methods or finalizers, would take the text away. */
static void
text_hold(PyObject *self)
{
    if (PyByteArray_Check(self)) {
        ((PyByteArrayObject *)self)->ob_exports++;
    }
}

/* Hands the result on. */
static PyObject *
text_released(PyObject *self, PyObject *result)
{
    if (PyByteArray_Check(self)) {
        ((PyByteArrayObject *)self)->ob_exports--;
    }
    return result;
}

#define SEARCH_METHOD(name)                                              \
    static PyObject *shared_##name(PyObject *self, PyObject *args)       \
    {                                                                    \
        text_hold(self);                                                 \
        return text_released(self, bytes_method_##name(TEXT, args));     \
    }
SEARCH_METHOD(find)
SEARCH_METHOD(index)
SEARCH_METHOD(rfind)
SEARCH_METHOD(rindex)
SEARCH_METHOD(count)
SEARCH_METHOD(startswith)
SEARCH_METHOD(endswith)
#undef SEARCH_METHOD

#define CLASS_METHOD(name, test)                                       \
    static PyObject *shared_##name(PyObject *self, PyObject *Py_UNUSED(x)) \
    {                                                                  \
        return test(TEXT);                                             \
    }
CLASS_METHOD(isalnum, bytes_is_alnum)
CLASS_METHOD(isalpha, bytes_is_alpha)
CLASS_METHOD(isascii, bytes_is_ascii)
CLASS_METHOD(isdigit, bytes_is_digit)
CLASS_METHOD(islower, bytes_is_lower)
CLASS_METHOD(isspace, bytes_is_space)
CLASS_METHOD(istitle, bytes_is_title)
CLASS_METHOD(isupper, bytes_is_upper)
#undef CLASS_METHOD

/* A new object of the same length, filled by `convert`. */
static PyObject *
shared_converted(PyObject *self,
                 void (*convert)(char *, const char *, Py_ssize_t),
                 const char *text, Py_ssize_t n)
{
    PyObject *result = MAKE(NULL, n);

    (void)self;
    if (result != NULL) {
        convert(PyBytes_Check(result) ? PyBytes_AS_STRING(result)
                                      : PyByteArray_AS_STRING(result),
                text, n);
    }
    return result;
}

#define CASE_METHOD(name, convert)                                     \
    static PyObject *shared_##name(PyObject *self, PyObject *Py_UNUSED(x)) \
    {                                                                  \
        return shared_converted(self, convert, TEXT);                  \
    }
CASE_METHOD(lower, bytes_to_lower)
CASE_METHOD(upper, bytes_to_upper)
CASE_METHOD(title, bytes_to_title)
CASE_METHOD(capitalize, bytes_to_capitalized)
CASE_METHOD(swapcase, bytes_to_swapped_case)
#undef CASE_METHOD

static PyObject *
shared_split_any(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames, _PyArg_Parser *parser,
                 PyObject *(*split)(const bytes_receiver *, PyObject *,
                                    Py_ssize_t))
{
    PyObject *sep = Py_None;                                    /* borrowed */
    Py_ssize_t maxsplit = -1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, parser, &sep,
                                      &maxsplit)) {
        return NULL;
    }
    text_hold(self);
    return text_released(self, split(RECEIVER, sep, maxsplit));
}

static const char *const shared_split_keywords[] = {"sep", "maxsplit", NULL};

static PyObject *
shared_split(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|On:split",
                                   .keywords = shared_split_keywords};

    return shared_split_any(self, args, nargs, kwnames, &parser, bytes_split);
}

static PyObject *
shared_rsplit(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static _PyArg_Parser parser = {.format = "|On:rsplit",
                                   .keywords = shared_split_keywords};

    return shared_split_any(self, args, nargs, kwnames, &parser,
                            bytes_rsplit);
}

static PyObject *
shared_splitlines(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    static const char *const keywords[] = {"keepends", NULL};
    static _PyArg_Parser parser = {.format = "|i:splitlines",
                                   .keywords = keywords};
    int keepends = 0;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &keepends)) {
        return NULL;
    }
    text_hold(self);
    return text_released(self, bytes_splitlines(RECEIVER, keepends));
}

static PyObject *
shared_expandtabs(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    static const char *const keywords[] = {"tabsize", NULL};
    static _PyArg_Parser parser = {.format = "|i:expandtabs",
                                   .keywords = keywords};
    int tabsize = 8;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &tabsize)) {
        return NULL;
    }
    return bytes_expand_tabs(TEXT, tabsize, MAKE);
}

static PyObject *
shared_partition(PyObject *self, PyObject *sep)
{
    text_hold(self);
    return text_released(self, bytes_partition(RECEIVER, sep, false));
}

static PyObject *
shared_rpartition(PyObject *self, PyObject *sep)
{
    text_hold(self);
    return text_released(self, bytes_partition(RECEIVER, sep, true));
}

/* width and fill byte of center, ljust, rjust. */
static int
shared_pad_arguments(PyObject *const *args, Py_ssize_t nargs,
                     const char *name, Py_ssize_t *width, char *fill)
{
    *fill = ' ';
    if (!_PyArg_CheckPositional(name, nargs, 1, 2)) {
        return -1;
    }
    *width = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    if (*width == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (nargs == 1) {
        return 0;
    }
    if (PyBytes_Check(args[1]) && PyBytes_GET_SIZE(args[1]) == 1) {
        *fill = PyBytes_AS_STRING(args[1])[0];
        return 0;
    }
    if (PyByteArray_Check(args[1]) && PyByteArray_GET_SIZE(args[1]) == 1) {
        *fill = PyByteArray_AS_STRING(args[1])[0];
        return 0;
    }
    _PyArg_BadArgument(name, "argument 2", "a byte string of length 1",
                       args[1]);
    return -1;
}

static PyObject *
shared_ljust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;

    if (shared_pad_arguments(args, nargs, "ljust", &width, &fill) < 0) {
        return NULL;
    }
    return bytes_pad(RECEIVER, 0, width - Py_SIZE(self), fill);
}

static PyObject *
shared_rjust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;

    if (shared_pad_arguments(args, nargs, "rjust", &width, &fill) < 0) {
        return NULL;
    }
    return bytes_pad(RECEIVER, width - Py_SIZE(self), 0, fill);
}

static PyObject *
shared_center(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;

    if (shared_pad_arguments(args, nargs, "center", &width, &fill) < 0) {
        return NULL;
    }
    Py_ssize_t margin = Py_MAX(width - Py_SIZE(self), 0);
    Py_ssize_t left = margin / 2 + (margin & width & 1);
    return bytes_pad(RECEIVER, left, margin - left, fill);
}

static PyObject *
shared_zfill(PyObject *self, PyObject *arg)
{
    Py_ssize_t width = PyNumber_AsSsize_t(arg, PyExc_OverflowError);

    if (width == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return bytes_zfill(RECEIVER, width);
}

static PyObject *
shared_slice(PyObject *self, bytes_span span)
{
    if (span.start == 0 && span.end == Py_SIZE(self) && WHOLE != NULL) {
        return Py_NewRef(self);
    }
    const char *text = PyBytes_Check(self) ? PyBytes_AS_STRING(self)
                                           : PyByteArray_AS_STRING(self);
    return MAKE(text + span.start, span.end - span.start);
}

static PyObject *
shared_strip_sides(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                   const char *name, int sides)
{
    Py_buffer view;

    if (!_PyArg_CheckPositional(name, nargs, 0, 1)) {
        return NULL;
    }
    if (nargs == 0 || args[0] == Py_None) {
        return shared_slice(self, bytes_strip_bounds(TEXT, NULL, 0, sides));
    }
    if (PyObject_GetBuffer(args[0], &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    PyObject *result = shared_slice(
        self, bytes_strip_bounds(TEXT, view.buf, view.len, sides));
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
shared_strip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return shared_strip_sides(self, args, nargs, "strip", 3);
}

static PyObject *
shared_lstrip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return shared_strip_sides(self, args, nargs, "lstrip", 1);
}

static PyObject *
shared_rstrip(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return shared_strip_sides(self, args, nargs, "rstrip", 2);
}

static PyObject *
shared_removeprefix(PyObject *self, PyObject *prefix)
{
    Py_buffer view;

    if (PyObject_GetBuffer(prefix, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    const char *text = PyBytes_Check(self) ? PyBytes_AS_STRING(self)
                                           : PyByteArray_AS_STRING(self);
    bool hit = view.len > 0 && view.len <= Py_SIZE(self) &&
               memcmp(text, view.buf, (size_t)view.len) == 0;
    PyObject *result = shared_slice(
        self, (bytes_span){hit ? view.len : 0, Py_SIZE(self)});
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
shared_removesuffix(PyObject *self, PyObject *suffix)
{
    Py_buffer view;

    if (PyObject_GetBuffer(suffix, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    const char *text = PyBytes_Check(self) ? PyBytes_AS_STRING(self)
                                           : PyByteArray_AS_STRING(self);
    bool hit = view.len > 0 && view.len <= Py_SIZE(self) &&
               memcmp(text + Py_SIZE(self) - view.len, view.buf,
                      (size_t)view.len) == 0;
    PyObject *result = shared_slice(
        self, (bytes_span){0, Py_SIZE(self) - (hit ? view.len : 0)});
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
shared_replace(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer old, with;
    Py_ssize_t count = -1;

    if (!_PyArg_CheckPositional("replace", nargs, 2, 3)) {
        return NULL;
    }
    if (nargs == 3) {
        count = PyNumber_AsSsize_t(args[2], PyExc_OverflowError);
        if (count == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (PyObject_GetBuffer(args[0], &old, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(args[1], &with, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&old);
        return NULL;
    }
    PyObject *result = bytes_replace(RECEIVER, &old, &with, count);
    PyBuffer_Release(&old);
    PyBuffer_Release(&with);
    return result;
}

static PyObject *
shared_translate(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                 PyObject *kwnames)
{
    static const char *const keywords[] = {"", "delete", NULL};
    static _PyArg_Parser parser = {.format = "O|O:translate",
                                   .keywords = keywords};
    PyObject *table, *deletechars = NULL;                       /* borrowed */

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &table,
                                      &deletechars)) {
        return NULL;
    }
    text_hold(self);
    return text_released(self,
                         bytes_translate(RECEIVER, table, deletechars));
}

static PyObject *
shared_maketrans(PyObject *Py_UNUSED(null), PyObject *const *args,
                 Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("maketrans", nargs, 2, 2)) {
        return NULL;
    }
    return bytes_maketrans(args[0], args[1]);
}

static PyObject *
shared_decode(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames)
{
    static const char *const keywords[] = {"encoding", "errors", NULL};
    static _PyArg_Parser parser = {.format = "|ss:decode",
                                   .keywords = keywords};
    const char *encoding = NULL, *errors = NULL;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser,
                                      &encoding, &errors)) {
        return NULL;
    }
    return PyUnicode_FromEncodedObject(self, encoding, errors);
}

static PyObject *
shared_hex(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
           PyObject *kwnames)
{
    static const char *const keywords[] = {"sep", "bytes_per_sep", NULL};
    static _PyArg_Parser parser = {.format = "|Oi:hex",
                                   .keywords = keywords};
    PyObject *sep = NULL;                                       /* borrowed */
    int bytes_per_sep = 1;

    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &sep,
                                      &bytes_per_sep)) {
        return NULL;
    }
    text_hold(self);
    return text_released(self, _Py_strhex_with_sep(TEXT, sep, bytes_per_sep));
}

static PyObject *
shared_fromhex(PyObject *type, PyObject *string)
{
    PyTypeObject *exact = MAKE == PyBytes_FromStringAndSize
                              ? &PyBytes_Type
                              : &PyByteArray_Type;

    if (!PyUnicode_Check(string)) {
        _PyArg_BadArgument("fromhex", "argument", "str", string);
        return NULL;
    }
    PyObject *result = _PyBytes_FromHex(string, exact == &PyByteArray_Type);
    if (result != NULL && type != (PyObject *)exact) {
        Py_SETREF(result, PyObject_CallOneArg(type, result));
    }
    return result;
}

static PyObject *
shared_join(PyObject *self, PyObject *iterable)
{
    text_hold(self);
    return text_released(self, bytes_join(self, TEXT, iterable, MAKE));
}

#undef RECEIVER

#define FAST(f) (PyCFunction)(void (*)(void))f
#define BYTES_SHARED_METHODS                                                  \
    {"capitalize", shared_capitalize, METH_NOARGS,                            \
     "First byte to upper case, others to lower."},                           \
    {"center", FAST(shared_center), METH_FASTCALL,                            \
     "center($self, width, fillchar=b' ', /)\n--\n\nPad on both sides."},     \
    {"count", shared_count, METH_VARARGS, "How often a subsection occurs."},  \
    {"decode", FAST(shared_decode), METH_FASTCALL | METH_KEYWORDS,            \
     "decode($self, /, encoding='utf-8', errors='strict')\n--\n\n"            \
     "Decode to a str."},                                                     \
    {"endswith", shared_endswith, METH_VARARGS, "Test the end."},             \
    {"expandtabs", FAST(shared_expandtabs), METH_FASTCALL | METH_KEYWORDS,    \
     "expandtabs($self, /, tabsize=8)\n--\n\nReplace tabs by spaces."},       \
    {"find", shared_find, METH_VARARGS, "Lowest index of a subsection."},     \
    {"fromhex", shared_fromhex, METH_O | METH_CLASS,                          \
     "fromhex($type, string, /)\n--\n\nRead hexadecimal text."},              \
    {"hex", FAST(shared_hex), METH_FASTCALL | METH_KEYWORDS,                  \
     "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"          \
     "Render as hexadecimal digits.\n\n"                                      \
     ">>> b'\\xb9\\x01'.hex(':')\n'b9:01'"},                                 \
    {"index", shared_index, METH_VARARGS, "As find, but raises."},            \
    {"isalnum", shared_isalnum, METH_NOARGS, "All letters or digits?"},       \
    {"isalpha", shared_isalpha, METH_NOARGS, "All letters?"},                 \
    {"isascii", shared_isascii, METH_NOARGS, "All below 128?"},               \
    {"isdigit", shared_isdigit, METH_NOARGS, "All digits?"},                  \
    {"islower", shared_islower, METH_NOARGS, "Letters, all lower case?"},     \
    {"isspace", shared_isspace, METH_NOARGS, "All whitespace?"},              \
    {"istitle", shared_istitle, METH_NOARGS, "Words with capitals?"},         \
    {"isupper", shared_isupper, METH_NOARGS, "Letters, all upper case?"},     \
    {"join", shared_join, METH_O,                                             \
     "join($self, iterable_of_bytes, /)\n--\n\nConcatenate with self "        \
     "between."},                                                             \
    {"ljust", FAST(shared_ljust), METH_FASTCALL,                              \
     "ljust($self, width, fillchar=b' ', /)\n--\n\nPad on the right."},       \
    {"lower", shared_lower, METH_NOARGS, "Letters to lower case."},           \
    {"lstrip", FAST(shared_lstrip), METH_FASTCALL,                            \
     "lstrip($self, bytes=None, /)\n--\n\nStrip at the start."},              \
    {"maketrans", FAST(shared_maketrans), METH_FASTCALL | METH_STATIC,        \
     "maketrans(frm, to, /)\n--\n\nMake a table for translate."},             \
    {"partition", shared_partition, METH_O,                                   \
     "partition($self, sep, /)\n--\n\nSplit at the first separator."},        \
    {"removeprefix", shared_removeprefix, METH_O,                             \
     "removeprefix($self, prefix, /)\n--\n\nDrop a prefix if it is there."},  \
    {"removesuffix", shared_removesuffix, METH_O,                             \
     "removesuffix($self, suffix, /)\n--\n\nDrop a suffix if it is there."},  \
    {"replace", FAST(shared_replace), METH_FASTCALL,                          \
     "replace($self, old, new, count=-1, /)\n--\n\nReplace a subsection."},   \
    {"rfind", shared_rfind, METH_VARARGS, "Highest index of a subsection."},  \
    {"rindex", shared_rindex, METH_VARARGS, "As rfind, but raises."},         \
    {"rjust", FAST(shared_rjust), METH_FASTCALL,                              \
     "rjust($self, width, fillchar=b' ', /)\n--\n\nPad on the left."},        \
    {"rpartition", shared_rpartition, METH_O,                                 \
     "rpartition($self, sep, /)\n--\n\nSplit at the last separator."},        \
    {"rsplit", FAST(shared_rsplit), METH_FASTCALL | METH_KEYWORDS,            \
     "rsplit($self, /, sep=None, maxsplit=-1)\n--\n\nSplit from the end."},   \
    {"rstrip", FAST(shared_rstrip), METH_FASTCALL,                            \
     "rstrip($self, bytes=None, /)\n--\n\nStrip at the end."},                \
    {"split", FAST(shared_split), METH_FASTCALL | METH_KEYWORDS,              \
     "split($self, /, sep=None, maxsplit=-1)\n--\n\nSplit at separators."},   \
    {"splitlines", FAST(shared_splitlines), METH_FASTCALL | METH_KEYWORDS,    \
     "splitlines($self, /, keepends=False)\n--\n\nSplit into lines."},        \
    {"startswith", shared_startswith, METH_VARARGS, "Test the start."},       \
    {"strip", FAST(shared_strip), METH_FASTCALL,                              \
     "strip($self, bytes=None, /)\n--\n\nStrip at both ends."},               \
    {"swapcase", shared_swapcase, METH_NOARGS, "Exchange upper and lower."},  \
    {"title", shared_title, METH_NOARGS, "Words with capitals."},             \
    {"translate", FAST(shared_translate), METH_FASTCALL | METH_KEYWORDS,      \
     "translate($self, table, /, delete=b'')\n--\n\nMap bytes by a table."},  \
    {"upper", shared_upper, METH_NOARGS, "Letters to upper case."},           \
    {"zfill", shared_zfill, METH_O,                                           \
     "zfill($self, width, /)\n--\n\nPad with zeros on the left."},
