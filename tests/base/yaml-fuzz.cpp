/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes: a tree or an Error; every reader of every node may be called. */
#include <cstddef>
#include <cstdint>

#include "base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

size_t visit(const gstcam::YamlNode& node) {
  size_t used = node.as_string() ? 1 : 0;
  used += node.as_bool() ? 1 : 0;
  used += node.as_int(-100, 100) ? 1 : 0;
  used += node.as_double(0, 1) ? 1 : 0;
  used += node.as_doubles() ? 1 : 0;
  for (const gstcam::YamlNode& item : node.items())
    used += visit(item);
  for (const auto& [key, value] : node.entries())
    used += visit(value) + key.size();
  if (gstcam::Result<gstcam::YamlMap> map = gstcam::YamlMap::read(node)) {
    used += map->string_or("name", "x").size();
    used += map->finish() ? 1 : 0;
  }
  return used;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const gstcam::Result<gstcam::YamlNode> node =
      gstcam::parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (node)
    visit(*node);
  return 0;
}
