#ifndef ATTUNE_PROCESS_H
#define ATTUNE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Tells the service manager about the daemon's state (sd_notify protocol, e.g. "READY=1").
/// @return 1 if sent, 0 if nobody wants to know (NOTIFY_SOCKET is not set), or a negated errno
int attune_notify(const char *state);

/// Makes the kernel write no core file of this process, and lets no other process of the user read its memory.
/// @return 0, or a negated errno
int attune_forbid_core_dumps(void);

/// Has all threads of this process that are started from now on share one heap, so that what one gives back another has.
void attune_share_heap(void);

/// Gives the system back what lies free in the heaps. The C library does so by itself only at their ends.
void attune_return_free_memory(void);

/// What the process uses.
struct attune_process_usage {
    double cpu_seconds;  ///< user and system, all threads
    uint64_t resident_bytes;
    uint64_t open_descriptors, most_descriptors;
};

/// Reads what the process uses.
/// @return 0, or a negated errno
int attune_read_process_usage(struct attune_process_usage *usage);

/// Raises the number of descriptors that the process may have open to what the system allows it.
/// @return that number, or a negated errno
int64_t attune_raise_descriptor_limit(void);

/// CPU time of the calling thread in nanoseconds.
int64_t attune_thread_nanoseconds(void);

/// How often the calling thread has waited for something (voluntary context switches); -1 where that is not known.
int64_t attune_thread_waits(void);

/// Time that the machine's processors have idled since it started, all together, in seconds; below 0 where that is not
/// known.
double attune_host_idle_seconds(void);

/// Whether a descriptor is that of a regular file: no FIFO, device or folder.
bool attune_is_regular_file(int fd);

/// Whether who is neither owner nor in the group may do anything with the file of a descriptor; true where that is not
/// known.
bool attune_is_open_to_others(int fd);

/// Fills `bytes` with what nobody can guess (getrandom(2)).
/// @return 0, or a negated errno
int attune_random_bytes(uint8_t *bytes, size_t count);

/// A counter that wakes who polls for it once it is above zero: 8 bytes are written to add and read to clear. Does not
/// block; closed on exec.
/// @return the descriptor, or a negated errno
int attune_wake_open(void);

/// Names the calling thread; the kernel keeps 15 bytes.
void attune_name_thread(const char *name);

#endif
