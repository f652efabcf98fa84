/* What libraries a shared library needs: the dynamic section of an ELF file
 * (System V ABI, "Dynamic Linking").
 *
 * The file is not trusted: each offset and size in it is checked against the
 * file's size, and a file that makes no sense needs nothing, so that the dynamic
 * linker is the one to complain. */
#include "Python.h"

#include "native.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct {
    const char *data;                /* the whole file, mapped */
    size_t size;
    const Elf64_Phdr *segments;
    size_t segment_count;
    const char *strings;             /* in the file */
    size_t strings_size;
} ElfFile;

/* `size` bytes at `offset`, or NULL if the file does not have them, or not
 * where `alignment` allows. */
static const void *
elf_part(const ElfFile *elf, uint64_t offset, uint64_t size, size_t alignment)
{
    if (offset > elf->size || size > elf->size - offset ||
        offset % alignment != 0) {
        return NULL;
    }
    return elf->data + offset;
}

static const Elf64_Phdr *
elf_segment(const ElfFile *elf, uint32_t type)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        if (elf->segments[i].p_type == type) {
            return &elf->segments[i];
        }
    }
    return NULL;
}

/* Reads the header.  1, or 0 if it is no 64-bit ELF file. */
static int
elf_read_header(ElfFile *elf)
{
    const Elf64_Ehdr *header = elf_part(elf, 0, sizeof(Elf64_Ehdr), 1);

    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_phentsize != sizeof(Elf64_Phdr)) {
        return 0;
    }
    elf->segment_count = header->e_phnum;
    elf->segments = elf_part(elf, header->e_phoff,
                             (uint64_t)header->e_phnum * sizeof(Elf64_Phdr),
                             _Alignof(Elf64_Phdr));
    return elf->segments != NULL;
}

/* Where in the file the byte at `address` of the loaded library is. */
static int
elf_offset(const ElfFile *elf, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            *offset = segment->p_offset + (address - segment->p_vaddr);
            return 1;
        }
    }
    return 0;
}

/* The value of the first entry with the tag.  1/0. */
static int
dynamic_value(const Elf64_Dyn *entries, size_t count, int64_t tag,
              uint64_t *value)
{
    for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == tag) {
            *value = entries[i].d_un.d_val;
            return 1;
        }
    }
    return 0;
}

static int
elf_find_strings(ElfFile *elf, const Elf64_Dyn *entries, size_t count)
{
    uint64_t address, size, offset;

    if (!dynamic_value(entries, count, DT_STRTAB, &address) ||
        !dynamic_value(entries, count, DT_STRSZ, &size) ||
        !elf_offset(elf, address, &offset)) {
        return 0;
    }
    elf->strings = elf_part(elf, offset, size, 1);
    elf->strings_size = size;
    return elf->strings != NULL && size > 0 && elf->strings[size - 1] == '\0';
}

/* The string that an entry with the tag names, or NULL. */
static const char *
elf_string(const ElfFile *elf, uint64_t offset)
{
    return offset < elf->strings_size ? elf->strings + offset : NULL;
}

/* All entries DT_NEEDED. */
static int
elf_visit(ElfFile *elf, NativeNeededVisitor visit, void *arg)
{
    const Elf64_Phdr *dynamic;
    const Elf64_Dyn *entries;
    const char *folders = NULL, *name;
    uint64_t offset;
    size_t count;
    int is_runpath, status = 0;

    if (!elf_read_header(elf)) {
        return 0;
    }
    dynamic = elf_segment(elf, PT_DYNAMIC);
    entries = dynamic == NULL ? NULL
                              : elf_part(elf, dynamic->p_offset,
                                         dynamic->p_filesz,
                                         _Alignof(Elf64_Dyn));
    if (entries == NULL) {
        return 0;
    }
    count = dynamic->p_filesz / sizeof(Elf64_Dyn);
    if (!elf_find_strings(elf, entries, count)) {
        return 0;
    }
    /* DT_RPATH counts only without DT_RUNPATH. */
    is_runpath = dynamic_value(entries, count, DT_RUNPATH, &offset);
    if (is_runpath || dynamic_value(entries, count, DT_RPATH, &offset)) {
        folders = elf_string(elf, offset);
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        if (entries[i].d_tag == DT_NULL) {
            break;
        }
        name = entries[i].d_tag == DT_NEEDED
                   ? elf_string(elf, entries[i].d_un.d_val) : NULL;
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
    ElfFile elf = {0};
    struct stat status;
    void *data;
    int result;

    if (fstat(fd, &status) < 0 || status.st_size <= 0) {
        return 0;
    }
    elf.size = (size_t)status.st_size;
    data = mmap(NULL, elf.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return 0;
    }
    elf.data = data;
    result = elf_visit(&elf, visit, arg);
    munmap(data, elf.size);
    return result;
}
