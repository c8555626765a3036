#pragma once

#include <cstddef>
#include <cstdint>

/// What libFuzzer, or replay_corpus.cpp, calls with the bytes to try. Returns 0; anything that must
/// not happen aborts the program.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
