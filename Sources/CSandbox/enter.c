#define _GNU_SOURCE

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"
#include "landlock.h"

/// Gives up what a process of root may do beyond others. Whoever has nothing to give up need not be allowed to.
static int drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, held) != 0) return -errno;
    uint32_t any = 0;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) any |= held[i].effective | held[i].permitted | held[i].inheritable;
    if (any == 0) return 0;
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}, {0, 0, 0}};
    return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

int attune_sandbox_enter(const char *const *paths, size_t count, int uses_network,
                         struct attune_sandbox_state *state) {
    state->landlock_version = attune_landlock_version();
    state->has_filter = 0;
    // Nothing that is run from here could gain a privilege; without this neither of the two below is allowed.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
    // No other process of the same user looks at the memory.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -errno;
    int result = drop_capabilities();
    if (result == 0) result = attune_landlock_read_only(paths, count);
    if (result != 0) return result;
    int filtered = attune_filter_calls(uses_network);
    if (filtered < 0) return filtered;
    state->has_filter = filtered;
    return 0;
}
