#ifndef ATTUNE_CPLATFORM_H
#define ATTUNE_CPLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The system call that failed, so that the caller can say what to do about it.
enum attune_step {
    ATTUNE_STEP_NONE = 0,
    ATTUNE_STEP_LOCK,    ///< open or flock of the file beside it
    ATTUNE_STEP_STAT,    ///< something that is no socket is in the way
    ATTUNE_STEP_PROBE,   ///< a live process answers on the path
    ATTUNE_STEP_UNLINK,
    ATTUNE_STEP_SOCKET,
    ATTUNE_STEP_BIND,
    ATTUNE_STEP_OWNER,
    ATTUNE_STEP_MODE,
    ATTUNE_STEP_LISTEN,
};

/// What identifies a socket file, so that only one's own is ever removed.
struct attune_file_id {
    uint64_t device;
    uint64_t inode;
};

/// Longest path a Unix socket can have, in bytes.
size_t attune_unix_path_limit(void);

/// Makes a listening Unix stream socket at `path`: non-blocking, close-on-exec.
///
/// A socket file that nobody answers on is replaced; one that answers is left alone (EADDRINUSE in
/// ATTUNE_STEP_PROBE). Mode and group are set before listen(2), and without listen(2) nobody can connect.
/// `path` with `.lock` behind it is locked meanwhile, so that two daemons that start together can't replace each
/// other's file; it is removed again.
///
/// @param group group of the file, or (gid_t)-1 for that of the process
/// @param lock_timeout_ms how long to wait for another one that starts on the same path
/// @param step receives the step that failed
/// @param identity receives what identifies the new file
/// @return the descriptor, or a negated errno
int attune_unix_listen(const char *path, mode_t mode, gid_t group, int backlog, int lock_timeout_ms,
                       enum attune_step *step, struct attune_file_id *identity);

/// Removes the socket file at `path` if it is still the one of `identity`.
/// @return 0, also when the file is gone or somebody else's, or a negated errno
int attune_unix_remove(const char *path, struct attune_file_id identity);

/// Checks a descriptor that was handed over by a supervisor and makes it non-blocking and close-on-exec.
/// @return 0, or a negated errno; EPROTOTYPE if it is no listening Unix stream socket
int attune_unix_adopt(int fd);

/// The path that a Unix socket is bound to, without one an empty text.
/// @param path room for `attune_unix_path_limit() + 1` bytes
/// @return 0, or a negated errno; EPROTOTYPE if it is no Unix socket
int attune_unix_path(int fd, char *path);

/// Credentials of the process at the other end, as of its connect(2).
/// @return 0, or a negated errno
int attune_peer_credentials(int fd, uint32_t *uid, uint32_t *gid);

/// Supplementary groups of the process at the other end.
/// @param groups room for `capacity` groups
/// @return how many were written, or a negated errno; ERANGE if there are more than `capacity`
int attune_peer_groups(int fd, uint32_t *groups, int capacity);

#endif
