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
  Result<std::string> sensor = algorithms::read_tuning_head(reader, kVersion, sensor_model);
  if (!sensor)
    return std::move(sensor).error();
  tuning.sensor = *std::move(sensor);
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
  Result<YamlNode> root = algorithms::load_tuning(fd, name, sensor_model);
  if (!root)
    return std::move(root).error();
  return read(*root, sensor_model);
}

}  // namespace gstcam::simulated
