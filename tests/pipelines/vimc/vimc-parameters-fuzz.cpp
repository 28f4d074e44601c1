/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as parameters that an IPA wrote: refused, or something that every driver and all
 * metadata can take.
 */
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/controls.h"
#include "pipelines/vimc/parameters.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;

namespace {

void require(bool fact) {
  if (!fact)
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const vimc::DriverLimits limits = {.brightness = {0, 255, 1},
                                            .contrast = {0, 255, 1},
                                            .saturation = {0, 255, 1},
                                            .hue = {-128, 127, 1},
                                            .mean_window = {1, 25, 2}};
  /* The rest is good, so that every field is reached by few bytes. */
  GstCameraVimcParameters p{};
  p.version = GST_CAMERA_VIMC_PARAMETERS_VERSION;
  p.size = sizeof p;
  p.mean_window = 3;
  std::memcpy(&p, data, size < sizeof p ? size : sizeof p);
  const Result<void> checked = vimc::check_vimc_parameters(p, limits);
  if (!checked) {
    require(checked.error().code == Error::Code::Protocol && !checked.error().message.empty());
    return 0;
  }
  for (const int32_t code : {p.brightness, p.contrast, p.saturation})
    require(code >= 0 && code <= 255);
  require(p.hue >= -128 && p.hue <= 127);
  require(p.horizontal_flip <= 1 && p.vertical_flip <= 1);
  require(p.mean_window % 2 == 1 && p.mean_window <= 25);
  require(check_control(ControlId::Brightness, p.brightness_value).ok());
  require(check_control(ControlId::Contrast, p.contrast_value).ok());
  require(check_control(ControlId::Saturation, p.saturation_value).ok());
  return 0;
}
