#include "meter/number_file.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/fakes/fake_tree.h"

namespace greentrain {
namespace {

TEST(NumberFile, shows_what_the_file_holds_each_time) {
  FakeTree tree;
  tree.write("energy_uj", "12");
  NumberFile file(tree.root() / "energy_uj");
  EXPECT_EQ(file.read(), 12);
  std::ofstream(tree.root() / "energy_uj") << "18446744073709551615\n";  // In place.
  EXPECT_EQ(file.read(), 18446744073709551615.0);
  tree.write("energy_uj", "7");  // Another file of the same name.
  EXPECT_EQ(file.read(), 7);
}

TEST(NumberFile, stays_open) {
  FakeTree tree;
  tree.write("energy_uj", "12");
  NumberFile file(tree.root() / "energy_uj");
  EXPECT_EQ(file.read(), 12);
  std::filesystem::rename(tree.root() / "energy_uj", tree.root() / "moved");
  EXPECT_EQ(file.read(), 12);
}

TEST(NumberFile, is_empty_while_there_is_no_number_and_recovers) {
  FakeTree tree;
  NumberFile file(tree.root() / "energy_uj");
  EXPECT_EQ(file.read(), std::nullopt);
  for (const char* text : {"", "-5", "1.5", "12 J", "99999999999999999999999", "x"}) {
    tree.write("energy_uj", text);
    EXPECT_EQ(file.read(), std::nullopt) << text;
  }
  tree.write("energy_uj", "1");
  EXPECT_EQ(file.read(), 1);
  tree.remove("energy_uj");
  EXPECT_EQ(file.read(), std::nullopt);
  std::filesystem::create_directory(tree.root() / "energy_uj");
  EXPECT_EQ(file.read(), std::nullopt);
  tree.remove("energy_uj");
  tree.write("energy_uj", "2");
  EXPECT_EQ(file.read(), 2);
}

}  // namespace
}  // namespace greentrain
