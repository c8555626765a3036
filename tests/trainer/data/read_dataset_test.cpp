#include "trainer/data/read_dataset.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "tests/fakes/test_folder.h"
#include "tests/trainer/data/format/image_files.h"
#include "tests/trainer/data/format/sample_files.h"
#include "tests/trainer/data/format/token_files.h"
#include "trainer/data/standardize.h"

namespace greentrain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

using Indices = std::vector<std::int64_t>;

class ReadDataset : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }

  static DataOptions options(DataFormat format, std::vector<std::string> path,
                             std::vector<std::string> labels = {}) {
    DataOptions options;
    options.format = format;
    options.path = std::move(path);
    options.labels = std::move(labels);
    return options;
  }

  static void expect_error(const DataOptions& options, const std::string& message) {
    EXPECT_THAT([&] { read_dataset(options); }, ThrowsMessage<UsageError>(HasSubstr(message)));
  }

  TestFolder folder_;
};

template <class Value>
std::vector<Value> values(const at::Tensor& tensor) {
  const Value* begin = tensor.const_data_ptr<Value>();
  return {begin, begin + tensor.numel()};
}

TEST_F(ReadDataset, csv_with_targets_has_numbers_to_predict_and_no_classes) {
  DataOptions numbers = options(DataFormat::Csv, {file("a.csv", "1,2,3.5,4\n5,6,7,8.5\n")});
  numbers.targets = 2;
  const auto data = read_dataset(numbers);
  EXPECT_EQ(data->info().targets, 2);
  EXPECT_EQ(data->info().classes, 2);  // Outputs of a model.
  EXPECT_THAT(data->labels(), IsEmpty());
  const Batch batch = data->gather(Indices{1, 0});
  EXPECT_THAT(values<float>(batch.inputs), ElementsAre(5.0F, 6.0F, 1.0F, 2.0F));
  EXPECT_THAT(values<float>(batch.targets), ElementsAre(7.0F, 8.5F, 3.5F, 4.0F));
  EXPECT_EQ(batch.targets.sizes(), (std::vector<std::int64_t>{2, 2}));
}

TEST_F(ReadDataset, targets_are_for_csv_alone) {
  DataOptions text = options(DataFormat::Text, {file("a.txt", "some text")});
  text.targets = 1;
  expect_error(text, "data.targets is for data.format csv, but the format is text");
}

