/* The public face of the token numbers (module `token`). */

#include "Python.h"

#include "token.h"

/* Exported, though no header declares them for extensions. */
PyAPI_FUNC(int) PyToken_OneChar(int c1);
PyAPI_FUNC(int) PyToken_TwoChars(int c1, int c2);
PyAPI_FUNC(int) PyToken_ThreeChars(int c1, int c2, int c3);

/* Indexed by token number; the last row ends the table.  Exported. */
PyAPI_DATA(const char * const) _PyParser_TokenNames[];
const char * const _PyParser_TokenNames[] = {
#define NAMED(name) #name,
#define SYMBOL(name, text) #name,
#define UNUSED(name) "<" #name ">",
#define KEYWORD(name, text)
#include "tokens.def"
    "<N_TOKENS>",
};

static const char *const symbol_texts[] = {
#define NAMED(name) "",
#define SYMBOL(name, text) text,
#define UNUSED(name) "",
#define KEYWORD(name, text)
#include "tokens.def"
};

/* The number of the symbol with these `size` characters, or OP. */
static int
find_symbol(const char *text, size_t size)
{
    for (int i = 0; i < (int)Py_ARRAY_LENGTH(symbol_texts); i++) {
        if (strlen(symbol_texts[i]) == size &&
            memcmp(symbol_texts[i], text, size) == 0) {
            return i;
        }
    }
    return OP;
}

int
PyToken_OneChar(int c1)
{
    char text[1] = {(char)c1};
    return find_symbol(text, sizeof(text));
}

int
PyToken_TwoChars(int c1, int c2)
{
    if (c1 == '<' && c2 == '>') {
        return NOTEQUAL;
    }
    char text[2] = {(char)c1, (char)c2};
    return find_symbol(text, sizeof(text));
}

int
PyToken_ThreeChars(int c1, int c2, int c3)
{
    char text[3] = {(char)c1, (char)c2, (char)c3};
    return find_symbol(text, sizeof(text));
}
