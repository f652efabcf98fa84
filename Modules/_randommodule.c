/* The module _random: the Mersenne Twister MT19937 (Matsumoto, Nishimura
 * 1998), as random.Random builds on it. */
#include "Python.h"

#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#define N 624
#define M 397
#define MATRIX_A 0x9908b0dfU
#define UPPER_MASK 0x80000000U
#define LOWER_MASK 0x7fffffffU

typedef struct {
    PyObject_HEAD
    int index;                   /* next word; N: all used up */
    uint32_t words[N];
} RandomObject;

typedef struct {
    PyTypeObject *random_type;
} random_state;

static PyModuleDef random_module;

#define RANDOM(op) ((RandomObject *)(op))

/* ---- the generator ---- */

static void
random_refill(RandomObject *self)
{
    uint32_t *words = self->words;

    for (int i = 0; i < N; i++) {
        uint32_t y = (words[i] & UPPER_MASK) |
                     (words[i + 1 == N ? 0 : i + 1] & LOWER_MASK);

        words[i] = words[i < N - M ? i + M : i + M - N] ^ (y >> 1) ^
                   (y & 1 ? MATRIX_A : 0);
    }
    self->index = 0;
}

static uint32_t
random_word(RandomObject *self)
{
    if (self->index >= N) {
        random_refill(self);
    }
    uint32_t y = self->words[self->index++];

    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ y >> 18;
}

static void
random_seed_word(RandomObject *self, uint32_t seed)
{
    uint32_t *words = self->words;

    words[0] = seed;
    for (uint32_t i = 1; i < N; i++) {
        words[i] = 1812433253U * (words[i - 1] ^ words[i - 1] >> 30) + i;
    }
    self->index = N;
}

static void
random_seed_key(RandomObject *self, const uint32_t *key, size_t n)
{
    uint32_t *words = self->words;
    size_t i = 1, j = 0;

    random_seed_word(self, 19650218U);
    for (size_t k = n > N ? n : N; k > 0; k--) {
        words[i] = (words[i] ^
                    (words[i - 1] ^ words[i - 1] >> 30) * 1664525U) +
                   key[j] + (uint32_t)j;
        if (++i >= N) {
            words[0] = words[N - 1];
            i = 1;
        }
        if (++j >= n) {
            j = 0;
        }
    }
    for (size_t k = N - 1; k > 0; k--) {
        words[i] = (words[i] ^
                    (words[i - 1] ^ words[i - 1] >> 30) * 1566083941U) -
                   (uint32_t)i;
        if (++i >= N) {
            words[0] = words[N - 1];
            i = 1;
        }
    }
    words[0] = 0x80000000U;
}

