#include "CLiteRT.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What is used of LiteRT's interface, declared here: its package brings no headers. Handles are opaque pointers there.
typedef void *handle;
typedef int status;

enum { on_cpu = 1, host_memory = 1, lock_to_read = 0, lock_to_write = 1, float32 = 1, most_outputs = 8, most_rank = 8 };

/// Type and shape of a tensor; 72 bytes in LiteRT's interface, which says that it is stable.
struct tensor_type {
    int32_t element;
    uint32_t rank : 7;
    uint32_t has_strides : 1;
    int32_t dimensions[most_rank];
    uint32_t strides[most_rank];
};
_Static_assert(sizeof(struct tensor_type) == 72, "LiteRT's tensor type has 72 bytes");

struct attune_litert {
    void *library;
    int nowhere;
    handle environment;
    status (*create_environment)(int, const void *, handle *);
    void (*destroy_environment)(handle);
    handle (*default_logger)(void);
    status (*set_least_severity)(handle, int8_t);
    status (*create_model)(handle, const void *, size_t, handle *);
    void (*destroy_model)(handle);
    status (*model_subgraph)(handle, size_t, handle *);
    status (*input_total)(handle, size_t *);
    status (*input)(handle, size_t, handle *);
    status (*output_total)(handle, size_t *);
    status (*output)(handle, size_t, handle *);
    status (*tensor_type)(handle, struct tensor_type *);
    status (*create_options)(handle *);
    void (*destroy_options)(handle);
    status (*set_accelerators)(handle, int);
    status (*compile)(handle, handle, handle, handle *);
    void (*destroy_compiled)(handle);
    status (*run)(handle, size_t, size_t, handle *, size_t, handle *);
    status (*create_buffer)(handle, int, const struct tensor_type *, size_t, handle *);
    void (*destroy_buffer)(handle);
    status (*lock)(handle, void **, int);
    status (*unlock)(handle);
};

struct attune_network {
    attune_litert *library;
    handle model, compiled, input, outputs[most_outputs];
    size_t input_count, output_total, output_counts[most_outputs];
};

static void say(char *why, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, size, format, arguments);
    va_end(arguments);
}

// The library tells standard error how it sets itself up, and cannot be told not to. While it does so standard error
// leads nowhere; one thread at a time, so that the right one is put back. Where it leads is opened with the library:
// a process that has been confined opens no files.
static pthread_mutex_t quiet_lock = PTHREAD_MUTEX_INITIALIZER;

static int begin_quiet(const attune_litert *library) {
    pthread_mutex_lock(&quiet_lock);
    int saved = dup(STDERR_FILENO);
    if (saved >= 0 && library->nowhere >= 0) dup2(library->nowhere, STDERR_FILENO);
    return saved;
}

static void end_quiet(int saved) {
    if (saved >= 0) {
        dup2(saved, STDERR_FILENO);
        close(saved);
    }
    pthread_mutex_unlock(&quiet_lock);
}

attune_litert *attune_litert_open(const char *path, char *why, size_t why_size) {
    attune_litert *opened = calloc(1, sizeof *opened);
    if (!opened) return NULL;
    opened->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    opened->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!opened->library) {
        say(why, why_size, "%s", dlerror());
        attune_litert_close(opened);
        return NULL;
    }
    const struct {
        const char *name;
        void *target;
    } functions[] = {
        {"LiteRtCreateEnvironment", &opened->create_environment},
        {"LiteRtDestroyEnvironment", &opened->destroy_environment},
        {"LiteRtCreateModelFromBuffer", &opened->create_model},
        {"LiteRtDestroyModel", &opened->destroy_model},
        {"LiteRtGetModelSubgraph", &opened->model_subgraph},
        {"LiteRtGetNumSubgraphInputs", &opened->input_total},
        {"LiteRtGetSubgraphInput", &opened->input},
        {"LiteRtGetNumSubgraphOutputs", &opened->output_total},
        {"LiteRtGetSubgraphOutput", &opened->output},
        {"LiteRtGetRankedTensorType", &opened->tensor_type},
        {"LiteRtCreateOptions", &opened->create_options},
        {"LiteRtDestroyOptions", &opened->destroy_options},
        {"LiteRtSetOptionsHardwareAccelerators", &opened->set_accelerators},
        {"LiteRtCreateCompiledModel", &opened->compile},
        {"LiteRtDestroyCompiledModel", &opened->destroy_compiled},
        {"LiteRtRunCompiledModel", &opened->run},
        {"LiteRtCreateManagedTensorBuffer", &opened->create_buffer},
        {"LiteRtDestroyTensorBuffer", &opened->destroy_buffer},
        {"LiteRtLockTensorBuffer", &opened->lock},
        {"LiteRtUnlockTensorBuffer", &opened->unlock},
    };
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
        void *found = dlsym(opened->library, functions[index].name);
        if (!found) {
            say(why, why_size, "it has no %s; another version of LiteRT?", functions[index].name);
            attune_litert_close(opened);
            return NULL;
        }
        // POSIX: pointers to functions and to data have one representation.
        memcpy(functions[index].target, &found, sizeof found);
    }
    int saved = begin_quiet(opened);
    status result = opened->create_environment(0, NULL, &opened->environment);
    end_quiet(saved);
    if (result == 0) return opened;
    say(why, why_size, "it cannot be set up (%d)", result);
    opened->environment = NULL;
    attune_litert_close(opened);
    return NULL;
}

