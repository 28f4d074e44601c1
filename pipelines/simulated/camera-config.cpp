/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/camera-config.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <optional>
#include <set>

#include "base/glib-ptr.h"

namespace gstcam::simulated {

namespace {

constexpr size_t kMaxCameras = 64;
constexpr char kIdPrefix[] = "simulated/";
constexpr const char* kCfaNames[] = {"RGGB", "GRBG", "GBRG", "BGGR"};

template <size_t N>
Result<size_t> choose(const YamlNode& node, const char* const (&names)[N]) {
  Result<std::string> word = node.as_string();
  if (!word)
    return word.error();
  std::string all;
  for (size_t i = 0; i < N; i++) {
    if (*word == names[i])
      return i;
    all += std::string(i ? ", " : "") + names[i];
  }
  return node.error("'" + *word + "' is none of " + all);
}

/* Reads one camera; the first error ends it. */
class CameraReader {
 public:
  CameraReader(const YamlNode& node, const std::string& folder) : node_(node), folder_(folder) {}

  Result<CameraDescription> read() {
    Result<YamlMap> map = YamlMap::read(node_);
    if (!map)
      return map.error();
    Result<void> done = camera(*map);
    if (done)
      done = map->finish();
    if (!done)
      return done.error();
    return std::move(out_);
  }

