#include "comm/buffer.h"

namespace greentrain {

std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::UInt8:
      return 1;
    case ElementType::BFloat16:
      return 2;
    case ElementType::Float32:
    case ElementType::Int32:
      return 4;
    case ElementType::Float64:
    case ElementType::Int64:
      return 8;
  }
  return 0;
}

}  // namespace greentrain