TEST_F(ReadDataset, csv_has_the_shape_that_the_options_give) {
  DataOptions csv = options(DataFormat::Csv, {file("a.csv", "1,2,3,4,0\n5,6,7,8,2\n")});
  csv.shape = {1, 2, 2};
  const auto data = read_dataset(csv);
  EXPECT_EQ(data->size(), 2);
  EXPECT_EQ(data->info().name, "a.csv");
  EXPECT_EQ(data->info().classes, 3);
  EXPECT_FALSE(data->info().text);
  EXPECT_THAT(data->info().sample_shape, ElementsAre(1, 2, 2));
  EXPECT_THAT(data->labels(), ElementsAre(0, 2));

  const Batch batch = data->gather(Indices{1, 0, 1});
  EXPECT_EQ(batch.samples, 3);
  EXPECT_THAT(batch.inputs.sizes(), ElementsAre(3, 1, 2, 2));
  EXPECT_THAT(values<float>(batch.inputs), ElementsAre(5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(values<std::int64_t>(batch.targets), ElementsAre(2, 0, 2));
}

TEST_F(ReadDataset, gzip_is_recognised_by_content_and_hashed_as_it_lies_on_disk) {
  const std::string packed = gzip("1,0\n2,1\n");
  const auto data = read_dataset(options(DataFormat::Csv, {file("a.csv", packed)}));
  EXPECT_THAT(values<float>(data->gather(Indices{0, 1}).inputs), ElementsAre(1, 2));
  EXPECT_EQ(data->info().sha256, sha256_hex(packed));
}

TEST_F(ReadDataset, several_files_make_one_dataset) {
  const auto data =
      read_dataset(options(DataFormat::Csv, {file("a.csv", "1,0\n"), file("b.csv", "2,1\n")}));
  EXPECT_EQ(data->info().name, "a.csv and 1 more");
  EXPECT_EQ(data->info().sha256, sha256_hex("1,0\n2,1\n"));
  EXPECT_THAT(data->labels(), ElementsAre(0, 1));
}

TEST_F(ReadDataset, idx_images_are_scaled_from_0_to_1) {
  const auto data = read_dataset(options(
      DataFormat::Idx, {file("images", gzip(idx({2, 1, 2}, std::string("\0\x33\xff\x66", 4))))},
      {file("labels", idx({2}, "\x01\x03"))}));
  EXPECT_THAT(data->info().sample_shape, ElementsAre(1, 1, 2));
  EXPECT_EQ(data->info().classes, 4);
  EXPECT_THAT(values<float>(data->gather(Indices{0, 1}).inputs),
              ElementsAre(0.0F, 0.2F, 1.0F, 0.4F));
}

TEST_F(ReadDataset, cifar10_has_ten_classes_whatever_the_files_hold) {
  const auto data =
      read_dataset(options(DataFormat::Cifar10, {file("1.bin", cifar10_row(2, '\xff')),
                                                 file("2.bin", cifar10_row(1, '\0'))}));
  EXPECT_EQ(data->info().classes, 10);
  EXPECT_THAT(data->labels(), ElementsAre(2, 1));
  const Batch batch = data->gather(Indices{0, 1});
  EXPECT_THAT(batch.inputs.sizes(), ElementsAre(2, 3, 32, 32));
  EXPECT_EQ(values<float>(batch.inputs)[3071], 1.0F);
  EXPECT_EQ(values<float>(batch.inputs)[3072], 0.0F);
}

TEST_F(ReadDataset, text_targets_are_the_inputs_shifted_by_one_byte) {
  DataOptions text = options(DataFormat::Text, {file("a.txt", "abcde"), file("b.txt", "f\xffhi")});
  text.context = 4;
  const auto data = read_dataset(text);
  EXPECT_EQ(data->size(), 2);
  EXPECT_EQ(data->info().classes, 256);
  EXPECT_TRUE(data->info().text);
  EXPECT_THAT(data->info().sample_shape, ElementsAre(4));
  EXPECT_THAT(data->labels(), IsEmpty());

  const Batch batch = data->gather(Indices{1, 0});
  EXPECT_THAT(batch.inputs.sizes(), ElementsAre(2, 4));
  EXPECT_THAT(values<std::int64_t>(batch.inputs),
              ElementsAre('e', 'f', 255, 'h', 'a', 'b', 'c', 'd'));
  EXPECT_THAT(values<std::int64_t>(batch.targets),
              ElementsAre('f', 255, 'h', 'i', 'b', 'c', 'd', 'e'));
}

TEST_F(ReadDataset, every_sample_of_text_has_its_last_target) {
  for (const auto& [bytes, samples] : {std::pair(5, 1), {8, 1}, {9, 2}, {12, 2}, {13, 3}}) {
    DataOptions text = options(DataFormat::Text, {file("a.txt", std::string(bytes, 'x'))});
    text.context = 4;
    EXPECT_EQ(read_dataset(text)->size(), samples) << bytes;
  }
}

TEST_F(ReadDataset, a_batch_may_be_empty) {
  DataOptions text = options(DataFormat::Text, {file("a.txt", "abcde")});
  text.context = 4;
  EXPECT_THAT(read_dataset(text)->gather({}).targets.sizes(), ElementsAre(0, 4));
  const Batch batch =
      read_dataset(options(DataFormat::Csv, {file("a.csv", "1,0\n2,1\n")}))->gather({});
  EXPECT_EQ(batch.samples, 0);
  EXPECT_THAT(batch.inputs.sizes(), ElementsAre(0, 1));
}

TEST_F(ReadDataset, text_shorter_than_one_sample_is_an_error) {
  expect_error(options(DataFormat::Text, {file("a.txt", std::string(128, 'x'))}),
               "a.txt: 128 bytes of text, expected 129 or more for one sample (data.context + 1); "
               "give more text or lower data.context");
}

TEST_F(ReadDataset, an_empty_file_is_an_error_in_every_format) {
  const std::string empty = file("empty", "");
  const std::string labels = file("labels", idx({1}, "a"));
  for (const DataFormat format : {DataFormat::Csv, DataFormat::Cifar10, DataFormat::Text}) {
    expect_error(options(format, {empty}), empty + ": the file is empty, expected data in it");
  }
  expect_error(options(DataFormat::Idx, {empty}, {labels}), empty + ": the file is empty");
  expect_error(options(DataFormat::Text, {file("empty.gz", gzip(""))}),
               "empty.gz: the file is empty");
}

TEST_F(ReadDataset, a_missing_file_and_a_folder_are_errors) {
  expect_error(options(DataFormat::Csv, {"no/such.csv"}), "data.path: no file no/such.csv in ");
  expect_error(options(DataFormat::Csv, {(folder_ / "").string()}), "is a folder, expected a file");
  expect_error(options(DataFormat::Csv, {}), "data.path is empty");
}

// Also root cannot read this file, so that the test holds for every user.
TEST_F(ReadDataset, an_unreadable_file_is_an_error_with_the_reason) {
  expect_error(options(DataFormat::Text, {"/proc/self/mem"}),
               "/proc/self/mem: cannot read: Input/output error");
}

TEST_F(ReadDataset, a_truncated_gzip_file_is_an_error) {
  const std::string packed = gzip("1,0\n2,1\n");
  expect_error(options(DataFormat::Csv, {file("a.csv.gz", packed.substr(0, packed.size() - 3))}),
               "the gzip data ends early; the file is truncated: get it again");
}

TEST_F(ReadDataset, a_shape_that_does_not_fit_is_an_error) {
  DataOptions csv = options(DataFormat::Csv, {file("a.csv", "1,2,0\n3,4,1\n")});
  csv.shape = {1, 8, 8};
  expect_error(csv, "data.shape is [1, 8, 8], expected sizes whose product is 2");
}

// A trained model may be asked about a single sample.
TEST_F(ReadDataset, one_sample_is_a_dataset) {
  const auto data = read_dataset(options(DataFormat::Csv, {file("a.csv", "1,2\n")}));
  EXPECT_EQ(data->size(), 1);
  EXPECT_EQ(data->info().classes, 3);
}

TEST_F(ReadDataset, image_files_and_label_files_come_in_pairs) {
  const std::string images = file("images", idx({1, 1, 1}, "a"));
  const std::string labels = file("labels", idx({1}, "a"));
  expect_error(options(DataFormat::Idx, {images}),
               "data.labels is empty, expected one file or more");
  expect_error(options(DataFormat::Idx, {images, file("more", idx({1, 1, 1}, "b"))}, {labels}),
               "data.labels names 1 files and data.path 2, expected one label file for each");
}

TEST_F(ReadDataset, settings_of_another_format_are_errors) {
  const std::string csv = file("a.csv", "1,0\n2,1\n");
  expect_error(options(DataFormat::Csv, {csv}, {csv}),
               "data.labels is for data.format idx, but the format is csv");
  DataOptions text = options(DataFormat::Text, {csv});
  text.shape = {1};
  expect_error(text, "data.shape is for data.format csv and images, but the format is text");
}

TEST_F(ReadDataset, tokens_are_samples_of_the_context_and_the_same_one_later) {
  DataOptions tokens = options(DataFormat::Tokens,
                               {file("a.bin", raw_tokens<std::uint16_t>({1, 2, 3, 4, 5, 6, 7, 8})),
                                file("b.bin", raw_tokens<std::uint16_t>({11, 12, 13}))});
  tokens.token_width = TokenWidth::Uint16;
  tokens.context = 2;
  const auto data = read_dataset(tokens);
  EXPECT_EQ(data->size(), 4);  // Three of a.bin, one of b.bin.
  EXPECT_TRUE(data->info().text);
  EXPECT_EQ(data->info().classes, 14);
  EXPECT_EQ(data->info().sha256,
            sha256_hex(read_file(folder_ / "a.bin") + read_file(folder_ / "b.bin")));
  const Batch batch = data->gather(Indices{2, 3, 0});
  EXPECT_THAT(values<std::int64_t>(batch.inputs), ElementsAre(5, 6, 11, 12, 1, 2));
  EXPECT_THAT(values<std::int64_t>(batch.targets), ElementsAre(6, 7, 12, 13, 2, 3));
}

TEST_F(ReadDataset, tokens_past_the_vocabulary_and_files_too_short_are_refused) {
  DataOptions tokens =
      options(DataFormat::Tokens, {file("a.bin", raw_tokens<std::uint16_t>({1, 900, 3}))});
  tokens.token_width = TokenWidth::Uint16;
  tokens.context = 2;
  tokens.vocabulary = 900;
  expect_error(tokens, "a.bin: token 1 is 900, expected ids below 900");
  tokens.vocabulary = 1000;
  EXPECT_EQ(read_dataset(tokens)->info().classes, 1000);
  tokens.context = 3;
  expect_error(tokens, "3 tokens, expected 4 or more");
  expect_error(options(DataFormat::Tokens, {file("empty.bin", "")}), "the file is empty");
  expect_error(options(DataFormat::Tokens, {file("a.bin.gz", gzip("abc"))}), "packed by gzip");
}

TEST_F(ReadDataset, tokens_say_that_their_file_changed_meanwhile) {
  DataOptions tokens =
      options(DataFormat::Tokens, {file("a.bin", raw_tokens<std::uint16_t>({1, 2, 3}))});
  tokens.token_width = TokenWidth::Uint16;
  tokens.context = 1;
  const auto data = read_dataset(tokens);
  std::filesystem::resize_file(folder_ / "a.bin", 2);
  EXPECT_THAT([&] { data->gather(Indices{0}); },
              ThrowsMessage<Error>(HasSubstr("a.bin: 2 bytes, but 6 when training began")));
}

class ReadImages : public ReadDataset {
 protected:
  ReadImages() {
    std::filesystem::create_directories(folder_ / "set/cat");
    std::filesystem::create_directories(folder_ / "set/dog");
    file("set/cat/a.png", png_file(2, 2, plain_pixels(2, 2, {255, 0, 51})));
    file("set/cat/b.png", "no image");
    file("set/dog/c.jpg", jpeg_file(8, 8, plain_pixels(8, 8, {0, 0, 0})));
  }
  DataOptions images(BadImages policy) const {
    DataOptions images = options(DataFormat::Images, {(folder_ / "set").string()});
    images.shape = {3, 2, 2};
    images.bad_images = policy;
    return images;
  }
};

TEST_F(ReadImages, have_the_class_of_their_folder_and_the_shape_of_the_options) {
  const auto data = read_dataset(images(BadImages::Fatal));
  EXPECT_EQ(data->size(), 3);
  EXPECT_EQ(data->info().classes, 2);
  EXPECT_EQ(data->info().name, "set");
  EXPECT_THAT(data->labels(), ElementsAre(0, 0, 1));
  const Batch batch = data->gather(Indices{2, 0});
  EXPECT_THAT(batch.inputs.sizes(), ElementsAre(2, 3, 2, 2));
  EXPECT_FALSE(batch.weights.defined());
  EXPECT_THAT(values<std::int64_t>(batch.targets), ElementsAre(1, 0));
  auto pixels = values<float>(batch.inputs);
  EXPECT_THAT(std::vector(pixels.begin() + 12, pixels.end()),
              ElementsAre(1, 1, 1, 1, 0, 0, 0, 0, 0.2f, 0.2f, 0.2f, 0.2f));
}

TEST_F(ReadImages, name_the_one_that_does_not_decode) {
  const auto data = read_dataset(images(BadImages::Fatal));
  EXPECT_THAT(
      [&] {
        data->gather(Indices{0, 1});
      },
      ThrowsMessage<UsageError>(HasSubstr("set/cat/b.png: it is neither JPEG nor PNG")));
}

TEST_F(ReadImages, may_leave_out_and_count_those_that_do_not_decode) {
  const auto data = read_dataset(images(BadImages::Skip));
  for (int again = 0; again < 2; ++again) {
    const Batch batch = data->gather(Indices{0, 1, 2});
    EXPECT_THAT(values<float>(batch.weights), ElementsAre(1, 0, 1));
  }
  EXPECT_THAT(data->unreadable(), ElementsAre(::testing::EndsWith("set/cat/b.png")));
  const auto statistics = fit_standardization(*data, Indices{0, 1, 2});
  EXPECT_THAT(values<float>(statistics->mean), ElementsAre(0.5f, 0, 0.1f));
  EXPECT_THAT([&] { fit_standardization(*data, Indices{1}); },
              ThrowsMessage<UsageError>(HasSubstr("none of the samples to standardise by")));
}

}  // namespace
}  // namespace greentrain
