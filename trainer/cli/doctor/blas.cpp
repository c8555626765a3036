#include "trainer/cli/doctor/blas.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <fmt/format.h>

#include "core/format.h"
#include "trainer/cli/doctor/cpu_time.h"
#include "trainer/cli/doctor/fma_peak.h"
#include "trainer/cli/mkl/code_path.h"
#include "trainer/cli/mkl/full_speed.h"

namespace greentrain {
namespace {

constexpr std::int64_t kSize = 768;  // Fits into the caches of a core; large enough for full speed.
constexpr int kRounds = 5;
// Of a good BLAS on a free core 70 % and more; MKL's generic code on AVX-512 gave 40 %.
constexpr double kSlowShare = 0.5;

struct Speed {
  double product_flops{0};
  double peak_flops{0};
  double largest_error{0};  ///< Relative, against float64.
};

double product_flops(const at::Tensor& a, const at::Tensor& b) {
  const double begin = thread_cpu_seconds();
  const at::Tensor product = at::mm(a, b);
  return 2.0 * kSize * kSize * kSize / (thread_cpu_seconds() - begin);
}

// The best of several turns of both, in time that this thread has the core: other work, which it
// shares caches and clock rates with, then hardly counts.
Speed measure() {
  const at::Tensor a = at::rand({kSize, kSize});
  const at::Tensor b = at::rand({kSize, kSize});
  Speed speed;
  const at::Tensor exact = at::mm(a.to(at::kDouble), b.to(at::kDouble));
  speed.largest_error = ((at::mm(a, b) - exact) / exact).abs().max().item<double>();
  for (int round = 0; round < kRounds; ++round) {
    speed.peak_flops = std::max(speed.peak_flops, fma_peak_flops());
    for (int i = 0; i < 3; ++i) {
      speed.product_flops = std::max(speed.product_flops, product_flops(a, b));
    }
  }
  return speed;
}

std::string advice_for(const Speed& speed) {
  if (speed.product_flops >= kSlowShare * speed.peak_flops) return "";
  if (full_speed_mkl()) return "matrix products are slow: is the core busy with other work?";
  return "built without GREENTRAIN_FULL_SPEED_MKL, which lets MKL use all instructions of this CPU";
}

}  // namespace

Finding examine_blas() {
  at::set_num_threads(1);
  const Speed speed = measure();
  const double share = speed.product_flops / speed.peak_flops;
  const auto path = mkl_code_path();
  Finding finding{
      "blas",
      fmt::format("{}: {:.0f} of {:.0f} GFLOP/s of a core in float32, {}",
                  path ? "MKL with " + *path + " code" : "no MKL", speed.product_flops / 1e9,
                  speed.peak_flops / 1e9, format_percent(share)),
      {{"mkl", path ? nlohmann::ordered_json(*path) : nlohmann::ordered_json()},
       {"full_speed_mkl", full_speed_mkl()},
       {"gflops", speed.product_flops / 1e9},
       {"peak_gflops", speed.peak_flops / 1e9},
       {"share_of_peak", share},
       {"largest_error", speed.largest_error}},
      advice_for(speed)};
  if (!(speed.largest_error < 1e-4)) {  // Also when it is not a number.
    finding.stops_runs = true;
    finding.advice = fmt::format(
        "matrix products are wrong by {:.1e}, expected less than 1e-4; build with another libtorch "
        "or with -DGREENTRAIN_FULL_SPEED_MKL=OFF",
        speed.largest_error);
  }
  return finding;
}

}  // namespace greentrain
