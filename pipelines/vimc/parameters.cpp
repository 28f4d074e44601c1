/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/parameters.h"

#include <string>

#include "base/controls.h"

namespace gstcam::vimc {

namespace {

Error wrong(const char* field, const std::string& value) {
  return Error(Error::Code::Protocol, std::string("parameters: ") + field + " is " + value);
}

}  // namespace

Result<void> check_vimc_parameters(const GstCameraVimcParameters& parameters,
                                   const DriverLimits& limits) {
  if (parameters.version != GST_CAMERA_VIMC_PARAMETERS_VERSION)
    return wrong("version", std::to_string(parameters.version) + ", expected " +
                                std::to_string(GST_CAMERA_VIMC_PARAMETERS_VERSION));
  if (parameters.size != sizeof parameters)
    return wrong("size", std::to_string(parameters.size) + ", expected " +
                             std::to_string(sizeof parameters));
  struct Code {
    const char* field;
    int64_t value;
    DriverLimits::Range range;
  };
  const DriverLimits::Range bit{0, 1, 1};
  for (const Code& code : {Code{"brightness", parameters.brightness, limits.brightness},
                           Code{"contrast", parameters.contrast, limits.contrast},
                           Code{"saturation", parameters.saturation, limits.saturation},
                           Code{"hue", parameters.hue, limits.hue},
                           Code{"horizontal_flip", parameters.horizontal_flip, bit},
                           Code{"vertical_flip", parameters.vertical_flip, bit},
                           Code{"mean_window", parameters.mean_window, limits.mean_window}}) {
    if (!code.range.has(code.value))
      return wrong(code.field, std::to_string(code.value) + ", the driver takes " +
                                   std::to_string(code.range.min) + " to " +
                                   std::to_string(code.range.max));
  }
  struct Value {
    ControlId id;
    double value;
  };
  for (const Value& value : {Value{ControlId::Brightness, parameters.brightness_value},
                             Value{ControlId::Contrast, parameters.contrast_value},
                             Value{ControlId::Saturation, parameters.saturation_value}}) {
    if (Result<void> r = check_control(value.id, value.value); !r)
      return Error(Error::Code::Protocol, "parameters: " + r.error().message);
  }
  return {};
}

}  // namespace gstcam::vimc
