/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/picture-scene.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>

#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/scene/colour-difference.h"

namespace gstcam::simulated {

namespace {

/* White weighs more than all patches together: greys of a picture must be grey in the light. */
constexpr double kWhiteWeight = 100;

/* Solves a x = b for a symmetric positive definite a, three right sides at once (Cramer). */
ColourMatrix solve(const ColourMatrix& a, const ColourMatrix& b) {
  auto det = [](const ColourMatrix& m) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  const double whole = det(a);
  ColourMatrix x{};
  for (size_t side = 0; side < 3; side++) {
    for (size_t i = 0; i < 3; i++) {
      ColourMatrix replaced = a;
      for (size_t row = 0; row < 3; row++)
        replaced[row][i] = b[row][side];
      x[i][side] = det(replaced) / whole;
    }
  }
  return x;
}

class MappedFrame {
 public:
  MappedFrame(GstBuffer* buffer, Size size) {
    GstVideoInfo info;
    ok_ = gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, size.width, size.height) &&
          gst_video_frame_map(&frame_, &info, buffer, GST_MAP_READ);
  }
  ~MappedFrame() {
    if (ok_)
      gst_video_frame_unmap(&frame_);
  }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] const uint8_t* row(uint32_t y) const {
    return static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, 0)) +
           static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, 0);
  }

 private:
  GstVideoFrame frame_ = {};
  bool ok_ = false;
};

}  // namespace

ColourMatrix reflectance_to_sensor(const Spectrum& spectrum) {
  // Normal equations of: signal = matrix x reflectance, over patches and white.
  ColourMatrix square{};
  ColourMatrix cross{};
  auto add = [&](const LinearRgb& rgb, const std::array<double, 3>& signal, double weight) {
    for (size_t i = 0; i < 3; i++) {
      for (size_t j = 0; j < 3; j++) {
        square[i][j] += weight * rgb[i] * rgb[j];
        cross[i][j] += weight * rgb[i] * signal[j];
      }
    }
  };
  Spectrum white;
  white.fill(1);
  add({1, 1, 1}, sensor_signal(white, spectrum), kWhiteWeight);
  for (size_t i = 0; i < kChartPatches; i++) {
    add(chart_reference()[i].linear_srgb,
        sensor_signal(refine(kChartReflectances[i].values), spectrum), 1);
  }
  const ColourMatrix transposed = solve(square, cross);
  ColourMatrix matrix;
  for (size_t i = 0; i < 3; i++) {
    for (size_t j = 0; j < 3; j++)
      matrix[i][j] = transposed[j][i];
  }
  return matrix;
}

SizeLimits PictureScene::limits() const {
  return {{1920, 1080}, {64, 64}, {4096, 3072}};
}

Result<void> PictureScene::configure(Size size, CfaOrder cfa) {
  cfa_ = cfa;
  plane_.size = size;
  plane_.values.assign(static_cast<size_t>(size.width) * size.height, 0);
  rendered_.fill(0);
  return reader_.open(source_, size);
}

Result<const Plane*> PictureScene::render(const Spectrum& spectrum, int64_t time_ns) {
  Result<bool> moved = reader_.seek(time_ns);
  if (!moved)
    return moved.error();
  const bool new_light = spectrum != rendered_;
  if (new_light) {
    make_tables(spectrum);
    rendered_ = spectrum;
  }
  if (new_light || *moved) {
    if (Result<void> r = make_plane(); !r)
      return r.error();
  }
  return &plane_;
}

void PictureScene::make_tables(const Spectrum& spectrum) {
  const ColourMatrix matrix = reflectance_to_sensor(spectrum);
  double peak = 0;
  for (const auto& row : matrix)
    peak = std::max(peak, std::max(row[0], 0.0) + std::max(row[1], 0.0) + std::max(row[2], 0.0));
  plane_.scale = static_cast<float>(peak / UINT16_MAX);
  for (size_t v = 0; v < 256; v++) {
    const double linear = srgb_decode(static_cast<double>(v) / 255);
    for (size_t c = 0; c < 3; c++) {
      for (size_t k = 0; k < 3; k++)
        tables_[c][k][v] =
            static_cast<int32_t>(std::lround(matrix[c][k] * linear / peak * UINT16_MAX));
    }
  }
}

Result<void> PictureScene::make_plane() {
  const MappedFrame frame(reader_.frame(), plane_.size);
  if (!frame.ok())
    return Error(Error::Code::Failed, "cannot read a decoded frame of '" + source_ + "'");
  for (uint32_t y = 0; y < plane_.size.height; y++) {
    const uint8_t* from = frame.row(y);
    uint16_t* to = plane_.values.data() + static_cast<size_t>(y) * plane_.size.width;
    for (uint32_t site = 0; site < 2; site++) {
      const auto& table = tables_[cfa_colour(cfa_, site, y)];
      for (uint32_t x = site; x < plane_.size.width; x += 2) {
        const uint8_t* rgb = from + static_cast<size_t>(x) * 3;
        // Saturated colours can be outside what the sensor's filters can tell.
        const int32_t sum = table[0][rgb[0]] + table[1][rgb[1]] + table[2][rgb[2]];
        to[x] = static_cast<uint16_t>(std::clamp(sum, 0, UINT16_MAX));
      }
    }
  }
  if (shading_.corner_loss > 0)
    shading_.apply(plane_);
  return {};
}

}  // namespace gstcam::simulated
