/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/demo/recording.h"

#include <filesystem>

#include "base/yaml.h"

namespace gstcam::demo {

namespace {

namespace fs = std::filesystem;

/** A YAML single-quoted scalar. */
std::string yaml_quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'')
      out += c;
  }
  return out + "'";
}

struct Description {
  std::string scene;   // keys of the scene but its file, a line each
  std::string sensor;  // keys of the sensor, a line each
  std::vector<GreyPatch> greys;
};

Result<std::vector<GreyPatch>> read_greys(const YamlNode& node) {
  Result<YamlMap> map = YamlMap::read(node);
  if (!map)
    return map.error();
  const double half_size = map->double_or("half-size", 8, 1, 1000);
  Result<const YamlNode*> centres = map->required("centres");
  if (!centres)
    return centres.error();
  std::vector<GreyPatch> greys;
  for (const YamlNode& item : (*centres)->items()) {
    Result<std::vector<double>> xy = item.as_doubles(2);
    if (!xy)
      return xy.error();
    greys.push_back({(*xy)[0], (*xy)[1], half_size});
  }
  if (Result<void> done = map->finish(); !done)
    return done.error();
  return greys;
}

/** Keys of a camera's description are handed on as they stand. */
Result<std::string> keys_of(const YamlNode& node) {
  std::string text;
  for (const auto& [key, value] : node.entries()) {
    if (value.kind() == YamlNode::Kind::Sequence) {
      Result<std::vector<double>> numbers = value.as_doubles();
      if (!numbers)
        return numbers.error();
      std::string list;
      for (double number : *numbers)
        list += (list.empty() ? "" : ", ") + std::to_string(static_cast<long>(number));
      text.append("      ").append(key).append(": [").append(list).append("]\n");
    } else {
      Result<std::string> scalar = value.as_string();
      if (!scalar)
        return scalar.error();
      text += "      " + key + ": " + *scalar + "\n";
    }
  }
  return text;
}

Result<Description> read_description(const std::string& path) {
  Result<YamlNode> root = load_yaml(path);
  if (!root)
    return root.error();
  Result<YamlMap> map = YamlMap::read(*root);
  if (!map)
    return map.error();
  Description description;
  for (auto [key, target] :
       {std::pair("scene", &description.scene), std::pair("sensor", &description.sensor)}) {
    Result<const YamlNode*> node = map->required(key);
    if (!node)
      return node.error();
    Result<std::string> keys = keys_of(**node);
    if (!keys)
      return keys.error();
    *target = std::move(*keys);
  }
  if (const YamlNode* greys = map->optional("greys")) {
    Result<std::vector<GreyPatch>> list = read_greys(*greys);
    if (!list)
      return list.error();
    description.greys = std::move(*list);
  }
  if (Result<void> done = map->finish(); !done)
    return done.error();
  return description;
}

}  // namespace

Recording chart_recording() {
  Recording recording;
  recording.title = "the computed colour chart";
  recording.chart = true;
  return recording;
}

Result<Recording> describe_recording(const std::string& path, const std::string& descriptions) {
  std::error_code failed;
  const fs::path file = fs::canonical(path, failed);
  if (failed)
    return Error(Error::Code::NotFound, "cannot open '" + path + "': " + failed.message(),
                 "name a picture, a video, a DNG or a headerless Bayer file");
  if (fs::is_directory(file))
    return Error(Error::Code::Invalid, "'" + path + "' is a folder",
                 "name a picture, a video, a DNG or a headerless Bayer file in it");

  Recording recording;
  recording.title = file.filename().string();
  const fs::path known = fs::path(descriptions) / (file.stem().string() + ".yaml");
  if (!fs::exists(known)) {
    recording.camera_config = file.string();
    return recording;
  }
  Result<Description> description = read_description(known.string());
  if (!description)
    return description.error();
  recording.greys = std::move(description->greys);
  recording.camera_yaml =
      "cameras:\n  - id: recording\n    model: " + yaml_quoted("Recording " + recording.title) +
      "\n    sensor:\n" + description->sensor +
      "    scene:\n      file: " + yaml_quoted(file.string()) + "\n" + description->scene;
  return recording;
}

}  // namespace gstcam::demo
