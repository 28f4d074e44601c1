/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/scene-description.h"

#include "pipelines/simulated/scene/bayer-scene.h"
#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/scene/dng-scene.h"
#include "pipelines/simulated/scene/picture-scene.h"

namespace gstcam::simulated {

Result<void> check_geometry(const RawGeometry& raw) {
  constexpr uint32_t kMaxSide = 16384;
  auto wrong = [](std::string what, std::string hint = {}) {
    return Error(Error::Code::Invalid, "raw file geometry: " + std::move(what), std::move(hint));
  };
  if (raw.width < 2 || raw.height < 2 || raw.width > kMaxSide || raw.height > kMaxSide)
    return wrong("width and height must be 2.." + std::to_string(kMaxSide));
  if (raw.bits < 8 || raw.bits > 16)
    return wrong("bits must be 8..16");
  const bool csi2 = raw.packing == RawGeometry::Packing::Csi2;
  if (csi2 && raw.bits != 10 && raw.bits != 12)
    return wrong("CSI-2 packing is known for 10 and 12 bits, not " + std::to_string(raw.bits));
  if (csi2 && raw.shift != 0)
    return wrong("packed samples have no shift");
  if (csi2 && raw.width % (raw.bits == 10 ? 4 : 2) != 0)
    return wrong("a packed row of " + std::to_string(raw.bits) + " bits must hold whole groups",
                 "make the width a multiple of " + std::to_string(raw.bits == 10 ? 4 : 2));
  if (!csi2 && raw.bits + raw.shift > (raw.bits == 8 ? 8U : 16U))
    return wrong("bits and shift together are wider than a sample");
  if (raw.stride != 0 && raw.stride < row_bytes(raw))
    return wrong("a stride of " + std::to_string(raw.stride) + " is less than a row's " +
                 std::to_string(row_bytes(raw)) + " bytes");
  const double largest = static_cast<double>((1U << raw.bits) - 1);
  const double white = raw.white_level > 0 ? raw.white_level : largest;
  if (!(raw.black_level >= 0 && raw.black_level < white && white <= largest))
    return wrong("black and white level must satisfy 0 <= black < white <= largest code");
  const bool crop = raw.crop_width != 0 || raw.crop_height != 0;
  if (crop && (raw.crop_x > raw.width || raw.crop_width > raw.width - raw.crop_x ||
               raw.crop_y > raw.height || raw.crop_height > raw.height - raw.crop_y ||
               raw.crop_width < 2 || raw.crop_height < 2))
    return wrong("the crop leaves the picture of " + std::to_string(raw.width) + "x" +
                 std::to_string(raw.height));
  return {};
}

uint32_t row_bytes(const RawGeometry& raw) {
  if (raw.packing == RawGeometry::Packing::Csi2)
    return raw.width * raw.bits / 8;
  return raw.bits == 8 ? raw.width : raw.width * 2;
}

Result<std::unique_ptr<Scene>> create_scene(const SceneDescription& description,
                                            LensShading shading) {
  switch (description.kind) {
    case SceneDescription::Kind::Chart:
      return std::unique_ptr<Scene>(std::make_unique<ChartScene>(shading));
    case SceneDescription::Kind::Picture:
      return std::unique_ptr<Scene>(std::make_unique<PictureScene>(description.file, shading));
    case SceneDescription::Kind::Dng:
      return DngScene::create(description);
    case SceneDescription::Kind::Bayer:
      return BayerScene::create(description);
  }
  return Error(Error::Code::Invalid, "unknown kind of scene");
}

}  // namespace gstcam::simulated
