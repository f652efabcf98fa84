/* Facts about opcodes, expanded from opcodes.def. */

#include "Python.h"

#include "code.h"

const uint8_t opcode_plain[256] = {
#define OPCODE(name, number, operand, cache, in, out) [number] = number,
#define SPECIALISED(family, name, number) [number] = family,
#include "opcodes.def"
};

/* Caches by name, so that a specialised form can refer to its family's. */
enum {
#define OPCODE(name, number, operand, cache, in, out) CACHES_OF_##name = cache,
#include "opcodes.def"
};

const uint8_t opcode_caches[256] = {
#define OPCODE(name, number, operand, cache, in, out) [number] = cache,
#define SPECIALISED(family, name, number) [number] = CACHES_OF_##family,
#include "opcodes.def"
};

const char *
opcode_name(int opcode)
{
    switch (opcode) {
#define OPCODE(name, number, operand, cache, in, out) \
    case number: \
        return #name;
#define PSEUDO(name, number, effect, jump_effect) \
    case number: \
        return #name;
#define SPECIALISED(family, name, number) \
    case number: \
        return #name;
#include "opcodes.def"
    default:
        return NULL;
    }
}

/* Values that MAKE_FUNCTION takes besides the code object. */
#define MAKE_FUNCTION_EXTRAS(flags)                                           \
    ((((flags)&1) != 0) + (((flags)&2) != 0) + (((flags)&4) != 0) +           \
     (((flags)&8) != 0))

static int
effect_without_jump(int opcode, int arg)
{
    switch (opcode) {
#define OPCODE(name, number, operand, cache, in, out) \
    case number: \
        return (out) - (in);
#define PSEUDO(name, number, effect, jump_effect) \
    case number: \
        return effect;
#include "opcodes.def"
    default:
        return PY_INVALID_STACK_EFFECT;
    }
}

static int
effect_with_jump(int opcode, int arg)
{
    switch (opcode) {
#define JUMP_EFFECT(name, effect) \
    case name: \
        return effect;
#define PSEUDO(name, number, effect, jump_effect) \
    case number: \
        return jump_effect;
#include "opcodes.def"
    default:
        return effect_without_jump(opcode, arg);
    }
}

int
opcode_stack_effect(int opcode, int arg, int jump)
{
    int without, with;

    if (opcode == EXTENDED_ARG || opcode == NOP) {
        return 0;
    }
    if (jump == 0) {
        return effect_without_jump(opcode, arg);
    }
    with = effect_with_jump(opcode, arg);
    if (jump > 0) {
        return with;
    }
    without = effect_without_jump(opcode, arg);
    return with > without ? with : without;
}

/* Python code sees real opcodes only. */
int
PyCompile_OpcodeStackEffectWithJump(int opcode, int oparg, int jump)
{
    if (opcode < 0 || opcode > 255) {
        return PY_INVALID_STACK_EFFECT;
    }
    return opcode_stack_effect(opcode, oparg, jump);
}

int
PyCompile_OpcodeStackEffect(int opcode, int oparg)
{
    return PyCompile_OpcodeStackEffectWithJump(opcode, oparg, -1);
}
