#ifndef LUCID_INTERNAL_TOKENIZER_H
#define LUCID_INTERNAL_TOKENIZER_H

/* Text to tokens.
 *
 * The text is one buffer of UTF-8 with '\n' line ends, from `input` to
 * `limit` (where a NUL stands).  In interactive mode the buffer grows by one
 * line at a time, and may move: tokens are therefore known by offsets.
 *
 *   input .. buf .. line_start .. start .. cur .. inp .. limit
 *
 * `line_start` is the current line, `inp` its end; `buf` the line on which
 * the current token began (several lines before for a long string). */

#include "Python.h"

enum token_type {
#define NAMED(name) TOK_##name,
#define SYMBOL(name, text) TOK_##name,
#define UNUSED(name) TOK_##name,
#define KEYWORD(name, text) KW_##name,
#include "../../Parser/tokens.def"
    TOK_COUNT
};
#define TOK_FIRST_KEYWORD KW_FALSE
#define TOK_PUBLIC_COUNT 64

enum tokenizer_status {
    TOKENIZER_OK,
    TOKENIZER_EOF,
    TOKENIZER_ERROR,           /* an exception is set */
    TOKENIZER_DECODE,          /* an exception of a codec is set */
    TOKENIZER_TABSPACE,
    TOKENIZER_TOODEEP,
    TOKENIZER_DEDENT,
    TOKENIZER_LINECONT,
    TOKENIZER_INTERRUPT,       /* an exception is set */
    TOKENIZER_EOF_IN_STRING,   /* an exception is set */
    TOKENIZER_INTERACT_STOP    /* no more lines wanted for this statement */
};

enum {
    TOKENIZER_MAX_INDENT = 100,
    TOKENIZER_MAX_LEVEL = 200
};

typedef struct {
    int type;                  /* enum token_type, keywords included */
    int level;                 /* open brackets after it */
    int lineno, col_offset;    /* col_offset -1: no position of its own */
    int end_lineno, end_col_offset;
    Py_ssize_t start, end;     /* offsets into `input` */
} token;

typedef struct {
    char *input;               /* owned */
    char *limit;
    char *buf, *cur, *inp, *line_start, *multi_line_start;
    char *start;               /* of the token under way, or NULL */
    Py_ssize_t capacity;       /* of `input` when it grows */
    enum tokenizer_status done;
    int lineno, first_lineno;
    int indent, pendin, atbol, level, cont_line;
    int indstack[TOKENIZER_MAX_INDENT], altindstack[TOKENIZER_MAX_INDENT];
    char parenstack[TOKENIZER_MAX_LEVEL];
    int parenlinenostack[TOKENIZER_MAX_LEVEL];
    int parencolstack[TOKENIZER_MAX_LEVEL];
    int async_hacks, async_def, async_def_indent, async_def_nl;
    int type_comments;
    int report_warnings;
    int check_utf8;            /* lines of a file without declared encoding */
    int from_file;
    PyObject *decode_error;    /* owned: what reading on raises, or NULL */
    PyObject *filename;        /* owned str */
    char *encoding;            /* owned; NULL: none was declared */
    /* Interactive mode */
    int interactive;
    int stop_reading;          /* end the statement instead of prompting */
    FILE *file;
    const char *prompt, *next_prompt;
} tokenizer;

/* Make a tokenizer; NULL with an exception (SyntaxError for encodings).
 * Run Python (codecs).  `add_newline`: end the last line if it is open. */
tokenizer *tokenizer_from_utf8(const char *text, Py_ssize_t size,
                               int add_newline, PyObject *filename);
tokenizer *tokenizer_from_bytes(const char *text, Py_ssize_t size,
                                int add_newline, PyObject *filename);
tokenizer *tokenizer_from_file(FILE *file, const char *encoding,
                               PyObject *filename);
tokenizer *tokenizer_interactive(FILE *file, const char *encoding,
                                 const char *prompt, const char *next_prompt,
                                 PyObject *filename);
void tokenizer_free(tokenizer *tok);

/* Returns the type of the next token (TOK_NAME for keywords) and its extent,
 * NULL where it has none; TOK_ERRORTOKEN with `done` telling why. */
int tokenizer_next(tokenizer *tok, char **start, char **end);

/* Sets SyntaxError at the current position (or in the given columns, counted
 * from 1) and returns TOK_ERRORTOKEN. */
int tokenizer_error(tokenizer *tok, const char *format, ...);

/* Issues a warning at `lineno`; 0, or -1 with an exception: the warning
 * turned into SyntaxError if it was to be an error. */
int tokenizer_warn(tokenizer *tok, PyObject *category, const char *format,
                   ...);

/* Keyword type of an identifier, or TOK_NAME. */
int token_keyword(const char *name, Py_ssize_t size);

/* Appends one line (already UTF-8) to an interactive tokenizer. */
int tokenizer_append_line(tokenizer *tok, const char *line, Py_ssize_t size);

/* source.c: reads one more interactive line into the tokenizer.  1 a line,
 * 0 end of input, -1 with an exception (`done` set). */
int source_read_interactive(tokenizer *tok);

/* source.c: 0 if the line is UTF-8, or -1 with SyntaxError. */
int source_check_line(tokenizer *tok, const char *line, Py_ssize_t size);

#endif
