#pragma once
// Memory that the processes of one host share: a file in /dev/shm (or VRP_SHM_DIR), filled once by
// one of them, read-only afterwards, removed by the last that uses it.
//
// Locks on the open file, which the system drops when a process dies however it dies, say who is
// there. Byte 0: held shared by every user, alone by whoever makes or removes the file. Byte 1:
// held by the one that fills. So a file that nobody holds is an orphan of a killed run; and when a
// filler dies its lock falls, and another starts over from the first byte.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace vrp {

class SharedSegment {
 public:
  /// VRP_SHM_DIR, or /dev/shm.
  static std::filesystem::path default_folder();

  /// The segment of this user and host named by `key` (letters and digits), made with `bytes` of
  /// zeros when it is not there. Null with `reason` set when the folder has no room for it or
  /// cannot be used; never an Error, since private memory does as well.
  static std::unique_ptr<SharedSegment> open(const std::filesystem::path& folder,
                                             const std::string& key, std::uint64_t bytes,
                                             std::string& reason);
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;
  ~SharedSegment();

  bool complete() const;           ///< filled; the content will not change any more
  std::uint64_t progress() const;  ///< what the present filler has stated
  const std::byte* data() const { return data_; }
  std::uint64_t bytes() const { return bytes_; }

  /// True: this process fills, and data() may be written from its first byte until finish or
  /// give_up. False: another one fills, or it is complete.
  bool start_filling();
  std::byte* writable() { return data_; }  ///< only between start_filling and finish
  void state_progress(std::uint64_t value);
  void finish();   ///< complete, for all; read-only from now on
  void give_up();  ///< another may start over

 private:
  SharedSegment(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  void map(std::uint64_t bytes);
  void leave();

  friend void leave_shared_segments();
  std::filesystem::path path_;
  int file_;
  std::byte* map_ = nullptr;
  std::byte* data_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool filling_ = false;
};

/// This user's segments of this host that no process holds: killed runs left them.
struct OrphanedSegments {
  int count = 0;
  std::uint64_t bytes = 0;
};
OrphanedSegments find_orphaned_segments(const std::filesystem::path& folder);
/// Removes them; returns how many.
int remove_orphaned_segments(const std::filesystem::path& folder);

/// For a process that ends without running destructors: gives up every segment it holds, removing
/// those that nobody else uses. The memory stays mapped.
void leave_shared_segments();

}  // namespace vrp
