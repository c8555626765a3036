#include "trainer/cli/standard_output.h"

#include <iostream>

#include "core/error.h"

namespace greentrain {

void print(std::string_view text) {
  std::cout << text << std::flush;
  if (!std::cout) throw Error("cannot write to standard output");
}

}  // namespace greentrain
