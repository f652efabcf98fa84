/* The engine of _sre: opcodes, state and interface. */
#ifndef LUCID_SRE_ENGINE_H
#define LUCID_SRE_ENGINE_H

#define PY_SSIZE_T_CLEAN
#include "Python.h"

#define SRE_MAGIC 20220615
typedef uint32_t SRECode;
#define SRE_MAXREPEAT ((Py_ssize_t)UINT32_MAX)
#define SRE_MAXGROUPS ((Py_ssize_t)INT32_MAX / 2)

/* Numbered as in re._constants. */
#define SRE_OPCODES(O)                                                       \
    O(FAILURE) O(SUCCESS) O(ANY) O(ANY_ALL) O(ASSERT) O(ASSERT_NOT) O(AT)     \
    O(BRANCH) O(CATEGORY) O(CHARSET) O(BIGCHARSET) O(GROUPREF)                \
    O(GROUPREF_EXISTS) O(IN) O(INFO) O(JUMP) O(LITERAL) O(MARK) O(MAX_UNTIL)  \
    O(MIN_UNTIL) O(NOT_LITERAL) O(NEGATE) O(RANGE) O(REPEAT) O(REPEAT_ONE)    \
    O(SUBPATTERN) O(MIN_REPEAT_ONE) O(ATOMIC_GROUP) O(POSSESSIVE_REPEAT)      \
    O(POSSESSIVE_REPEAT_ONE) O(GROUPREF_IGNORE) O(IN_IGNORE)                  \
    O(LITERAL_IGNORE) O(NOT_LITERAL_IGNORE) O(GROUPREF_LOC_IGNORE)            \
    O(IN_LOC_IGNORE) O(LITERAL_LOC_IGNORE) O(NOT_LITERAL_LOC_IGNORE)          \
    O(GROUPREF_UNI_IGNORE) O(IN_UNI_IGNORE) O(LITERAL_UNI_IGNORE)             \
    O(NOT_LITERAL_UNI_IGNORE) O(RANGE_UNI_IGNORE)

#define SRE_ENUM(name) OP_##name,
enum { SRE_OPCODES(SRE_ENUM) OP_COUNT };
#undef SRE_ENUM

enum {
    AT_BEGINNING, AT_BEGINNING_LINE, AT_BEGINNING_STRING, AT_BOUNDARY,
    AT_NON_BOUNDARY, AT_END, AT_END_LINE, AT_END_STRING, AT_LOC_BOUNDARY,
    AT_LOC_NON_BOUNDARY, AT_UNI_BOUNDARY, AT_UNI_NON_BOUNDARY, AT_COUNT
};

enum {
    CATEGORY_DIGIT, CATEGORY_NOT_DIGIT, CATEGORY_SPACE, CATEGORY_NOT_SPACE,
    CATEGORY_WORD, CATEGORY_NOT_WORD, CATEGORY_LINEBREAK,
    CATEGORY_NOT_LINEBREAK, CATEGORY_LOC_WORD, CATEGORY_LOC_NOT_WORD,
    CATEGORY_UNI_DIGIT, CATEGORY_UNI_NOT_DIGIT, CATEGORY_UNI_SPACE,
    CATEGORY_UNI_NOT_SPACE, CATEGORY_UNI_WORD, CATEGORY_UNI_NOT_WORD,
    CATEGORY_UNI_LINEBREAK, CATEGORY_UNI_NOT_LINEBREAK, CATEGORY_COUNT
};

enum { INFO_PREFIX = 1, INFO_LITERAL = 2, INFO_CHARSET = 4 };

enum {
    FLAG_TEMPLATE = 1, FLAG_IGNORECASE = 2, FLAG_LOCALE = 4,
    FLAG_MULTILINE = 8, FLAG_DOTALL = 16, FLAG_UNICODE = 32,
    FLAG_VERBOSE = 64, FLAG_DEBUG = 128, FLAG_ASCII = 256,
};

/* ---- objects ------------------------------------------------------------ */

typedef struct {
    PyTypeObject *pattern_type, *match_type, *scanner_type;
} SREModuleState;

extern PyModuleDef sre_module;

typedef struct {
    PyObject_VAR_HEAD             /* ob_size: words of code */
    Py_ssize_t groups;            /* without group 0 */
    PyObject *groupindex;         /* dict: name -> number */
    PyObject *indexgroup;         /* tuple: number -> name or None */
    PyObject *pattern;            /* str, bytes or None */
    int flags;
    int is_bytes;                 /* -1: of unknown type */
    PyObject *weakreflist;
    SRECode code[1];
} PatternObject;

