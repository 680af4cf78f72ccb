#ifndef ATTUNE_LANDLOCK_H
#define ATTUNE_LANDLOCK_H

#include <stddef.h>

/// Version of the kernel's Landlock; 0 where it has none.
int attune_landlock_version(void);

/// Lets the process read `paths` and what lies below them and do nothing else with files. Wants no_new_privs.
/// @return 0, also without Landlock, or a negated errno
int attune_landlock_read_only(const char *const *paths, size_t count);

/// Lets the process, and threads that it starts, make no system call but those of reading media, without `uses_network`
/// not even those that make a socket. Wants no_new_privs.
/// @return 1 where the filter is in force, 0 where the kernel has none, or a negated errno
int attune_filter_calls(int uses_network);

#endif
