#include "COnnxRuntime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is used of ONNX Runtime's interface, declared here: its package brings no headers. The interface is a table of
// functions to which later versions only add, so these places hold from its first version on.
typedef void *handle;
typedef handle (*function)(void);

enum place {
    error_message = 2,
    create_environment = 3,
    create_session_from_array = 8,
    run = 9,
    create_session_options = 10,
    disable_memory_plans = 17,
    disable_memory_arena = 19,
    set_thread_count = 24,
    create_tensor_with_data = 49,
    create_cpu_memory_info = 69,
    release_environment = 92,
    release_status = 93,
    release_memory_info = 94,
    release_session = 95,
    release_value = 96,
    release_session_options = 100,
};

enum { first_version = 1, log_fatal = 4, device_allocator = 0, default_memory = 0, float32 = 1 };

struct base {
    const function *(*table)(uint32_t version);
    const char *(*version)(void);
};

struct attune_onnx {
    void *library;
    const function *table;
    handle environment, memory;
};

struct attune_onnx_network {
    attune_onnx *library;
    handle session;
    const char *input;
};

// A function of the table, of the given type. POSIX: pointers to functions have one representation.
#define CALL(library, place, ...) ((handle(*)(__VA_ARGS__))(library)->table[place])
#define RELEASE(library, place, value) ((void (*)(handle))(library)->table[place])(value)

/// Whether a call went well; otherwise says why, where there is room for it.
static int went_well(attune_onnx *library, handle status, char *why, size_t why_size) {
    if (!status) return 1;
    if (why) snprintf(why, why_size, "%s", ((const char *(*)(handle))library->table[error_message])(status));
    RELEASE(library, release_status, status);
    return 0;
}

attune_onnx *attune_onnx_open(const char *path, char *why, size_t why_size) {
    attune_onnx *opened = calloc(1, sizeof *opened);
    if (!opened) return NULL;
    opened->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!opened->library) {
        snprintf(why, why_size, "%s", dlerror());
        free(opened);
        return NULL;
    }
    void *found = dlsym(opened->library, "OrtGetApiBase");
    const struct base *(*entry)(void);
    memcpy(&entry, &found, sizeof entry);
    const struct base *base = found ? entry() : NULL;
    opened->table = base ? base->table(first_version) : NULL;
    if (!opened->table) {
        snprintf(why, why_size, "it is no ONNX Runtime");
        free(opened);
        return NULL;
    }
    if (!went_well(opened,
                   CALL(opened, create_environment, int, const char *, handle *)(log_fatal, "attune",
                                                                                 &opened->environment),
                   why, why_size) ||
        !went_well(opened,
                   CALL(opened, create_cpu_memory_info, int, int, handle *)(device_allocator, default_memory,
                                                                            &opened->memory),
                   why, why_size)) {
        attune_onnx_close(opened);
        return NULL;
    }
    return opened;
}

void attune_onnx_close(attune_onnx *library) {
    if (!library) return;
    if (library->memory) RELEASE(library, release_memory_info, library->memory);
    if (library->environment) RELEASE(library, release_environment, library->environment);
    // The library stays mapped: its threads and destructors may still be needed.
    free(library);
}

attune_onnx_network *attune_onnx_network_make(attune_onnx *library, const void *model, size_t size, const char *input,
                                              char *why, size_t why_size) {
    attune_onnx_network *network = calloc(1, sizeof *network);
    if (!network) return NULL;
    *network = (attune_onnx_network){.library = library, .input = input};
    handle options = NULL;
    int is_made =
        went_well(library, CALL(library, create_session_options, handle *)(&options), why, why_size) &&
        went_well(library, CALL(library, set_thread_count, handle, int)(options, 1), why, why_size) &&
        // An arena would keep what passes through the network for as long as the network lives, and a plan of where
        // values lie would be kept for each length of input that ever came.
        went_well(library, CALL(library, disable_memory_arena, handle)(options), why, why_size) &&
        went_well(library, CALL(library, disable_memory_plans, handle)(options), why, why_size) &&
        went_well(library,
                  CALL(library, create_session_from_array, handle, const void *, size_t, handle, handle *)(
                      library->environment, model, size, options, &network->session),
                  why, why_size);
    if (options) RELEASE(library, release_session_options, options);
    if (is_made) return network;
    attune_onnx_network_free(network);
    return NULL;
}

void attune_onnx_network_free(attune_onnx_network *network) {
    if (!network) return;
    if (network->session) RELEASE(network->library, release_session, network->session);
    free(network);
}

/// A tensor over values of the caller; NULL where that fails.
static handle tensor(attune_onnx *library, const float *values, attune_onnx_shape shape) {
    size_t count = 1;
    for (size_t index = 0; index < shape.rank; index++) count *= (size_t)shape.dimensions[index];
    handle made = NULL;
    // Inputs are only read.
    handle status = CALL(library, create_tensor_with_data, handle, const void *, size_t, const int64_t *, size_t, int,
                         handle *)(library->memory, values, count * sizeof *values, shape.dimensions, shape.rank,
                                   float32, &made);
    return went_well(library, status, NULL, 0) ? made : NULL;
}

int attune_onnx_network_run(attune_onnx_network *network, const float *input, attune_onnx_shape input_shape,
                            float *output, attune_onnx_shape output_shape) {
    attune_onnx *library = network->library;
    static const char *const output_name = "output";
    handle given = tensor(library, input, input_shape), taken = tensor(library, output, output_shape);
    int is_done = 0;
    if (given && taken) {
        handle status = CALL(library, run, handle, handle, const char *const *, const handle *, size_t,
                             const char *const *, size_t, handle *)(network->session, NULL, &network->input, &given, 1,
                                                                    &output_name, 1, &taken);
        is_done = went_well(library, status, NULL, 0);
    }
    if (given) RELEASE(library, release_value, given);
    if (taken) RELEASE(library, release_value, taken);
    return is_done ? 0 : -1;
}
