// `vrp import` from its arguments to its files.
#include <catch2/catch.hpp>
#include <iostream>
#include <sstream>

#include "coco_world.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/items/item_table.hpp"

using namespace vrp;

namespace {

/// Runs the command; returns what it printed.
std::string run(const Arguments& arguments) {
  std::ostringstream out;
  auto* const old = std::cout.rdbuf(out.rdbuf());
  int code = -1;
  try {
    code = import_command(arguments);
  } catch (...) {
    std::cout.rdbuf(old);
    throw;
  }
  std::cout.rdbuf(old);
  CHECK(code == 0);
  return out.str();
}

std::string refusal(const Arguments& arguments, ExitCode code) {
  try {
    run(arguments);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "no error";
}

/// 120 images with one to three objects of a row of categories, and their files.
struct World : CocoWorld {
  std::string instances, out;
  World() {
    const char* names[] = {"cup", "bowl", "dog", "cat", "boat", "car"};
    for (int c = 0; c < 6; ++c) add_category(c + 1, names[c]);
    for (int i = 1; i <= 120; ++i) {
      add_image(i);
      image("val2014/" + image_name(i));
      for (int k = 0; k <= i % 3; ++k) add_object(i, 1 + i / 3 % 6, 20 + 80 * k, 50, 60, 60);
      add_object(i, 1 + (i / 3 + 2) % 6, i % 2 == 0 ? 330 : 30, 220, 60, 60);
    }
    instances = write().string();
    out = (root / "items/set.h5").string();
  }
  Arguments counting(const Arguments& more = {}) const {
    Arguments a = {"counting", "--instances", instances, "--images", root.string(), "--out",
                   out,        "--answers",   "1,2,3",   "--n",      "30"};
    a.insert(a.end(), more.begin(), more.end());
    return a;
  }
};

}  // namespace

TEST_CASE("a drawn set is written with sheet and report, and once only", "[items][import]") {
  const World world;
  const std::string text = run(world.counting());
  CHECK_THAT(text, Catch::Contains("counting: 30 items on 30 images, kind integer") &&
                       Catch::Contains("answers  1 10, 2 10, 3 10") &&
                       Catch::Contains("not manually verified") &&
                       Catch::Contains("wrote " + world.out));
  const auto folder = world.root / "items";
  for (const char* name : {"set.json", "set.check.json", "set.check.html", "set.balance.json"}) {
    CHECK(std::filesystem::exists(folder / name));
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 5);
  const ItemTable table = read_item_table(world.out);
  CHECK(table.size() == 30);
  CHECK(table.facts.at("manual_check") == "not manually verified");
  CHECK(table.facts.at("source_sha256").size() == 64);
  CHECK_THAT(table.facts.at("parameters"), Catch::Contains("per_answer=10\n"));
  const std::string before = read_text(world.out);
  CHECK_THAT(run(world.counting()), Catch::Contains("unchanged: "));
  CHECK_THAT(run(world.counting({"--force"})), Catch::Contains("unchanged: "));
  CHECK(read_text(world.out) == before);
}

TEST_CASE("the set as JSON gives the same table again", "[items][import]") {
  const World world;
  run(world.counting());
  const std::string second = (world.root / "again.h5").string();
  run({"counting", (world.root / "items/set.json").string(), "--images", world.root.string(),
       "--out", second});
  CHECK(read_item_table(second).hash() == read_item_table(world.out).hash());
}

TEST_CASE("another table or set of that name is kept without --force", "[items][import]") {
  const World world;
  run(world.counting());
  const std::string table = read_text(world.out);
  const std::string set = read_text(world.root / "items/set.json");
  CHECK_THAT(refusal(world.counting({"--seed", "7"}), ExitCode::foreign_folder),
             Catch::Contains("exists and holds something else"));
  CHECK(read_text(world.out) == table);
  CHECK(read_text(world.root / "items/set.json") == set);
  std::filesystem::remove(world.out);
  CHECK_THAT(refusal(world.counting({"--seed", "7"}), ExitCode::foreign_folder),
             Catch::Contains("set.json: exists and holds another set"));
  CHECK_FALSE(std::filesystem::exists(world.out));
  run(world.counting({"--seed", "7", "--force"}));
  CHECK(read_text(world.root / "items/set.json") != set);
}

TEST_CASE("a filled-in sheet is kept, and its vetoes replace items", "[items][import]") {
  const World world;
  run(world.counting());
  const auto sheet_file = world.root / "items/set.check.json";
  Json sheet = read_json(sheet_file);
  sheet[0]["verdict"] = "veto";
  sheet[1]["verdict"] = "ok";
  const std::string filled = sheet.dump();
  world.file("items/set.check.json", filled);
  CHECK_THAT(run(world.counting()), Catch::Contains("set.check.json: kept as it is"));
  CHECK(read_text(sheet_file) == filled);
  const std::string next = (world.root / "next.h5").string();
  Arguments again = world.counting({"--veto", sheet_file.string()});
  again[6] = next;
  run(again);
  const ItemTable a = read_item_table(world.out), b = read_item_table(next);
  CHECK(b.size() == 30);
  const std::string gone = sheet[0].at("question_id").get<std::string>();
  CHECK(std::count(a.id.begin(), a.id.end(), gone) == 1);
  CHECK(std::count(b.id.begin(), b.id.end(), gone) == 0);
  CHECK(b.facts.at("manual_check") == "2 items checked, 1 vetoed and replaced");
}

TEST_CASE("counting and spatial sets are disjoint from what is excluded", "[items][import]") {
  const World world;
  run(world.counting());
  const std::string spatial = (world.root / "spatial.h5").string();
  run({"spatial", "--instances", world.instances, "--images", world.root.string(), "--out", spatial,
       "--exclude-images", world.out, "--n", "8", "--pair-cap", "1", "--min-ratio", "1.2"});
  const ItemTable a = read_item_table(world.out), b = read_item_table(spatial);
  CHECK(b.size() == 8);
  for (const auto& group : b.group) CHECK(std::count(a.group.begin(), a.group.end(), group) == 0);
}

TEST_CASE("too few candidates stop the import unless a short set is accepted", "[items][import]") {
  const World world;
  Arguments big = world.counting();
  big.back() = "300";
  CHECK_THAT(refusal(big, ExitCode::bad_input),
             Catch::Contains("too few candidates") && Catch::Contains("stratum '3'"));
  CHECK_FALSE(std::filesystem::exists(world.root / "items"));
  big.push_back("--allow-short");
  CHECK_THAT(run(big), Catch::Contains("warning: stratum '3'"));
}

TEST_CASE("a missing image stops the import and leaves no file", "[items][import]") {
  const World world;
  run(world.counting());
  const ItemTable table = read_item_table(world.out);
  std::filesystem::remove_all(world.root / "items");
  std::filesystem::remove(world.root / table.image[3]);
  CHECK_THAT(refusal(world.counting(), ExitCode::bad_input),
             Catch::Contains(table.id[3]) && Catch::Contains("is not in"));
  CHECK_FALSE(std::filesystem::exists(world.root / "items"));
  CHECK_THAT(run(world.counting({"--on-error", "skip"})), Catch::Contains("skipped  1 rows"));
  CHECK(read_item_table(world.out).size() == 29);
}

TEST_CASE("a damaged file under the table's name is not overwritten silently", "[items][import]") {
  const World world;
  world.file("items/set.h5", "half a table");
  CHECK_THAT(refusal(world.counting(), ExitCode::foreign_folder), Catch::Contains("--force"));
  run(world.counting({"--force"}));
  CHECK(read_item_table(world.out).size() == 30);
}

TEST_CASE("new facts or another image folder are taken over for the same items",
          "[items][import]") {
  const World world;
  const auto lines = world.file(
      "q.jsonl", R"({"question_id": 1, "image": "a.jpg", "text": "q?", "label": "yes"})");
  world.image("one/a.jpg");
  world.file("two/a.jpg", read_text(world.root / "one/a.jpg"));
  const std::string out = (world.root / "q.h5").string();
  const auto import = [&](const char* images) {
    return run({"jsonl", "--annotations", lines.string(), "--images",
                (world.root / images).string(), "--out", out});
  };
  import("one");
  CHECK_THAT(import("two"), Catch::Contains("wrote"));
  CHECK(read_item_table(out).image_root == world.root / "two");
  CHECK_THAT(import("two"), Catch::Contains("unchanged"));
}

TEST_CASE("command lines that cannot work are refused", "[items][import]") {
  const World world;
  const auto usage = [](const Arguments& arguments) { return refusal(arguments, ExitCode::usage); };
  CHECK_THAT(usage({}), Catch::Contains("which format"));
  CHECK_THAT(usage({"popee"}), Catch::Contains("did you mean pope?"));
  CHECK_THAT(usage({"pope", "--anotations", "x"}), Catch::Contains("did you mean --annotations?"));
  CHECK_THAT(usage({"pope"}), Catch::Contains("--annotations FILE is missing"));
  CHECK_THAT(usage({"pope", "--annotations", "x"}), Catch::Contains("--images DIR is missing"));
  CHECK_THAT(usage({"pope", "--annotations", "x", "--images", "y"}),
             Catch::Contains("--out TABLE.h5 is missing"));
  CHECK_THAT(usage({"pope", "--annotations", "x", "--images", "y", "--out", "z"}),
             Catch::Contains("ending in .h5"));
  CHECK_THAT(usage({"pope", "file", "stray"}), Catch::Contains("vrp import pope: "));
  CHECK_THAT(usage({"counting", "--images", "y", "--out", "z.h5"}),
             Catch::Contains("either --instances"));
  CHECK_THAT(usage(world.counting({"--annotations", "x"})), Catch::Contains("either --instances"));
  CHECK_THAT(usage(world.counting({"--min-side", "wide"})),
             Catch::Contains("--min-side is 'wide', expected an integer"));
  CHECK_THAT(usage(world.counting({"--on-error", "ignore"})),
             Catch::Contains("expected stop or skip"));
  CHECK_THAT(usage(world.counting({"--check-share", "0"})), Catch::Contains("--check-share"));
  CHECK_THAT(usage(world.counting({"--name", "a/b"})), Catch::Contains("has a '/'"));
  CHECK_THAT(usage(world.counting({"--exclude-images", "a:b"})), Catch::Contains("FILE:N"));
  Arguments odd = world.counting();
  odd.back() = "31";
  CHECK_THAT(usage(odd), Catch::Contains("expected a multiple of its 3 strata"));
  CHECK_THAT(refusal({"pope", "--annotations", "x", "--images", "absent", "--out", "z.h5"},
                     ExitCode::bad_input),
             Catch::Contains("absent: is not a folder"));
  CHECK_THAT(refusal({"pope", "--annotations", "absent.json", "--images", world.root.string(),
                      "--out", "z.h5"},
                     ExitCode::bad_input),
             Catch::Contains("absent.json: cannot be opened"));
}

TEST_CASE("an MME folder needs no --images; categories are chosen by name", "[items][import]") {
  const Scratch folder;
  for (const char* category : {"count", "color"}) {
    folder.image(std::string(category) + "/a.jpg");
    folder.file(std::string(category) + "/a.txt", "One?\tYes\nTwo?\tNo\n");
  }
  const std::string out = (folder.root / "mme.h5").string();
  CHECK_THAT(run({"mme", folder.root.string(), "--out", out}), Catch::Contains("mme: 4 items"));
  CHECK(read_item_table(out).scorers.front() == "mme@1");
  const std::string one = (folder.root / "one.h5").string();
  run({"mme", folder.root.string(), "--categories", "color", "--out", one});
  CHECK(read_item_table(one).type == std::vector<std::string>{"color", "color"});
  CHECK_THAT(refusal({"mme", folder.root.string(), "--categories", "colour", "--out", one},
                     ExitCode::usage),
             Catch::Contains("did you mean color?"));
}

TEST_CASE("SEED-Bench types are chosen by a list of names", "[items][import]") {
  const Scratch folder;
  folder.image("a.jpg");
  const auto row = [](int id, int type) {
    return R"({"question_id": )" + std::to_string(id) + R"(, "question": "q", "data_id": "a", )" +
           R"("data_type": "image", "answer": "A", "choice_a": "1", "choice_b": "2", )" +
           R"("choice_c": "3", "choice_d": "4", "question_type_id": )" + std::to_string(type) + "}";
  };
  const auto file = folder.file("s.json", R"({"question_type": {"One": 1, "Two": 2, "Six": 6},
                                             "questions": [)" +
                                              row(1, 1) + "," + row(2, 2) + "]}");
  const std::string out = (folder.root / "s.h5").string();
  CHECK_THAT(run({"seed-bench", file.string(), "--images", folder.root.string(), "--types",
                  "Two, 6", "--out", out}),
             Catch::Contains("seed_bench: 1 items") &&
                 Catch::Contains("1 items of type One are left out"));
}

TEST_CASE("a table's pictures are decoded before anything is written", "[items][import]") {
  const Scratch folder;
  // JPEG's first bytes and nothing behind them.
  const std::string cut = "/9j/" + std::string(100, 'A');
  const auto file = folder.file("t.tsv", "index\timage\tquestion\tanswer\n1\t" + cut + "\tq\tx\n");
  const std::string images = (folder.root / "pictures").string();
  const std::string out = (folder.root / "t.h5").string();
  CHECK_THAT(refusal({"tsv", file.string(), "--images", images, "--out", out}, ExitCode::bad_input),
             Catch::Contains("t.tsv:2: damaged JPEG"));
  CHECK(std::filesystem::is_empty(images));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("help is printed for the command and each format", "[items][import]") {
  CHECK_THAT(run({"--help"}), Catch::Contains("usage: vrp import FORMAT"));
  for (const char* format : {"pope", "counting", "spatial", "mme", "seed-bench", "tsv", "jsonl"}) {
    CHECK_THAT(run({format, "--help"}),
               Catch::Contains("--images") && Catch::Contains("--on-error"));
  }
  CHECK_THAT(run({"spatial", "--help"}), Catch::Contains("--max-iou"));
}
