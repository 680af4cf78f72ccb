#ifndef ATTUNE_SPAWN_H
#define ATTUNE_SPAWN_H

#include <sys/types.h>

/// Starts a program in a process group of its own, with the signals as a new program expects them and no descriptors but
/// the standard ones: `descriptors`, of which -1 is nothing at all (/dev/null, to write to). `folder` is where it begins;
/// NULL: here. Returns 0 or a negative errno.
int attune_spawn(
    const char *path, char *const arguments[], char *const environment[], const int descriptors[3], const char *folder,
    pid_t *pid);

#endif
