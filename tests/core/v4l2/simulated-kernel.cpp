/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-kernel.h"

#include <glib.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace gstcam::v4l2::test {

SimulatedKernel::~SimulatedKernel() {
  for (const auto& [address, length] : mappings_)
    ::munmap(address, length);
}

int SimulatedKernel::begin(unsigned long request, const std::string& path) {
  const size_t n = calls_.size();
  calls_.push_back({request, path});
  if (unplug_at_ == n)
    unplug_all();
  if (auto fault = call_faults_.find(n); fault != call_faults_.end())
    return fault->second;
  int error = 0;
  auto [first, last] = faults_.equal_range(request);
  for (auto it = first; it != last;) {
    if (!it->second.always && it->second.left-- > 0) {
      ++it;
      continue;
    }
    error = it->second.error;
    it = it->second.always ? std::next(it) : faults_.erase(it);
  }
  return error;
}

SimulatedFile* SimulatedKernel::find(int fd) {
  auto it = files_.find(fd);
  return it == files_.end() ? nullptr : it->second.get();
}

bool SimulatedKernel::gone(const SimulatedFile& file) const {
  auto it = plugged_.find(file.path);
  return it == plugged_.end() || it->second.node != file.node;
}

int SimulatedKernel::open(const std::string& path, int /*flags*/) {
  Lock lock(mutex_);
  if (const int error = begin(kOpen, path))
    return -error;
  auto it = plugged_.find(path);
  if (it == plugged_.end())
    return -ENOENT;
  if (auto refused = refused_.find(path); refused != refused_.end())
    return -refused->second;
  auto file = std::make_unique<SimulatedFile>();
  file->path = path;
  file->node = it->second.node;
  file->eventfd.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!file->eventfd.valid())
    return -errno;
  const int fd = file->eventfd.get();
  files_[fd] = std::move(file);
  return fd;
}

int SimulatedKernel::close(int fd) {
  Lock lock(mutex_);
  SimulatedFile* file = find(fd);
  const int error = begin(kClose, file ? file->path : "");
  if (!file)
    return -EBADF;
  // As with the real one, the descriptor is gone even where close() answers with an error.
  const std::unique_ptr<SimulatedFile> owned = std::move(files_[fd]);
  files_.erase(fd);
  owned->node->closed(*owned);
  update_descriptors();
  return -error;
}

int SimulatedKernel::ioctl(int fd, unsigned long request, void* argument) {
  Lock lock(mutex_);
  SimulatedFile* file = find(fd);
  if (const int error = begin(request, file ? file->path : ""))
    return -error;
  if (!file)
    return -EBADF;
  if (gone(*file))
    return -ENODEV;
  const int result = file->node->ioctl(*file, request, argument);
  if (auto it = tampers_.find(request); result >= 0 && it != tampers_.end())
    it->second(argument);
  update_descriptors();
  return result;
}

Kernel::Mapping SimulatedKernel::mmap(int fd, size_t length, int protection, off_t offset) {
  Lock lock(mutex_);
  SimulatedFile* file = find(fd);
  if (const int error = begin(kMmap, file ? file->path : ""))
    return {nullptr, error};
  if (!file)
    return {nullptr, EBADF};
  if (gone(*file))
    return {nullptr, ENODEV};
  const SimulatedNode::Memory memory = file->node->memory(*file, offset);
  if (memory.fd < 0 || length == 0 || length > memory.size)
    return {nullptr, EINVAL};
  void* address = ::mmap(nullptr, length, protection, MAP_SHARED, memory.fd, 0);
  if (address == MAP_FAILED)
    return {nullptr, errno};
  mappings_[address] = length;
  return {address, 0};
}

int SimulatedKernel::munmap(void* address, size_t length) {
  Lock lock(mutex_);
  const int error = begin(kMunmap, "");
  auto it = mappings_.find(address);
  if (it == mappings_.end() || it->second != length)
    return -EINVAL;
  ::munmap(address, length);
  mappings_.erase(it);
  return -error;
}

short SimulatedKernel::revents(const SimulatedFile& file, short events) const {
  if (gone(file))
    return POLLERR | POLLHUP | POLLPRI;
  return file.node->poll(file, events);
}

int SimulatedKernel::poll(int fd, short events) {
  Lock lock(mutex_);
  SimulatedFile* file = find(fd);
  if (const int error = begin(kPoll, file ? file->path : ""))
    return -error;
  return file ? revents(*file, events) : static_cast<short>(POLLNVAL);
}

/*
 * An eventfd can only be readable: it is that while poll() for what is waited for reports any of
 * it, or what poll() reports unasked.
 */
short SimulatedKernel::wake_events(int fd, short events) {
  Lock lock(mutex_);
  SimulatedFile* file = find(fd);
  if (!file)
    return events;
  file->interest = events;
  update_descriptors();
  return POLLIN;
}

void SimulatedKernel::update_descriptors() {
  for (auto& [fd, file] : files_) {
    const bool ready = file->interest && (revents(*file, *file->interest) &
                                          (*file->interest | POLLERR | POLLHUP | POLLNVAL)) != 0;
    if (ready == file->signalled)
      continue;
    uint64_t value = 1;
    const ssize_t moved =
        ready ? ::write(fd, &value, sizeof value) : ::read(fd, &value, sizeof value);
    if (moved == sizeof value)
      file->signalled = ready;
  }
}