typedef struct {
    PyObject_VAR_HEAD             /* ob_size: groups with group 0 */
    PyObject *string;
    PyObject *regs;               /* cached tuple, or NULL */
    PatternObject *pattern;
    Py_ssize_t pos, endpos;
    Py_ssize_t lastindex;         /* -1: none */
    Py_ssize_t mark[1];           /* start and end of each group, -1 unset */
} MatchObject;

/* ---- the matching state ------------------------------------------------- */

/* An entry of the backtracking stack; kinds in match_impl.h. */
typedef struct {
    uint32_t kind, pc;
    int32_t repeat, extra;
    Py_ssize_t a, b;
} SREEntry;

/* An active REPEAT ... UNTIL. */
typedef struct {
    uint32_t pc;                  /* of its skip word */
    int32_t outer;                /* the enclosing one, or -1 */
    Py_ssize_t count;             /* finished iterations; -1 at first */
    Py_ssize_t last;              /* where the last iteration started */
} SRERepeat;

#define SRE_INLINE_MARKS 16
#define SRE_INLINE_STACK 32

typedef struct {
    const SRECode *code;
    const void *data;             /* the string's characters */
    Py_ssize_t length;            /* of the string */
    int char_size;                /* 1, 2 or 4 */
    int is_bytes;
    PyObject *string;             /* owned */
    Py_buffer buffer;             /* of a string that is not str */
    Py_ssize_t pos, end;          /* limits; `end` is what $ means */
    Py_ssize_t start;            /* where to search; then: the match's start */
    Py_ssize_t at;                /* the match's end */
    int whole;                    /* it must end at `end` */
    int must_advance;             /* it must not be empty at `start` */

    Py_ssize_t *marks;            /* 2 * groups; inline_marks or memory */
    Py_ssize_t mark_count;
    Py_ssize_t lastindex;
    int marks_dirty;

    SREEntry *stack;              /* inline_stack or memory */
    Py_ssize_t stack_size, stack_allocated;
    SRERepeat *repeats;
    Py_ssize_t repeat_count, repeats_allocated;
    unsigned ticks;               /* for signals */

    /* Not initialized: for patterns with few groups and little to undo. */
    Py_ssize_t inline_marks[SRE_INLINE_MARKS];
    SREEntry inline_stack[SRE_INLINE_STACK];
} SREState;

enum { SRE_ERROR_MEMORY = -1, SRE_ERROR_INTERRUPTED = -2,
       SRE_ERROR_CODE = -3 };

/* Attaches string; 0/-1.  state_fini in any case. */
int sre_state_init(SREState *state, PatternObject *pattern, PyObject *string,
                   Py_ssize_t start, Py_ssize_t end);
void sre_state_fini(SREState *state);
/* Forgets groups before another attempt. */
void sre_state_reset(SREState *state);

/* At state->start only, or from there on: 1 (start, at and marks are set), 0,
 * or an error above.  Runs Python (signal handlers). */
int sre_match(SREState *state);
int sre_search(SREState *state);

/* Sets the exception for an error above. */
void sre_raise(int error);

/* Part of the string as a new object of its type. */
PyObject *sre_slice(SREState *state, Py_ssize_t start, Py_ssize_t end);

/* Memory of the match; 0/-1 without an exception. */
int sre_grow_stack(SREState *state);
int sre_grow_repeats(SREState *state);

/* ---- characters --------------------------------------------------------- */

int sre_in_category(SRECode category, Py_UCS4 ch);
int sre_in_charset(const SRECode *set, Py_UCS4 ch);
int sre_in_charset_locale(const SRECode *set, Py_UCS4 ch);
Py_UCS4 sre_lower_ascii(Py_UCS4 ch);
Py_UCS4 sre_lower_locale(Py_UCS4 ch);
Py_UCS4 sre_upper_locale(Py_UCS4 ch);
Py_UCS4 sre_lower_unicode(Py_UCS4 ch);
int sre_is_word_ascii(Py_UCS4 ch);
int sre_is_word_locale(Py_UCS4 ch);
int sre_is_word_unicode(Py_UCS4 ch);

/* Whether the code is well-formed; no exception. */
int sre_code_is_valid(const SRECode *code, Py_ssize_t size,
                      Py_ssize_t groups);

/* ---- between the files of the module ------------------------------------ */

SREModuleState *sre_state_of_type(PyTypeObject *type);

/* Match object of a result of sre_match/sre_search: None for 0. */
PyObject *sre_new_match(SREModuleState *module, PatternObject *pattern,
                        SREState *state, int status);

/* Calls re.<function>(*args); steals args, which may be NULL. */
PyObject *sre_call_re(const char *function, PyObject *args);

extern PyType_Spec sre_pattern_spec, sre_match_spec, sre_scanner_spec;

#endif
