#include "comm/communicator.h"

#include <algorithm>
#include <cstdint>

namespace greentrain {
namespace {

using Length = std::int64_t;

std::span<std::uint8_t> bytes_of(std::string& text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::vector<std::string> all_gather_text(Communicator& comm, const std::string& text) {
  const std::vector<Length> length{static_cast<Length>(text.size())};
  std::vector<Length> lengths(static_cast<std::size_t>(comm.size()));
  comm.all_gather(ConstBufferView::of<Length>(length), BufferView::of<Length>(lengths));

  const auto longest = static_cast<std::size_t>(*std::max_element(lengths.begin(), lengths.end()));
  std::string padded = text;
  padded.resize(longest);
  std::string all(longest * lengths.size(), '\0');
  comm.all_gather(ConstBufferView::of<std::uint8_t>(bytes_of(padded)),
                  BufferView::of<std::uint8_t>(bytes_of(all)));

  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < lengths.size(); ++rank) {
    texts.push_back(all.substr(rank * longest, static_cast<std::size_t>(lengths[rank])));
  }
  return texts;
}

std::string broadcast_text(Communicator& comm, const std::string& text, int root) {
  std::vector<Length> length{static_cast<Length>(text.size())};
  comm.broadcast(BufferView::of<Length>(length), root);
  std::string result = comm.rank() == root ? text : std::string();
  result.resize(static_cast<std::size_t>(length.front()));
  comm.broadcast(BufferView::of<std::uint8_t>(bytes_of(result)), root);
  return result;
}

}  // namespace greentrain
