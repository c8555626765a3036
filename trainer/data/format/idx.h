#pragma once

#include "trainer/data/format/samples.h"

namespace greentrain {

/// Reads a pair of IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist): big-endian
/// header, then unsigned bytes. Images have the dimensions n x height x width (a sample of shape
/// [1, height, width]), n x features or n x channels x height x width; labels have n.
///
/// Throws UsageError with file and byte offset: wrong magic or type, sizes that do not match the
/// file's, no sample, numbers of images and labels that differ.
void append_idx(const RawFile& images, const RawFile& labels, ByteRows& rows);

}  // namespace greentrain
