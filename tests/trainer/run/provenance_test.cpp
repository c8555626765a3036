#include "trainer/run/provenance.h"

#include <fstream>

#include <gmock/gmock.h>

#include "core/version.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::Optional;

std::optional<std::string> model_in(const std::string& cpuinfo) {
  const TestFolder folder;
  std::ofstream(folder / "cpuinfo") << cpuinfo;
  return cpu_model(folder / "cpuinfo");
}

TEST(CpuModel, is_the_name_of_the_first_processor) {
  EXPECT_THAT(
      model_in("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7B13\n\nprocessor\t: 1\n"
               "model name\t: another\n"),
      Optional(std::string("AMD EPYC 7B13")));
}

TEST(CpuModel, is_unknown_where_the_kernel_gives_no_name) {
  EXPECT_EQ(model_in("processor\t: 0\nCPU part\t: 0xd0c\n"), std::nullopt);
  EXPECT_EQ(model_in("model name\t:\n"), std::nullopt);
  EXPECT_EQ(model_in("model name\n"), std::nullopt);
  EXPECT_EQ(cpu_model("/no/such/cpuinfo"), std::nullopt);
}

TEST(LocalProvenance, names_the_binary_and_the_cpu) {
  const TestFolder folder;
  std::ofstream(folder / "cpuinfo") << "model name\t: Neoverse\n";
  const Provenance provenance = local_provenance(folder / "cpuinfo");
  EXPECT_EQ(provenance.greentrain_version, build_info().version);
  EXPECT_EQ(provenance.commit, build_info().commit);
  EXPECT_EQ(provenance.build_type, build_info().build_type);
  EXPECT_THAT(provenance.cpu, Optional(std::string("Neoverse")));
  EXPECT_EQ(provenance.torch_version, std::nullopt);
}

}  // namespace
}  // namespace greentrain
