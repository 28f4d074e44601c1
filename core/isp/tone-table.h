/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ToneTable: the tone curve of GstCameraIspParameters as a table of every linear code of the
 * demosaic, in bytes for RGB formats or in 1/64 of a byte code for YUV ones. One thread.
 */
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ipa/isp-parameters.h"

namespace gstcam::isp {

class ToneTable {
 public:
  enum class Kind { Bytes, Fine };

  /** Allocates. */
  explicit ToneTable(Kind kind);

  /** Rebuilds the table if the curve is another than the last one. Allocates nothing. */
  void update(const uint16_t (&curve)[GST_CAMERA_ISP_TONE_POINTS]);

  /** kLinearMax + 1 values; the one that the kind says, the other is empty. */
  [[nodiscard]] const uint8_t* bytes() const { return bytes_.data(); }
  [[nodiscard]] const uint16_t* fine() const { return fine_.data(); }

 private:
  bool built_ = false;
  std::array<uint16_t, GST_CAMERA_ISP_TONE_POINTS> curve_{};
  std::vector<uint8_t> bytes_;
  std::vector<uint16_t> fine_;
};

}  // namespace gstcam::isp
