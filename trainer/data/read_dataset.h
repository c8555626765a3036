#pragma once

#include <cstdint>
#include <memory>

#include "trainer/data/data_options.h"
#include "trainer/data/dataset.h"

namespace greentrain {

/// Reads the files that the options name into memory; gzip is recognised by content. Text files
/// follow each other as one text. Every rank calls it for itself.
///
/// `info().sha256` is over the files' bytes as they lie on disk, one after another, as
/// `cat FILE... | sha256sum` gives it; with IDX each image file is followed by its labels.
///
/// Throws UsageError with file and line or byte when something is missing or malformed.
std::unique_ptr<Dataset> read_dataset(const DataOptions& options);

/// The same for samples to predict, of `features` numbers each: CSV files may lack the label
/// column; the data set then has no labels.
std::unique_ptr<Dataset> read_samples(const DataOptions& options, std::int64_t features);

}  // namespace greentrain
