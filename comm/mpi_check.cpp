#include "comm/mpi_check.h"

#include <array>
#include <string>

#include <fmt/format.h>
#include <mpi.h>

#include "core/error.h"

namespace greentrain {
namespace {

std::string text_of(int result) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(result, text.data(), &length) != MPI_SUCCESS) {
    return fmt::format("error {}", result);
  }
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string own_rank() {
  int ready = 0;
  int rank = 0;
  int size = 0;
  if (MPI_Initialized(&ready) != MPI_SUCCESS || ready == 0 ||
      MPI_Comm_rank(MPI_COMM_WORLD, &rank) != MPI_SUCCESS ||
      MPI_Comm_size(MPI_COMM_WORLD, &size) != MPI_SUCCESS) {
    return "";
  }
  return fmt::format(" on rank {} of {}", rank, size);
}

}  // namespace

void mpi_check(int result, const char* call) {
  if (result == MPI_SUCCESS) return;
  throw Error(fmt::format("{} failed{}: {}", call, own_rank(), text_of(result)));
}

}  // namespace greentrain
