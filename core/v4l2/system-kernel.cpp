/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/unique-fd.h"
#include "core/v4l2/kernel.h"

namespace gstcam::v4l2 {

namespace {

constexpr size_t kMaxNames = 4096;
constexpr size_t kMaxText = size_t{64} << 10U;

int or_errno(int result) {
  return result < 0 ? -errno : result;
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
struct Free {
  void operator()(char* p) const { std::free(p); }  // NOLINT: realpath() allocates with malloc()
};

class SystemKernel final : public Kernel {
 public:
  int open(const std::string& path, int flags) override {
    return or_errno(::open(path.c_str(), flags | O_CLOEXEC));  // NOLINT: open() is variadic
  }

  int close(int fd) override { return or_errno(::close(fd)); }

  int ioctl(int fd, unsigned long request, void* argument) override {
    return or_errno(::ioctl(fd, request, argument));  // NOLINT: ioctl() is variadic
  }

  Mapping mmap(int fd, size_t length, int protection, off_t offset) override {
    void* address = ::mmap(nullptr, length, protection, MAP_SHARED, fd, offset);
    if (address == MAP_FAILED)
      return {nullptr, errno};
    return {address, 0};
  }

  int munmap(void* address, size_t length) override { return or_errno(::munmap(address, length)); }

  int poll(int fd, short events) override {
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, 0);
    return ready < 0 ? -errno : item.revents;
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::unique_ptr<DIR, CloseDir> dir(::opendir(folder.c_str()));
    if (!dir)
      return Error::from_errno(errno, "cannot list " + folder);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(dir.get());
      if (!entry && errno != 0)
        return Error::from_errno(errno, "cannot list " + folder);
      if (!entry || names.size() >= kMaxNames)
        return names;
      const std::string name = entry->d_name;
      if (name != "." && name != "..")
        names.push_back(name);
    }
  }

  Result<std::string> read_text(const std::string& path) override {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));  // NOLINT: open() is variadic
    if (!fd.valid())
      return Error::from_errno(errno, "cannot open " + path);
    std::string text;
    std::array<char, 4096> part{};
    while (text.size() < kMaxText) {
      const ssize_t got = ::read(fd.get(), part.data(), part.size());
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return Error::from_errno(errno, "cannot read " + path);
      if (got == 0)
        break;
      text.append(part.data(), static_cast<size_t>(got));
    }
    return text;
  }

  Result<std::string> resolve(const std::string& path) override {
    std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
    if (!real)
      return Error::from_errno(errno, "cannot resolve " + path);
    return std::string(real.get());
  }
};

}  // namespace

Kernel& system_kernel() {
  /* Never destroyed: a camera that was left to itself may come back while the process ends. */
  static SystemKernel& kernel = *std::make_unique<SystemKernel>().release();
  return kernel;
}

}  // namespace gstcam::v4l2
