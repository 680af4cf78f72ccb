#define _GNU_SOURCE
#include "cplatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

size_t attune_unix_path_limit(void) {
    return sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
}

static int address_of(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length == 0) return -EINVAL;
    if (length > attune_unix_path_limit()) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

/// Removes what `open_lock` opened, whose lock ends.
static void close_lock(const char *path, int fd) {
    unlink(path);
    close(fd);
}

/// Whether `fd` still is the file at `path`, and not one that its last owner has removed.
static bool is_at(const char *path, int fd) {
    struct stat held, there;
    return fstat(fd, &held) == 0 && lstat(path, &there) == 0 && held.st_dev == there.st_dev &&
           held.st_ino == there.st_ino;
}

/// Locks a file that nobody else may open, for the time of one start: whoever may read a file or a folder may also
/// lock it, for ever.
static int open_lock(const char *path, int timeout_ms) {
    const int pause_ms = 5;
    for (int waited = 0;; waited += pause_ms) {
        int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) return -errno;
        int code = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
        if (code == 0 && is_at(path, fd)) return fd;
        close(fd);
        bool again = code == 0 || code == EINTR || code == EWOULDBLOCK;
        if (!again || waited >= timeout_ms) return code == 0 ? -EWOULDBLOCK : -code;
        struct timespec pause = {.tv_nsec = pause_ms * 1000000L};
        nanosleep(&pause, NULL);
    }
}

/// Makes room at `address`: 0 if nothing is in the way any more.
static int clear_path(const struct sockaddr_un *address, enum attune_step *step) {
    struct stat info;
    *step = ATTUNE_STEP_STAT;
    if (lstat(address->sun_path, &info) != 0) return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(info.st_mode)) return -EEXIST;

    *step = ATTUNE_STEP_PROBE;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return -errno;
    int code = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(probe);
    switch (code) {
    case ECONNREFUSED: break;  // nobody listens: left behind by a crash
    case ENOENT: return 0;
    case 0:
    case EAGAIN:  // somebody listens, with a full backlog
    case EPROTOTYPE:  // somebody uses it for datagrams
        return -EADDRINUSE;
    default: return -code;
    }
    *step = ATTUNE_STEP_UNLINK;
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

/// Binds and opens `fd` for connections; the file must not be there yet.
static int open_socket(int fd, const struct sockaddr_un *address, mode_t mode, gid_t group, int backlog,
                       enum attune_step *step, struct attune_file_id *identity) {
    *step = ATTUNE_STEP_BIND;
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) != 0) return -errno;
    struct stat info;
    int code = 0;
    if (lstat(address->sun_path, &info) != 0) {
        code = -errno;
    } else {
        *identity = (struct attune_file_id){.device = info.st_dev, .inode = info.st_ino};
    }
    // Where it has the group already, nobody has to be allowed to change it.
    if (code == 0 && group != (gid_t)-1 && info.st_gid != group) {
        *step = ATTUNE_STEP_OWNER;
        if (lchown(address->sun_path, (uid_t)-1, group) != 0) code = -errno;
    }
    if (code == 0) {
        *step = ATTUNE_STEP_MODE;
        if (chmod(address->sun_path, mode) != 0) code = -errno;
    }
    if (code == 0) {
        *step = ATTUNE_STEP_LISTEN;
        if (listen(fd, backlog) != 0) code = -errno;
    }
    if (code != 0) unlink(address->sun_path);
    return code;
}

int attune_unix_listen(const char *path, mode_t mode, gid_t group, int backlog, int lock_timeout_ms,
                       enum attune_step *step, struct attune_file_id *identity) {
    struct sockaddr_un address;
    *step = ATTUNE_STEP_BIND;
    int code = address_of(path, &address);
    if (code != 0) return code;

    *step = ATTUNE_STEP_LOCK;
    char lock_path[sizeof address.sun_path + sizeof ".lock"];
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    int lock = open_lock(lock_path, lock_timeout_ms);
    if (lock < 0) return lock;

    code = clear_path(&address, step);
    int fd = -1;
    if (code == 0) {
        *step = ATTUNE_STEP_SOCKET;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) code = -errno;
    }
    if (code == 0) code = open_socket(fd, &address, mode, group, backlog, step, identity);
    close_lock(lock_path, lock);
    if (code != 0) {
        if (fd >= 0) close(fd);
        return code;
    }
    *step = ATTUNE_STEP_NONE;
    return fd;
}

int attune_unix_remove(const char *path, struct attune_file_id identity) {
    struct stat info;
    if (lstat(path, &info) != 0) return errno == ENOENT ? 0 : -errno;
    if (info.st_dev != identity.device || info.st_ino != identity.inode) return 0;
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int int_option(int fd, int option, int *value) {
    socklen_t size = sizeof *value;
    return getsockopt(fd, SOL_SOCKET, option, value, &size) == 0 ? 0 : -errno;
}

int attune_unix_adopt(int fd) {
    int domain = 0, type = 0, accepts = 0;
    int code = int_option(fd, SO_DOMAIN, &domain);
    if (code == 0) code = int_option(fd, SO_TYPE, &type);
    if (code == 0) code = int_option(fd, SO_ACCEPTCONN, &accepts);
    if (code != 0) return code;
    if (domain != AF_UNIX || type != SOCK_STREAM || !accepts) return -EPROTOTYPE;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return -errno;
    int descriptor_flags = fcntl(fd, F_GETFD);
    if (descriptor_flags < 0 || fcntl(fd, F_SETFD, descriptor_flags | FD_CLOEXEC) != 0) return -errno;
    return 0;
}

int attune_unix_path(int fd, char *path) {
    struct sockaddr_un address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return -errno;
    if (address.sun_family != AF_UNIX) return -EPROTOTYPE;
    // A path that fills its field has no NUL after it; one of the abstract kind begins with NUL.
    memcpy(path, address.sun_path, sizeof address.sun_path);
    path[attune_unix_path_limit()] = 0;
    return 0;
}

int attune_peer_credentials(int fd, uint32_t *uid, uint32_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -errno;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int attune_peer_groups(int fd, uint32_t *groups, int capacity) {
    if (capacity < 0) return -EINVAL;
    socklen_t size = (socklen_t)((size_t)capacity * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) return -errno;
    return (int)(size / sizeof(gid_t));
}
