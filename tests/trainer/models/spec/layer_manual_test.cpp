#include <gmock/gmock.h>

#include "core/file.h"
#include "trainer/models/spec/layer_kinds.h"

namespace greentrain {
namespace {

TEST(LayerManual, stands_in_the_docs_as_it_is) {
  EXPECT_THAT(read_file(MODELS_PAGE), ::testing::HasSubstr(layer_manual()))
      << "the table of docs/models.md is not this:\n"
      << layer_manual();
}

}  // namespace
}  // namespace greentrain
