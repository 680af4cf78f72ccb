#define _GNU_SOURCE

#include "CSherpa.h"
#include "session_memory.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { sample_rate_hz = 16000, feature_count = 80 };

// The library's configuration of a recogniser of utterances: only what is set here has a name. What is left zero is what
// other models need, or has its default.
struct configuration {
    int32_t sample_rate_hz;
    int32_t feature_count;
    char other_models[96];
    const char *tokens;
    int32_t thread_count;
    int32_t prints_debug;
    const char *provider;
    // Up to, and with, the preprocessor that Moonshine's first version had.
    char more_models[64];
    const char *moonshine_encoder;
    // Of the first version, too.
    const char *two_decoders[2];
    const char *moonshine_decoder;
    char decoding[400];
    // A version that writes more than it says would write here.
    char spare[1024];
};

_Static_assert(offsetof(struct configuration, tokens) == 104, "tokens");
_Static_assert(offsetof(struct configuration, provider) == 120, "provider");
_Static_assert(offsetof(struct configuration, moonshine_encoder) == 192, "encoder");
_Static_assert(offsetof(struct configuration, moonshine_decoder) == 216, "decoder");
_Static_assert(offsetof(struct configuration, spare) == 624, "all of it");

struct result {
    const char *text;
};

struct attune_sherpa {
    void *library;
    const void *recogniser;
    const char *(*version)(void);
    const void *(*create)(const struct configuration *);
    void (*destroy)(const void *);
    const void *(*begin)(const void *);
    void (*end)(const void *);
    void (*accept)(const void *, int32_t, const float *, int32_t);
    void (*decode)(const void *, const void *);
    const struct result *(*result)(const void *);
    void (*free_result)(const struct result *);
};

static int find_functions(struct attune_sherpa *sherpa) {
    const struct {
        const char *name;
        void *function;
    } wanted[] = {
        {"SherpaOnnxGetVersionStr", &sherpa->version},
        {"SherpaOnnxCreateOfflineRecognizer", &sherpa->create},
        {"SherpaOnnxDestroyOfflineRecognizer", &sherpa->destroy},
        {"SherpaOnnxCreateOfflineStream", &sherpa->begin},
        {"SherpaOnnxDestroyOfflineStream", &sherpa->end},
        {"SherpaOnnxAcceptWaveformOffline", &sherpa->accept},
        {"SherpaOnnxDecodeOfflineStream", &sherpa->decode},
        {"SherpaOnnxGetOfflineStreamResult", &sherpa->result},
        {"SherpaOnnxDestroyOfflineRecognizerResult", &sherpa->free_result},
    };
    for (size_t index = 0; index < sizeof wanted / sizeof *wanted; index++) {
        void *function = dlsym(sherpa->library, wanted[index].name);
        if (!function) return 0;
        // A pointer to a function can't be assigned from one to data in C, but copied.
        memcpy(wanted[index].function, &function, sizeof function);
    }
    return 1;
}

static enum attune_sherpa_result open_model(struct attune_sherpa *sherpa, const char *library, const char *encoder,
                                            const char *decoder, const char *tokens) {
    sherpa->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!sherpa->library) return ATTUNE_SHERPA_NO_LIBRARY;
    if (!find_functions(sherpa)) return ATTUNE_SHERPA_OTHER_VERSION;
    const char *version = sherpa->version();
    if (!version || strcmp(version, ATTUNE_SHERPA_VERSION) != 0) return ATTUNE_SHERPA_OTHER_VERSION;
    attune_keep_no_memory(sherpa->library);
    struct configuration configuration;
    memset(&configuration, 0, sizeof configuration);
    configuration.sample_rate_hz = sample_rate_hz;
    configuration.feature_count = feature_count;
    configuration.tokens = tokens;
    // With one there is no pool: who decodes does all of it.
    configuration.thread_count = 1;
    configuration.provider = "cpu";
    configuration.moonshine_encoder = encoder;
    configuration.moonshine_decoder = decoder;
    sherpa->recogniser = sherpa->create(&configuration);
    return sherpa->recogniser ? ATTUNE_SHERPA_OPEN : ATTUNE_SHERPA_NO_MODEL;
}

enum attune_sherpa_result attune_sherpa_open(const char *library, const char *encoder, const char *decoder,
                                             const char *tokens, struct attune_sherpa **sherpa) {
    *sherpa = NULL;
    struct attune_sherpa *opened = calloc(1, sizeof *opened);
    if (!opened) return ATTUNE_SHERPA_NO_MEMORY;
    enum attune_sherpa_result result = open_model(opened, library, encoder, decoder, tokens);
    if (result == ATTUNE_SHERPA_OPEN) {
        *sherpa = opened;
    } else {
        attune_sherpa_close(opened);
    }
    return result;
}

char *attune_sherpa_decode(const struct attune_sherpa *sherpa, const float *samples, size_t count) {
    if (count > INT32_MAX) return NULL;
    const void *stream = sherpa->begin(sherpa->recogniser);
    if (!stream) return NULL;
    sherpa->accept(stream, sample_rate_hz, samples, (int32_t)count);
    sherpa->decode(sherpa->recogniser, stream);
    const struct result *result = sherpa->result(stream);
    char *text = result && result->text ? strdup(result->text) : NULL;
    if (result) sherpa->free_result(result);
    sherpa->end(stream);
    return text;
}

void attune_sherpa_close(struct attune_sherpa *sherpa) {
    if (!sherpa) return;
    if (sherpa->recogniser) sherpa->destroy(sherpa->recogniser);
    // The library has threads and handlers of its own and is not made to be closed.
    free(sherpa);
}

void attune_wipe(void *bytes, size_t count) { explicit_bzero(bytes, count); }
