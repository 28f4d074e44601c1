/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PictureScene: a picture or a video stands before the sensor like a print in the light.
 *
 * Its sRGB colours are taken for reflectances, 1 for a perfect white. What the sensor sees of them
 * under a light is a 3x3 matrix, fitted for that light to the patches of the colour chart, of which
 * both the sRGB colours and the sensor's signals are known, and to white. Decoding allocates memory
 * (GStreamer's), rendering does not.
 */
#pragma once

#include <array>
#include <string>

#include "pipelines/simulated/scene/picture-reader.h"
#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

/** Linear sRGB reflectances to sensor signals: rows of R, G, B. */
using ColourMatrix = std::array<std::array<double, 3>, 3>;
ColourMatrix reflectance_to_sensor(const Spectrum& spectrum);

class PictureScene : public Scene {
 public:
  PictureScene(std::string source, LensShading shading)
      : source_(std::move(source)), shading_(shading) {}

  [[nodiscard]] SizeLimits limits() const override;
  Result<void> configure(Size size, CfaOrder cfa) override;
  Result<const Plane*> render(const Spectrum& spectrum, int64_t time_ns) override;

 private:
  void make_tables(const Spectrum& spectrum);
  Result<void> make_plane();

  std::string source_;
  LensShading shading_;
  PictureReader reader_;
  CfaOrder cfa_ = CfaOrder::Rggb;
  Plane plane_;
  Spectrum rendered_{};
  /* Contribution of each value of each channel to each colour of the mosaic. */
  std::array<std::array<std::array<int32_t, 256>, 3>, 3> tables_{};
};

}  // namespace gstcam::simulated
