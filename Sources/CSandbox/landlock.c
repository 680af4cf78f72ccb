#define _GNU_SOURCE

#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's interface, written out so that older headers do; numbers are the same on all machines.
#define ATTUNE_LANDLOCK_CREATE 444
#define ATTUNE_LANDLOCK_ADD 445
#define ATTUNE_LANDLOCK_RESTRICT 446
#define ATTUNE_LANDLOCK_VERSION 1u
#define ATTUNE_LANDLOCK_PATH 1

#define ATTUNE_READ_FILE (1ull << 2)
#define ATTUNE_READ_FOLDER (1ull << 3)
// What there was to handle in the first version, and what later ones added (refer, truncate, ioctl of devices).
#define ATTUNE_FIRST_RIGHTS 0x1fffull
#define ATTUNE_REFER (1ull << 13)
#define ATTUNE_TRUNCATE (1ull << 14)
#define ATTUNE_DEVICES (1ull << 15)

struct ruleset {
    uint64_t handled_fs;
};

struct __attribute__((packed)) path_rule {
    uint64_t allowed;
    int32_t parent;
};

static int allow(int ruleset, const char *path) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return 0;  // What isn't there can't be read anyway.
    struct stat status;
    int is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    struct path_rule rule = {ATTUNE_READ_FILE | (is_folder ? ATTUNE_READ_FOLDER : 0), fd};
    long result = syscall(ATTUNE_LANDLOCK_ADD, ruleset, ATTUNE_LANDLOCK_PATH, &rule, 0);
    int error = errno;
    close(fd);
    return result == 0 ? 0 : -error;
}

int attune_landlock_version(void) {
    long version = syscall(ATTUNE_LANDLOCK_CREATE, 0, 0, ATTUNE_LANDLOCK_VERSION);
    return version > 0 ? (int)version : 0;
}

int attune_landlock_read_only(const char *const *paths, size_t count) {
    int version = attune_landlock_version();
    if (version == 0) return 0;
    struct ruleset rules = {ATTUNE_FIRST_RIGHTS};
    if (version >= 2) rules.handled_fs |= ATTUNE_REFER;
    if (version >= 3) rules.handled_fs |= ATTUNE_TRUNCATE;
    if (version >= 5) rules.handled_fs |= ATTUNE_DEVICES;
    int ruleset = (int)syscall(ATTUNE_LANDLOCK_CREATE, &rules, sizeof rules, 0);
    if (ruleset < 0) return -errno;
    int result = 0;
    for (size_t index = 0; index < count && result == 0; index++) result = allow(ruleset, paths[index]);
    if (result == 0 && syscall(ATTUNE_LANDLOCK_RESTRICT, ruleset, 0) != 0) result = -errno;
    close(ruleset);
    return result;
}
