#ifndef ATTUNE_COMMAND_H
#define ATTUNE_COMMAND_H

#include <sys/types.h>

#include "attune_worker.h"

/// What is wrong with a file that is to be executed.
enum attune_trust {
    ATTUNE_TRUSTED = 0,
    ATTUNE_NOT_THERE,  ///< or no folder, no regular file, or one that must not be executed
    ATTUNE_OF_OTHERS,  ///< it or a folder above it belongs to others than root and this user, or others may write to it
};

/// Whether `name` in `folder` is an executable file that nobody but root and the user of this process can change or
/// replace. A folder above in which everybody may write counts if it is sticky.
///
/// @param folder an absolute path
/// @param name of a file right in it, without a slash
enum attune_trust attune_command_trust(const char *folder, const char *name);

/// Starts a program in a process group of its own: pipes as its standard input and output (standard error is its
/// output, too), nothing else open, no arguments, no signal blocked or ignored, `/` as its folder, and PATH and LANG as
/// its environment. No shell is asked.
///
/// @param input receives the end to write to, `output` the end to read from: non-blocking, closed on exec
/// @param pid receives the process, which has to be ended by `attune_command_end`
/// @return 0, or a negated errno
int attune_command_start(const char *path, const char *name, int *input, int *output, pid_t *pid);

/// Whether the program has ended; it stays to be buried, so that its number is nobody else's.
int attune_command_has_ended(pid_t pid);

/// Kills what is left of the group, and buries the program.
/// @return 0, or a negated errno; ETIMEDOUT where the system does not let it die
int attune_command_end(pid_t pid, struct attune_worker_end *end);

#endif
