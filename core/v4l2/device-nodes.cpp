/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device-nodes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace gstcam::v4l2 {

namespace {

constexpr uint32_t kMaxNodes = 4096;

/* The number of "video12", if `name` is that. */
std::optional<uint32_t> number_of(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix))
    return std::nullopt;
  uint32_t number = 0;
  const char* end = name.data() + name.size();
  auto [rest, err] = std::from_chars(name.data() + prefix.size(), end, number);
  if (err != std::errc() || rest != end || number >= kMaxNodes)
    return std::nullopt;
  return number;
}

Result<std::vector<std::string>> nodes(Kernel& kernel, const std::string& prefix) {
  Result<std::vector<std::string>> names = kernel.list("/dev");
  if (!names)
    return names.error();
  std::vector<uint32_t> numbers;
  for (const std::string& name : *names) {
    if (const std::optional<uint32_t> number = number_of(name, prefix))
      numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  std::vector<std::string> paths;
  paths.reserve(numbers.size());
  for (uint32_t number : numbers)
    paths.push_back("/dev/" + prefix + std::to_string(number));
  return paths;
}

/* A name in one folder: nothing that leads elsewhere. */
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && std::ranges::none_of(name, [](char c) {
    return c == '/' || static_cast<unsigned char>(c) < 0x20;
  });
}

}  // namespace

Result<std::vector<std::string>> media_nodes(Kernel& kernel) {
  return nodes(kernel, "media");
}

Result<std::vector<std::string>> video_nodes(Kernel& kernel) {
  return nodes(kernel, "video");
}

Result<std::string> node_path(Kernel& kernel, DeviceNumber number) {
  const std::string file = "/sys/dev/char/" + std::to_string(number.major) + ":" +
                           std::to_string(number.minor) + "/uevent";
  Result<std::string> text = kernel.read_text(file);
  if (!text)
    return text.error();
  const std::string key = "DEVNAME=";
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find('\n', begin), text->size());
    const std::string line = text->substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with(key))
      continue;
    const std::string name = line.substr(key.size());
    if (!is_plain_name(name)) {
      std::string message = file;
      return Error(Error::Code::Protocol,
                   message.append(" names the impossible node '").append(name).append("'"));
    }
    return "/dev/" + name;
  }
  return Error(Error::Code::NotFound, file + " names no node");
}

Result<std::string> stable_id(Kernel& kernel, const std::string& node) {
  const std::string name = node.substr(node.rfind('/') + 1);
  if (!is_plain_name(name))
    return Error(Error::Code::Invalid, "'" + node + "' is no device node");
  // A media device is on a bus, without a link to its parent: its own folder is in the parent's.
  const bool media = name.starts_with("media");
  Result<std::string> path = media ? kernel.resolve("/sys/bus/media/devices/" + name)
                                   : kernel.resolve("/sys/class/video4linux/" + name + "/device");
  if (!path)
    return path.error();
  std::string id = media ? path->substr(0, path->rfind('/')) : *path;
  const std::string root = "/sys/devices/";
  return id.starts_with(root) ? id.substr(root.size()) : id;
}

Result<void> check_hardware(Kernel& kernel, const std::string& node, const std::string& id) {
  Result<std::string> now = stable_id(kernel, node);
  if (!now)
    return now.error();
  if (*now != id)
    return Error(Error::Code::NotFound, node + " is another device by now (" + *now + ")",
                 "the camera was unplugged: plug it in and open it again");
  return {};
}

}  // namespace gstcam::v4l2