/* From the system's entropy, or else the clock. */
static void
random_seed_system(RandomObject *self)
{
    uint32_t key[N];

    if (getentropy(key, 256) == 0) {
        for (size_t done = 256; done < sizeof(key); done += 256) {
            size_t left = sizeof(key) - done;

            if (getentropy((char *)key + done, left < 256 ? left : 256) != 0) {
                break;
            }
        }
        random_seed_key(self, key, N);
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    key[0] = (uint32_t)now.tv_nsec;
    key[1] = (uint32_t)now.tv_sec;
    key[2] = (uint32_t)getpid();
    clock_gettime(CLOCK_MONOTONIC, &now);
    key[3] = (uint32_t)now.tv_nsec;
    key[4] = (uint32_t)now.tv_sec;
    random_seed_key(self, key, 5);
}

/* From the magnitude of a non-negative int. */
static int
random_seed_integer(RandomObject *self, PyObject *number)
{
    size_t bits = _PyLong_NumBits(number);

    if (bits == (size_t)-1 && PyErr_Occurred()) {
        return -1;
    }
    size_t n = bits == 0 ? 1 : (bits - 1) / 32 + 1;
    uint32_t *key = PyMem_New(uint32_t, n);
    if (key == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int status = _PyLong_AsByteArray((PyLongObject *)number,
                                     (unsigned char *)key, n * 4, 1, 0);
    if (status == 0) {
        random_seed_key(self, key, n);
    }
    PyMem_Free(key);
    return status;
}

/* Runs Python (__hash__, __abs__). */
static int
random_seed_from(RandomObject *self, PyObject *seed)
{
    PyObject *number;                                           /* owned */

    if (seed == NULL || seed == Py_None) {
        random_seed_system(self);
        return 0;
    }
    if (PyLong_Check(seed)) {
        number = PyLong_Type.tp_as_number->nb_absolute(seed);
    }
    else {
        Py_hash_t hash = PyObject_Hash(seed);

        if (hash == -1) {
            return -1;
        }
        number = PyLong_FromSize_t((size_t)hash);
    }
    if (number == NULL) {
        return -1;
    }
    int status = random_seed_integer(self, number);
    Py_DECREF(number);
    return status;
}

/* ---- methods ---- */

static PyObject *
random_random(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    uint32_t a = random_word(RANDOM(self)) >> 5;
    uint32_t b = random_word(RANDOM(self)) >> 6;

    return PyFloat_FromDouble((a * 67108864.0 + b) *
                              (1.0 / 9007199254740992.0));
}

static PyObject *
random_seed(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("seed", nargs, 0, 1) ||
        random_seed_from(RANDOM(self), nargs == 0 ? NULL : args[0]) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
random_getstate(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *state = PyTuple_New(N + 1);                       /* owned */

    if (state == NULL) {
        return NULL;
    }
    for (int i = 0; i <= N; i++) {
        PyObject *item = i < N
                             ? PyLong_FromUnsignedLong(RANDOM(self)->words[i])
                             : PyLong_FromLong(RANDOM(self)->index);
        if (item == NULL) {
            Py_DECREF(state);
            return NULL;
        }
        PyTuple_SET_ITEM(state, i, item);
    }
    return state;
}

static PyObject *
random_setstate(PyObject *self, PyObject *state)
{
    uint32_t words[N];

    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state vector must be a tuple");
        return NULL;
    }
    if (PyTuple_GET_SIZE(state) != N + 1) {
        PyErr_SetString(PyExc_ValueError, "state vector is the wrong size");
        return NULL;
    }
    for (int i = 0; i < N; i++) {
        unsigned long word = PyLong_AsUnsignedLong(PyTuple_GET_ITEM(state, i));

        if (word == (unsigned long)-1 && PyErr_Occurred()) {
            return NULL;
        }
        words[i] = (uint32_t)word;
    }
    long index = PyLong_AsLong(PyTuple_GET_ITEM(state, N));
    if (index == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (index < 0 || index > N) {
        PyErr_SetString(PyExc_ValueError, "invalid state");
        return NULL;
    }
    RANDOM(self)->index = (int)index;
    memcpy(RANDOM(self)->words, words, sizeof(words));
    Py_RETURN_NONE;
}

static PyObject *
random_getrandbits(PyObject *self, PyObject *arg)
{
    int k = _PyLong_AsInt(arg);

    if (k == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (k < 0) {
        PyErr_SetString(PyExc_ValueError,
                        "number of bits must be non-negative");
        return NULL;
    }
    if (k == 0) {
        return PyLong_FromLong(0);
    }
    if (k <= 32) {
        return PyLong_FromUnsignedLong(random_word(RANDOM(self)) >> (32 - k));
    }
    size_t n = (size_t)(k - 1) / 32 + 1;
    uint32_t *words = PyMem_New(uint32_t, n);
    if (words == NULL) {
        return PyErr_NoMemory();
    }
    for (size_t i = 0; i < n; i++, k -= 32) {
        words[i] = random_word(RANDOM(self));
        if (k < 32) {
            words[i] >>= 32 - k;
        }
    }
    PyObject *result = _PyLong_FromByteArray((unsigned char *)words, n * 4, 1,
                                             0);
    PyMem_Free(words);
    return result;
}

static int
random_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    random_state *state = PyModule_GetState(
        PyType_GetModuleByDef(Py_TYPE(self), &random_module));

    if ((Py_IS_TYPE(self, state->random_type) ||
         Py_TYPE(self)->tp_init == state->random_type->tp_init) &&
        !_PyArg_NoKeywords("Random", kwargs)) {
        return -1;
    }
    if (PyTuple_GET_SIZE(args) > 1) {
        PyErr_SetString(PyExc_TypeError,
                        "Random() requires 0 or 1 argument");
        return -1;
    }
    return random_seed_from(RANDOM(self), PyTuple_GET_SIZE(args) == 0
                                              ? NULL
                                              : PyTuple_GET_ITEM(args, 0));
}

static PyMethodDef random_methods[] = {
    {"random", random_random, METH_NOARGS,
     "random($self, /)\n--\n\nA float of [0, 1)."},
    {"seed", (PyCFunction)(void (*)(void))random_seed, METH_FASTCALL,
     "seed($self, n=None, /)\n--\n\nStart anew, from n or from entropy."},
    {"getstate", random_getstate, METH_NOARGS,
     "getstate($self, /)\n--\n\nThe state as a tuple."},
    {"setstate", random_setstate, METH_O,
     "setstate($self, state, /)\n--\n\nRestore a state."},
    {"getrandbits", random_getrandbits, METH_O,
     "getrandbits($self, k, /)\n--\n\nAn int of k random bits."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot random_type_slots[] = {
    {Py_tp_doc, (char *)"Random() -> a random number generator with "
                        "a state of its own."},
    {Py_tp_methods, random_methods},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, random_init},
    {Py_tp_free, PyObject_Free},
    {0, NULL},
};

static PyType_Spec random_spec = {
    .name = "_random.Random",
    .basicsize = sizeof(RandomObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = random_type_slots,
};

static int
random_exec(PyObject *module)
{
    random_state *state = PyModule_GetState(module);

    state->random_type = (PyTypeObject *)PyType_FromModuleAndSpec(
        module, &random_spec, NULL);
    if (state->random_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, state->random_type);
}

static int
random_traverse_state(PyObject *module, visitproc visit, void *arg)
{
    random_state *state = PyModule_GetState(module);

    Py_VISIT(state->random_type);
    return 0;
}

static int
random_clear_state(PyObject *module)
{
    random_state *state = PyModule_GetState(module);

    Py_CLEAR(state->random_type);
    return 0;
}

static void
random_free_state(void *module)
{
    random_clear_state(module);
}

static PyModuleDef_Slot random_slots[] = {
    {Py_mod_exec, random_exec},
    {0, NULL},
};

static PyModuleDef random_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_random",
    .m_doc = "The Mersenne Twister, a pseudo-random number "
             "generator.",
    .m_size = sizeof(random_state),
    .m_slots = random_slots,
    .m_traverse = random_traverse_state,
    .m_clear = random_clear_state,
    .m_free = random_free_state,
};

PyMODINIT_FUNC PyInit__random(void);

PyMODINIT_FUNC
PyInit__random(void)
{
    return PyModuleDef_Init(&random_module);
}
