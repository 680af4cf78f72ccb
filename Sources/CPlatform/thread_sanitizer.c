// For builds with ThreadSanitizer alone. Swift's `Mutex` is taken and given back by atomics that are compiled into this
// project's code, which the sanitizer sees, as long as nobody waits for it. Who has to wait does so inside of a library of
// the toolchain that is not instrumented, so that each wait would look like a race. These stand in front of the library's
// functions and tell the sanitizer.

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdint.h>

#define SELF __attribute__((swift_context)) void *mutex

extern void __tsan_acquire(void *);
extern void __tsan_release(void *);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void (*lock_function)(uint32_t owner, SELF);
typedef __attribute__((swiftcall)) void (*unlock_function)(SELF);

__attribute__((swiftcall)) void attune_lock_slow(uint32_t owner, SELF) __asm__(LOCK);
__attribute__((swiftcall)) void attune_unlock_slow(SELF) __asm__(UNLOCK);

__attribute__((swiftcall, no_sanitize("thread"))) void attune_lock_slow(uint32_t owner, SELF) {
    ((lock_function)dlsym(RTLD_NEXT, LOCK))(owner, mutex);
    __tsan_acquire(mutex);
}

__attribute__((swiftcall, no_sanitize("thread"))) void attune_unlock_slow(SELF) {
    __tsan_release(mutex);
    ((unlock_function)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}

#endif
#endif
