/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/yuv-matrix.h"

#include <cmath>

namespace gstcam::isp {

namespace {

constexpr double kOne = static_cast<double>(1 << kYuvShift);

int32_t fixed(double value) {
  return static_cast<int32_t>(std::lround(value * kOne));
}

/* One component with green taking up the rounding of the sum. */
YuvRow make_row(double r, double g, double b, double range, double offset) {
  const double scale = range / kToneMax;
  YuvRow row{};
  row.r = fixed(r * scale);
  row.b = fixed(b * scale);
  row.g = fixed((r + g + b) * scale) - row.r - row.b;
  row.offset = fixed(offset + 0.5);
  return row;
}

}  // namespace

YuvMatrix yuv_matrix(Colorimetry colorimetry) {
  const bool bt601 = colorimetry == Colorimetry::Bt601;
  const double kr = bt601 ? 0.299 : 0.2126;
  const double kb = bt601 ? 0.114 : 0.0722;
  const double kg = 1.0 - kr - kb;
  const double u = 2.0 * (1.0 - kb);  // Cb = (B' - Y') / u
  const double v = 2.0 * (1.0 - kr);
  return {make_row(kr, kg, kb, 219, 16), make_row(-kr / u, -kg / u, 0.5, 224, 128),
          make_row(0.5, -kg / v, -kb / v, 224, 128)};
}

bool chroma_cosited(Colorimetry colorimetry) {
  return colorimetry != Colorimetry::Bt601;
}

}  // namespace gstcam::isp