void attune_litert_close(attune_litert *library) {
    if (!library) return;
    if (library->environment) {
        int saved = begin_quiet(library);
        library->destroy_environment(library->environment);
        end_quiet(saved);
    }
    if (library->nowhere >= 0) close(library->nowhere);
    // The library stays mapped: its threads and destructors may still be needed.
    free(library);
}

/// Values of a tensor of floats whose shape is fixed; 0 for any other.
static size_t value_count(const struct tensor_type *type) {
    if (type->element != float32 || type->rank > most_rank) return 0;
    size_t count = 1;
    for (size_t index = 0; index < type->rank; index++) {
        if (type->dimensions[index] < 1 || count > SIZE_MAX / 64 / (size_t)type->dimensions[index]) return 0;
        count *= (size_t)type->dimensions[index];
    }
    return count;
}

static status make_buffer(attune_litert *library, handle tensor, handle *buffer, size_t *count) {
    struct tensor_type type;
    memset(&type, 0, sizeof type);
    status result = library->tensor_type(tensor, &type);
    if (result != 0) return result;
    *count = value_count(&type);
    if (*count == 0) return -1;
    return library->create_buffer(library->environment, host_memory, &type, *count * sizeof(float), buffer);
}

static status make_buffers(attune_network *network) {
    attune_litert *library = network->library;
    handle subgraph, tensor;
    status result = library->model_subgraph(network->model, 0, &subgraph);
    size_t inputs = 0;
    if (result == 0) result = library->input_total(subgraph, &inputs);
    if (result == 0) result = library->output_total(subgraph, &network->output_total);
    if (result != 0) return result;
    if (inputs != 1 || network->output_total < 1 || network->output_total > most_outputs) return -1;
    result = library->input(subgraph, 0, &tensor);
    if (result == 0) result = make_buffer(library, tensor, &network->input, &network->input_count);
    for (size_t index = 0; index < network->output_total && result == 0; index++) {
        result = library->output(subgraph, index, &tensor);
        if (result == 0)
            result = make_buffer(library, tensor, &network->outputs[index], &network->output_counts[index]);
    }
    return result;
}

attune_network *attune_network_make(attune_litert *library, const void *model, size_t size, char *why,
                                    size_t why_size) {
    attune_network *network = calloc(1, sizeof *network);
    if (!network) return NULL;
    network->library = library;
    handle options = NULL;
    int saved = begin_quiet(library);
    status result = library->create_model(library->environment, model, size, &network->model);
    if (result == 0) result = library->create_options(&options);
    if (result == 0) result = library->set_accelerators(options, on_cpu);
    if (result == 0) result = library->compile(library->environment, network->model, options, &network->compiled);
    end_quiet(saved);
    if (options) library->destroy_options(options);
    if (result == 0) result = make_buffers(network);
    if (result == 0) return network;
    say(why, why_size, "the network cannot be used (%d)", result);
    attune_network_free(network);
    return NULL;
}

void attune_network_free(attune_network *network) {
    if (!network) return;
    attune_litert *library = network->library;
    for (size_t index = 0; index < most_outputs; index++)
        if (network->outputs[index]) library->destroy_buffer(network->outputs[index]);
    if (network->input) library->destroy_buffer(network->input);
    if (network->compiled) library->destroy_compiled(network->compiled);
    if (network->model) library->destroy_model(network->model);
    free(network);
}

size_t attune_network_input_count(const attune_network *network) { return network->input_count; }

size_t attune_network_output_total(const attune_network *network) { return network->output_total; }

size_t attune_network_output_count(const attune_network *network, size_t index) {
    return index < network->output_total ? network->output_counts[index] : 0;
}

int attune_network_run(attune_network *network, const float *input, float *const *outputs) {
    attune_litert *library = network->library;
    void *memory;
    status result = library->lock(network->input, &memory, lock_to_write);
    if (result != 0) return result;
    memcpy(memory, input, network->input_count * sizeof(float));
    result = library->unlock(network->input);
    if (result == 0)
        result = library->run(network->compiled, 0, 1, &network->input, network->output_total, network->outputs);
    for (size_t index = 0; index < network->output_total && result == 0; index++) {
        if (!outputs[index]) continue;
        result = library->lock(network->outputs[index], &memory, lock_to_read);
        if (result != 0) break;
        memcpy(outputs[index], memory, network->output_counts[index] * sizeof(float));
        result = library->unlock(network->outputs[index]);
    }
    return result;
}
