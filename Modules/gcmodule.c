/* The cycle collector, and the module gc.
 *
 * Reference counts free everything but cycles.  Containers of each generation
 * form a ring through their GC headers.  A collection of the generations up to
 * N takes these steps over the objects of one ring, "young":
 *
 *   1 copy      each header gets the object's reference count
 *   2 subtract  each reference from inside the ring is taken off: what is left
 *               are references from outside
 *   3 reach     objects with something left, and all that they reach, stay in
 *               young; the others move to "unreachable" (provisionally: an
 *               object may be found reachable later, and moves back)
 *   4 exempt    objects with tp_del, and what they reach, are uncollectable
 *   5 weakrefs  references to the trash are cleared, callbacks of those that
 *               live are called
 *   6 finalize  tp_finalize of all trash, once each
 *   7 resurrect steps 1 to 3 again over the trash: a finalizer may have saved
 *               something
 *   8 delete    tp_clear of what is left
 *
 * In steps 1 to 3 _gc_prev holds a count, so the ring is only linked forward;
 * bit 0 of _gc_next marks "provisionally unreachable" in step 3.  No Python
 * code runs until step 5.
 */
#include "Python.h"

#include "internal/audit.h"
#include "internal/call.h"
#include "internal/descr.h"
#include "internal/dict.h"
#include "internal/float.h"
#include "internal/gc.h"
#include "internal/list.h"
#include "internal/names.h"
#include "internal/object.h"
#include "internal/traceback.h"
#include "internal/tuple.h"
#include "internal/type.h"
#include "gcmodule.h"
#include "tiny.h"

#define REHEARSE TINY_OR(0, 1)       /* see collect_rehearse */

/* ---- rings -------------------------------------------------------------- */

#define NEXT(g) ((PyGC_Head *)(g)->_gc_next)
#define PREV(g) ((PyGC_Head *)((g)->_gc_prev & GC_PREV_MASK))

static void
ring_init(PyGC_Head *ring)
{
    ring->_gc_next = ring->_gc_prev = (uintptr_t)ring;
}

static int
ring_is_empty(PyGC_Head *ring)
{
    return NEXT(ring) == ring;
}

static void
head_set_prev(PyGC_Head *head, PyGC_Head *prev)
{
    head->_gc_prev = (head->_gc_prev & ~GC_PREV_MASK) | (uintptr_t)prev;
}

static void
ring_append(PyGC_Head *head, PyGC_Head *ring)
{
    PyGC_Head *last = (PyGC_Head *)ring->_gc_prev;

    head_set_prev(head, last);
    last->_gc_next = (uintptr_t)head;
    head->_gc_next = (uintptr_t)ring;
    ring->_gc_prev = (uintptr_t)head;
}

/* Moves from one ring (both directions valid) to another. */
static void
ring_move(PyGC_Head *head, PyGC_Head *ring)
{
    PyGC_Head *prev = PREV(head), *next = NEXT(head);

    prev->_gc_next = (uintptr_t)next;
    head_set_prev(next, prev);
    ring_append(head, ring);
}

/* Appends all of `from` to `to`; `from` is empty afterwards. */
static void
ring_merge(PyGC_Head *from, PyGC_Head *to)
{
    if (!ring_is_empty(from)) {
        PyGC_Head *last = (PyGC_Head *)to->_gc_prev;
        PyGC_Head *from_first = NEXT(from);
        PyGC_Head *from_last = (PyGC_Head *)from->_gc_prev;

        last->_gc_next = (uintptr_t)from_first;
        head_set_prev(from_first, last);
        from_last->_gc_next = (uintptr_t)to;
        to->_gc_prev = (uintptr_t)from_last;
    }
    ring_init(from);
}

static Py_ssize_t
ring_len(PyGC_Head *ring)
{
    Py_ssize_t n = 0;

    for (PyGC_Head *head = NEXT(ring); head != ring; head = NEXT(head)) {
        n++;
    }
    return n;
}

