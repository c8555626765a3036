#pragma once

#include <cstddef>
#include <span>

#include "comm/buffer.h"
#include "comm/communicator.h"

namespace greentrain {

/// into[i] = sources[0][i] op sources[1][i] op ..., in this order, as ReduceOp says.
/// sources: at least one, `into.count` elements of `into.type` each; `into` may be one of them.
void fold(std::span<const void* const> sources, BufferView into, ReduceOp op);

/// Where a binary tree over `count` (at least 2) leaves in order parts them: the first half has the
/// largest power of two below `count`. So the trees over 2, 4, 8 equal pieces of the same leaves
/// are parts of one tree.
std::size_t tree_split(std::size_t count);

/// into = all records (at least one) combined along that tree.
void fold_records(std::span<const Record> records, Record& into, CombineRecord combine);

/// Throws Error unless both hold the same whole number of parts, one for each rank.
void check_all_to_all(ConstBufferView input, ConstBufferView output, int ranks);

/// Throws Error unless `parts` holds `ranks` times as many elements as `part`, of the same type.
/// For implementations of Communicator; `call` is named in the message.
void check_parts(const char* call, ConstBufferView part, ConstBufferView parts, int ranks);

}  // namespace greentrain
