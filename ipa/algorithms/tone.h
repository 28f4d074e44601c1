/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tone: the curve from linear light to output codes.
 *
 * The transfer function of tuning (sRGB of IEC 61966-2-1, or BT.709's), then contrast around middle
 * grey and brightness, both in codes as the eye counts. Never falls. One thread; nothing allocates.
 */
#pragma once

#include <array>
#include <cstdint>

#include "base/yaml.h"
#include "ipa/isp-parameters.h"

namespace gstcam::algorithms {

struct ToneTuning {
  enum class Transfer : uint8_t { Srgb, Bt709, Linear };
  Transfer transfer = Transfer::Srgb;

  static Result<ToneTuning> read(const YamlNode& node);
};

struct ToneStatus {
  double contrast = 1;
  double brightness = 0;
};

class Tone {
 public:
  explicit Tone(const ToneTuning& tuning);

  void prepare(double contrast, double brightness, GstCameraIspParameters& parameters);
  [[nodiscard]] const ToneStatus& status() const { return status_; }

 private:
  void compute();
  [[nodiscard]] double encode(double level) const;

  ToneTuning tuning_;
  ToneStatus status_;
  std::array<uint16_t, GST_CAMERA_ISP_TONE_POINTS> curve_{};
};

}  // namespace gstcam::algorithms
