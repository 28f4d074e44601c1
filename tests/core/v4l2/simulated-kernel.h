/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedKernel: a kernel with the V4L2 and media devices that a test describes.
 *
 * It stands behind the seam (core/v4l2/kernel.h). Device nodes are SimulatedNode objects with a
 * path in /dev; ready-made cameras are in simulated-devices.h. Descriptors are real (eventfds), so
 * that a GMainContext polls them; buffers are memfds, so that mmap() and dmabuf sharing work.
 * Frames come when the test makes them, never by themselves.
 *
 * Faults, for whoever uses the seam:
 *
 *     fail(request, nth, error)   the nth call of an ioctl, of open, mmap ... fails
 *     fail_call(n, error)         the nth call of all fails; calls() tells how many there were
 *     refuse(name, error)         one node cannot be opened
 *     tamper(request, change)     what an ioctl answers is changed: hostile drivers
 *     unplug(name)                ENODEV everywhere, POLLHUP, as of a USB plug that was pulled
 *     unplug_at_call(n)           the same for all of them, when the nth call begins
 *
 * open_files(), mappings() and buffers() are what is held now: all must be 0 in the end.
 *
 * Thread safe, so that a test thread may make frames for a camera's thread. A node's code runs
 * under the kernel's lock.
 */
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/unique-fd.h"
#include "core/v4l2/kernel.h"
#include "core/v4l2/media-graph.h"

namespace gstcam::v4l2::test {

class SimulatedNode;
class SimulatedKernel;

/** One open() of a node. */
struct SimulatedFile {
  std::string path;
  std::shared_ptr<SimulatedNode> node;
  UniqueFd eventfd;
  std::optional<short> interest;  // of the main loop that polls the descriptor
  bool signalled = false;
};

/** What a device node does. Called under the kernel's lock. */
class SimulatedNode {
 public:
  virtual ~SimulatedNode() = default;

  /** 0, or -errno (-ENOTTY for a request it does not have). */
  virtual int ioctl(SimulatedFile& file, unsigned long request, void* argument) = 0;
  /** What poll() for `events` reports. */
  virtual short poll(const SimulatedFile& /*file*/, short /*events*/) { return 0; }
  /** Memory that mmap() of this offset maps: a descriptor and its size. */
  struct Memory {
    int fd = -1;
    size_t size = 0;
  };
  virtual Memory memory(const SimulatedFile& /*file*/, off_t /*offset*/) { return {}; }
  virtual void closed(const SimulatedFile& /*file*/) {}
  /** Buffers it holds. */
  [[nodiscard]] virtual size_t buffers() const { return 0; }

 protected:
  /** Where the node is plugged in; nullptr before. */
  [[nodiscard]] SimulatedKernel* kernel() const { return kernel_; }

 private:
  friend class SimulatedKernel;
  SimulatedKernel* kernel_ = nullptr;
};

class SimulatedKernel final : public Kernel {
 public:
  /* What can fail beside ioctls, in place of their request; no ioctl has such a number. */
  static constexpr unsigned long kOpen = 1;
  static constexpr unsigned long kMmap = 2;
  static constexpr unsigned long kMunmap = 3;
  static constexpr unsigned long kClose = 4;
  static constexpr unsigned long kPoll = 5;
  static constexpr unsigned long kSysfs = 6;

  struct Call {
    unsigned long request = 0;
    std::string path;
  };

  SimulatedKernel() = default;
  ~SimulatedKernel() override;
  SimulatedKernel(const SimulatedKernel&) = delete;
  SimulatedKernel& operator=(const SimulatedKernel&) = delete;

  /* Kernel */
  int open(const std::string& path, int flags) override;
  int close(int fd) override;
  int ioctl(int fd, unsigned long request, void* argument) override;
  Mapping mmap(int fd, size_t length, int protection, off_t offset) override;
  int munmap(void* address, size_t length) override;
  int poll(int fd, short events) override;
  short wake_events(int fd, short events) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<std::string> read_text(const std::string& path) override;
  Result<std::string> resolve(const std::string& path) override;

  /* Devices */

  /**
   * A node "/dev/<name>" with its entries in sysfs; `device` is the path of its hardware below
   * /sys/devices. Replaces one of that name.
   */
  void plug(const std::string& name, DeviceNumber number, const std::string& device,
            std::shared_ptr<SimulatedNode> node);
  /** A file of sysfs, until the end. */
  void set_text(const std::string& path, const std::string& text);
  /** The node goes; files that are open on it answer ENODEV to everything. */
  void unplug(const std::string& name);
  void unplug_all();

  /* Faults */

  /** The nth (from 0) call of `request` from now on fails with errno `error`. */
  void fail(unsigned long request, unsigned nth, int error);
  /** Every call of `request` from now on. */
  void fail_always(unsigned long request, int error);
  /** The nth call of all, counted from the beginning of this kernel. */
  void fail_call(size_t n, int error);
  /** Everything is unplugged when the nth call of all begins. */
  void unplug_at_call(size_t n);
  /** Every open() of that node from now on; 0: no longer. */
  void refuse(const std::string& name, int error);
  /** `change` is applied to the argument after `request` succeeded, from now on. */
  void tamper(unsigned long request, std::function<void(void* argument)> change);
  void clear_faults();

  /* What happened, and what is held */

  [[nodiscard]] size_t calls() const;
  /** The nth of all calls. */
  [[nodiscard]] Call call(size_t n) const;
  [[nodiscard]] size_t count_of(unsigned long request) const;
  /** When something was unplugged last: of g_get_monotonic_time(), 0 where nothing was. */
  [[nodiscard]] int64_t unplugged_at() const;
  [[nodiscard]] size_t open_files() const;
  [[nodiscard]] size_t mappings() const;
  [[nodiscard]] size_t buffers() const;

  /* For nodes and tests */

  /** Under the lock; afterwards descriptors show what is ready. For what changes a node. */
  void change(const std::function<void()>& function);
  /** Every open file of a node; under the lock. */
  [[nodiscard]] std::vector<SimulatedFile*> files_of(const SimulatedNode& node) const;

 private:
  using Lock = std::unique_lock<std::recursive_mutex>;
  struct Fault {
    unsigned left = 0;
    bool always = false;
    int error = 0;
  };
  struct Plugged {
    std::shared_ptr<SimulatedNode> node;
    DeviceNumber number;
    std::string device;
  };

  /** Counts a call; errno where it has to fail. */
  int begin(unsigned long request, const std::string& path);
  SimulatedFile* find(int fd);
  [[nodiscard]] bool gone(const SimulatedFile& file) const;
  short revents(const SimulatedFile& file, short events) const;
  void update_descriptors();

  mutable std::recursive_mutex mutex_;
  std::map<std::string, Plugged> plugged_;               // by path
  std::map<int, std::unique_ptr<SimulatedFile>> files_;  // by descriptor
  std::map<std::string, std::string> texts_;             // by path
  std::map<void*, size_t> mappings_;
  std::vector<Call> calls_;
  std::multimap<unsigned long, Fault> faults_;
  std::map<size_t, int> call_faults_;
  std::map<std::string, int> refused_;  // by path
  std::optional<size_t> unplug_at_;
  int64_t unplugged_at_ = 0;
  std::map<unsigned long, std::function<void(void*)>> tampers_;
};

}  // namespace gstcam::v4l2::test
