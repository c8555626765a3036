#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <c10/core/ScalarType.h>

namespace torch::nn {
class Module;
}

namespace greentrain {

/// What safetensors calls a dtype: "F32". Throws Error for one that it has no name for.
std::string safetensors_dtype(at::ScalarType type);

/// Writes parameters and buffers as safetensors, all or nothing: see write_file_atomically().
void save_weights(const torch::nn::Module& module, const std::filesystem::path& path,
                  const std::map<std::string, std::string>& metadata = {});

/// Copies a safetensors file into the module's own memory and returns the file's metadata. Throws
/// UsageError when the file is missing or malformed, or when the module does not have exactly its
/// tensors, shapes and dtypes: all differences are in the message, and no weight is changed.
std::map<std::string, std::string> load_weights(torch::nn::Module& module,
                                                const std::filesystem::path& path);

}  // namespace greentrain
