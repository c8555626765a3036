#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace greentrain {

/// What to do with a file whose tensors are not the model's.
enum class Differences { Refused, Allowed };

/// Copies what fits from a safetensors file, written by greentrain or by anybody else, into the
/// module's memory: tensors of the same name and shape, converted if they are F64, F32, F16 or
/// BF16.
///
/// Tensors whose names begin with one of `fresh` keep their first values. Those of `input`, the
/// standardisation, are taken where they fit and never missed, nor is num_batches_tracked of
/// PyTorch. Every other difference (missing, unexpected, another shape) is one line of the result,
/// or, if differences are refused, of a UsageError; then no weight is changed. UsageError too when
/// the file is malformed or nothing in it fits.
std::vector<std::string> load_initial_weights(torch::nn::Module& module,
                                              const std::filesystem::path& path,
                                              const std::vector<std::string>& fresh,
                                              Differences differences);

/// Whether a tensor is called `prefix` or lies below it: "blocks.0" holds "blocks.0.weight".
bool is_below(const std::string& name, const std::string& prefix);

}  // namespace greentrain
