/* The small-object allocator.
 *
 *     arena   1 MiB, aligned, from the arena allocator (mmap)
 *     page    16 KiB of it; all blocks of a page have one size class
 *     block   16 .. 512 bytes, a multiple of 16
 *
 * A page's free blocks are a linked list through the blocks, preceded in use
 * by blocks never handed out (`fresh`).  Each size class has a ring of pages
 * with room; full pages are in no ring.  An empty page goes back to its arena,
 * an empty arena to the system (one is kept).
 *
 * Which allocator a pointer belongs to is found by its arena: arenas are 1 MiB
 * aligned, and a bitmap in two levels says for each MiB of the 48-bit address
 * space whether it is ours.  Larger requests go to libc.
 *
 * The invariant of a page:
 *
 *     used + (blocks on `free`) + (capacity - fresh) == capacity */
#include "Python.h"

#include <stdio.h>
#include <sys/mman.h>

#include "internal/obmalloc.h"

#define BLOCK_ALIGNMENT 16
#define SMALL_LIMIT 512
#define CLASS_COUNT (SMALL_LIMIT / BLOCK_ALIGNMENT)
#define PAGE_BITS 14
#define PAGE_SIZE ((size_t)1 << PAGE_BITS)
#define ARENA_BITS 20
#define ARENA_SIZE ((size_t)1 << ARENA_BITS)
#define ARENA_PAGES (ARENA_SIZE / PAGE_SIZE)

typedef struct page {
    struct page *next, *prev;        /* ring of the class; or free pages */
    void *free;                      /* first free block */
    uint32_t used;                   /* blocks handed out */
    uint32_t fresh;                  /* blocks that were ever handed out */
    uint32_t capacity;
    uint32_t block_size;
    struct arena *arena;
    uint32_t class;
    uint32_t in_ring;
} page;

typedef struct arena {
    struct arena *next, *prev;       /* arenas with free pages */
    page *free_pages;
    uint32_t n_free;                 /* pages on free_pages + never used */
    uint32_t n_touched;
    char *base;
} arena;

static page class_rings[CLASS_COUNT];      /* heads; next NULL: not set up */
static arena arena_ring = {&arena_ring, &arena_ring, NULL, 0, 0, NULL};
static size_t arenas_allocated, arenas_total, arenas_highwater;
static Py_ssize_t blocks_used;

/* ---- arenas ------------------------------------------------------------- */

