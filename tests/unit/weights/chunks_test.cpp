// Chunks of a checkpoint: every byte once, whatever their size; files that change are noticed; and
// every way to load gives one model.
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/model/model.hpp"
#include "pipeline/model/shared_segment.hpp"
#include "tests/unit/model/tiny_checkpoint.hpp"

using namespace vrp;
using Catch::Matchers::Contains;
using vrp::test::noise_image;
using vrp::test::TinyCheckpoint;
using vrp::test::TinySpec;
namespace fs = std::filesystem;

namespace {

const char* kFile = "model.safetensors";

FileDigests digests_of(const fs::path& checkpoint) {
  return {{kFile, hash_file(checkpoint / kFile).hex()}};
}

std::string whole(const SafetensorsIndex& index, std::uint64_t chunk_bytes, ReadOptions options) {
  const ChunkList chunks(index, chunk_bytes);
  std::string out;
  std::size_t expected = 0;
  read_chunks(index, chunks, options, [&](std::size_t chunk, std::span<const std::byte> bytes) {
    CHECK(chunk == expected++);
    CHECK(chunks[chunk].before == out.size());
    CHECK(bytes.size() == chunks[chunk].bytes);
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  CHECK(expected == chunks.size());
  CHECK(out.size() == chunks.bytes());
  return out;
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::bad_input);
    return error.what();
  }
  return "nothing was refused";
}

struct ShmFolder {
  fs::path path;
  ShmFolder() {
    std::string name = (fs::temp_directory_path() / "vrp-weights-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~ShmFolder() { fs::remove_all(path); }
  bool empty() const { return fs::is_empty(path); }
};

std::vector<float> logits_of(const Model& model) {
  return model.logits(model.prepare(noise_image(40, 30, 1), "what is it?", {}), {}, 2);
}

}  // namespace

TEST_CASE("chunks of any size hold a file's bytes, read or mapped", "[model][chunks]") {
  const TinyCheckpoint checkpoint;
  const auto index = SafetensorsIndex::open(checkpoint.path());
  const std::string file = read_text(checkpoint.path() / kFile);
  const std::string data = file.substr(index.tensors().front().offset);
  for (const std::uint64_t bytes : {1u, 100u, 4096u, 100000u, 1u << 30}) {
    for (const bool mapped : {false, true}) {
      CHECK(whole(index, bytes, {mapped, digests_of(checkpoint.path())}) == data);
    }
  }
}

TEST_CASE("a file that is not the one that was hashed is refused", "[model][chunks]") {
  const TinyCheckpoint checkpoint;
  const FileDigests digests = digests_of(checkpoint.path());
  const auto index = SafetensorsIndex::open(checkpoint.path());
  const auto place = static_cast<std::streamoff>(index.tensors().back().offset + 3);
  {
    std::fstream file(checkpoint.path() / kFile, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(place);
    file.put('\x2a');
  }
  for (const LoadMethod method : {LoadMethod::read, LoadMethod::mmap, LoadMethod::bcast}) {
    const ShmFolder folder;
    WeightLoading loading{
        .method = method, .digests = digests, .share = "x", .folder = folder.path};
    CHECK_THAT(refusal([&] { Model::load(checkpoint.path(), {}, loading); }),
               Contains(kFile) && Contains("hashes to") && Contains(digests.at(kFile)));
    CHECK(folder.empty());
    loading.digests = digests_of(checkpoint.path());
    Model::load(checkpoint.path(), {}, loading);
    CHECK(folder.empty());
  }
}

TEST_CASE("a file that ends while it is read is an error that names the tensor",
          "[model][chunks]") {
  for (const bool mapped : {false, true}) {
    const TinyCheckpoint checkpoint;
    const auto index = SafetensorsIndex::open(checkpoint.path());
    const ChunkList chunks(index, 4096);
    const TensorInfo& last = index.tensors().back();
    const std::string message = refusal([&] {
      read_chunks(index, chunks, {mapped, {}}, [&](std::size_t chunk, std::span<const std::byte>) {
        if (chunk == 0) fs::resize_file(last.file, last.offset + 1);
      });
    });
    CHECK_THAT(message, Contains(kFile) && Contains(last.name) && Contains("the file ends"));
  }
}

TEST_CASE("a model is the same however its weights are loaded", "[model][load]") {
  for (const char* dtype : {"F32", "BF16"}) {
    TinySpec spec;
    spec.dtype = dtype;
    const TinyCheckpoint checkpoint(spec);
    const auto expected = logits_of(Model::load(checkpoint.path(), {}));
    for (const char* kernels : {"auto", "aten"}) {
      const ModelOptions options{"cpu", "fp32", 1, kernels};
      const auto alone = logits_of(Model::load(checkpoint.path(), options));
      for (const LoadMethod method : {LoadMethod::read, LoadMethod::mmap, LoadMethod::bcast}) {
        const ShmFolder folder;
        const WeightLoading loading{.method = method, .share = "x", .folder = folder.path};
        {
          const Model first = Model::load(checkpoint.path(), options, loading);
          const Model second = Model::load(checkpoint.path(), options, loading);
          CHECK(folder.empty() == (method == LoadMethod::read));
          CHECK(logits_of(first) == alone);
          CHECK(logits_of(second) == alone);
        }
        CHECK(folder.empty());
      }
    }
    CHECK(logits_of(Model::load(checkpoint.path(), {})) == expected);
  }
}

TEST_CASE("without room every process has weights of its own, and the log says so",
          "[model][load]") {
  const TinyCheckpoint checkpoint;
  std::vector<std::string> remarks;
  const WeightLoading loading{.method = LoadMethod::bcast,
                              .share = "x",
                              .folder = "/no/such/folder",
                              .remark = [&](const std::string& line) { remarks.push_back(line); }};
  CHECK(logits_of(Model::load(checkpoint.path(), {}, loading)) ==
        logits_of(Model::load(checkpoint.path(), {})));
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Contains("/no/such/folder") && Contains("copy of its own"));
}

TEST_CASE("a host's copy that another fills chunk by chunk is the same model", "[model][load]") {
  const TinyCheckpoint checkpoint;
  const ShmFolder folder;
  int asked = 0;
  WeightLoading loading{.method = LoadMethod::bcast, .share = "x", .folder = folder.path};
  const auto fill = [&](bool whole_one) {
    NodeCopy copy(checkpoint.path(), {}, loading);
    REQUIRE(copy.state() == NodeCopy::State::filling);
    CHECK(NodeCopy(checkpoint.path(), {}, loading).state() == NodeCopy::State::others);
    const auto index = SafetensorsIndex::open(checkpoint.path());
    const ChunkList chunks(index);
    read_chunks(index, chunks, {}, [&](std::size_t chunk, std::span<const std::byte> bytes) {
      copy.take(chunk, bytes);
    });
    if (whole_one) copy.finish();
    return copy;
  };
  const auto expected = logits_of(Model::load(checkpoint.path(), {}));
  {
    auto copy = fill(true);
    WeightLoading with = loading;
    with.ask = [&] { return ++asked > 0; };
    CHECK(logits_of(Model::load(checkpoint.path(), {}, with)) == expected);
    CHECK(asked == 0);  // it is there
    CHECK(NodeCopy(checkpoint.path(), {}, loading).state() == NodeCopy::State::complete);
  }
  CHECK(folder.empty());
  {  // what does not fit this host's files is refused before it is put anywhere
    NodeCopy copy(checkpoint.path(), {}, loading);
    const ChunkList chunks(SafetensorsIndex::open(checkpoint.path()));
    std::vector<std::byte> bytes(static_cast<std::size_t>(chunks[0].bytes) + 1);
    CHECK_THROWS_WITH(copy.take(0, bytes),
                      Contains(concat("expected chunk 0 of ", chunks[0].bytes, " bytes")));
    CHECK_THROWS_WITH(copy.take(1, std::span(bytes).first(bytes.size() - 1)),
                      Contains("chunk 1 of the weights"));
    CHECK_THROWS_WITH(copy.finish(),
                      Contains(concat("0 chunks of weights came, expected ", chunks.size())));
    CHECK(copy.state() == NodeCopy::State::filling);
  }
  for (const bool comes : {true, false}) {  // somebody says it came, and it did not
    asked = 0;
    WeightLoading with = loading;
    with.ask = [&] { return ++asked > 0 && comes; };
    CHECK(logits_of(Model::load(checkpoint.path(), {}, with)) == expected);
    CHECK(asked == (comes ? 3 : 1));
  }
  WeightLoading failing = loading;
  failing.ask = []() -> bool { fail("FILE: the reader cannot read it"); };
  CHECK_THAT(refusal([&] { Model::load(checkpoint.path(), {}, failing); }),
             Contains("the reader cannot read it"));
  CHECK(folder.empty());
}
