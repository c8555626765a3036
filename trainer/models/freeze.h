#pragma once

#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace greentrain {

/// Parameters whose names are one of `prefixes`, or lie below it, get no gradient from now on: they
/// take no part in the exchange and have no optimizer state, and normalisation among them uses its
/// running statistics. Throws UsageError for a prefix that nothing is called, or when nothing is
/// left to train.
void freeze(torch::nn::Module& module, const std::vector<std::string>& prefixes);

}  // namespace greentrain
