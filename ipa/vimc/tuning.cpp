/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/vimc/tuning.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::vimc {

namespace {

using algorithms::TuningReader;

/* Far beyond any driver's; products of two still fit. */
constexpr int32_t kCodeMax = 1 << 20;

CodeScale read_scale(TuningReader& controls, const char* key) {
  TuningReader reader = controls.map(key);
  CodeScale scale;
  scale.zero = reader.integer("zero", -kCodeMax, kCodeMax);
  scale.one = reader.integer("one", -kCodeMax, kCodeMax);
  const std::vector<double> codes = reader.numbers("codes", 2, -kCodeMax, kCodeMax);
  scale.min = static_cast<int32_t>(codes[0]);
  scale.max = static_cast<int32_t>(codes[1]);
  if (const YamlNode* node = reader.node("codes")) {
    if (scale.zero == scale.one)
      reader.fail(node->error("'" + std::string(key) + "': 'zero' and 'one' are the same"));
    if (scale.min >= scale.max)
      reader.fail(node->error("'" + std::string(key) + "': the codes are no range"));
  }
  if (Result<void> done = reader.finish(); !done)
    controls.fail(done.error());
  return scale;
}

bool read_bool(TuningReader& reader, const char* key) {
  const YamlNode* node = reader.node(key);
  if (!node)
    return false;
  Result<bool> value = node->as_bool();
  if (value)
    return *value;
  reader.fail(std::move(value).error());
  return false;
}

}  // namespace

int32_t CodeScale::code_of(double value) const {
  const double code = zero + value * (static_cast<double>(one) - zero);
  return static_cast<int32_t>(
      std::lround(std::clamp(code, static_cast<double>(min), static_cast<double>(max))));
}

double CodeScale::value_of(int32_t code) const {
  return (static_cast<double>(code) - zero) / (static_cast<double>(one) - zero);
}

ControlRange CodeScale::range(ControlId id) const {
  const ControlInfo& info = control_info(id);
  const auto [low, high] = std::minmax({value_of(min), value_of(max)});
  const double least = std::clamp(low, info.min, info.max);
  const double most = std::clamp(high, info.min, info.max);
  return {least, most, std::clamp(info.def, least, most)};
}

Result<Tuning> Tuning::read(const YamlNode& root, const std::string& sensor_model) {
  Tuning tuning;
  TuningReader reader(root);
  Result<std::string> sensor = algorithms::read_tuning_head(reader, kVersion, sensor_model);
  if (!sensor)
    return std::move(sensor).error();
  tuning.sensor = *std::move(sensor);
  TuningReader controls = reader.map("controls");
  tuning.brightness = read_scale(controls, "brightness");
  tuning.contrast = read_scale(controls, "contrast");
  tuning.saturation = read_scale(controls, "saturation");
  tuning.hue = reader.integer("hue", -kCodeMax, kCodeMax);
  TuningReader flip = reader.map("flip");
  tuning.horizontal_flip = read_bool(flip, "horizontal");
  tuning.vertical_flip = read_bool(flip, "vertical");
  const int32_t window = reader.integer("mean-window", 1, 25);
  if (const YamlNode* node = reader.node("mean-window"); node && window % 2 == 0)
    reader.fail(node->error("'mean-window' must be odd"));
  tuning.mean_window = static_cast<uint32_t>(window);
  for (TuningReader* r : {&reader, &controls, &flip}) {
    if (Result<void> done = r->finish(); !done)
      return done.error();
  }
  return tuning;
}

Result<Tuning> Tuning::load(int fd, const std::string& name, const std::string& sensor_model) {
  Result<YamlNode> root = algorithms::load_tuning(fd, name, sensor_model);
  if (!root)
    return std::move(root).error();
  return read(*root, sensor_model);
}

}  // namespace gstcam::vimc
