#include "pipeline/base/files.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <thread>

#include "pipeline/base/input_file.hpp"

using namespace vrp;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("vrp_files_" + std::to_string(::getpid()));
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

}  // namespace

TEST_CASE("a call that fails for a moment is made again, a bounded number of times", "[files]") {
  int calls = 0;
  const auto failing = [&](int number, int times) {
    calls = 0;
    return retry_transient([&] {
      if (++calls <= times) throw FileError("file", "cannot be read", number);
      return calls;
    });
  };
  CHECK(failing(ESTALE, 2) == 3);
  CHECK(failing(EINTR, 4) == 5);
  CHECK_THROWS_WITH(failing(ETIMEDOUT, 100), Catch::Contains("5 tries"));
  CHECK(calls == 5);
  CHECK_THROWS_AS(failing(EIO, 1), FileError);  // not one that passes
  CHECK(calls == 1);
}

TEST_CASE("what may pass by itself is resumable, what somebody must mend is bad input", "[files]") {
  for (const int number : {ENOSPC, EDQUOT, ESTALE, ETIMEDOUT}) {
    CHECK(FileError("file", "cannot be written", number).code() == ExitCode::resumable);
  }
  for (const int number : {EROFS, EACCES, ENOENT, EIO}) {
    CHECK(FileError("file", "cannot be written", number).code() == ExitCode::bad_input);
  }
}

TEST_CASE("of many threads that create one name, one does, and the file is whole", "[files]") {
  const Folder at;
  const fs::path file = at.path / "one";
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      if (create_once(file, std::string(5000, static_cast<char>('a' + i)))) ++won;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(won == 1);
  const std::string text = read_text(file);
  CHECK(text == std::string(5000, text.at(0)));
  CHECK(at.entries() == 1);  // no temporary is left
}

TEST_CASE("a commit whose first reply was lost is a success, one that came second is not",
          "[files]") {
  const Folder at;
  write_atomically(at.path / "part", "mine");
  fs::create_hard_link(at.path / "part", at.path / "final");  // made, but the reply got lost
  CHECK(commit_file(at.path / "part", at.path / "final"));
  write_atomically(at.path / "part", "another's");
  CHECK_FALSE(commit_file(at.path / "part", at.path / "final"));
  CHECK(read_text(at.path / "final") == "mine");
  CHECK(at.entries() == 1);
}

TEST_CASE("folders are made below a root that is there, not below one that is gone", "[files]") {
  const Folder at;
  make_folders_in(at.path, "model/set/stage");
  CHECK(fs::is_directory(at.path / "model/set/stage"));
  CHECK_NOTHROW(make_folders_in(at.path, "model/set/stage"));
  CHECK_THROWS_WITH(make_folders_in(at.path / "gone", "model"), Catch::Contains("moved"));
  CHECK_FALSE(fs::exists(at.path / "gone"));
  std::ofstream(at.path / "file") << "text";
  CHECK_THROWS_WITH(make_folders(at.path / "file/below"), Catch::Contains("cannot be created"));
}

TEST_CASE("temporaries of killed writers go, everything else stays", "[files]") {
  const Folder at;
  make_folders(at.path / "below");
  for (const char* name : {"a.tmp-1-2", "below/b.csv.tmp-7-ff", "c.csv", "below/d.tmp"}) {
    std::ofstream(at.path / name) << "x";
  }
  remove_temporaries(at.path, false);
  CHECK_FALSE(fs::exists(at.path / "a.tmp-1-2"));
  CHECK(fs::exists(at.path / "below/b.csv.tmp-7-ff"));
  remove_temporaries(at.path, true);
  CHECK_FALSE(fs::exists(at.path / "below/b.csv.tmp-7-ff"));
  CHECK(fs::exists(at.path / "c.csv"));
  CHECK(fs::exists(at.path / "below/d.tmp"));
  CHECK_NOTHROW(remove_temporaries(at.path / "none", true));
}

TEST_CASE("an input file is read at any offset and up to its end", "[files]") {
  const Folder at;
  write_atomically(at.path / "file", "0123456789");
  const InputFile file(at.path / "file");
  std::string four(4, ' ');
  CHECK(file.size() == 10);
  CHECK(file.read(3, std::as_writable_bytes(std::span(four))) == 4);
  CHECK(four == "3456");
  CHECK(file.read(8, std::as_writable_bytes(std::span(four))) == 2);
  CHECK(file.read(10, std::as_writable_bytes(std::span(four))) == 0);
  CHECK_THROWS_WITH(InputFile(at.path / "none"), Catch::Contains("none: cannot be opened"));
}