Result<std::vector<std::string>> SimulatedKernel::list(const std::string& folder) {
  Lock lock(mutex_);
  if (const int error = begin(kSysfs, folder))
    return Error::from_errno(error, "cannot list " + folder);
  std::vector<std::string> names;
  for (const auto& [path, plugged] : plugged_) {
    if (path.starts_with(folder + "/"))
      names.push_back(path.substr(folder.size() + 1));
  }
  return names;
}

Result<std::string> SimulatedKernel::read_text(const std::string& path) {
  Lock lock(mutex_);
  if (const int error = begin(kSysfs, path))
    return Error::from_errno(error, "cannot open " + path);
  if (auto text = texts_.find(path); text != texts_.end())
    return text->second;
  for (const auto& [node, plugged] : plugged_) {
    const std::string number =
        std::to_string(plugged.number.major) + ":" + std::to_string(plugged.number.minor);
    if (path == "/sys/dev/char/" + number + "/uevent") {
      return "MAJOR=" + std::to_string(plugged.number.major) +
             "\nMINOR=" + std::to_string(plugged.number.minor) + "\nDEVNAME=" + node.substr(5) +
             "\n";
    }
  }
  return Error::from_errno(ENOENT, "cannot open " + path);
}

Result<std::string> SimulatedKernel::resolve(const std::string& path) {
  Lock lock(mutex_);
  if (const int error = begin(kSysfs, path))
    return Error::from_errno(error, "cannot resolve " + path);
  for (const auto& [node, plugged] : plugged_) {
    const std::string name = node.substr(5);
    if (path == "/sys/class/video4linux/" + name + "/device")
      return "/sys/devices/" + plugged.device;
    if (path == "/sys/bus/media/devices/" + name)
      return "/sys/devices/" + plugged.device + "/" + name;
  }
  return Error::from_errno(ENOENT, "cannot resolve " + path);
}

void SimulatedKernel::set_text(const std::string& path, const std::string& text) {
  Lock lock(mutex_);
  texts_[path] = text;
}

void SimulatedKernel::plug(const std::string& name, DeviceNumber number, const std::string& device,
                           std::shared_ptr<SimulatedNode> node) {
  Lock lock(mutex_);
  node->kernel_ = this;
  plugged_["/dev/" + name] = {std::move(node), number, device};
  update_descriptors();
}

void SimulatedKernel::unplug(const std::string& name) {
  Lock lock(mutex_);
  plugged_.erase("/dev/" + name);
  unplugged_at_ = g_get_monotonic_time();
  update_descriptors();
}

void SimulatedKernel::unplug_all() {
  Lock lock(mutex_);
  plugged_.clear();
  unplugged_at_ = g_get_monotonic_time();
  update_descriptors();
}

void SimulatedKernel::fail(unsigned long request, unsigned nth, int error) {
  Lock lock(mutex_);
  faults_.insert({request, {nth, false, error}});
}

void SimulatedKernel::fail_always(unsigned long request, int error) {
  Lock lock(mutex_);
  faults_.insert({request, {0, true, error}});
}

void SimulatedKernel::fail_call(size_t n, int error) {
  Lock lock(mutex_);
  call_faults_[n] = error;
}

void SimulatedKernel::unplug_at_call(size_t n) {
  Lock lock(mutex_);
  unplug_at_ = n;
}

void SimulatedKernel::refuse(const std::string& name, int error) {
  Lock lock(mutex_);
  if (error == 0)
    refused_.erase("/dev/" + name);
  else
    refused_["/dev/" + name] = error;
}

void SimulatedKernel::tamper(unsigned long request, std::function<void(void* argument)> change) {
  Lock lock(mutex_);
  tampers_[request] = std::move(change);
}

void SimulatedKernel::clear_faults() {
  Lock lock(mutex_);
  faults_.clear();
  call_faults_.clear();
  refused_.clear();
  unplug_at_.reset();
  tampers_.clear();
}

size_t SimulatedKernel::calls() const {
  Lock lock(mutex_);
  return calls_.size();
}

SimulatedKernel::Call SimulatedKernel::call(size_t n) const {
  Lock lock(mutex_);
  return n < calls_.size() ? calls_[n] : Call{};
}

size_t SimulatedKernel::count_of(unsigned long request) const {
  Lock lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(calls_, [request](const Call& c) { return c.request == request; }));
}

int64_t SimulatedKernel::unplugged_at() const {
  Lock lock(mutex_);
  return unplugged_at_;
}

size_t SimulatedKernel::open_files() const {
  Lock lock(mutex_);
  return files_.size();
}

size_t SimulatedKernel::mappings() const {
  Lock lock(mutex_);
  return mappings_.size();
}

size_t SimulatedKernel::buffers() const {
  Lock lock(mutex_);
  // Nodes that were unplugged hold theirs as long as a file is open.
  std::vector<const SimulatedNode*> nodes;
  for (const auto& [path, plugged] : plugged_)
    nodes.push_back(plugged.node.get());
  for (const auto& [fd, file] : files_)
    nodes.push_back(file->node.get());
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  size_t sum = 0;
  for (const SimulatedNode* node : nodes)
    sum += node->buffers();
  return sum;
}

void SimulatedKernel::change(const std::function<void()>& function) {
  Lock lock(mutex_);
  function();
  update_descriptors();
}

std::vector<SimulatedFile*> SimulatedKernel::files_of(const SimulatedNode& node) const {
  Lock lock(mutex_);
  std::vector<SimulatedFile*> files;
  for (const auto& [fd, file] : files_) {
    if (file->node.get() == &node)
      files.push_back(file.get());
  }
  return files;
}

}  // namespace gstcam::v4l2::test
