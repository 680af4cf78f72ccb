#define _GNU_SOURCE
#include "attune_process.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int attune_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || path[0] == '\0') return 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // abstract namespace
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    int result = sent < 0 ? -errno : 1;
    close(fd);
    return result;
}

int attune_forbid_core_dumps(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -errno;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno;
}

void attune_share_heap(void) {
    mallopt(M_ARENA_MAX, 1);
}

void attune_return_free_memory(void) {
    malloc_trim(0);
}

int64_t attune_thread_nanoseconds(void) {
    struct timespec time = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t attune_thread_waits(void) {
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : -1;
}

double attune_host_idle_seconds(void) {
    // Its second figure is the idle time of all processors together; unlike /proc/stat it costs the same on any
    // machine.
    FILE *file = fopen("/proc/uptime", "re");
    if (file == NULL) return -1;
    double up, idle;
    int count = fscanf(file, "%lf %lf", &up, &idle);
    fclose(file);
    return count == 2 ? idle : -1;
}

static int read_resident_bytes(uint64_t *bytes) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return -errno;
    unsigned long long size, resident;
    int count = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    if (count != 2) return -EIO;
    *bytes = resident * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

static int count_descriptors(uint64_t *count) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return -errno;
    *count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) *count += entry->d_name[0] != '.';
    closedir(folder);
    *count -= *count > 0;  // that of the folder itself
    return 0;
}

int attune_read_process_usage(struct attune_process_usage *usage) {
    struct rusage used;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    usage->cpu_seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    usage->most_descriptors = limit.rlim_cur;
    int code = read_resident_bytes(&usage->resident_bytes);
    return code == 0 ? count_descriptors(&usage->open_descriptors) : code;
}

int64_t attune_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

void attune_name_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

bool attune_is_regular_file(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

bool attune_is_open_to_others(int fd) {
    struct stat info;
    return fstat(fd, &info) != 0 || (info.st_mode & S_IRWXO) != 0;
}

int attune_random_bytes(uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t got = getrandom(bytes, count, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        bytes += got;
        count -= (size_t)got;
    }
    return 0;
}

int attune_wake_open(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor >= 0 ? descriptor : -errno;
}
