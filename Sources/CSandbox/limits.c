#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "CSandbox.h"

/// What is mapped now, in bytes; 0 where that can't be read.
static uint64_t mapped_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    unsigned long long pages = 0;
    int count = fscanf(file, "%llu", &pages);
    fclose(file);
    return count == 1 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static int limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard) {
    struct rlimit current, wanted = {soft, hard};
    if (getrlimit(resource, &current) != 0) return -errno;
    // A limit that is lower already stays.
    if (wanted.rlim_max > current.rlim_max) wanted.rlim_max = current.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
    return setrlimit(resource, &wanted) == 0 ? 0 : -errno;
}

int attune_sandbox_limit(uint64_t memory_bytes, uint64_t cpu_seconds, uint64_t descriptors) {
    rlim_t memory = mapped_bytes() + memory_bytes;
    int result = limit(RLIMIT_AS, memory, memory);
    // The soft limit ends the process; the parent raises it, within the hard one, as media comes.
    if (result == 0) result = limit(RLIMIT_CPU, cpu_seconds, RLIM_INFINITY);
    if (result == 0) result = limit(RLIMIT_NOFILE, descriptors, descriptors);
    if (result == 0) result = limit(RLIMIT_FSIZE, 0, 0);
    if (result == 0) result = limit(RLIMIT_CORE, 0, 0);
    return result;
}
