/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/parameters.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string>

namespace gstcam {

namespace {

Error bad(const std::string& what) {
  return Error(Error::Code::Protocol, "ISP parameters: " + what,
               "the IPA module sent them: update it, or report it to its author");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

/* Written so that NaN fails. */
bool within(float value, float low, float high) {
  return value >= low && value <= high;
}

Result<void> check_array(const char* name, const float* values, size_t count, float low,
                         float high) {
  for (size_t i = 0; i < count; i++) {
    if (!within(values[i], low, high)) {
      return bad(std::string(name) + "[" + std::to_string(i) + "] is " + number(values[i]) +
                 ", not in " + number(low) + " to " + number(high));
    }
  }
  return {};
}

}  // namespace

Result<void> check_isp_parameters(const GstCameraIspParameters& parameters) {
  if (parameters.version != GST_CAMERA_ISP_PARAMETERS_VERSION) {
    return bad("version " + std::to_string(parameters.version) + ", this ISP knows " +
               std::to_string(GST_CAMERA_ISP_PARAMETERS_VERSION));
  }
  if (parameters.size != sizeof(GstCameraIspParameters)) {
    return bad("size " + std::to_string(parameters.size) + ", not " +
               std::to_string(sizeof(GstCameraIspParameters)));
  }
  if (parameters.lens_shading_enabled > 1)
    return bad("lens_shading_enabled is " + std::to_string(parameters.lens_shading_enabled) +
               ", not 0 or 1");
  for (size_t i = 0; i < std::size(parameters.black_level); i++) {
    if (parameters.black_level[i] > GST_CAMERA_ISP_BLACK_LEVEL_MAX) {
      return bad("black_level[" + std::to_string(i) + "] is " +
                 std::to_string(parameters.black_level[i]) + ", over " +
                 std::to_string(GST_CAMERA_ISP_BLACK_LEVEL_MAX));
    }
  }
  if (parameters.lens_shading_enabled) {
    const size_t count = sizeof(parameters.lens_shading) / sizeof(float);
    if (auto r = check_array("lens_shading", &parameters.lens_shading[0][0][0], count, 0.25F, 16);
        !r) {
      return r;
    }
  }
  if (auto r = check_array("gains", parameters.gains, std::size(parameters.gains), 0, 256); !r)
    return r;
  if (auto r = check_array("ccm", parameters.ccm, std::size(parameters.ccm), -16, 16); !r)
    return r;
  const auto* drop = std::is_sorted_until(std::begin(parameters.tone), std::end(parameters.tone));
  if (drop != std::end(parameters.tone)) {
    return bad("the tone curve falls at point " +
               std::to_string(drop - std::begin(parameters.tone)));
  }
  return {};
}

GstCameraIspParameters neutral_isp_parameters() {
  GstCameraIspParameters parameters{};
  parameters.version = GST_CAMERA_ISP_PARAMETERS_VERSION;
  parameters.size = sizeof parameters;
  for (auto& channel : parameters.lens_shading) {
    for (auto& row : channel)
      std::fill(std::begin(row), std::end(row), 1.0F);
  }
  std::fill(std::begin(parameters.gains), std::end(parameters.gains), 1.0F);
  parameters.ccm[0] = parameters.ccm[4] = parameters.ccm[8] = 1.0F;
  constexpr uint32_t kLast = GST_CAMERA_ISP_TONE_POINTS - 1;
  for (uint32_t i = 0; i <= kLast; i++)
    parameters.tone[i] = static_cast<uint16_t>((i * 65535 + kLast / 2) / kLast);
  return parameters;
}

}  // namespace gstcam
