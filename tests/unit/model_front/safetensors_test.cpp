#include "pipeline/model/safetensors.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>

#include "pipeline/base/files.hpp"
#include "tests/unit/model_front/front_support.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

/// A safetensors file of a header's text and so many bytes of data 0, 1, 2, ...
std::string file_of(const std::string& header, std::size_t data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(length >> 8 * i);
  bytes += header;
  for (std::size_t i = 0; i < data; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

Json tensor(const char* dtype, const Json& shape, const Json& begin, const Json& end) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

/// Writes model.safetensors with this header and expects opening it to fail.
void refused_text(const std::string& header, std::size_t data,
                  const std::vector<std::string>& parts) {
  INFO(header);
  const TemporaryFolder folder;
  write_file(folder.path() / "model.safetensors", file_of(header, data));
  auto all = parts;
  all.push_back("model.safetensors");
  expect_error([&] { SafetensorsIndex::open(folder.path()); }, all);
}

void refused(const Json& header, std::size_t data, const std::vector<std::string>& parts) {
  refused_text(header.dump(), data, parts);
}

std::map<std::string, std::string> read_everything(const SafetensorsIndex& index) {
  std::map<std::string, std::string> out;
  index.read_all([&](const TensorInfo& info, std::int64_t, std::span<const std::byte> bytes) {
    out[info.name].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return out;
}

TEST_CASE("large tensors come in pieces of whole rows", "[model][safetensors]") {
  const TemporaryFolder folder;
  const std::string header =
      Json{{"a", tensor("F32", {5, 2}, 0, 40)}, {"b", tensor("F32", {1}, 40, 44)}}.dump();
  write_file(folder.path() / "model.safetensors", file_of(header, 44));
  const auto index = SafetensorsIndex::open(folder.path());
  const auto whole = read_everything(index);
  for (const std::uint64_t piece : {1u, 8u, 17u, 39u, 40u, 1000u}) {
    std::map<std::string, std::string> joined;
    std::map<std::string, std::int64_t> rows;
    index.read_all(
        [&](const TensorInfo& info, std::int64_t first, std::span<const std::byte> bytes) {
          CHECK(first == rows[info.name]);
          const std::size_t row = info.name == "a" ? 8 : 4;
          REQUIRE(bytes.size() % row == 0);
          CHECK((bytes.size() <= piece || bytes.size() == row));
          rows[info.name] += static_cast<std::int64_t>(bytes.size() / row);
          joined[info.name].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        },
        piece);
    CHECK(joined == whole);
    CHECK(rows == std::map<std::string, std::int64_t>{{"a", 5}, {"b", 1}});
  }
}

/// Two shards, `a` in the first and `b` in the second, and their index.
void write_shards(const std::filesystem::path& folder, const Json& weight_map) {
  write_file(folder / "one.safetensors", file_of(Json{{"a", tensor("F32", {2}, 0, 8)}}.dump(), 8));
  write_file(folder / "two.safetensors", file_of(Json{{"b", tensor("BF16", {3}, 0, 6)}}.dump(), 6));
  write_json(folder / "model.safetensors.index.json",
             {{"metadata", {{"total_size", 14}}}, {"weight_map", weight_map}});
}

}  // namespace

TEST_CASE("a single file's tensors come in the order of their bytes", "[model][safetensors]") {
  const TemporaryFolder folder;
  const Json header = {{"__metadata__", {{"format", "pt"}}},
                       {"z", tensor("F16", {1, 2}, 0, 4)},
                       {"a", tensor("I64", Json::array(), 4, 12)},
                       {"none", tensor("F32", {0, 5}, 12, 12)},
                       {"m", tensor("BF16", {2}, 12, 16)}};
  write_file(folder.path() / "model.safetensors", file_of(header.dump() + "   ", 16));
  const auto index = SafetensorsIndex::open(folder.path());
  REQUIRE(index.tensors().size() == 4);
  CHECK(index.tensors()[0].name == "z");
  CHECK(index.tensors()[0].shape == std::vector<std::int64_t>{1, 2});
  CHECK(index.tensors()[1].name == "a");
  CHECK(index.tensors()[1].shape.empty());
  CHECK(index.tensors()[3].name == "m");
  CHECK(index.tensors()[3].dtype == "BF16");
  CHECK(index.tensors()[3].offset == 8 + header.dump().size() + 3 + 12);
  const auto bytes = read_everything(index);
  CHECK(bytes.at("z") == std::string("\x00\x01\x02\x03", 4));
  CHECK(bytes.at("a") == std::string("\x04\x05\x06\x07\x08\x09\x0a\x0b", 8));
  CHECK(bytes.at("none").empty());
  CHECK(bytes.at("m") == std::string("\x0c\x0d\x0e\x0f", 4));
}

TEST_CASE("shards are found by the index", "[model][safetensors]") {
  const TemporaryFolder folder;
  write_shards(folder.path(), {{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  const auto index = SafetensorsIndex::open(folder.path());
  CHECK(index.files().size() == 2);
  const auto bytes = read_everything(index);
  CHECK(bytes.at("a").size() == 8);
  CHECK(bytes.at("b").size() == 6);
  CHECK(SafetensorsIndex::open(golden_checkpoint("llava")).files().size() > 1);
  CHECK(SafetensorsIndex::open(golden_checkpoint("llava_fp16")).files().size() == 1);
}

TEST_CASE("a header that contradicts its file is refused", "[model][safetensors]") {
  refused_text("", 0, {"JSON"});
  refused_text("{", 0, {"line 1", "JSON"});
  refused_text("[1]", 0, {"array", "object"});
  refused_text(std::string("{\"a\xff\": 1}"), 0, {"UTF-8"});
  refused({{"a", 7}}, 0, {"tensor 'a'", "object"});
  refused({{"a", {{"shape", {1}}, {"data_offsets", {0, 4}}}}}, 4, {"tensor 'a'", "'dtype'"});
  refused({{"a", tensor("F33", {1}, 0, 4)}}, 4, {"tensor 'a'", "F33", "expected"});
  refused({{"a", tensor("F32", 1, 0, 4)}}, 4, {"tensor 'a'", "'shape'", "list"});
  refused({{"a", tensor("F32", {-1}, 0, 4)}}, 4, {"tensor 'a'", "-1"});
  refused({{"a", tensor("F32", {1.5}, 0, 4)}}, 4, {"tensor 'a'", "1.5"});
  refused({{"a", tensor("F32", {1}, 0, "x")}}, 4, {"tensor 'a'", "whole numbers"});
  refused({{"a", {{"dtype", "F32"}, {"shape", {1}}, {"data_offsets", {0}}}}}, 4,
          {"tensor 'a'", "[begin, end]"});
  refused({{"a", tensor("F32", {2}, 0, 4)}}, 4, {"tensor 'a'", "4 bytes", "expected 8", "F32 [2]"});
  refused({{"a", tensor("F32", {1}, 4, 0)}}, 4, {"tensor 'a'", "[4, 0]", "ascending"});
  refused({{"a", tensor("F32", {2}, 0, 8)}}, 7, {"tensor 'a'", "[0, 8]", "7 bytes", "truncated"});
  refused({{"a", tensor("F32", {1}, 0, 4)}}, 5, {"5 bytes", "expected 4"});
}

TEST_CASE("numbers that would overflow are refused", "[model][safetensors]") {
  const std::uint64_t half = std::uint64_t{1} << 32;
  refused({{"a", tensor("F32", {half, half}, 0, 0)}}, 0, {"tensor 'a'", "2^63"});
  refused({{"a", tensor("U8", {1}, UINT64_MAX, UINT64_MAX)}}, 1, {"tensor 'a'", "whole numbers"});
  refused({{"a", tensor("U8", {1}, UINT64_MAX / 2, UINT64_MAX / 2)}}, 1, {"tensor 'a'", "range"});
}

TEST_CASE("overlapping tensors and gaps between them are refused", "[model][safetensors]") {
  refused({{"a", tensor("F32", {1}, 0, 4)}, {"b", tensor("F32", {1}, 2, 6)}}, 6,
          {"tensor 'b'", "byte 2", "expected 4", "overlaps"});
  refused({{"a", tensor("F32", {1}, 0, 4)}, {"b", tensor("F32", {1}, 0, 4)}}, 4,
          {"tensor 'b'", "overlaps"});
  refused({{"a", tensor("F32", {1}, 0, 4)}, {"b", tensor("F32", {1}, 6, 10)}}, 10,
          {"tensor 'b'", "byte 6", "expected 4", "no tensor"});
  refused({{"a", tensor("F32", {1}, 2, 6)}}, 6, {"tensor 'a'", "byte 2", "expected 0"});
}

TEST_CASE("a name that is listed twice is refused", "[model][safetensors]") {
  const std::string entry = tensor("F32", {1}, 0, 4).dump();
  refused_text("{\"a\": " + entry + ", \"a\": " + entry + "}", 4, {"tensor 'a'", "twice"});
}

TEST_CASE("a header longer than its file is refused before it is read", "[model][safetensors]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  const auto open = [&] { SafetensorsIndex::open(folder.path()); };
  write_file(path, "");
  expect_error(open, {"model.safetensors", "0 bytes"});
  write_file(path, "1234567");
  expect_error(open, {"7 bytes", "at least 8"});
  write_file(path, std::string("\x05\0\0\0\0\0\0\0{}", 10));
  expect_error(open, {"header of 5 bytes", "at most 2"});
  write_file(path, std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  expect_error(open, {"header of 18446744073709551615 bytes"});
}

TEST_CASE("an index that contradicts its shards is refused", "[model][safetensors]") {
  const TemporaryFolder folder;
  const auto open = [&] { SafetensorsIndex::open(folder.path()); };
  const char* index = "model.safetensors.index.json";
  const char *one = "one.safetensors", *two = "two.safetensors";
  write_shards(folder.path(), {{"a", one}, {"b", "three.safetensors"}});
  expect_error(open, {"three.safetensors", "missing"});
  write_shards(folder.path(), {{"a", one}, {"b", two}, {"c", two}});
  expect_error(open, {index, "tensor 'c'", "in no shard", two});
  write_shards(folder.path(), {{"a", one}, {"b", one}});
  expect_error(open, {index, "tensor 'b'"});
  write_shards(folder.path(), {{"a", two}, {"b", one}});
  expect_error(open, {index, "tensor 'a'", "is in one.safetensors", "expected in two.safetensors"});
  write_shards(folder.path(), {{"a", "../one.safetensors"}, {"b", two}});
  expect_error(open, {index, "tensor 'a'", "../one.safetensors"});
  write_shards(folder.path(), {{"a", 1}, {"b", two}});
  expect_error(open, {index, "tensor 'a'"});
  write_shards(folder.path(), Json::object());
  expect_error(open, {index, "'weight_map'"});
  write_json(folder.path() / index, {{"metadata", 1}});
  expect_error(open, {index, "'weight_map'", "missing"});
  write_shards(folder.path(), {{"a", one}, {"b", two}});
  write_file(folder.path() / two, file_of(Json{{"a", tensor("F32", {2}, 0, 8)}}.dump(), 8));
  expect_error(open, {two, "tensor 'a'", "one.safetensors too"});
}

TEST_CASE("a folder without weights says what it looked for", "[model][safetensors]") {
  const TemporaryFolder folder;
  expect_error([&] { SafetensorsIndex::open(folder.path()); },
               {"model.safetensors", "model.safetensors.index.json"});
}

TEST_CASE("a file that shrinks after it was opened is an error, not garbage",
          "[model][safetensors]") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  write_file(path, file_of(Json{{"a", tensor("F32", {2}, 0, 8)}}.dump(), 8));
  const auto index = SafetensorsIndex::open(folder.path());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  expect_error([&] { read_everything(index); }, {"model.safetensors", "tensor 'a'", "expected 8"});
}
