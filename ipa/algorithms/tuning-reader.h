/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TuningReader: one map of a tuning file, read strictly.
 *
 * Every entry must be there, of the right type and in range, and none may be there that nobody
 * reads. The first error is kept and comes back from finish() ("FILE:LINE: ..."); until then
 * readers give harmless values, so that code reads like the file. Thread: one; lives as long as its
 * node.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace gstcam::algorithms {

class TuningReader {
 public:
  explicit TuningReader(const YamlNode& node);

  [[nodiscard]] double number(std::string_view key, double min, double max);
  [[nodiscard]] int32_t integer(std::string_view key, int32_t min, int32_t max);
  [[nodiscard]] std::string word(std::string_view key);
  /** Exactly `count` numbers (any number of them for 0), each in range. */
  [[nodiscard]] std::vector<double> numbers(std::string_view key, size_t count, double min,
                                            double max);
  /** Rows of `count` numbers, at least one row. */
  [[nodiscard]] std::vector<std::vector<double>> rows(std::string_view key, size_t count,
                                                      double min, double max);
  /** A map in the map; its own finish() is the caller's. */
  [[nodiscard]] TuningReader map(std::string_view key);
  /** The node itself, nullptr after an error. */
  [[nodiscard]] const YamlNode* node(std::string_view key);
  /** The same for an entry that may be absent. */
  [[nodiscard]] const YamlNode* optional_node(std::string_view key);

  /** Keeps `error` unless there is an earlier one. */
  void fail(Error error);
  void fail_at(std::string_view key, Error error);
  [[nodiscard]] Result<void> finish();

 private:
  TuningReader() = default;
  std::optional<YamlMap> map_;
  std::optional<Error> error_;
};

/**
 * What every tuning file begins with: its version, and the sensor it is for ('*': any); the sensor.
 * A version that is not `version` is an error at once, since its other entries mean something else;
 * another sensor is one of the reader's.
 */
[[nodiscard]] Result<std::string> read_tuning_head(TuningReader& reader, int version,
                                                   const std::string& sensor_model);
/** The whole file, from its beginning; the fd stays the caller's. NotFound where there is none. */
[[nodiscard]] Result<YamlNode> load_tuning(int fd, const std::string& name,
                                           const std::string& sensor_model);

}  // namespace gstcam::algorithms
