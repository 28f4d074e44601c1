/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/recorded-scene.h"

#include <algorithm>

namespace gstcam::simulated {

namespace {
constexpr double kReferenceExposure = 0.010;  // s
}

SizeLimits RecordedScene::limits() const {
  const Size native = native_size();
  return {native, {kRecordedSideMin, kRecordedSideMin}, native};
}

Result<void> RecordedScene::configure(Size size, CfaOrder) {
  Result<RawFrame> frame = load();
  if (!frame)
    return frame.error();
  plane_.size = size;
  plane_from_frame(*frame, size, plane_.values);
  plane_.scale =
      static_cast<float>(kSaturationExposure / (reference_lux_ * kReferenceExposure) / UINT16_MAX);
  return {};
}

Result<const Plane*> RecordedScene::render(const Spectrum&, int64_t) {
  return &plane_;
}

void plane_from_frame(const RawFrame& frame, Size size, std::vector<uint16_t>& out) {
  const uint32_t bin = std::min(frame.size.width / size.width, frame.size.height / size.height);
  const uint32_t left = (frame.size.width - size.width * bin) / 2 / 2 * 2;
  const uint32_t top = (frame.size.height - size.height * bin) / 2 / 2 * 2;
  out.resize(static_cast<size_t>(size.width) * size.height);
  for (uint32_t y = 0; y < size.height; y++) {
    for (uint32_t x = 0; x < size.width; x++) {
      // The same site of bin x bin neighbouring quads.
      uint64_t sum = 0;
      for (uint32_t j = 0; j < bin; j++) {
        const size_t row = top + (y / 2 * bin + j) * 2 + y % 2;
        const uint16_t* from = frame.samples.data() + row * frame.size.width;
        for (uint32_t i = 0; i < bin; i++)
          sum += from[left + (x / 2 * bin + i) * 2 + x % 2];
      }
      const double black = frame.black[y % 2 * 2 + x % 2];
      const double mean = static_cast<double>(sum) / (static_cast<double>(bin) * bin);
      const double level = (mean - black) / (frame.white - black);
      out[static_cast<size_t>(y) * size.width + x] =
          static_cast<uint16_t>(std::clamp(level * UINT16_MAX + 0.5, 0.0, 65535.0));
    }
  }
}

}  // namespace gstcam::simulated
