#include "trainer/data/format/image_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "core/error.h"
#include "core/sha256.h"
#include "tests/fakes/test_folder.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class FindImages : public ::testing::Test {
 protected:
  void put(const std::string& name) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "abc";
  }
  ImageFolder found() const { return find_images((folder_ / "set").string()); }
  void expect_refused(const std::string& why) const {
    EXPECT_THAT([&] { found(); }, ThrowsMessage<UsageError>(HasSubstr(why)));
  }

  TestFolder folder_;
};

TEST_F(FindImages, makes_a_class_of_each_sub_folder) {
  for (const char* name : {"set/dog/b.png", "set/dog/a.JPG", "set/cat/x.jpeg", "set/cat/deep/y.png",
                           "set/cat/notes.txt", "set/.cache/z.png", "set/README"}) {
    put(name);
  }
  const ImageFolder images = found();
  EXPECT_THAT(images.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(images.paths, ElementsAre(EndsWith("cat/deep/y.png"), EndsWith("cat/x.jpeg"),
                                        EndsWith("dog/a.JPG"), EndsWith("dog/b.png")));
  EXPECT_THAT(images.labels, ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(images.list_sha256(),
            sha256_hex("cat/deep/y.png\t3\ncat/x.jpeg\t3\ndog/a.JPG\t3\ndog/b.png\t3\n"));
}

TEST_F(FindImages, refuses_a_folder_without_classes) {
  expect_refused("is no folder, expected one with a sub-folder of images for each class");
  std::filesystem::create_directories(folder_ / "set");
  expect_refused("0 sub-folders with images, expected two or more");
  put("set/cat/a.png");
  expect_refused("1 sub-folder with images, expected two or more");
  std::filesystem::create_directories(folder_ / "set/dog");
  expect_refused("expected images of the class 'dog'");
}

TEST_F(FindImages, refuses_images_without_a_class) {
  put("set/cat/a.png");
  put("set/stray.png");
  expect_refused("stray.png: an image beside the sub-folders");
}

}  // namespace
}  // namespace greentrain
