/* Text in the encoding of the C locale, and in UTF-8, as wide strings, before
 * and below the codecs.
 *
 * All of it works without the GIL and without exceptions except the last
 * part, which makes objects.  wchar_t is 32 bits: one element is one
 * character.
 */
#include "Python.h"

#include "fileutils.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

/* Undecodable byte b stands as U+DC00 + b. */
#define ESCAPED_FIRST 0xDC80
#define ESCAPED_LAST 0xDCFF

static const char decoding_reason[] = "decoding error";
static const char encoding_reason[] = "encoding error";

/* -1 not known, else whether the locale lies about being ASCII. */
static int force_ascii = -1;

_Py_error_handler
_Py_GetErrorHandler(const char *errors)
{
    static const struct {
        const char *name;
        _Py_error_handler handler;
    } known[] = {
        {"strict", _Py_ERROR_STRICT},
        {"surrogateescape", _Py_ERROR_SURROGATEESCAPE},
        {"replace", _Py_ERROR_REPLACE},
        {"ignore", _Py_ERROR_IGNORE},
        {"backslashreplace", _Py_ERROR_BACKSLASHREPLACE},
        {"surrogatepass", _Py_ERROR_SURROGATEPASS},
        {"xmlcharrefreplace", _Py_ERROR_XMLCHARREFREPLACE},
    };

    if (errors == NULL) {
        return _Py_ERROR_STRICT;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(known); i++) {
        if (strcmp(errors, known[i].name) == 0) {
            return known[i].handler;
        }
    }
    return _Py_ERROR_OTHER;
}

/* ---- does the locale tell the truth? ---- */