/* Appends the objects of a ring to a list, all but the list itself. */
static int
ring_add_to_list(PyObject *list, PyGC_Head *ring)
{
    for (PyGC_Head *head = NEXT(ring); head != ring; head = NEXT(head)) {
        PyObject *op = gc_object(head);

        if (op != list && PyList_Append(list, op) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What outlives its interpreter (an extension may hold it): linked here, since
 * it unlinks itself when it goes, and never collected. */
static PyGC_Head outliving;

/* ---- counts in _gc_prev (steps 1 to 3) ---------------------------------- */

static inline Py_ssize_t
head_refs(PyGC_Head *head)
{
    return (Py_ssize_t)(head->_gc_prev >> GC_PREV_SHIFT);
}

static inline void
head_set_refs(PyGC_Head *head, Py_ssize_t refs)
{
    head->_gc_prev = (head->_gc_prev & ~GC_PREV_MASK) |
                     ((uintptr_t)refs << GC_PREV_SHIFT);
}

static inline int
head_is_collecting(PyGC_Head *head)
{
    return (head->_gc_prev & GC_PREV_COLLECTING) != 0;
}

static void
collect_copy_counts(PyGC_Head *ring)
{
    for (PyGC_Head *head = NEXT(ring); head != ring; head = NEXT(head)) {
        head->_gc_prev =
            (head->_gc_prev & GC_PREV_FINALIZED) | GC_PREV_COLLECTING |
            ((uintptr_t)Py_REFCNT(gc_object(head)) << GC_PREV_SHIFT);
    }
}

static int
visit_subtract(PyObject *op, void *parent)
{
    if (object_is_gc(op)) {
        PyGC_Head *head = gc_head(op);

        if (head_is_collecting(head)) {
            assert(head_refs(head) > 0);
            head->_gc_prev -= (uintptr_t)1 << GC_PREV_SHIFT;
        }
    }
    return 0;
}

static void
collect_subtract(PyGC_Head *ring)
{
    for (PyGC_Head *head = NEXT(ring); head != ring; head = NEXT(head)) {
        PyObject *op = gc_object(head);

        (void)Py_TYPE(op)->tp_traverse(op, visit_subtract, op);
    }
}

/* Something reachable refers to `op`: it is reachable. */
static int
visit_reachable(PyObject *op, void *arg)
{
    PyGC_Head *ring = arg, *head;

    if (!object_is_gc(op)) {
        return 0;
    }
    head = gc_head(op);
    if (!head_is_collecting(head)) {
        return 0;                /* another generation, or done */
    }
    if (head->_gc_next & GC_NEXT_UNREACHABLE) {
        /* Was moved out too early: back to the end of the ring, where the
         * walk will come to it. */
        PyGC_Head *prev = PREV(head);
        PyGC_Head *next = (PyGC_Head *)(head->_gc_next & ~GC_NEXT_UNREACHABLE);

        prev->_gc_next = head->_gc_next;         /* keeps the mark */
        head_set_prev(next, prev);
        ring_append(head, ring);
        head_set_refs(head, 1);
    }
    else if (head_refs(head) == 0) {
        head_set_refs(head, 1);                /* not visited yet: will stay */
    }
    return 0;
}

/* Step 3.  Afterwards `young` is doubly linked again; all of `unreachable`
 * keeps the collecting flag, and a mark in _gc_next that
 * collect_clear_marks removes. */
static void
collect_split(PyGC_Head *young, PyGC_Head *unreachable)
{
    PyGC_Head *prev = young, *head = NEXT(young);

    while (head != young) {
        if (head_refs(head) != 0) {
            PyObject *op = gc_object(head);

            (void)Py_TYPE(op)->tp_traverse(op, visit_reachable, young);
            head_set_prev(head, prev);
            head->_gc_prev &= ~GC_PREV_COLLECTING;
            prev = head;
        }
        else {
            PyGC_Head *last = PREV(unreachable);

            prev->_gc_next = head->_gc_next;
            last->_gc_next = GC_NEXT_UNREACHABLE | (uintptr_t)head;
            head_set_prev(head, last);
            head->_gc_next = GC_NEXT_UNREACHABLE | (uintptr_t)unreachable;
            unreachable->_gc_prev = (uintptr_t)head;
        }
        head = (PyGC_Head *)prev->_gc_next;
    }
    young->_gc_prev = (uintptr_t)prev;
    unreachable->_gc_next &= ~GC_NEXT_UNREACHABLE;
}

static void
collect_find_unreachable(PyGC_Head *base, PyGC_Head *unreachable)
{
    collect_copy_counts(base);
    collect_subtract(base);
    ring_init(unreachable);
    collect_split(base, unreachable);
}

static void
collect_clear_marks(PyGC_Head *unreachable)
{
    for (PyGC_Head *head = NEXT(unreachable); head != unreachable;
         head = NEXT(head)) {
        head->_gc_next &= ~GC_NEXT_UNREACHABLE;
    }
}

/* Exact tuples of atoms leave the collector's sight, in full collections dicts
 * too.  Returns how many objects stay. */
static Py_ssize_t
collect_untrack_atoms(PyGC_Head *ring, int dicts_too)
{
    PyGC_Head *next, *head = NEXT(ring);
    Py_ssize_t n = 0;

    for (; head != ring; head = next) {
        PyObject *op = gc_object(head);

        next = NEXT(head);
        if (PyTuple_CheckExact(op)) {
            _PyTuple_MaybeUntrack(op);
        }
        else if (dicts_too && PyDict_CheckExact(op)) {
            _PyDict_MaybeUntrack(op);
        }
        n += head->_gc_next != 0;
    }
    return n;
}

/* ---- step 4: objects with tp_del ---------------------------------------- */

/* Takes the marks off, and moves objects with tp_del to `finalizers`. */
static void
collect_split_legacy(PyGC_Head *unreachable, PyGC_Head *finalizers)
{
    PyGC_Head *next, *head = NEXT(unreachable);

    for (; head != unreachable; head = next) {
        head->_gc_next &= ~GC_NEXT_UNREACHABLE;
        next = NEXT(head);
        if (Py_TYPE(gc_object(head))->tp_del != NULL) {
            head->_gc_prev &= ~GC_PREV_COLLECTING;
            ring_move(head, finalizers);
        }
    }
}

static int
visit_move(PyObject *op, void *to)
{
    if (object_is_gc(op)) {
        PyGC_Head *head = gc_head(op);

        if (head_is_collecting(head)) {
            ring_move(head, to);
            head->_gc_prev &= ~GC_PREV_COLLECTING;
        }
    }
    return 0;
}

/* What legacy finalizers reach must stay alive with them. */
static void
collect_move_reachable_from(PyGC_Head *finalizers)
{
    for (PyGC_Head *head = NEXT(finalizers); head != finalizers;
         head = NEXT(head)) {
        PyObject *op = gc_object(head);

        (void)Py_TYPE(op)->tp_traverse(op, visit_move, finalizers);
    }
}

/* ---- step 5: weak references -------------------------------------------- */

/* Moves weak references to trash whose callbacks have to run to `wanted`; they
 * are held meanwhile.  A callback is not wanted when the reference is trash
 * itself. */
static void
weakrefs_take_of(PyObject *op, PyGC_Head *wanted)
{
    PyWeakReference **list;

    if (PyWeakref_Check(op)) {
        /* A weak reference in the trash: nobody may call it any more, its
         * callback might see what tp_clear has done. */
        _PyWeakref_ClearRef((PyWeakReference *)op);
    }
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(op))) {
        return;
    }
    list = (PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(op);
    while (*list != NULL) {
        PyWeakReference *reference = *list;
        PyGC_Head *head = gc_head(reference);

        _PyWeakref_ClearRef(reference);          /* unlinks it from the list */
        if (reference->wr_callback == NULL || head_is_collecting(head)) {
            continue;
        }
        Py_INCREF(reference);
        ring_move(head, wanted);
    }
}

/* Clears all weak references to trash, then calls the callbacks.  Returns how
 * many references were freed by that.  Runs Python. */
static Py_ssize_t
collect_handle_weakrefs(PyGC_Head *unreachable, PyGC_Head *old)
{
    PyGC_Head wanted, *next, *head;
    Py_ssize_t freed = 0;

    ring_init(&wanted);
    for (head = NEXT(unreachable); head != unreachable; head = next) {
        next = NEXT(head);
        weakrefs_take_of(gc_object(head), &wanted);
    }
    while (!ring_is_empty(&wanted)) {
        PyObject *op, *callback, *answer;

        head = NEXT(&wanted);
        op = gc_object(head);
        callback = ((PyWeakReference *)op)->wr_callback;
        answer = call_one_arg(callback, op);
        if (answer == NULL) {
            PyErr_WriteUnraisable(callback);
        }
        else {
            Py_DECREF(answer);
        }
        Py_DECREF(op);
        if (NEXT(&wanted) == head) {
            ring_move(head, old);                /* survived its callback */
        }
        else {
            freed++;
        }
    }
    return freed;
}

/* ---- steps 6 to 8 ------------------------------------------------------- */

/* Runs Python.  A finalizer may free or untrack anything, so every object is
 * taken from the front and held. */
static void
collect_finalize(PyGC_Head *ring)
{
    PyGC_Head seen;

    ring_init(&seen);
    while (!ring_is_empty(ring)) {
        PyGC_Head *head = NEXT(ring);
        PyObject *op = gc_object(head);
        destructor finalize = Py_TYPE(op)->tp_finalize;

        ring_move(head, &seen);
        if (!(head->_gc_prev & GC_PREV_FINALIZED) && finalize != NULL) {
            head->_gc_prev |= GC_PREV_FINALIZED;
            Py_INCREF(op);
            finalize(op);
            Py_DECREF(op);
        }
    }
    ring_merge(&seen, ring);
}

/* Splits what finalizers brought back from what is still trash; survivors go
 * to `old`. */
static void
collect_handle_resurrected(PyGC_Head *unreachable, PyGC_Head *still,
                           PyGC_Head *old)
{
    for (PyGC_Head *head = NEXT(unreachable); head != unreachable;
         head = NEXT(head)) {
        head->_gc_prev &= ~GC_PREV_COLLECTING;
    }
    collect_find_unreachable(unreachable, still);
    collect_clear_marks(still);
    ring_merge(unreachable, old);
}

static void
collect_debug(const char *message, PyObject *op)
{
    PySys_FormatStderr("gc: %s <%s %p>\n", message, Py_TYPE(op)->tp_name, op);
}

/* Runs Python. */
static void
collect_delete(struct gc_state *gc, PyGC_Head *trash, PyGC_Head *old)
{
    while (!ring_is_empty(trash)) {
        PyGC_Head *head = NEXT(trash);
        PyObject *op = gc_object(head);

        if (gc->debug & GC_DEBUG_SAVEALL) {
            if (PyList_Append(gc->garbage, op) < 0) {
                PyErr_Clear();               /* MemoryError: not saved */
            }
        }
        else if (Py_TYPE(op)->tp_clear != NULL) {
            Py_INCREF(op);
            (void)Py_TYPE(op)->tp_clear(op);
            if (PyErr_Occurred()) {
                _PyErr_WriteUnraisableMsg("in tp_clear of",
                                          (PyObject *)Py_TYPE(op));
            }
            Py_DECREF(op);
        }
        if (NEXT(trash) == head) {
            head->_gc_prev &= ~GC_PREV_COLLECTING;
            ring_move(head, old);           /* still alive: look again later */
        }
    }
}

/* Uncollectable objects, into gc.garbage if they have tp_del themselves. */
static void
collect_keep_uncollectable(struct gc_state *gc, PyGC_Head *finalizers,
                           PyGC_Head *old)
{
    if (gc->garbage == NULL) {
        gc->garbage = PyList_New(0);
        if (gc->garbage == NULL) {
            Py_FatalError("gc couldn't create gc.garbage list");
        }
    }
    for (PyGC_Head *head = NEXT(finalizers); head != finalizers;
         head = NEXT(head)) {
        PyObject *op = gc_object(head);

        if (((gc->debug & GC_DEBUG_SAVEALL) || Py_TYPE(op)->tp_del != NULL) &&
            PyList_Append(gc->garbage, op) < 0) {
            PyErr_Clear();                   /* MemoryError: not kept */
            break;
        }
    }
    ring_merge(finalizers, old);
}

static void
collect_clear_free_lists(void)
{
    dict_clear_free_lists();
    tuple_clear_free_lists();
    list_clear_free_list();
    float_clear_free_list();
    method_free_list_clear();
}

static Py_ssize_t
collect_debug_ring(struct gc_state *gc, PyGC_Head *ring, int flag,
                   const char *message)
{
    Py_ssize_t n = 0;

    for (PyGC_Head *head = NEXT(ring); head != ring; head = NEXT(head)) {
        n++;
        if (gc->debug & flag) {
            collect_debug(message, gc_object(head));
        }
    }
    return n;
}

/* Where the survivors of `generation` go. */
static PyGC_Head *
collect_merge_generations(struct gc_state *gc, int generation,
                          PyGC_Head **young)
{
    if (generation + 1 < GC_GENERATIONS) {
        gc->generations[generation + 1].count++;
    }
    for (int i = 0; i <= generation; i++) {
        gc->generations[i].count = 0;
    }
    gc->rehearsed = 0;
    for (int i = 0; i < generation; i++) {
        ring_merge(&gc->generations[i].head,
                   &gc->generations[generation].head);
    }
    *young = &gc->generations[generation].head;
    return generation < GC_GENERATIONS - 1
               ? &gc->generations[generation + 1].head : *young;
}

static void
collect_report_errors(int quiet)
{
    if (PyErr_Occurred()) {
        if (quiet) {
            PyErr_Clear();                   /* shutdown: nobody to tell */
        }
        else {
            _PyErr_WriteUnraisableMsg("in garbage collection", NULL);
        }
    }
}

/* One collection of the generations up to `generation`.  Returns the number of
 * unreachable objects found.  Runs Python. */
static Py_ssize_t
collect_main(struct gc_state *gc, int generation, Py_ssize_t *n_collected,
             Py_ssize_t *n_uncollectable, int quiet)
{
    PyGC_Head *young, *old, unreachable, finalizers, trash;
    Py_ssize_t collected, uncollectable, survivors, weak_freed;
    struct gc_stats *stats = &gc->stats[generation];

    if (gc->debug & GC_DEBUG_STATS) {
        PySys_WriteStderr("gc: collecting generation %d...\n", generation);
        PySys_FormatStderr("gc: objects in each generation: %zd %zd %zd\n",
                           ring_len(&gc->generations[0].head),
                           ring_len(&gc->generations[1].head),
                           ring_len(&gc->generations[2].head));
        PySys_FormatStderr("gc: objects in permanent generation: %zd\n",
                           ring_len(&gc->permanent.head));
    }
    old = collect_merge_generations(gc, generation, &young);
    collect_find_unreachable(young, &unreachable);
    survivors = collect_untrack_atoms(young, young == old);
    if (young != old) {
        if (generation == GC_GENERATIONS - 2) {
            gc->long_lived_pending += survivors;
        }
        ring_merge(young, old);
    }
    else {
        gc->long_lived_pending = 0;
        gc->long_lived_total = survivors;
    }
    ring_init(&finalizers);
    collect_split_legacy(&unreachable, &finalizers);
    collect_move_reachable_from(&finalizers);
    if (gc->debug & GC_DEBUG_COLLECTABLE) {
        collect_debug_ring(gc, &unreachable, GC_DEBUG_COLLECTABLE,
                           "collectable");
    }
    weak_freed = collect_handle_weakrefs(&unreachable, old);
    collect_finalize(&unreachable);
    collect_handle_resurrected(&unreachable, &trash, old);
    collected = ring_len(&trash) + weak_freed;
    collect_delete(gc, &trash, old);
    uncollectable = collect_debug_ring(gc, &finalizers,
                                       GC_DEBUG_UNCOLLECTABLE,
                                       "uncollectable");
    if (gc->debug & GC_DEBUG_STATS) {
        PySys_WriteStderr("gc: done, %zd unreachable, %zd uncollectable\n",
                          collected + uncollectable, uncollectable);
    }
    collect_keep_uncollectable(gc, &finalizers, old);
    if (generation == GC_GENERATIONS - 1) {
        collect_clear_free_lists();
    }
    collect_report_errors(quiet);
    stats->collections++;
    stats->collected += collected;
    stats->uncollectable += uncollectable;
    if (n_collected != NULL) {
        *n_collected = collected;
        *n_uncollectable = uncollectable;
    }
    return collected + uncollectable;
}

/* ---- when --------------------------------------------------------------- */

static void
collect_call_callbacks(struct gc_state *gc, PyObject *phase, int generation,
                       Py_ssize_t collected, Py_ssize_t uncollectable)
{
    PyObject *info;

    if (gc->callbacks == NULL || PyList_GET_SIZE(gc->callbacks) == 0) {
        return;
    }
    info = Py_BuildValue("{sisnsn}", "generation", generation, "collected",
                         collected, "uncollectable", uncollectable);
    if (info == NULL) {
        PyErr_WriteUnraisable(NULL);
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(gc->callbacks); i++) {
        PyObject *callback = Py_NewRef(PyList_GET_ITEM(gc->callbacks, i));
        PyObject *answer = PyObject_CallFunctionObjArgs(callback, phase, info,
                                                        NULL);

        if (answer == NULL) {
            PyErr_WriteUnraisable(callback);
        }
        else {
            Py_DECREF(answer);
        }
        Py_DECREF(callback);
    }
    Py_DECREF(info);
}

static Py_ssize_t
collect_with_callbacks(struct gc_state *gc, int generation)
{
    Py_ssize_t result, collected = 0, uncollectable = 0;

    collect_call_callbacks(gc, NAME(start), generation, 0, 0);
    result = collect_main(gc, generation, &collected, &uncollectable, 0);
    collect_call_callbacks(gc, NAME(stop), generation, collected,
                           uncollectable);
    return result;
}

/* Steps 1 to 3 over the youngest generation, and back: the tiny build shows
 * every allocation's surroundings to tp_traverse, while nothing ages or dies
 * but where the thresholds say so, as programs may expect.  Once for each
 * count that a generation reaches, or programs that allocate and free in turn
 * would take quadratic time. */
static void
collect_rehearse(struct gc_state *gc)
{
    struct gc_generation *youngest = &gc->generations[0];
    PyGC_Head unreachable;

    if (youngest->count <= gc->rehearsed) {
        return;
    }
    gc->rehearsed = youngest->count;
    collect_find_unreachable(&youngest->head, &unreachable);
    collect_clear_marks(&unreachable);
    for (PyGC_Head *head = NEXT(&unreachable); head != &unreachable;
         head = NEXT(head)) {
        head->_gc_prev &= ~GC_PREV_COLLECTING;
    }
    ring_merge(&unreachable, &youngest->head);
}

/* The oldest generation whose count is above its threshold.  A full collection
 * also waits until a quarter of the objects are new, or its cost would be
 * quadratic. */
static void
collect_generations(struct gc_state *gc)
{
    for (int i = GC_GENERATIONS - 1; i >= 0; i--) {
        if (gc->generations[i].count <= gc->generations[i].threshold) {
            continue;
        }
        if (i == GC_GENERATIONS - 1 &&
            gc->long_lived_pending < gc->long_lived_total / 4) {
            continue;
        }
        collect_with_callbacks(gc, i);
        return;
    }
    if (REHEARSE) {
        collect_rehearse(gc);
    }
}

/* Out of line: the rare case of an allocation that runs the collector. */
static void __attribute__((noinline))
collect_from_allocation(struct gc_state *gc)
{
    PyObject *type, *value, *traceback;

    if (PyErr_Occurred()) {
        return;                  /* keep a pending exception whole */
    }
    PyErr_Fetch(&type, &value, &traceback);
    gc->collecting = 1;
    collect_generations(gc);
    gc->collecting = 0;
    PyErr_Restore(type, value, traceback);
}

static inline void
gc_count_allocation(struct gc_state *gc)
{
    struct gc_generation *youngest = &gc->generations[0];

    youngest->count++;
    if ((youngest->count > youngest->threshold || REHEARSE) &&
        gc->enabled && youngest->threshold != 0 && !gc->collecting) {
        collect_from_allocation(gc);
    }
}

/* ---- allocation --------------------------------------------------------- */

PyObject *
gc_new_object(PyTypeObject *type, size_t basic_size, size_t preheader)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;
    char *memory;
    PyObject *op;

    if (basic_size > (size_t)PY_SSIZE_T_MAX - preheader) {
        return PyErr_NoMemory();
    }
    memory = PyObject_Malloc(basic_size + preheader);
    if (memory == NULL) {
        return PyErr_NoMemory();
    }
    ((PyObject **)memory)[0] = NULL;
    ((PyObject **)memory)[1] = NULL;
    if (preheader > sizeof(PyGC_Head)) {
        ((PyObject **)memory)[2] = NULL;
        ((PyObject **)memory)[3] = NULL;
    }
    op = (PyObject *)(memory + preheader);
    gc_count_allocation(gc);
    return op;
}

PyObject *
_PyObject_GC_New(PyTypeObject *type)
{
    PyObject *op = gc_new_object(type, _PyObject_SIZE(type),
                                 type_preheader_size(type));

    if (op != NULL) {
        object_init(op, type);
    }
    return op;
}

PyVarObject *
_PyObject_GC_NewVar(PyTypeObject *type, Py_ssize_t nitems)
{
    PyVarObject *op;

    if (nitems < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    op = (PyVarObject *)gc_new_object(type, _PyObject_VAR_SIZE(type, nitems),
                                      type_preheader_size(type));
    if (op != NULL) {
        object_init_var(op, type, nitems);
    }
    return op;
}

PyVarObject *
_PyObject_GC_Resize(PyVarObject *op, Py_ssize_t nitems)
{
    PyTypeObject *type = Py_TYPE(op);
    size_t size = _PyObject_VAR_SIZE(type, nitems);
    size_t preheader = type_preheader_size(type);
    char *memory = (char *)op - preheader;

    _PyObject_ASSERT((PyObject *)op, !gc_is_tracked(op));
    if (size > (size_t)PY_SSIZE_T_MAX - preheader) {
        return (PyVarObject *)PyErr_NoMemory();
    }
    memory = PyObject_Realloc(memory, size + preheader);
    if (memory == NULL) {
        return (PyVarObject *)PyErr_NoMemory();
    }
    op = (PyVarObject *)(memory + preheader);
    Py_SET_SIZE(op, nitems);
    return op;
}

void
PyObject_GC_Del(void *op)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;
    size_t preheader = type_preheader_size(Py_TYPE((PyObject *)op));

    if (gc_is_tracked(op)) {
        gc_untrack(op);
    }
    if (gc->generations[0].count > 0) {
        gc->generations[0].count--;
    }
    PyObject_Free((char *)op - preheader);
}

void
PyObject_GC_Track(void *op)
{
    if (gc_is_tracked(op)) {
        _PyObject_ASSERT_FAILED_MSG(
            (PyObject *)op, "object already tracked by the garbage collector");
    }
    gc_track(op);
}

void
PyObject_GC_UnTrack(void *op)
{
    if (gc_is_tracked(op)) {
        gc_untrack(op);
    }
}

int
PyObject_IS_GC(PyObject *op)
{
    return object_is_gc(op);
}

int
PyObject_GC_IsTracked(PyObject *op)
{
    return object_is_gc(op) && gc_is_tracked(op);
}

int
PyObject_GC_IsFinalized(PyObject *op)
{
    return object_is_gc(op) && gc_is_finalized(op);
}

/* ---- control ------------------------------------------------------------ */

int
PyGC_Enable(void)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;
    int before = gc->enabled;

    gc->enabled = 1;
    return before;
}

