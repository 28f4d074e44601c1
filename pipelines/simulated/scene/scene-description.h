/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What scene a camera looks at, as its description says, and the making of it. A value type.
 */
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

/** How the samples of a headerless raw file lie in it. */
struct RawGeometry {
  enum class Packing : uint8_t {
    Plain,  // 8 bits: a byte a sample; more: 16 bits, little endian
    Csi2,   // MIPI CSI-2 RAW10 (4 samples in 5 bytes) or RAW12 (2 samples in 3)
  };

  uint32_t width = 0;
  uint32_t height = 0;
  uint64_t offset = 0;  // bytes before the first row
  uint32_t stride = 0;  // bytes from row to row; 0: rows follow each other
  uint32_t bits = 0;    // 8..16
  Packing packing = Packing::Plain;
  uint32_t shift = 0;  // bits that samples are left-aligned by
  CfaOrder cfa = CfaOrder::Rggb;
  double black_level = 0;  // codes of `bits`
  double white_level = 0;  // codes of `bits`; 0: the largest
  /* The part that is a picture; 0x0: everything. Moves the CFA where it starts at odd numbers. */
  uint32_t crop_x = 0;
  uint32_t crop_y = 0;
  uint32_t crop_width = 0;
  uint32_t crop_height = 0;
};

/** Invalid where the numbers contradict each other or are absurd. */
Result<void> check_geometry(const RawGeometry& raw);
/** Bytes of a row without padding. */
uint32_t row_bytes(const RawGeometry& raw);

struct SceneDescription {
  enum class Kind : uint8_t {
    Chart,
    Picture,  // or video: whatever GStreamer decodes
    Dng,
    Bayer,
  };

  Kind kind = Kind::Chart;
  std::string file;  // absolute path, or a URI for Picture
  RawGeometry raw;   // of Bayer
  /* Recorded raw frames: the illuminance at which 10 ms and gain 1 give the recorded levels. */
  double reference_lux = 200;
};

/** Opens what it needs to know its limits; decoding waits for Scene::configure(). */
Result<std::unique_ptr<Scene>> create_scene(const SceneDescription& description,
                                            LensShading shading);

}  // namespace gstcam::simulated
