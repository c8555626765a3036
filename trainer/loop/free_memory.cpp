#include "trainer/loop/free_memory.h"

#include <malloc.h>

// Of gperftools' malloc_extension_c.h; null where the program allocates without tcmalloc.
extern "C" __attribute__((weak)) void MallocExtension_ReleaseFreeMemory();

namespace greentrain {

void return_free_memory() {
  if (MallocExtension_ReleaseFreeMemory != nullptr) {
    MallocExtension_ReleaseFreeMemory();
  } else {
    malloc_trim(0);
  }
}

}  // namespace greentrain
