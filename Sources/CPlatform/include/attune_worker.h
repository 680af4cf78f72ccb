#ifndef ATTUNE_WORKER_H
#define ATTUNE_WORKER_H

#include <stdint.h>
#include <sys/types.h>

/// Starts a program in a process (and process group) of its own, with one end of a socket of messages (SOCK_SEQPACKET)
/// as its standard input and output, nothing else open, no signal blocked or ignored, and next to no environment.
///
/// @param path of the program; it gets no arguments
/// @param input what it has as its standard input instead; -1 for nothing
/// @param socket receives the other end: non-blocking, closed on exec
/// @param pid receives the process, which has to be waited for
/// @return 0, or a negated errno
int attune_worker_start(const char *path, int input, int *socket, pid_t *pid);

/// How a child has ended: a worker, or a command (attune_command.h).
struct attune_worker_end {
    int has_ended;
    int exit_code;  ///< -1 where it was a signal
    int signal;     ///< 0 where it was none
};

/// Looks whether a child has ended, and buries it if so.
/// @return 0, or a negated errno
int attune_worker_end(pid_t pid, struct attune_worker_end *end);

/// Lets a child spend so many seconds of CPU time in all.
/// @return 0, or a negated errno
int attune_worker_allow_cpu(pid_t pid, uint64_t seconds);

/// CPU time that a child has spent, in nanoseconds; below 0 where that is not known.
int64_t attune_worker_cpu_nanoseconds(pid_t pid);

#endif
