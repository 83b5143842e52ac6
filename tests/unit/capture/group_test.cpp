// Groups of items that the model is asked about at once: the records of capture and consistency
// alone and of both together, on the operations of accelerators (on the CPU), whose batches are
// more than one question.
#include "stages/capture/group.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "tests/unit/capture/group_cell.hpp"

using namespace vrp;
using Catch::Matchers::Contains;
using namespace vrp::test;

TEST_CASE("groups are cut at multiples of the batch, whatever the unit", "[group]") {
  using Ranges = std::vector<RowRange>;
  CHECK(groups_of(4, 18, 8) == Ranges{{4, 8}, {8, 16}, {16, 18}});
  CHECK(groups_of(8, 16, 8) == Ranges{{8, 16}});
  CHECK(groups_of(9, 11, 8) == Ranges{{9, 11}});
  CHECK(groups_of(2, 5, 1) == Ranges{{2, 3}, {3, 4}, {4, 5}});
  CHECK(groups_of(3, 3, 8).empty());
}

TEST_CASE("capture and consistency in groups: each alone and both together give the same records",
          "[group]") {
  for (const std::string kernels : {"aten", "device"}) {
    CAPTURE(kernels);
    const GroupCell cell(4, kernels);
    REQUIRE(cell.model.batch() == 4);
    int done = 0;
    const RowRange rows{2, kRows};
    const auto [captured, sampled] = cell.both(rows, [&] { ++done; });
    CHECK(done == 9);
    CHECK(reasons(captured) == std::vector<std::string>(9));
    CHECK(captured.digest() == cell.captured(rows).digest());
    CHECK(sampled.digest() == cell.sampled(rows).digest());
  }
}

TEST_CASE("units of whole batches have the rows of one large unit", "[group]") {
  const GroupCell cell;
  const auto whole = cell.both({0, kRows}), first = cell.both({0, 8}), rest = cell.both({8, kRows});
  CHECK(concatenate({first.first, rest.first}).digest() == whole.first.digest());
  CHECK(concatenate({first.second, rest.second}).digest() == whole.second.digest());
}

TEST_CASE("in the middle of a group an item fails alone, and says what it says by itself",
          "[group]") {
  for (const std::string kernels : {"aten", "device", "auto"}) {
    CAPTURE(kernels);
    GroupCell cell(4, kernels);
    const Record healthy = cell.captured({0, kRows});
    cell.pictures[1] = {{}, "made.png: no such picture"};
    cell.table.question[2] = std::string(200, 'x');  // no prompt can be made
    cell.table.question[6] = std::string(90, 'y');   // a prompt that leaves no room for an answer
    const RowRange rows{0, kRows};
    const auto [captured, sampled] = cell.both(rows);
    for (const Record& record : {captured, sampled}) {
      const auto why = reasons(record);
      CHECK(why[1] == "made.png: no such picture");
      CHECK_THAT(why[2], Contains("expected at most 128"));
      CHECK_THAT(why[6], Contains("128"));
      for (const std::size_t row : {0, 3, 4, 5, 7, 8, 9, 10}) CHECK(why[row].empty());
    }
    CHECK(captured.digest() == cell.captured(rows).digest());
    CHECK(sampled.digest() == cell.sampled(rows).digest());
    const auto &text = captured.values<std::string>("answer/text"),
               &expected = healthy.values<std::string>("answer/text");
    for (const std::size_t row : {0, 3, 4, 5, 7, 8, 9, 10}) CHECK(text[row] == expected[row]);
  }
}

TEST_CASE("a group without a single item that can be asked about is all failures", "[group]") {
  GroupCell cell;
  for (std::size_t row = 4; row < 8; ++row) cell.pictures[row] = {{}, "gone"};
  const auto [captured, sampled] = cell.both({4, 8});
  CHECK(reasons(captured) == std::vector<std::string>(4, "gone"));
  CHECK(reasons(sampled) == std::vector<std::string>(4, "gone"));
}

TEST_CASE("the project's own kernels ask about one item at a time", "[group]") {
  const GroupCell cell(4, "auto");
  CHECK(cell.model.batch() == 1);
  const auto [captured, sampled] = cell.both({1, 6});
  CHECK(captured.digest() == cell.captured({1, 6}).digest());
  CHECK(sampled.digest() == cell.sampled({1, 6}).digest());
}

TEST_CASE("an item whose paths fail in the joint pass is captured all the same", "[group]") {
  // Tokens that no prompt holds have no embedding: a path that draws one has no logits after it.
  const auto poison = [](TinyTensors& tensors) {
    for (auto& [name, tensor] : tensors) {
      if (!name.ends_with("embed_tokens.weight")) continue;
      const auto width = static_cast<std::ptrdiff_t>(tensor.shape[1]);
      std::fill(tensor.values.begin() + 150 * width, tensor.values.begin() + 250 * width,
                std::numeric_limits<float>::quiet_NaN());
    }
  };
  for (const std::string kernels : {"aten", "device", "auto"}) {
    CAPTURE(kernels);
    GroupCell cell(4, kernels, poison);
    cell.sampling.temperature = 50;
    cell.sampling.top_p = 1;
    const RowRange rows{0, kRows};
    const auto [captured, sampled] = cell.both(rows);
    const auto greedy = reasons(captured), paths = reasons(sampled);
    int one_sided = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      if (!greedy[i].empty() || paths[i].empty()) continue;
      ++one_sided;
      CHECK_THAT(paths[i], Contains("non-finite logits"));
    }
    CHECK(one_sided > 0);
    CHECK(captured.digest() == cell.captured(rows).digest());
    CHECK(sampled.digest() == cell.sampled(rows).digest());
  }
}
