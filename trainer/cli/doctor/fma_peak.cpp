#include "trainer/cli/doctor/fma_peak.h"

#include <cstddef>

#include "trainer/cli/doctor/cpu_time.h"

namespace greentrain {
namespace {

// Chains that do not wait for each other: two units with a latency of four or five cycles are busy
// with ten. More would not fit into the 16 registers of AVX2.
constexpr std::size_t kChains = 10;
constexpr std::size_t kRepetitions = 1'000'000;

template <class Vector>
[[gnu::always_inline]] inline float run_chains() {
  volatile float start = 0.5f;  // Nothing here is known to the compiler.
  Vector factor{};
  factor += start;
  Vector chains[kChains]{};
  for (std::size_t i = 0; i < kRepetitions; ++i) {
#pragma GCC unroll 10
    for (std::size_t c = 0; c < kChains; ++c) chains[c] = chains[c] * factor + factor;
  }
  float sum = 0;
  for (const Vector& chain : chains) sum += chain[0];
  return sum;
}

using Floats4 = float __attribute__((vector_size(16)));
float run_narrow() { return run_chains<Floats4>(); }

#if defined(__x86_64__)
using Floats8 = float __attribute__((vector_size(32)));
using Floats16 = float __attribute__((vector_size(64)));
__attribute__((target("avx2,fma"))) float run_avx2() { return run_chains<Floats8>(); }
__attribute__((target("avx512f,prefer-vector-width=512"))) float run_avx512() {
  return run_chains<Floats16>();
}
#endif

struct Loop {
  float (*run)();
  std::size_t width;  ///< Floats in a vector.
};

Loop widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {run_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {run_avx2, 8};
#endif
  return {run_narrow, 4};
}

}  // namespace

double fma_peak_flops() {
  const Loop loop = widest();
  const double begin = thread_cpu_seconds();
  [[maybe_unused]] const volatile float sum = loop.run();
  const double spent = thread_cpu_seconds() - begin;
  return 2.0 * static_cast<double>(kRepetitions * kChains * loop.width) / spent;
}

}  // namespace greentrain
