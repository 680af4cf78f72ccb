#define _GNU_SOURCE

#include "session_memory.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// An arena keeps the most that ever passed through a network at once, and its holes: two threads that decode took
// 80 MiB more with one. A plan of where values lie is kept for each length of input that ever came: 13 kB each.
// sherpa-onnx has no setting for either. But ONNX Runtime's interface is a table of functions, one for all who ask, so
// the one that makes sessions is replaced there by ours.

// The table only grows from version to version, so these places hold from its first one on.
typedef void (*function)(void);
typedef void *handle;
typedef handle (*session_maker)(handle environment, const char *model, handle options, handle *session);

enum { session_maker_place = 7, disable_plans_place = 17, disable_arena_place = 19, release_status_place = 93 };
enum { first_version = 1 };

struct base {
    function *(*table)(uint32_t version);
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// Written once, before our function is reachable.
static const function *table;
static session_maker make_keeping;

static void change(handle options, int place) {
    handle status = ((handle(*)(handle))table[place])(options);
    if (status) ((void (*)(handle))table[release_status_place])(status);
}

static handle make_forgetting(handle environment, const char *model, handle options, handle *session) {
    change(options, disable_arena_place);
    change(options, disable_plans_place);
    return make_keeping(environment, model, options, session);
}

/// Writes one entry of a table that may lie in memory that is only read.
static void replace(function *entry, function replacement) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)entry & ~(page - 1);
    // An entry lies in one page: both are powers of two. The page stays as it is then: what else lies in it may be
    // written to.
    if (mprotect((void *)start, page, PROT_READ | PROT_WRITE) == 0) *entry = replacement;
}

void attune_keep_no_memory(void *library) {
    void *found = dlsym(library, "OrtGetApiBase");
    const struct base *(*entry)(void);
    memcpy(&entry, &found, sizeof entry);
    const struct base *base = found ? entry() : NULL;
    function *shared = base ? base->table(first_version) : NULL;
    if (!shared) return;
    pthread_mutex_lock(&lock);
    if (!table) {
        table = shared;
        make_keeping = (session_maker)shared[session_maker_place];
        replace(&shared[session_maker_place], (function)make_forgetting);
    }
    pthread_mutex_unlock(&lock);
}
