#include "trainer/models/initial_values.h"

#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"

namespace greentrain {

at::Tensor initial_values(at::IntArrayRef shape, spec::Init init, double deviation, Fans fans) {
  const auto in = static_cast<double>(fans.in);
  const auto out = static_cast<double>(fans.out);
  at::Tensor values = at::empty(shape, at::kFloat);
  switch (init) {
    case spec::Init::He:
      return values.normal_(0.0, std::sqrt(2 / in));
    case spec::Init::Xavier: {
      const double bound = std::sqrt(6 / (in + out));
      return values.uniform_(-bound, bound);
    }
    case spec::Init::Lecun:
      return values.normal_(0.0, std::sqrt(1 / in));
    case spec::Init::Normal:
      return values.normal_(0.0, deviation);
    case spec::Init::Truncated: {
      const double most = std::erf(std::sqrt(2.0));  // Share within two deviations.
      return values.uniform_(-most, most).erfinv_().mul_(std::sqrt(2.0) * deviation);
    }
    case spec::Init::Small:
      return values.normal_(0.0, 1 / in);
    case spec::Init::Zeros:
      return values.zero_();
  }
  throw Error("first weights of no kind");
}

}  // namespace greentrain
