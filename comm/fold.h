#pragma once

#include <cstddef>
#include <span>

#include "comm/buffer.h"
#include "comm/communicator.h"

namespace greentrain {

/// into[i] = sources[0][i] op sources[1][i] op ..., in this order, as ReduceOp says.
/// sources: at least one, `into.count` elements of `into.type` each; `into` may be one of them.
void fold(std::span<const void* const> sources, BufferView into, ReduceOp op);

/// into = records[0], records[1], ... combined in this order; at least one.
void fold_records(std::span<const Record> records, Record& into, CombineRecord combine);

/// Throws Error unless `parts` holds `ranks` times as many elements as `part`, of the same type.
/// For implementations of Communicator; `call` is named in the message.
void check_parts(const char* call, ConstBufferView part, ConstBufferView parts, int ranks);

}  // namespace greentrain
