#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "landlock.h"

#if defined(__x86_64__)
#define ATTUNE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ATTUNE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

#ifdef ATTUNE_ARCHITECTURE

// Calls that are let through whatever they are asked: files read, sockets used, memory, threads, time. Nothing that runs
// a program, writes or names a file, looks at another process, or changes what the process may do.
static const int plain_calls[] = {
    SYS_read, SYS_pread64, SYS_readv, SYS_preadv, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fstat,
    SYS_newfstatat, SYS_statx, SYS_getdents64, SYS_readlinkat, SYS_faccessat, SYS_faccessat2, SYS_getcwd, SYS_fcntl,
    SYS_dup, SYS_pipe2, SYS_fadvise64, SYS_statfs, SYS_fstatfs,
    SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom,
    SYS_recvmsg, SYS_recvmmsg, SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
    SYS_socketpair,
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2,
    SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_membarrier, SYS_mincore,
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_getcpu,
    SYS_gettid, SYS_exit, SYS_exit_group, SYS_restart_syscall,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_times,
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getrusage, SYS_uname, SYS_sysinfo,
    SYS_getrandom,
// What newer machines don't have any more.
#ifdef SYS_stat
    SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_pipe,
    SYS_eventfd, SYS_time, SYS_dup2, SYS_arch_prctl,
#endif
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
};

enum { most_instructions = 512 };

struct program {
    struct sock_filter code[most_instructions];
    unsigned short count;
};

static void add(struct program *program, struct sock_filter instruction) {
    if (program->count < most_instructions) program->code[program->count] = instruction;
    program->count++;
}

#define LOAD(field) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(field)))
#define NUMBER LOAD(offsetof(struct seccomp_data, nr))
// The lower half of an argument; all machines meant here have it first.
#define ARGUMENT(index) LOAD(offsetof(struct seccomp_data, args) + 8 * (index))
#define UPPER_ARGUMENT(index) LOAD(offsetof(struct seccomp_data, args) + 8 * (index) + 4)
#define MASK(bits) ((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (unsigned)(bits)))
#define ANSWER(action) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (action)))
#define ALLOW ANSWER(SECCOMP_RET_ALLOW)
#define REFUSE(number) ANSWER(SECCOMP_RET_ERRNO | (number))
// Goes on with the next instruction where the value is equal, else over `skipped` of them.
#define IF_EQUAL(value, skipped) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (skipped)))

static void allow(struct program *program, int call) {
    add(program, IF_EQUAL(call, 1));
    add(program, ALLOW);
}

/// Lets a call through where `(argument & mask)` is one of `values`, else gives EPERM.
static void allow_values(struct program *program, int call, int argument, unsigned mask, const unsigned *values,
                         unsigned char count) {
    add(program, IF_EQUAL(call, (unsigned char)(3 + 2 * count)));
    add(program, ARGUMENT(argument));
    add(program, MASK(mask));
    for (int index = 0; index < count; index++) {
        add(program, IF_EQUAL(values[index], 1));
        add(program, ALLOW);
    }
    add(program, REFUSE(EPERM));
}

#define ALLOW_VALUES(program, call, argument, mask, ...)                                                        \
    do {                                                                                                        \
        const unsigned values[] = {__VA_ARGS__};                                                                \
        allow_values((program), (call), (argument), (unsigned)(mask), values, sizeof values / sizeof *values);  \
    } while (0)

static void write_program(struct program *program, int uses_network) {
    program->count = 0;
    add(program, LOAD(offsetof(struct seccomp_data, arch)));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ATTUNE_ARCHITECTURE, 1, 0));
    add(program, ANSWER(SECCOMP_RET_KILL_PROCESS));
    add(program, NUMBER);
    for (size_t index = 0; index < sizeof plain_calls / sizeof *plain_calls; index++) allow(program, plain_calls[index]);
    // Files are opened to be read only.
    const unsigned writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
    ALLOW_VALUES(program, SYS_openat, 2, writing, O_RDONLY);
#ifdef SYS_open
    ALLOW_VALUES(program, SYS_open, 1, writing, O_RDONLY);
#endif
    if (uses_network) ALLOW_VALUES(program, SYS_socket, 0, ~0u, AF_INET, AF_INET6, AF_UNIX, AF_NETLINK);
    // Nothing that was data becomes code; libraries are mapped from files.
    ALLOW_VALUES(program, SYS_mprotect, 2, PROT_EXEC, 0);
    ALLOW_VALUES(program, SYS_mmap, 2, PROT_EXEC | PROT_WRITE, 0, PROT_WRITE, PROT_EXEC);
    ALLOW_VALUES(program, SYS_clone, 0, CLONE_THREAD | CLONE_VM | CLONE_NEWUSER | CLONE_NEWNS,
                 CLONE_THREAD | CLONE_VM);
    ALLOW_VALUES(program, SYS_ioctl, 1, ~0u, FIONREAD, FIONBIO, FIOCLEX, TCGETS);
    ALLOW_VALUES(program, SYS_prctl, 0, ~0u, PR_SET_NAME, PR_GET_NAME, (unsigned)PR_SET_VMA);
    // Signals to itself only, as abort() sends.
    ALLOW_VALUES(program, SYS_tgkill, 0, ~0u, (unsigned)getpid());
    // Limits are read, not set: the pointer to new ones is null, in both its halves.
    add(program, IF_EQUAL(SYS_prlimit64, 6));
    add(program, ARGUMENT(2));
    add(program, IF_EQUAL(0, 3));
    add(program, UPPER_ARGUMENT(2));
    add(program, IF_EQUAL(0, 1));
    add(program, ALLOW);
    add(program, REFUSE(EPERM));
    // Where clone3 is not there, the C library takes clone, whose flags can be looked at.
    add(program, IF_EQUAL(SYS_clone3, 1));
    add(program, REFUSE(ENOSYS));
    add(program, REFUSE(EPERM));
}

int attune_filter_calls(int uses_network) {
    struct program program;
    write_program(&program, uses_network);
    if (program.count > most_instructions) return -E2BIG;
    struct sock_fprog filter = {program.count, program.code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return 1;
    return errno == EINVAL ? 0 : -errno;
}

#else

int attune_filter_calls(int uses_network) {
    (void)uses_network;
    return 0;
}

#endif
