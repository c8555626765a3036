#pragma once

/// Compiles a function for several CPU generations; the loader picks the best one it runs on.
/// Sanitizer builds do without, since they cannot run the loader's choice.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) && \
    defined(__GNUC__) && !defined(__clang__)
#define GREENTRAIN_CPU_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GREENTRAIN_CPU_CLONES
#endif