 private:
  Result<void> camera(YamlMap& map) {
    Result<const YamlNode*> id = map.required("id");
    if (!id)
      return id.error();
    Result<std::string> name = (*id)->as_string();
    if (!name)
      return name.error();
    const bool plain = std::ranges::all_of(
        *name, [](char c) { return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.'; });
    if (name->empty() || name->size() > 64 || !plain)
      return (*id)->error("an id is made of letters, digits, '-', '_' and '.'");
    out_.id = kIdPrefix + *name;
    out_.model = map.string_or("model", "Simulated camera (" + *name + ")");
    out_.seed = static_cast<uint64_t>(map.int_or("seed", 1, 0, INT64_MAX));
    out_.deterministic = map.bool_or("deterministic", false);
    if (const YamlNode* pace = map.optional("pace")) {
      constexpr const char* kPaces[] = {"live", "fast"};
      Result<size_t> choice = choose(*pace, kPaces);
      if (!choice)
        return choice.error();
      out_.pace = *choice == 0 ? CameraDescription::Pace::Live : CameraDescription::Pace::Fast;
    }
    if (const YamlNode* node = map.optional("size")) {
      Result<Size> size = read_size(*node);
      if (!size)
        return size.error();
      out_.size = *size;
    }
    if (const YamlNode* node = map.optional("sensor")) {
      if (Result<void> r = sensor(*node); !r)
        return r;
    }
    out_.tuning = map.string_or("tuning", out_.sensor.model + ".yaml");
    if (const YamlNode* node = map.optional("scene")) {
      if (Result<void> r = scene(*node); !r)
        return r;
    }
    if (const YamlNode* node = map.optional("light"))
      return light(*node);
    return {};
  }

  static Result<Size> read_size(const YamlNode& node) {
    if (node.items().size() != 2)
      return node.error("expected a size: [width, height]");
    Result<int64_t> width = node.items()[0].as_int(2, 16384);
    if (!width)
      return width.error();
    Result<int64_t> height = node.items()[1].as_int(2, 16384);
    if (!height)
      return height.error();
    if (*width % 2 != 0 || *height % 2 != 0)
      return node.error("width and height must be even");
    return Size{static_cast<uint32_t>(*width), static_cast<uint32_t>(*height)};
  }

  Result<void> sensor(const YamlNode& node) {
    Result<YamlMap> map = YamlMap::read(node);
    if (!map)
      return map.error();
    SensorDescription& s = out_.sensor;
    s.model = map->string_or("model", s.model);
    s.bits = static_cast<uint32_t>(map->int_or("bits", s.bits, 8, 12));
    if (s.bits % 2 != 0)
      return map->optional("bits")->error("a sensor has 8, 10 or 12 bits");
    if (const YamlNode* cfa = map->optional("cfa")) {
      Result<size_t> order = choose(*cfa, kCfaNames);
      if (!order)
        return order.error();
      s.cfa = static_cast<CfaOrder>(*order);
    }
    // A quarter of the range at most: more is no sensor, and leaves nothing for the picture.
    const int64_t quarter = int64_t{1} << (s.bits - 2);
    s.black_level = static_cast<uint32_t>(map->int_or("black-level", quarter / 4, 0, quarter));
    s.full_well = map->double_or("full-well", s.full_well, 100, 1e6);
    s.read_noise = map->double_or("read-noise", s.read_noise, 0, 1000);
    s.noise = map->bool_or("noise", s.noise);
    s.max_gain = map->double_or("max-gain", s.max_gain, 1, 256);
    s.exposure_delay = static_cast<uint32_t>(map->int_or("exposure-delay", s.exposure_delay, 0, 7));
    s.gain_delay = static_cast<uint32_t>(map->int_or("gain-delay", s.gain_delay, 0, 7));
    s.max_framerate = map->double_or("max-framerate", s.max_framerate, 1, 1000);
    s.lens_shading = map->double_or("lens-shading", s.lens_shading, 0, 0.9);
    return map->finish();
  }

  Result<void> scene(const YamlNode& node) {
    constexpr const char* kKinds[] = {"chart", "picture", "dng", "bayer"};
    if (node.kind() == YamlNode::Kind::Scalar) {
      constexpr const char* kAlone[] = {"chart"};
      Result<size_t> kind = choose(node, kAlone);
      if (!kind)
        return kind.error();
      return {};
    }
    Result<YamlMap> map = YamlMap::read(node);
    if (!map)
      return map.error();
    Result<const YamlNode*> type = map->required("type");
    if (!type)
      return type.error();
    Result<size_t> kind = choose(**type, kKinds);
    if (!kind)
      return kind.error();
    out_.scene.kind = static_cast<SceneDescription::Kind>(*kind);
    if (out_.scene.kind != SceneDescription::Kind::Chart) {
      if (Result<void> r = file(*map); !r)
        return r;
    }
    if (out_.scene.kind == SceneDescription::Kind::Dng ||
        out_.scene.kind == SceneDescription::Kind::Bayer) {
      out_.scene.reference_lux = map->double_or("reference-lux", 200, 0.01, 1e6);
      const YamlNode* sensor = node_.find("sensor");
      if (sensor && sensor->find("cfa"))
        return sensor->find("cfa")->error("a recorded raw frame has its own order of colours",
                                          "remove 'cfa' here; a bayer scene has a 'cfa' key");
    }
    if (out_.scene.kind == SceneDescription::Kind::Bayer) {
      if (Result<void> r = bayer(*map, node); !r)
        return r;
    }
    return map->finish();
  }

  Result<void> file(YamlMap& map) {
    Result<const YamlNode*> node = map.required("file");
    if (!node)
      return node.error();
    Result<std::string> name = (*node)->as_string();
    if (!name)
      return name.error();
    if (name->empty())
      return (*node)->error("the name of the file is empty");
    if (name->find("://") != std::string::npos) {
      if (out_.scene.kind != SceneDescription::Kind::Picture)
        return (*node)->error("expected a path, found a URI");
      out_.scene.file = *name;
    } else {
      out_.scene.file = (*name)[0] == '/' ? *name : folder_ + "/" + *name;
    }
    return {};
  }

  Result<void> bayer(YamlMap& map, const YamlNode& node) {
    RawGeometry& raw = out_.scene.raw;
    for (const char* key : {"width", "height", "bits", "cfa"}) {
      if (Result<const YamlNode*> r = map.required(key); !r)
        return r.error();
    }
    raw.width = static_cast<uint32_t>(map.int_or("width", 0, 2, 16384));
    raw.height = static_cast<uint32_t>(map.int_or("height", 0, 2, 16384));
    raw.bits = static_cast<uint32_t>(map.int_or("bits", 8, 8, 16));
    raw.offset = static_cast<uint64_t>(map.int_or("offset", 0, 0, 1 << 30));
    raw.stride = static_cast<uint32_t>(map.int_or("stride", 0, 0, 1 << 20));
    raw.shift = static_cast<uint32_t>(map.int_or("shift", 0, 0, 8));
    Result<size_t> order = choose(*node.find("cfa"), kCfaNames);
    if (!order)
      return order.error();
    raw.cfa = static_cast<CfaOrder>(*order);
    if (const YamlNode* packing = map.optional("packing")) {
      constexpr const char* kPackings[] = {"plain", "csi2"};
      Result<size_t> choice = choose(*packing, kPackings);
      if (!choice)
        return choice.error();
      raw.packing = static_cast<RawGeometry::Packing>(*choice);
    }
    const double largest = static_cast<double>((1U << raw.bits) - 1);
    raw.black_level = map.double_or("black-level", 0, 0, largest - 1);
    raw.white_level = map.double_or("white-level", largest, 1, largest);
    if (const YamlNode* crop = map.optional("crop")) {
      if (crop->items().size() != 4)
        return crop->error("expected a crop: [x, y, width, height]");
      uint32_t* const fields[] = {&raw.crop_x, &raw.crop_y, &raw.crop_width, &raw.crop_height};
      for (size_t i = 0; i < 4; i++) {
        Result<int64_t> value = crop->items()[i].as_int(i < 2 ? 0 : 2, 16384);
        if (!value)
          return value.error();
        *fields[i] = static_cast<uint32_t>(*value);
      }
    }
    if (Result<void> r = map.finish(); !r)  // a wrong number before what follows from it
      return r;
    if (Result<void> r = check_geometry(raw); !r)
      return node.error(r.error().message, r.error().hint);
    return {};
  }

  Result<void> light(const YamlNode& node) {
    std::vector<LightPoint> points;
    std::optional<bool> by_frame;
    const bool list = node.kind() == YamlNode::Kind::Sequence;
    const size_t count = list ? node.items().size() : 1;
    for (size_t i = 0; i < count; i++) {
      const YamlNode& item = list ? node.items()[i] : node;
      Result<LightPoint> point = light_point(item, i, by_frame);
      if (!point)
        return point.error();
      points.push_back(std::move(point).value());
    }
    Result<LightScript> script = LightScript::create(std::move(points), by_frame.value_or(false));
    if (!script)
      return node.error(script.error().message, script.error().hint);
    out_.light = std::move(script).value();
    return {};
  }

  static Result<LightPoint> light_point(const YamlNode& node, size_t index,
                                        std::optional<bool>& by_frame) {
    Result<YamlMap> map = YamlMap::read(node);
    if (!map)
      return map.error();
    LightPoint point;
    const bool has_time = map->optional("time") != nullptr;
    const bool has_frame = map->optional("frame") != nullptr;
    if (has_time && has_frame)
      return node.error("a point has either 'time' or 'frame'");
    if (index > 0 && !has_time && !has_frame)
      return node.error("every point but the first needs a 'time' or a 'frame'");
    if ((has_time || has_frame) && by_frame.value_or(has_frame) != has_frame)
      return node.error(
          "the points of a light script count either all by 'time' or all by 'frame'");
    if (has_time || has_frame)
      by_frame = has_frame;
    point.position = has_frame ? map->int_or("frame", 0, 0, UINT32_MAX)
                               : std::llround(map->double_or("time", 0, 0, 1e6) * 1e9);
    point.lux = map->double_or("lux", point.lux, 0, 1e6);
    point.temperature =
        map->double_or("temperature", point.temperature, kTemperatureMin, kTemperatureMax);
    if (const YamlNode* illuminant = map->optional("illuminant")) {
      point.illuminant = map->string_or("illuminant", "");
      if (map->optional("temperature"))
        return node.error("a point has either 'temperature' or 'illuminant'");
      if (Result<Spectrum> r = spectrum_of_name(point.illuminant); !r)
        return illuminant->error(r.error().message, r.error().hint);
    }
    if (const YamlNode* change = map->optional("change")) {
      constexpr const char* kChanges[] = {"step", "linear"};
      Result<size_t> choice = choose(*change, kChanges);
      if (!choice)
        return choice.error();
      point.linear = *choice == 1;
    }
    if (Result<void> r = map->finish(); !r)
      return r.error();
    return point;
  }

  const YamlNode& node_;
  const std::string& folder_;
  CameraDescription out_;
};

/* "office_2592x1536_10b_csi2_GRBG.raw" */
Result<RawGeometry> geometry_from_name(const std::string& name) {
  RawGeometry raw;
  bool has_cfa = false;
  gchar** words = g_strsplit_set(name.c_str(), "_-.", -1);
  for (gchar** word = words; *word; word++) {
    unsigned width = 0;
    unsigned height = 0;
    unsigned bits = 0;
    int used = 0;
    const auto length = static_cast<int>(std::strlen(*word));
    if (std::sscanf(*word, "%5ux%5u%n", &width, &height, &used) == 2 && used == length) {
      raw.width = width;
      raw.height = height;
    } else if (used = 0; std::sscanf(*word, "%2ub%n", &bits, &used) == 1 && used == length) {
      raw.bits = bits;
    } else if (g_ascii_strcasecmp(*word, "csi2") == 0) {
      raw.packing = RawGeometry::Packing::Csi2;
    }
    for (size_t i = 0; i < std::size(kCfaNames); i++) {
      if (g_ascii_strcasecmp(*word, kCfaNames[i]) == 0) {
        raw.cfa = static_cast<CfaOrder>(i);
        has_cfa = true;
      }
    }
  }
  g_strfreev(words);
  Result<void> checked = check_geometry(raw);
  if (has_cfa && checked)
    return raw;
  return Error(Error::Code::Invalid,
               "the name of raw file '" + name + "' does not tell its geometry" +
                   (checked ? "" : " (" + checked.error().message + ")"),
               "rename it like NAME_1920x1080_10b_RGGB.raw, or describe the camera in a YAML file "
               "(docs/simulated-camera.md)");
}

}  // namespace

CameraDescription default_camera_description() {
  CameraDescription description;
  description.id = std::string(kIdPrefix) + "chart";
  description.model = "Simulated camera (colour chart)";
  description.tuning = description.sensor.model + ".yaml";
  return description;
}

Result<std::vector<CameraDescription>> read_camera_descriptions(const YamlNode& root,
                                                                const std::string& folder) {
  Result<YamlMap> map = YamlMap::read(root);
  if (!map)
    return map.error();
  Result<const YamlNode*> list = map->required("cameras");
  if (!list)
    return list.error();
  if (Result<void> r = map->finish(); !r)
    return r.error();
  const YamlNode& cameras = **list;
  if (cameras.kind() != YamlNode::Kind::Sequence || cameras.items().empty())
    return cameras.error("'cameras' is not a list with at least one camera in it");
  if (cameras.items().size() > kMaxCameras)
    return cameras.error("more than " + std::to_string(kMaxCameras) + " cameras");
  std::vector<CameraDescription> descriptions;
  std::set<std::string> ids;
  for (const YamlNode& node : cameras.items()) {
    Result<CameraDescription> camera = CameraReader(node, folder).read();
    if (!camera)
      return camera.error();
    if (!ids.insert(camera->id).second)
      return node.error("a second camera with the id of '" + camera->id + "'");
    descriptions.push_back(std::move(camera).value());
  }
  return descriptions;
}

Result<std::vector<CameraDescription>> load_camera_descriptions(const std::string& path) {
  Result<YamlNode> root = load_yaml(path);
  if (!root)
    return root.error();
  CharPtr absolute(g_canonicalize_filename(path.c_str(), nullptr));
  CharPtr folder(g_path_get_dirname(absolute.get()));
  return read_camera_descriptions(*root, folder.get());
}

Result<CameraDescription> camera_for_file(const std::string& path) {
  CameraDescription description = default_camera_description();
  description.id = std::string(kIdPrefix) + "file";
  CharPtr name(g_path_get_basename(path.c_str()));
  description.model = std::string("Simulated camera (") + name.get() + ")";
  CharPtr lower(g_ascii_strdown(name.get(), -1));
  const std::string_view word = lower.get();
  auto ends_with_one_of = [word](auto... suffixes) { return (word.ends_with(suffixes) || ...); };
  SceneDescription& scene = description.scene;
  if (path.find("://") != std::string::npos) {
    scene.file = path;
    scene.kind = SceneDescription::Kind::Picture;
    return description;
  }
  CharPtr absolute(g_canonicalize_filename(path.c_str(), nullptr));
  scene.file = absolute.get();
  if (ends_with_one_of(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".pef")) {
    scene.kind = SceneDescription::Kind::Dng;
  } else if (ends_with_one_of(".raw", ".bayer", ".bin")) {
    scene.kind = SceneDescription::Kind::Bayer;
    Result<RawGeometry> raw = geometry_from_name(name.get());
    if (!raw)
      return raw.error();
    scene.raw = *raw;
  } else {
    scene.kind = SceneDescription::Kind::Picture;
  }
  return description;
}

Result<std::vector<CameraDescription>> configured_camera_descriptions() {
  const char* path = g_getenv("GST_CAMERA_SIMULATED_CONFIG");
  if (!path || !*path) {
    CameraDescription camera = default_camera_description();
    camera.stand_in = true;
    return std::vector<CameraDescription>{std::move(camera)};
  }
  auto within = [](Error error) {
    if (error.hint.empty())
      error.hint = "docs/simulated-camera.md says what may stand there";
    return error.within("GST_CAMERA_SIMULATED_CONFIG");
  };
  if (g_str_has_suffix(path, ".yaml") || g_str_has_suffix(path, ".yml")) {
    Result<std::vector<CameraDescription>> cameras = load_camera_descriptions(path);
    if (!cameras)
      return within(cameras.error());
    return cameras;
  }
  Result<CameraDescription> camera = camera_for_file(path);
  if (!camera)
    return within(camera.error());
  return std::vector<CameraDescription>{std::move(camera).value()};
}

}  // namespace gstcam::simulated