/* Whether `name` is one of the names of ASCII, case and punctuation aside. */
static int
encoding_is_ascii(const char *name)
{
    static const char *const aliases[] = {
        "ascii", "646", "ansix341968", "ansix341986", "ansix3.41968", "cp367",
        "csascii", "ibm367", "iso646us", "iso646.irv1991", "isoir6", "us",
        "usascii",
    };
    char plain[24];
    size_t len = 0;

    for (; *name != '\0'; name++) {
        if (*name == '-' || *name == '_' || *name == ':') {
            continue;
        }
        if (len + 1 >= sizeof(plain)) {
            return 0;
        }
        plain[len++] = (char)Py_TOLOWER(Py_CHARMASK(*name));
    }
    plain[len] = '\0';
    for (size_t i = 0; i < Py_ARRAY_LENGTH(aliases); i++) {
        if (strcmp(plain, aliases[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int
locale_lies(void)
{
    const char *name = setlocale(LC_CTYPE, NULL);

    if (name == NULL) {
        return 1;
    }
    if (strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0) {
        return 0;
    }
    name = nl_langinfo(CODESET);
    if (name == NULL || *name == '\0') {
        return 1;
    }
    if (!encoding_is_ascii(name)) {
        return 0;
    }
    for (int byte = 0x80; byte <= 0xff; byte++) {
        char text[2] = {(char)byte, '\0'};
        wchar_t wide[2];
        if (mbstowcs(wide, text, 1) != (size_t)-1) {
            return 1;
        }
    }
    return 0;
}

int
_Py_GetForceASCII(void)
{
    if (force_ascii == -1) {
        force_ascii = locale_lies();
    }
    return force_ascii;
}

void
_Py_ResetForceASCII(void)
{
    force_ascii = -1;
}

/* ---- the shape all converters share ---- */

/* surrogateescape and surrogatepass to their flags; -1 for other handlers. */
static int
handler_flags(_Py_error_handler errors, int *escape, int *pass)
{
    *escape = errors == _Py_ERROR_SURROGATEESCAPE;
    *pass = errors == _Py_ERROR_SURROGATEPASS;
    return *escape || *pass || errors == _Py_ERROR_STRICT ? 0 : -1;
}

static int
decode_fails(size_t position, size_t *wlen, const char **reason)
{
    if (wlen != NULL) {
        *wlen = position;
    }
    if (reason != NULL) {
        *reason = decoding_reason;
    }
    return -2;
}

static int
encode_fails(size_t position, size_t *error_pos, const char **reason)
{
    if (error_pos != NULL) {
        *error_pos = position;
    }
    if (reason != NULL) {
        *reason = encoding_reason;
    }
    return -2;
}

/* Room for `len` characters and the end. */
static wchar_t *
wide_alloc(size_t len)
{
    if (len > (size_t)PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) {
        return NULL;
    }
    return PyMem_RawMalloc((len + 1) * sizeof(wchar_t));
}

static int
is_surrogate(wchar_t ch)
{
    return ch >= 0xD800 && ch <= 0xDFFF;
}

/* ---- ASCII, for locales that lie ---- */

static int
ascii_decode(const char *arg, wchar_t **wstr, size_t *wlen,
             const char **reason, int escape)
{
    size_t len = strlen(arg);
    wchar_t *text = wide_alloc(len);

    if (text == NULL) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)arg[i];
        if (byte >= 0x80 && !escape) {
            PyMem_RawFree(text);
            return decode_fails(i, wlen, reason);
        }
        text[i] = byte < 0x80 ? byte : 0xDC00 + byte;
    }
    text[len] = L'\0';
    *wstr = text;
    if (wlen != NULL) {
        *wlen = len;
    }
    return 0;
}

static int
ascii_encode(const wchar_t *text, char **str, size_t *error_pos,
             const char **reason, int raw_malloc, int escape)
{
    size_t len = wcslen(text);
    char *result = raw_malloc ? PyMem_RawMalloc(len + 1)
                              : PyMem_Malloc(len + 1);

    if (result == NULL) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        wchar_t ch = text[i];
        if (ch <= 0x7f && ch > 0) {
            result[i] = (char)ch;
        }
        else if (escape && ch >= ESCAPED_FIRST && ch <= ESCAPED_LAST) {
            result[i] = (char)(ch - 0xDC00);
        }
        else {
            if (raw_malloc) {
                PyMem_RawFree(result);
            }
            else {
                PyMem_Free(result);
            }
            return encode_fails(i, error_pos, reason);
        }
    }
    result[len] = '\0';
    *str = result;
    return 0;
}

/* ---- the C library's encoding ---- */

/* FAST PATH: mbstowcs() at once; 1 done, 0 go byte by byte, -1 no memory. */
static int
locale_decode_whole(const char *arg, wchar_t **wstr, size_t *wlen)
{
    size_t len = mbstowcs(NULL, arg, 0);
    wchar_t *text;

    if (len == (size_t)-1) {
        return 0;
    }
    text = wide_alloc(len);
    if (text == NULL) {
        return -1;
    }
    if (mbstowcs(text, arg, len + 1) == (size_t)-1) {
        PyMem_RawFree(text);
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (is_surrogate(text[i]) || text[i] > 0x10ffff) {
            PyMem_RawFree(text);               /* must not look escaped */
            return 0;
        }
    }
    *wstr = text;
    if (wlen != NULL) {
        *wlen = len;
    }
    return 1;
}

static int
locale_decode(const char *arg, wchar_t **wstr, size_t *wlen,
              const char **reason, int escape)
{
    size_t size = strlen(arg), offset = 0, len = 0;
    mbstate_t state;
    wchar_t *text;
    int whole = locale_decode_whole(arg, wstr, wlen);

    if (whole != 0) {
        return whole < 0 ? -1 : 0;
    }
    text = wide_alloc(size);
    if (text == NULL) {
        return -1;
    }
    memset(&state, 0, sizeof(state));
    while (offset < size) {
        wchar_t ch;
        size_t used = mbrtowc(&ch, arg + offset, size - offset, &state);

        if (used == 0) {
            break;
        }
        if (used == (size_t)-1 || used == (size_t)-2 || is_surrogate(ch) ||
            ch > 0x10ffff) {
            unsigned char byte = (unsigned char)arg[offset];
            if (!escape || byte < 0x80) {
                PyMem_RawFree(text);
                return decode_fails(offset, wlen, reason);
            }
            ch = 0xDC00 + byte;
            used = 1;
            memset(&state, 0, sizeof(state));
        }
        text[len++] = ch;
        offset += used;
    }
    text[len] = L'\0';
    *wstr = text;
    if (wlen != NULL) {
        *wlen = len;
    }
    return 0;
}

/* Bytes of one character, or (size_t)-1. */
static size_t
locale_encode_one(wchar_t ch, int escape, char *bytes, mbstate_t *state)
{
    if (escape && ch >= ESCAPED_FIRST && ch <= ESCAPED_LAST) {
        bytes[0] = (char)(ch - 0xDC00);
        return 1;
    }
    return wcrtomb(bytes, ch, state);
}

static int
locale_encode(const wchar_t *text, char **str, size_t *error_pos,
              const char **reason, int raw_malloc, int escape)
{
    size_t len = wcslen(text), size = 0;
    char *result = NULL;

    /* Two passes: the size, then the bytes. */
    for (int pass = 0; pass < 2; pass++) {
        mbstate_t state;
        size = 0;
        memset(&state, 0, sizeof(state));
        for (size_t i = 0; i < len; i++) {
            char bytes[MB_LEN_MAX];
            size_t n = locale_encode_one(text[i], escape, bytes, &state);
            if (n == (size_t)-1) {
                if (result != NULL) {
                    (raw_malloc ? PyMem_RawFree : PyMem_Free)(result);
                }
                return encode_fails(i, error_pos, reason);
            }
            if (result != NULL) {
                memcpy(result + size, bytes, n);
            }
            size += n;
        }
        if (result == NULL) {
            result = (raw_malloc ? PyMem_RawMalloc : PyMem_Malloc)(size + 1);
            if (result == NULL) {
                return -1;
            }
        }
    }
    result[size] = '\0';
    *str = result;
    return 0;
}

/* ---- UTF-8 ---- */

/* Length of the well-formed sequence at p (at most `left` bytes), 0 if there
 * is none.  `pass` also takes encoded surrogates. */
static int
utf8_next(const unsigned char *p, size_t left, int pass, wchar_t *ch)
{
    unsigned char lead = p[0];
    int len = lead < 0x80   ? 1
              : lead < 0xC2 ? 0
              : lead < 0xE0 ? 2
              : lead < 0xF0 ? 3
              : lead < 0xF5 ? 4
                            : 0;
    wchar_t value;

    if (len == 0 || (size_t)len > left) {
        return 0;
    }
    if (len == 1) {
        *ch = lead;
        return 1;
    }
    value = lead & (0x7f >> len);
    for (int i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3f);
    }
    if ((len == 3 && (value < 0x800 || (!pass && is_surrogate(value)))) ||
        (len == 4 && (value < 0x10000 || value > 0x10ffff))) {
        return 0;
    }
    *ch = value;
    return len;
}

int
_Py_DecodeUTF8Ex(const char *arg, Py_ssize_t arglen, wchar_t **wstr,
                 size_t *wlen, const char **reason, _Py_error_handler errors)
{
    const unsigned char *p = (const unsigned char *)arg;
    size_t size = (size_t)arglen, offset = 0, len = 0;
    int escape, pass;
    wchar_t *text;

    if (handler_flags(errors, &escape, &pass) < 0) {
        return -3;
    }
    text = wide_alloc(size);
    if (text == NULL) {
        return -1;
    }
    while (offset < size) {
        int used = utf8_next(p + offset, size - offset, pass, &text[len]);
        if (used == 0) {
            if (!escape) {
                PyMem_RawFree(text);
                return decode_fails(offset, wlen, reason);
            }
            text[len] = 0xDC00 + p[offset];
            used = 1;
        }
        len++;
        offset += (size_t)used;
    }
    text[len] = L'\0';
    *wstr = text;
    if (wlen != NULL) {
        *wlen = len;
    }
    return 0;
}

wchar_t *
_Py_DecodeUTF8_surrogateescape(const char *arg, Py_ssize_t arglen,
                               size_t *wlen)
{
    wchar_t *text = NULL;
    int failure = _Py_DecodeUTF8Ex(arg, arglen, &text, wlen, NULL,
                                   _Py_ERROR_SURROGATEESCAPE);

    if (failure != 0) {
        if (wlen != NULL) {
            *wlen = (size_t)failure;
        }
        return NULL;
    }
    return text;
}

/* Writes one character; the end of what it wrote. */
static char *
utf8_put(char *p, wchar_t ch)
{
    if (ch < 0x80) {
        *p++ = (char)ch;
        return p;
    }
    if (ch < 0x800) {
        *p++ = (char)(0xC0 | ch >> 6);
    }
    else {
        if (ch < 0x10000) {
            *p++ = (char)(0xE0 | ch >> 12);
        }
        else {
            *p++ = (char)(0xF0 | ch >> 18);
            *p++ = (char)(0x80 | (ch >> 12 & 0x3f));
        }
        *p++ = (char)(0x80 | (ch >> 6 & 0x3f));
    }
    *p++ = (char)(0x80 | (ch & 0x3f));
    return p;
}

int
_Py_EncodeUTF8Ex(const wchar_t *text, char **str, size_t *error_pos,
                 const char **reason, int raw_malloc,
                 _Py_error_handler errors)
{
    size_t len = wcslen(text);
    int escape, pass;
    char *result, *p;

    if (handler_flags(errors, &escape, &pass) < 0) {
        return -3;
    }
    if (len > (size_t)PY_SSIZE_T_MAX / 4 - 1) {
        return -1;
    }
    result = (raw_malloc ? PyMem_RawMalloc : PyMem_Malloc)(len * 4 + 1);
    if (result == NULL) {
        return -1;
    }
    p = result;
    for (size_t i = 0; i < len; i++) {
        wchar_t ch = text[i];
        if (escape && ch >= ESCAPED_FIRST && ch <= ESCAPED_LAST) {
            *p++ = (char)(ch - 0xDC00);
        }
        else if ((is_surrogate(ch) && !pass) || ch < 0 || ch > 0x10ffff) {
            (raw_malloc ? PyMem_RawFree : PyMem_Free)(result);
            return encode_fails(i, error_pos, reason);
        }
        else {
            p = utf8_put(p, ch);
        }
    }
    *p++ = '\0';
    char *shrunk = (raw_malloc ? PyMem_RawRealloc : PyMem_Realloc)(
        result, (size_t)(p - result));
    *str = shrunk != NULL ? shrunk : result;
    return 0;
}

/* ---- choice between them ---- */

int
_Py_DecodeLocaleEx(const char *arg, wchar_t **wstr, size_t *wlen,
                   const char **reason, int current_locale,
                   _Py_error_handler errors)
{
    int escape, pass;

    if (!current_locale && Py_UTF8Mode == 1) {
        return _Py_DecodeUTF8Ex(arg, (Py_ssize_t)strlen(arg), wstr, wlen,
                                reason, errors);
    }
    if (handler_flags(errors, &escape, &pass) < 0 || pass) {
        return -3;
    }
    if (!current_locale && _Py_GetForceASCII()) {
        return ascii_decode(arg, wstr, wlen, reason, escape);
    }
    return locale_decode(arg, wstr, wlen, reason, escape);
}

/* As the interpreter's modes want it. */
static int
encode_text(const wchar_t *text, char **str, size_t *error_pos,
            const char **reason, int raw_malloc, _Py_error_handler errors)
{
    int escape, pass;

    if (Py_UTF8Mode == 1) {
        return _Py_EncodeUTF8Ex(text, str, error_pos, reason, raw_malloc,
                                errors);
    }
    if (handler_flags(errors, &escape, &pass) < 0 || pass) {
        return -3;
    }
    if (_Py_GetForceASCII()) {
        return ascii_encode(text, str, error_pos, reason, raw_malloc, escape);
    }
    return locale_encode(text, str, error_pos, reason, raw_malloc, escape);
}

int
_Py_EncodeLocaleEx(const wchar_t *text, char **str, size_t *error_pos,
                   const char **reason, int current_locale,
                   _Py_error_handler errors)
{
    int escape, pass;

    if (!current_locale) {
        return encode_text(text, str, error_pos, reason, 1, errors);
    }
    if (handler_flags(errors, &escape, &pass) < 0 || pass) {
        return -3;
    }
    return locale_encode(text, str, error_pos, reason, 1, escape);
}

wchar_t *
Py_DecodeLocale(const char *arg, size_t *wlen)
{
    wchar_t *text = NULL;
    int failure = _Py_DecodeLocaleEx(arg, &text, wlen, NULL, 0,
                                     _Py_ERROR_SURROGATEESCAPE);

    if (failure != 0) {
        if (wlen != NULL) {
            *wlen = (size_t)failure;
        }
        return NULL;
    }
    return text;
}

/* Py_EncodeLocale and its raw form. */
static char *
encode_escaped(const wchar_t *text, size_t *error_pos, int raw_malloc)
{
    char *str = NULL;
    int failure = encode_text(text, &str, error_pos, NULL, raw_malloc,
                              _Py_ERROR_SURROGATEESCAPE);

    if (failure != 0) {
        if (failure != -2 && error_pos != NULL) {
            *error_pos = (size_t)-1;
        }
        return NULL;
    }
    return str;
}

char *
Py_EncodeLocale(const wchar_t *text, size_t *error_pos)
{
    return encode_escaped(text, error_pos, 0);
}

char *
_Py_EncodeLocaleRaw(const wchar_t *text, size_t *error_pos)
{
    return encode_escaped(text, error_pos, 1);
}

/* ---- names of encodings, numbers of the locale ---- */

static const char *
locale_encoding_name(void)
{
    const char *name;

    if (Py_UTF8Mode == 1) {
        return "utf-8";
    }
    name = nl_langinfo(CODESET);
    return name == NULL || *name == '\0' ? "utf-8" : name;
}

wchar_t *
_Py_GetLocaleEncoding(void)
{
    wchar_t *name = NULL;

    if (_Py_DecodeLocaleEx(locale_encoding_name(), &name, NULL, NULL, 1,
                           _Py_ERROR_SURROGATEESCAPE) != 0) {
        return NULL;
    }
    return name;
}

PyObject *
_Py_GetLocaleEncodingObject(void)
{
    wchar_t *name = _Py_GetLocaleEncoding();
    PyObject *result;

    if (name == NULL) {
        return PyErr_NoMemory();
    }
    result = PyUnicode_FromWideChar(name, -1);
    PyMem_RawFree(name);
    return result;
}

PyObject *
_Py_device_encoding(int fd)
{
    int is_terminal;

    Py_BEGIN_ALLOW_THREADS
    is_terminal = isatty(fd);
    Py_END_ALLOW_THREADS
    if (!is_terminal) {
        Py_RETURN_NONE;
    }
    return _Py_GetLocaleEncodingObject();
}

/* One character that LC_CTYPE decodes as it stands. */
static int
separator_is_simple(const char *text)
{
    return text[0] == '\0' || (text[1] == '\0' && !(text[0] & 0x80));
}

/* Switches LC_CTYPE to the locale of LC_NUMERIC.  *old (PyMem_RawFree) is what
 * to switch back to, NULL if they are the same.  0/-1. */
static int
ctype_follow_numeric(char **old)
{
    const char *ctype = setlocale(LC_CTYPE, NULL);
    const char *numeric;

    *old = NULL;
    if (ctype == NULL) {
        PyErr_SetString(PyExc_UnicodeDecodeError,
                        "failed to get LC_CTYPE locale");
        return -1;
    }
    *old = _PyMem_RawStrdup(ctype);
    if (*old == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    numeric = setlocale(LC_NUMERIC, NULL);
    if (numeric != NULL && strcmp(numeric, *old) != 0) {
        setlocale(LC_CTYPE, numeric);
        return 0;
    }
    PyMem_RawFree(*old);
    *old = NULL;
    return 0;
}

int
_Py_GetLocaleconvNumeric(struct lconv *lc, PyObject **decimal_point,
                         PyObject **thousands_sep)
{
    char *old_ctype = NULL;
    int status = -1;

    if ((!separator_is_simple(lc->decimal_point) ||
         !separator_is_simple(lc->thousands_sep)) &&
        ctype_follow_numeric(&old_ctype) < 0) {
        return -1;
    }
    *decimal_point = PyUnicode_DecodeLocale(lc->decimal_point, NULL);
    if (*decimal_point == NULL) {
        goto done;
    }
    *thousands_sep = PyUnicode_DecodeLocale(lc->thousands_sep, NULL);
    if (*thousands_sep == NULL) {
        Py_CLEAR(*decimal_point);
        goto done;
    }
    status = 0;
done:
    if (old_ctype != NULL) {
        setlocale(LC_CTYPE, old_ctype);
        PyMem_RawFree(old_ctype);
    }
    return status;
}
