/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/simulated/tuning.h"

#include <utility>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::simulated {

namespace {

using algorithms::TuningReader;

/* One algorithm's entry, by its own reader. */
template <typename T>
void read_algorithm(TuningReader& reader, const char* key, T& tuning) {
  const YamlNode* node = reader.node(key);
  if (!node)
    return;
  Result<T> read = T::read(*node);
  if (read)
    tuning = *std::move(read);
  else
    reader.fail(std::move(read).error());
}

}  // namespace

Result<Tuning> Tuning::read(const YamlNode& root, const std::string& sensor_model) {
  Tuning tuning;
  TuningReader reader(root);
  // First of all: entries of another version mean something else.
  if (const YamlNode* version = reader.node("version")) {
    Result<int64_t> number = version->as_int();
    if (!number)
      return std::move(number).error();
    if (*number != kVersion)
      return version->error("tuning version " + std::to_string(*number) + " is not known",
                            "this IPA reads version " + std::to_string(kVersion));
  }
  tuning.sensor = reader.word("sensor");
  if (const YamlNode* sensor = reader.node("sensor");
      sensor && tuning.sensor != "*" && tuning.sensor != sensor_model) {
    reader.fail(sensor->error(
        "this tuning is for the sensor '" + tuning.sensor + "', the camera's is '" + sensor_model +
            "'",
        "choose the tuning file of the sensor; sensor: '*' says that a file suits any"));
  }
  TuningReader all = reader.map("algorithms");
  read_algorithm(all, "black-level", tuning.black_level);
  read_algorithm(all, "lens-shading", tuning.lens_shading);
  read_algorithm(all, "ae", tuning.ae);
  read_algorithm(all, "awb", tuning.awb);
  read_algorithm(all, "ccm", tuning.ccm);
  read_algorithm(all, "tone", tuning.tone);
  for (TuningReader* r : {&reader, &all}) {
    if (Result<void> done = r->finish(); !done)
      return done.error();
  }
  return tuning;
}

Result<Tuning> Tuning::load(int fd, const std::string& name, const std::string& sensor_model) {
  if (fd < 0)
    return Error(Error::Code::NotFound, "there is no tuning file",
                 "name one for the sensor '" + sensor_model + "'");
  Result<YamlNode> root = load_yaml_fd(fd, name.empty() ? "tuning file" : name);
  if (!root)
    return std::move(root).error();
  return read(*root, sensor_model);
}

}  // namespace gstcam::simulated
