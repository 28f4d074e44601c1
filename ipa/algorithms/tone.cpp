/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/tone.h"

#include <algorithm>
#include <cmath>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::algorithms {

namespace {

constexpr double kMiddleGrey = 0.18;

}  // namespace

Result<ToneTuning> ToneTuning::read(const YamlNode& node) {
  TuningReader reader(node);
  ToneTuning tuning;
  const std::string word = reader.word("transfer");
  if (word == "srgb")
    tuning.transfer = Transfer::Srgb;
  else if (word == "bt709")
    tuning.transfer = Transfer::Bt709;
  else if (word == "linear")
    tuning.transfer = Transfer::Linear;
  else if (const YamlNode* entry = reader.node("transfer"))
    reader.fail(entry->error("'" + word + "' is no transfer function", "srgb, bt709 or linear"));
  if (Result<void> done = reader.finish(); !done)
    return done.error();
  return tuning;
}

Tone::Tone(const ToneTuning& tuning) : tuning_(tuning) {
  compute();
}

double Tone::encode(double level) const {
  switch (tuning_.transfer) {
    case ToneTuning::Transfer::Srgb:
      return level <= 0.0031308 ? 12.92 * level : 1.055 * std::pow(level, 1 / 2.4) - 0.055;
    case ToneTuning::Transfer::Bt709:
      return level < 0.018 ? 4.5 * level : 1.099 * std::pow(level, 0.45) - 0.099;
    case ToneTuning::Transfer::Linear:
      break;
  }
  return level;
}

void Tone::compute() {
  const double middle = encode(kMiddleGrey);
  for (size_t i = 0; i < curve_.size(); i++) {
    const double level = static_cast<double>(i) / (GST_CAMERA_ISP_TONE_POINTS - 1);
    const double code = (encode(level) - middle) * status_.contrast + middle + status_.brightness;
    curve_[i] = static_cast<uint16_t>(std::lround(std::clamp(code, 0.0, 1.0) * 65535));
  }
}

void Tone::prepare(double contrast, double brightness, GstCameraIspParameters& parameters) {
  if (contrast != status_.contrast || brightness != status_.brightness) {
    status_ = {contrast, brightness};
    compute();
  }
  std::ranges::copy(curve_, parameters.tone);
}

}  // namespace gstcam::algorithms
