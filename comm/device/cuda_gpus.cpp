#include "comm/device/cuda_gpus.h"

#include <cuda_runtime_api.h>
#include <sstream>

#include <fmt/format.h>

#include "comm/device/cuda_check.h"

namespace greentrain {
namespace {

// As nvidia-smi writes it.
std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(uuid.bytes[i]));
  }
  return text;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

}  // namespace

std::vector<Gpu> visible_gpus() {
  int count = 0;
  const int error = cudaGetDeviceCount(&count);
  if (error == cudaErrorNoDevice || error == cudaErrorInsufficientDriver) return {};
  check_cuda(error, "counting the GPUs");
  std::vector<Gpu> gpus;
  for (int index = 0; index < count; ++index) {
    cudaDeviceProp properties;
    check_cuda(cudaGetDeviceProperties(&properties, index), "asking for a GPU's name");
    gpus.push_back({index, uuid_text(properties.uuid), properties.name});
  }
  return gpus;
}

void use_gpu(const Gpu& gpu) { check_cuda(cudaSetDevice(gpu.index), "choosing a GPU"); }

std::optional<Gpu> choose_gpu(Communicator& node) {
  const std::vector<Gpu> mine = visible_gpus();
  std::string uuids;
  for (const Gpu& gpu : mine) uuids += gpu.uuid + ' ';
  std::vector<std::vector<std::string>> visible;
  for (const std::string& text : all_gather_text(node, uuids)) visible.push_back(words(text));
  const int chosen = assign_gpus(visible)[static_cast<std::size_t>(node.rank())];
  if (chosen < 0) return std::nullopt;
  return mine[static_cast<std::size_t>(chosen)];
}

}  // namespace greentrain
