/* What libraries a shared library needs: the dynamic section of an ELF file
 * (System V ABI, "Dynamic Linking").
 *
 * The file is not trusted, and may change while it is looked at: what is
 * needed of it is read, not mapped, and each offset and size in it is checked.
 * A file that makes no sense needs nothing, so that the dynamic linker is the
 * one to complain.  Where a file contradicts itself, the linker's choice is
 * ours: the last of several, and what an address leads to rather than an
 * offset. */
#include "Python.h"

#include "native.h"

#include <elf.h>
#include <endian.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if BYTE_ORDER == LITTLE_ENDIAN
#define ELF_DATA_HERE ELFDATA2LSB
#else
#define ELF_DATA_HERE ELFDATA2MSB
#endif

typedef struct {
    int fd;
    uint64_t size;                   /* of the file */
    Elf64_Phdr *segments;            /* owned (PyMem) */
    size_t segment_count;
    Elf64_Dyn *entries;              /* owned (PyMem) */
    size_t entry_count;
    char *strings;                   /* owned (PyMem); the last byte is 0 */
    uint64_t strings_size;
} ElfFile;

/* `size` bytes at `offset`, in PyMem memory; NULL if the file does not have
 * them. */
static void *
elf_read(const ElfFile *elf, uint64_t offset, uint64_t size)
{
    void *data;

    if (offset > elf->size || size > elf->size - offset || size == 0) {
        return NULL;
    }
    data = PyMem_Malloc(size);
    if (data != NULL &&
        pread(elf->fd, data, size, (off_t)offset) != (ssize_t)size) {
        PyMem_Free(data);
        data = NULL;
    }
    return data;
}

static const Elf64_Phdr *
elf_segment(const ElfFile *elf, uint32_t type)
{
    for (size_t i = elf->segment_count; i > 0; i--) {
        if (elf->segments[i - 1].p_type == type) {
            return &elf->segments[i - 1];
        }
    }
    return NULL;
}

/* Reads the header and the segments.  1, or 0 if it is no library for this
 * machine's word. */
static int
elf_read_segments(ElfFile *elf)
{
    Elf64_Ehdr *header = elf_read(elf, 0, sizeof(Elf64_Ehdr));

    if (header != NULL && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
        header->e_ident[EI_CLASS] == ELFCLASS64 &&
        header->e_ident[EI_DATA] == ELF_DATA_HERE &&
        header->e_type == ET_DYN &&
        header->e_phentsize == sizeof(Elf64_Phdr)) {
        elf->segment_count = header->e_phnum;
        elf->segments = elf_read(elf, header->e_phoff,
                                 (uint64_t)header->e_phnum *
                                     sizeof(Elf64_Phdr));
    }
    PyMem_Free(header);
    return elf->segments != NULL;
}

/* Where in the file the byte at `address` of the loaded library is. */
static int
elf_offset(const ElfFile *elf, uint64_t address, uint64_t *offset)
{
    for (size_t i = elf->segment_count; i > 0; i--) {
        const Elf64_Phdr *segment = &elf->segments[i - 1];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            *offset = segment->p_offset + (address - segment->p_vaddr);
            return 1;
        }
    }
    return 0;
}

/* Reads the dynamic section.  1/0. */
static int
elf_read_entries(ElfFile *elf)
{
    const Elf64_Phdr *dynamic = elf_segment(elf, PT_DYNAMIC);
    uint64_t offset;

    if (dynamic == NULL || !elf_offset(elf, dynamic->p_vaddr, &offset)) {
        return 0;
    }
    elf->entries = elf_read(elf, offset, dynamic->p_filesz);
    if (elf->entries == NULL) {
        return 0;
    }
    elf->entry_count = dynamic->p_filesz / sizeof(Elf64_Dyn);
    for (size_t i = 0; i < elf->entry_count; i++) {
        if (elf->entries[i].d_tag == DT_NULL) {
            elf->entry_count = i;
        }
    }
    return 1;
}

/* The value of the last entry with the tag.  1/0. */
static int
elf_value(const ElfFile *elf, int64_t tag, uint64_t *value)
{
    for (size_t i = elf->entry_count; i > 0; i--) {
        if (elf->entries[i - 1].d_tag == tag) {
            *value = elf->entries[i - 1].d_un.d_val;
            return 1;
        }
    }
    return 0;
}

static int
elf_read_strings(ElfFile *elf)
{
    uint64_t address, offset;

    if (!elf_value(elf, DT_STRTAB, &address) ||
        !elf_value(elf, DT_STRSZ, &elf->strings_size) ||
        !elf_offset(elf, address, &offset)) {
        return 0;
    }
    elf->strings = elf_read(elf, offset, elf->strings_size);
    return elf->strings != NULL && elf->strings[elf->strings_size - 1] == '\0';
}

/* The string that an entry with the tag names, or NULL. */
static const char *
elf_string(const ElfFile *elf, uint64_t offset)
{
    return offset < elf->strings_size ? elf->strings + offset : NULL;
}

/* All entries DT_NEEDED. */
static int
elf_visit(const ElfFile *elf, NativeNeededVisitor visit, void *arg)
{
    const char *folders = NULL, *name;
    uint64_t offset;
    int status = 0;
    /* DT_RPATH counts only without DT_RUNPATH. */
    int is_runpath = elf_value(elf, DT_RUNPATH, &offset);

    if (is_runpath || elf_value(elf, DT_RPATH, &offset)) {
        folders = elf_string(elf, offset);
    }
    for (size_t i = 0; i < elf->entry_count && status == 0; i++) {
        name = elf->entries[i].d_tag == DT_NEEDED
                   ? elf_string(elf, elf->entries[i].d_un.d_val) : NULL;
        if (name != NULL) {
            status = visit(name, folders == NULL ? "" : folders, is_runpath,
                           arg);
        }
    }
    return status;
}

int
native_visit_needed(int fd, NativeNeededVisitor visit, void *arg)
{
    ElfFile elf = {.fd = fd};
    struct stat status;
    int result = 0;

    if (fstat(fd, &status) < 0 || status.st_size <= 0) {
        return 0;
    }
    elf.size = (uint64_t)status.st_size;
    if (elf_read_segments(&elf) && elf_read_entries(&elf) &&
        elf_read_strings(&elf)) {
        result = elf_visit(&elf, visit, arg);
    }
    PyMem_Free(elf.strings);
    PyMem_Free(elf.entries);
    PyMem_Free(elf.segments);
    return result;
}
