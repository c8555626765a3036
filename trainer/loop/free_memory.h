#pragma once

namespace greentrain {

/// Gives memory that was freed back to the system, which allocators else keep for later: after
/// something large that will not come again.
void return_free_memory();

}  // namespace greentrain
