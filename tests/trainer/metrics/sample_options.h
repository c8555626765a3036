#pragma once

#include "trainer/data/dataset.h"
#include "trainer/metrics/loss_options.h"

namespace greentrain {

/// Of data with so many classes, or numbers to predict.
inline DatasetInfo info_of(const char* name, std::int64_t classes) {
  DatasetInfo info;
  info.name = name;
  info.sample_shape = {2};
  info.classes = classes;
  return info;
}

inline LossOptions loss_options(LossType type) {
  LossOptions options;
  options.type = type;
  return options;
}

}  // namespace greentrain