int
PyGC_Disable(void)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;
    int before = gc->enabled;

    gc->enabled = 0;
    return before;
}

int
PyGC_IsEnabled(void)
{
    return _PyInterpreterState_GET()->gc.enabled;
}

Py_ssize_t
gc_collect_generation(struct gc_state *gc, int generation)
{
    PyObject *type, *value, *traceback;
    Py_ssize_t n;

    if (gc->collecting) {
        return 0;                /* from a callback or finalizer */
    }
    gc->collecting = 1;
    PyErr_Fetch(&type, &value, &traceback);
    n = collect_with_callbacks(gc, generation);
    PyErr_Restore(type, value, traceback);
    gc->collecting = 0;
    return n;
}

Py_ssize_t
PyGC_Collect(void)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;

    return gc->enabled ? gc_collect_generation(gc, GC_GENERATIONS - 1) : 0;
}

Py_ssize_t
gc_collect_at_exit(PyInterpreterState *interp)
{
    struct gc_state *gc = &interp->gc;
    Py_ssize_t n;

    if (gc->collecting) {
        return 0;
    }
    gc->collecting = 1;
    n = collect_main(gc, GC_GENERATIONS - 1, NULL, NULL, 1);
    gc->collecting = 0;
    return n;
}

void
gc_dump_shutdown_stats(PyInterpreterState *interp)
{
    struct gc_state *gc = &interp->gc;
    const char *message;

    if ((gc->debug & GC_DEBUG_SAVEALL) || gc->garbage == NULL ||
        PyList_GET_SIZE(gc->garbage) == 0) {
        return;
    }
    message = gc->debug & GC_DEBUG_UNCOLLECTABLE
                  ? "gc: %zd uncollectable objects at shutdown"
                  : "gc: %zd uncollectable objects at shutdown; use "
                    "gc.set_debug(gc.DEBUG_UNCOLLECTABLE) to list them";
    if (PyErr_WarnExplicitFormat(PyExc_ResourceWarning, "gc", 0, "gc", NULL,
                                 message, PyList_GET_SIZE(gc->garbage)) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    if (gc->debug & GC_DEBUG_UNCOLLECTABLE) {
        PyObject *text = PyObject_Repr(gc->garbage);

        if (text == NULL) {
            PyErr_WriteUnraisable(gc->garbage);
            return;
        }
        PySys_FormatStderr("      %U\n", text);
        Py_DECREF(text);
    }
}

void
gc_visit_objects(int (*visit)(PyObject *op, void *arg), void *arg)
{
    struct gc_state *gc = &_PyInterpreterState_GET()->gc;
    int collecting = gc->collecting;

    gc->collecting = 1;
    for (int i = 0; i < GC_GENERATIONS; i++) {
        PyGC_Head *ring = &gc->generations[i].head;

        for (PyGC_Head *next, *head = NEXT(ring); head != ring; head = next) {
            PyObject *op = Py_NewRef(gc_object(head));
            int go_on = visit(op, arg);

            next = NEXT(head);
            Py_DECREF(op);
            if (!go_on) {
                goto done;
            }
        }
    }
done:
    gc->collecting = collecting;
}

int
gc_init(PyInterpreterState *interp)
{
    static const int thresholds[GC_GENERATIONS] = {
        TINY_OR(700, 50), 10, 10};
    struct gc_state *gc = &interp->gc;

    if (gc->generation0 == NULL) {
        for (int i = 0; i < GC_GENERATIONS; i++) {
            ring_init(&gc->generations[i].head);
            gc->generations[i].threshold = thresholds[i];
        }
        ring_init(&gc->permanent.head);
        gc->generation0 = &gc->generations[0].head;
        gc->enabled = 1;
        /* Start-up makes nothing that a collection could free: none until
         * gc_start. */
        gc->collecting = TINY_OR(1, 0);
    }
    return 0;
}

void
gc_start(PyInterpreterState *interp)
{
    struct gc_state *gc = &interp->gc;

    gc->collecting = 0;
    ring_merge(&gc->generations[0].head,
               &gc->generations[GC_GENERATIONS - 1].head);
    gc->generations[0].count = 0;
}

void
gc_fini(PyInterpreterState *interp)
{
    struct gc_state *gc = &interp->gc;

    Py_CLEAR(gc->garbage);
    Py_CLEAR(gc->callbacks);
    if (outliving._gc_next == 0) {
        ring_init(&outliving);
    }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        ring_merge(&gc->generations[i].head, &outliving);
    }
    ring_merge(&gc->permanent.head, &outliving);
}

int
gc_ring_to_list(PyObject *list, struct gc_generation *generation)
{
    return ring_add_to_list(list, &generation->head);
}

Py_ssize_t
gc_ring_len(struct gc_generation *generation)
{
    return ring_len(&generation->head);
}

void
gc_ring_merge(struct gc_generation *from, struct gc_generation *to)
{
    ring_merge(&from->head, &to->head);
}

PyGC_Head *
gc_ring_next(PyGC_Head *head)
{
    return NEXT(head);
}
