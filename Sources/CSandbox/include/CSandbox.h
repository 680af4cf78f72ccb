#ifndef ATTUNE_CSANDBOX_H
#define ATTUNE_CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

// What a process that reads media of strangers gives up before it reads any. Linux only.

/// What of it the kernel has taken.
struct attune_sandbox_state {
    int landlock_version;  ///< version of the kernel's interface; 0 where there is none
    int has_filter;        ///< whether the filter of system calls is in force
};

/// Bounds what the process may use: `memory_bytes` of address space beyond what is mapped now, `cpu_seconds` of
/// processor time (which the parent raises as media comes), `descriptors` open at a time, no file written, no core.
/// @return 0, or a negated errno
int attune_sandbox_limit(uint64_t memory_bytes, uint64_t cpu_seconds, uint64_t descriptors);

/// Lets the process, from now on and for good, read nothing but `paths` and what lies below them, write nothing, run
/// nothing, and make only the system calls that reading media takes.
///
/// @param paths those that don't exist are passed over; NULL where `count` is 0
/// @param uses_network 0 for a process that opens no socket any more
/// @return 0, or a negated errno; a kernel without Landlock or seccomp is no error, `state` says what there is
int attune_sandbox_enter(const char *const *paths, size_t count, int uses_network,
                         struct attune_sandbox_state *state);

// MARK: Where connections may go
//
// The process has its own connect(2), sendto(2), sendmsg(2) and sendmmsg(2), which the libraries in it call: so the rule
// holds for whatever a redirect, a playlist, a key or a session description refers to, by the address that is really
// used, not by a name that may resolve to something else the next time.

/// Refuses, from now on, every address that is not public, but those that are let through below.
///
/// @param guards_datagrams whether that holds for datagrams, too
void attune_gate_close(int guards_datagrams);

/// Lets through the addresses of `host`: streams to `port` only, datagrams to any.
/// @return how many there are; 0 where the name can't be resolved
int attune_gate_allow_host(const char *host, uint16_t port);

/// Lets through a network such as `10.0.0.0/8` or a single address.
/// @return 0, or -EINVAL where it is no network
int attune_gate_allow_network(const char *network);

/// The address that was refused last, in words; an empty text where none was.
const char *attune_gate_refused(void);

#endif
