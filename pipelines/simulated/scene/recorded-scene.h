/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RecordedScene: a real raw frame as a scene.
 *
 * What the recording sensor measured over its black level is taken for the light of the scene:
 * the recorded white level is this sensor's at 10 ms, gain 1 and the reference illuminance. The
 * colour of the light is the recording's and does not change; its noise stays in the picture, below
 * the noise this sensor adds. Sizes below the native one are the centre, of quads averaged by a
 * whole number where that fits.
 */
#pragma once

#include <array>

#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

/** Largest side of a frame that is taken. */
inline constexpr uint32_t kRecordedSideMax = 16384;
/** Smallest: below it there is no picture to speak of. */
inline constexpr uint32_t kRecordedSideMin = 16;

/** A mosaic as it was recorded. */
struct RawFrame {
  Size size;                         // even
  std::vector<uint16_t> samples;     // rows follow each other
  std::array<double, 4> black = {};  // of the quad's sites in reading order
  double white = 0;
};

class RecordedScene : public Scene {
 public:
  explicit RecordedScene(double reference_lux) : reference_lux_(reference_lux) {}

  [[nodiscard]] SizeLimits limits() const override;
  Result<void> configure(Size size, CfaOrder cfa) override;
  Result<const Plane*> render(const Spectrum& spectrum, int64_t time_ns) override;

 protected:
  /** The frame's size, known without reading its samples; even. */
  [[nodiscard]] virtual Size native_size() const = 0;
  virtual Result<RawFrame> load() = 0;

 private:
  double reference_lux_;
  Plane plane_;
};

/** The order of a mosaic that starts at these coordinates of another. */
constexpr CfaOrder shifted(CfaOrder order, uint32_t x, uint32_t y) {
  return static_cast<CfaOrder>(static_cast<uint32_t>(order) ^ ((y & 1U) << 1U | (x & 1U)));
}

/**
 * Centre crop, averaging of n x n quads, black level and scale (65535 is white): `out` becomes a
 * plane of `size`, which must not exceed the frame's.
 */
void plane_from_frame(const RawFrame& frame, Size size, std::vector<uint16_t>& out);

}  // namespace gstcam::simulated
