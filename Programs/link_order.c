/* link_order PROGRAM [ARGUMENT ...]: runs an executable that has a symbol
 * table, and prints the functions of it that were called, in the order of
 * their addresses (build time only).
 *
 * The linker puts these next to each other: what start-up needs of the text is
 * a third, but spread over all of it, and the kernel maps 64 kB around each
 * page that is touched.
 *
 * Each function's first byte becomes a breakpoint, which the first call takes
 * away again.  Where the kernel does not let the program be traced, nothing is
 * printed: the order is then the linker's own. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BREAKPOINT 0xCC          /* int3 */

typedef struct {
    uint64_t address;            /* as linked */
    const char *name;            /* in the file's string table */
    unsigned char byte;          /* what the breakpoint replaced */
    unsigned char called;
} Function;

typedef struct {
    const char *path;
    const unsigned char *image;  /* the file, mapped */
    Function *functions;         /* owned, by address, distinct */
    size_t n_functions;
    int memory;                  /* /proc/PID/mem */
    uint64_t bias;               /* where it runs, less where it was linked */
} Program;

static _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "link_order: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- the symbol table --------------------------------------------------- */

static int
compare_addresses(const void *left, const void *right)
{
    uint64_t a = ((const Function *)left)->address;
    uint64_t b = ((const Function *)right)->address;

    return (a > b) - (a < b);
}

static void
program_map(Program *program)
{
    struct stat info;
    int fd = open(program->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &info) < 0) {
        fail(program->path);
    }
    program->image = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE,
                          fd, 0);
    if (program->image == MAP_FAILED) {
        fail(program->path);
    }
    close(fd);
}

static const Elf64_Shdr *
program_find_symbols(const Program *program)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)program->image;
    const Elf64_Shdr *sections =
        (const Elf64_Shdr *)(program->image + header->e_shoff);

    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB) {
            return &sections[i];
        }
    }
    errno = ENOEXEC;
    fail(program->path);
}

/* Of several names of one address the first is kept. */
static void
program_read_functions(Program *program)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)program->image;
    const Elf64_Shdr *sections =
        (const Elf64_Shdr *)(program->image + header->e_shoff);
    const Elf64_Shdr *table = program_find_symbols(program);
    const Elf64_Sym *symbols =
        (const Elf64_Sym *)(program->image + table->sh_offset);
    const char *names = (const char *)program->image +
                        sections[table->sh_link].sh_offset;
    size_t n_symbols = table->sh_size / sizeof(Elf64_Sym), n = 0;
    Function *functions = calloc(n_symbols, sizeof(Function));

    if (functions == NULL) {
        fail(program->path);
    }
    for (size_t i = 0; i < n_symbols; i++) {
        if (ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC &&
            symbols[i].st_shndx != SHN_UNDEF && symbols[i].st_size > 0) {
            functions[n].address = symbols[i].st_value;
            functions[n].name = names + symbols[i].st_name;
            n++;
        }
    }
    qsort(functions, n, sizeof(Function), compare_addresses);
    program->functions = functions;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || functions[i].address != functions[i - 1].address) {
            functions[program->n_functions++] = functions[i];
        }
    }
}

/* ---- the run ------------------------------------------------------------ */

static void
child_execute(char **arguments)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0) {
        fail("/dev/null");
    }
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) {
        execv(arguments[0], arguments);
    }
    fail(arguments[0]);
}

/* Where the kernel put the entry point tells where it put the rest. */
static uint64_t
child_entry(pid_t pid)
{
    char path[64];
    Elf64_auxv_t entry;
    uint64_t address = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
    file = fopen(path, "rb");
    if (file == NULL) {
        fail(path);
    }
    while (fread(&entry, sizeof(entry), 1, file) == 1) {
        if (entry.a_type == AT_ENTRY) {
            address = entry.a_un.a_val;
        }
    }
    fclose(file);
    return address;
}

static void
program_write(const Program *program, const Function *function,
              unsigned char byte)
{
    if (pwrite(program->memory, &byte, 1,
               (off_t)(function->address + program->bias)) != 1) {
        fail(function->name);
    }
}

static void
program_set_breakpoints(Program *program, pid_t pid)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    program->memory = open(path, O_RDWR | O_CLOEXEC);
    if (program->memory < 0) {
        fail(path);
    }
    program->bias = child_entry(pid) -
                    ((const Elf64_Ehdr *)program->image)->e_entry;
    for (size_t i = 0; i < program->n_functions; i++) {
        Function *function = &program->functions[i];

        if (pread(program->memory, &function->byte, 1,
                  (off_t)(function->address + program->bias)) != 1) {
            fail(function->name);
        }
        program_write(program, function, BREAKPOINT);
    }
}

/* 1: the child stopped at a breakpoint, which is gone now. */
static int
program_count_call(Program *program, pid_t pid)
{
    struct user_regs_struct registers;
    Function key, *function;

    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0) {
        fail("PTRACE_GETREGS");
    }
    registers.rip--;
    key.address = registers.rip - program->bias;
    function = bsearch(&key, program->functions, program->n_functions,
                       sizeof(Function), compare_addresses);
    if (function == NULL) {
        return 0;
    }
    function->called = 1;
    program_write(program, function, function->byte);
    if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) < 0) {
        fail("PTRACE_SETREGS");
    }
    return 1;
}

/* Returns the child's wait status at its end. */
static int
program_run(Program *program, char **arguments)
{
    int status, started = 0;
    pid_t pid = fork();

    if (pid == 0) {
        child_execute(arguments);
    }
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        int signal_number = WSTOPSIG(status);

        if (signal_number == SIGTRAP && !started) {
            program_set_breakpoints(program, pid);
            started = 1;
            signal_number = 0;
        }
        else if (signal_number == SIGTRAP &&
                 program_count_call(program, pid)) {
            signal_number = 0;
        }
        if (ptrace(PTRACE_CONT, pid, NULL, (long)signal_number) < 0) {
            fail("PTRACE_CONT");
        }
    }
    return status;
}

int
main(int argc, char **argv)
{
    Program program = {.path = argv[1]};

    if (argc < 2) {
        fprintf(stderr, "usage: link_order PROGRAM [ARGUMENT ...]\n");
        return 2;
    }
    program_map(&program);
    program_read_functions(&program);
    if (program_run(&program, argv + 1) != 0) {
        fprintf(stderr, "link_order: %s failed\n", argv[1]);
        return 1;
    }
    for (size_t i = 0; i < program.n_functions; i++) {
        if (program.functions[i].called) {
            puts(program.functions[i].name);
        }
    }
    return 0;
}
