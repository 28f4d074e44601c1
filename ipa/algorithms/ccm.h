/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ccm: the matrix from white-balanced sensor RGB to linear sRGB.
 *
 * Tuning has a matrix for each of some colour temperatures; between them it is interpolated over
 * the reciprocal temperature. Saturation acts around the luminance of BT.709. A grey stays grey:
 * rows of tuning matrices must sum to 1. One thread; nothing allocates after construction.
 */
#pragma once

#include <array>
#include <vector>

#include "base/yaml.h"
#include "ipa/isp-parameters.h"

namespace gstcam::algorithms {

using Matrix3 = std::array<double, 9>;  // row by row

struct CcmTuning {
  struct Entry {
    double mired;
    Matrix3 matrix;
  };
  std::vector<Entry> entries;  // mired rising, at least one

  static Result<CcmTuning> read(const YamlNode& node);
};

struct CcmStatus {
  Matrix3 matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};  // saturation included
};

class Ccm {
 public:
  explicit Ccm(CcmTuning tuning);

  void prepare(double temperature, double saturation, GstCameraIspParameters& parameters);
  [[nodiscard]] const CcmStatus& status() const { return status_; }

 private:
  CcmTuning tuning_;
  CcmStatus status_;
};

}  // namespace gstcam::algorithms