static void *
arena_default_alloc(void *context, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void
arena_default_free(void *context, void *p, size_t size)
{
    munmap(p, size);
}

static PyObjectArenaAllocator arena_allocator = {
    NULL, arena_default_alloc, arena_default_free};

void
PyObject_GetArenaAllocator(PyObjectArenaAllocator *allocator)
{
    *allocator = arena_allocator;
}

void
PyObject_SetArenaAllocator(PyObjectArenaAllocator *allocator)
{
    arena_allocator = *allocator;
}

/* One byte per MiB of address space, in 16 Ki pieces of 16 GiB each. */
#define MAP_LEAF_BITS 14
#define MAP_ROOT_BITS (48 - ARENA_BITS - MAP_LEAF_BITS)
static uint8_t *arena_map[(size_t)1 << MAP_ROOT_BITS];

static uint8_t *
arena_map_entry(const void *p, int create)
{
    uintptr_t number = (uintptr_t)p >> ARENA_BITS;
    uintptr_t root = number >> MAP_LEAF_BITS;
    uint8_t **leaf;

    if (root >= Py_ARRAY_LENGTH(arena_map)) {
        return NULL;
    }
    leaf = &arena_map[root];
    if (*leaf == NULL) {
        if (!create) {
            return NULL;
        }
        *leaf = calloc((size_t)1 << MAP_LEAF_BITS, 1);
        if (*leaf == NULL) {
            return NULL;
        }
    }
    return &(*leaf)[number & (((uintptr_t)1 << MAP_LEAF_BITS) - 1)];
}

static inline int
arena_owns(const void *p)
{
    uintptr_t number = (uintptr_t)p >> ARENA_BITS;
    uint8_t *leaf;

    if (number >> (48 - ARENA_BITS)) {
        return 0;
    }
    leaf = arena_map[number >> MAP_LEAF_BITS];
    return leaf != NULL &&
           leaf[number & (((uintptr_t)1 << MAP_LEAF_BITS) - 1)];
}

/* Alignment costs the first allocation twice the address space; the
 * surroundings go back at once, when the memory is from mmap. */
static char *
arena_alloc_aligned(void)
{
    char *p = arena_allocator.alloc(arena_allocator.ctx, ARENA_SIZE), *aligned;
    size_t slack;

    if (p == NULL || ((uintptr_t)p & (ARENA_SIZE - 1)) == 0) {
        return p;
    }
    arena_allocator.free(arena_allocator.ctx, p, ARENA_SIZE);
    if (arena_allocator.alloc != arena_default_alloc) {
        return NULL;                  /* somebody's own: then libc serves */
    }
    p = arena_allocator.alloc(arena_allocator.ctx, 2 * ARENA_SIZE);
    if (p == NULL) {
        return NULL;
    }
    slack =
        (ARENA_SIZE - ((uintptr_t)p & (ARENA_SIZE - 1))) & (ARENA_SIZE - 1);
    aligned = p + slack;
    if (slack != 0) {
        munmap(p, slack);
    }
    munmap(aligned + ARENA_SIZE, ARENA_SIZE - slack);
    return aligned;
}

static arena *
arena_new(void)
{
    char *base = arena_alloc_aligned();
    uint8_t *entry;
    arena *self;

    if (base == NULL) {
        return NULL;
    }
    entry = arena_map_entry(base, 1);
    self = entry == NULL ? NULL : malloc(sizeof(*self));
    if (self == NULL) {
        arena_allocator.free(arena_allocator.ctx, base, ARENA_SIZE);
        return NULL;
    }
    *entry = 1;
    *self = (arena){.base = base, .n_free = ARENA_PAGES};
    self->next = arena_ring.next;
    self->prev = &arena_ring;
    self->next->prev = self;
    arena_ring.next = self;
    arenas_allocated++;
    arenas_total++;
    if (arenas_allocated > arenas_highwater) {
        arenas_highwater = arenas_allocated;
    }
    return self;
}

static void
arena_unlink(arena *self)
{
    self->prev->next = self->next;
    self->next->prev = self->prev;
    self->next = self->prev = NULL;
}

static void
arena_release(arena *self)
{
    if (arenas_allocated == 1) {
        return;                       /* keep one, against flapping */
    }
    arena_unlink(self);
    *arena_map_entry(self->base, 0) = 0;
    arena_allocator.free(arena_allocator.ctx, self->base, ARENA_SIZE);
    free(self);
    arenas_allocated--;
}

/* ---- pages -------------------------------------------------------------- */

static void
ring_insert(page *ring, page *self)
{
    self->next = ring->next;
    self->prev = ring;
    ring->next->prev = self;
    ring->next = self;
    self->in_ring = 1;
}

static void
ring_remove(page *self)
{
    self->prev->next = self->next;
    self->next->prev = self->prev;
    self->in_ring = 0;
}

static inline page *
page_of(const void *p)
{
    return (page *)((uintptr_t)p & ~(PAGE_SIZE - 1));
}

static inline char *
page_block(page *self, uint32_t i)
{
    /* The header fits five blocks of the smallest size. */
    return (char *)self + 80 + (size_t)i * self->block_size;
}
_Static_assert(sizeof(page) <= 80, "blocks start behind the page's header");

static page *
page_new(uint32_t class)
{
    arena *owner = arena_ring.next;
    page *self;

    if (owner == &arena_ring && (owner = arena_new()) == NULL) {
        return NULL;
    }
    if (owner->free_pages != NULL) {
        self = owner->free_pages;
        owner->free_pages = self->next;
    }
    else {
        self = (page *)(owner->base + (size_t)owner->n_touched++ * PAGE_SIZE);
    }
    if (--owner->n_free == 0) {
        arena_unlink(owner);
    }
    self->arena = owner;
    self->class = class;
    self->block_size = (class + 1) * BLOCK_ALIGNMENT;
    self->capacity = (uint32_t)((PAGE_SIZE - 80) / self->block_size);
    self->used = self->fresh = 0;
    self->free = NULL;
    ring_insert(&class_rings[class], self);
    return self;
}

static void
page_release(page *self)
{
    arena *owner = self->arena;

    ring_remove(self);
    self->next = owner->free_pages;
    owner->free_pages = self;
    if (owner->n_free++ == 0) {
        owner->next = arena_ring.next;
        owner->prev = &arena_ring;
        owner->next->prev = owner;
        arena_ring.next = owner;
    }
    if (owner->n_free == ARENA_PAGES) {
        arena_release(owner);
    }
}

/* ---- the allocator ------------------------------------------------------ */

static page *
class_find_page(uint32_t class)
{
    page *ring = &class_rings[class];

    if (ring->next == NULL) {
        ring->next = ring->prev = ring;
    }
    return ring->next != ring ? ring->next : page_new(class);
}

void *
small_malloc(void *context, size_t size)
{
    uint32_t class;
    page *self;
    void *block;

    if (size - 1 >= SMALL_LIMIT) {           /* also 0 */
        if (size != 0) {
            return malloc(size);
        }
        size = 1;
    }
    class = (uint32_t)((size - 1) / BLOCK_ALIGNMENT);
    self = class_rings[class].next;
    if (self == NULL || self == &class_rings[class]) {
        self = class_find_page(class);
        if (self == NULL) {
            return malloc(size);
        }
    }
    block = self->free;
    if (block != NULL) {
        self->free = *(void **)block;
    }
    else {
        block = page_block(self, self->fresh++);
    }
    blocks_used++;
    if (++self->used == self->capacity) {
        ring_remove(self);
    }
    return block;
}

void *
small_calloc(void *context, size_t n, size_t size)
{
    size_t total = n * size;
    void *p;

    if (total - 1 >= SMALL_LIMIT && total != 0) {
        return calloc(n, size);
    }
    p = small_malloc(context, total);
    if (p != NULL) {
        memset(p, 0, total);
    }
    return p;
}

void
small_free(void *context, void *p)
{
    page *self;

    if (p == NULL) {
        return;
    }
    if (!arena_owns(p)) {
        free(p);
        return;
    }
    self = page_of(p);
    assert(((char *)p - page_block(self, 0)) % self->block_size == 0);
    *(void **)p = self->free;
    self->free = p;
    blocks_used--;
    if (self->used-- == self->capacity) {
        ring_insert(&class_rings[self->class], self);
    }
    else if (self->used == 0 && (self->next != self->prev)) {
        page_release(self);              /* not the class's only page */
    }
}

void *
small_realloc(void *context, void *p, size_t size)
{
    size_t old_size;
    void *moved;

    if (p == NULL) {
        return small_malloc(context, size);
    }
    if (!arena_owns(p)) {
        return realloc(p, size == 0 ? 1 : size);
    }
    old_size = page_of(p)->block_size;
    if (size <= old_size && 4 * size > 3 * old_size) {
        return p;                        /* saves too little */
    }
    moved = small_malloc(context, size);
    if (moved == NULL) {
        return size <= old_size ? p : NULL;
    }
    memcpy(moved, p, size < old_size ? size : old_size);
    small_free(context, p);
    return moved;
}

/* ---- statistics --------------------------------------------------------- */

Py_ssize_t
_Py_GetAllocatedBlocks(void)
{
    return blocks_used;
}

/* Rows of sys._debugmallocstats(): class, size, pages with room, blocks. */
int
_PyObject_DebugMallocStats(FILE *out)
{
    fprintf(out, "Small block threshold = %d, in %u size classes.\n\n",
            SMALL_LIMIT, CLASS_COUNT);
    fputs("class   size   open pools   blocks in use  avail blocks\n"
          "-----   ----   ----------   -------------  ------------\n", out);
    for (uint32_t class = 0; class < CLASS_COUNT; class++) {
        page *ring = &class_rings[class];
        size_t pages = 0, used = 0, available = 0;

        for (page *p = ring->next; p != NULL && p != ring; p = p->next) {
            pages++;
            used += p->used;
            available += p->capacity - p->used;
        }
        if (pages != 0) {
            fprintf(out, "%5u %6u %12zu %15zu %13zu\n", class,
                    (class + 1) * BLOCK_ALIGNMENT, pages, used, available);
        }
    }
    fprintf(out, "\n# arenas allocated total           = %20zu\n",
            arenas_total);
    fprintf(out, "# arenas reclaimed                 = %20zu\n",
            arenas_total - arenas_allocated);
    fprintf(out, "# arenas highwater mark            = %20zu\n",
            arenas_highwater);
    fprintf(out, "# arenas allocated current         = %20zu\n",
            arenas_allocated);
    fprintf(out, "%zu arenas * %zu bytes/arena       = %20zu\n",
            arenas_allocated, ARENA_SIZE, arenas_allocated * ARENA_SIZE);
    fprintf(out, "# blocks in use                    = %20zd\n", blocks_used);
    return 1;
}
