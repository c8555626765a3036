#pragma once

#include "trainer/data/format/samples.h"

namespace greentrain {

inline constexpr std::int64_t kCifar10Classes = 10;

/// Reads a file of CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): rows of
/// a label byte and 3 x 32 x 32 pixel bytes, all red ones first. Shape [3, 32, 32].
///
/// Throws UsageError with file and byte offset: a file that is not whole rows, a label above 9.
void append_cifar10(const RawFile& file, ByteRows& rows);

}  // namespace greentrain
