import Glibc

/// Whether a sanitizer is built in: it lays terabytes of its own beside what the program has.
public let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
