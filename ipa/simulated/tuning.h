/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tuning: everything the algorithms must know about one sensor, read from a YAML file.
 *
 * Strict: what is missing, misspelt, of a wrong type or out of range is an Error with file and
 * line. docs/algorithms.md, "Tuning files", describes the entries. A value type.
 */
#pragma once

#include <string>

#include "base/result.h"
#include "base/yaml.h"
#include "ipa/algorithms/ae.h"
#include "ipa/algorithms/awb.h"
#include "ipa/algorithms/black-level.h"
#include "ipa/algorithms/ccm.h"
#include "ipa/algorithms/lens-shading.h"
#include "ipa/algorithms/tone.h"

namespace gstcam::simulated {

struct Tuning {
  static constexpr int kVersion = 1;

  std::string sensor;
  algorithms::BlackLevelTuning black_level;
  algorithms::LensShadingTuning lens_shading;
  algorithms::AeTuning ae;
  algorithms::AwbTuning awb;
  algorithms::CcmTuning ccm;
  algorithms::ToneTuning tone;

  /** `sensor_model` must be the one the file is for, unless the file is for any ('*'). */
  static Result<Tuning> read(const YamlNode& root, const std::string& sensor_model);
  /** The same from a descriptor, from its beginning; the fd stays the caller's. */
  static Result<Tuning> load(int fd, const std::string& name, const std::string& sensor_model);
};

}  // namespace gstcam::simulated
