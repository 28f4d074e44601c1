/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/demo/colours.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>

#include "base/glib-ptr.h"
#include "pipelines/simulated/scene/chart-scene.h"

namespace gstcam::demo {

namespace {

/**
 * A developed frame, mapped. Its colours are computed here: GStreamer 1.22 converts NV12 to RGB
 * with 8 bit arithmetic that shifts greys by up to 3 codes.
 */
class Picture {
 public:
  static Result<std::unique_ptr<Picture>> open(const SamplePtr& sample) {
    auto picture = std::make_unique<Picture>();
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample.sample.get())) ||
        !gst_video_frame_map(&picture->frame_, &info, gst_sample_get_buffer(sample.sample.get()),
                             GST_MAP_READ))
      return Error(Error::Code::Failed, "cannot read the frame's picture");
    picture->mapped_ = true;
    if (GST_VIDEO_INFO_IS_YUV(&info) &&
        !gst_video_color_matrix_get_Kr_Kb(info.colorimetry.matrix, &picture->kr_, &picture->kb_))
      return Error(Error::Code::Unsupported, "the frame's YUV has no known matrix");
    gst_video_color_range_offsets(info.colorimetry.range, info.finfo, picture->offset_.data(),
                                  picture->scale_.data());
    return picture;
  }
  Picture() = default;
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  ~Picture() {
    if (mapped_)
      gst_video_frame_unmap(&frame_);
  }

  [[nodiscard]] simulated::LinearRgb mean(const GreyPatch& patch) const {
    const int x0 = inside(patch.x - patch.half_size, GST_VIDEO_FRAME_WIDTH(&frame_));
    const int x1 = inside(patch.x + patch.half_size, GST_VIDEO_FRAME_WIDTH(&frame_));
    const int y0 = inside(patch.y - patch.half_size, GST_VIDEO_FRAME_HEIGHT(&frame_));
    const int y1 = inside(patch.y + patch.half_size, GST_VIDEO_FRAME_HEIGHT(&frame_));
    simulated::LinearRgb sum{};
    for (int y = y0; y <= y1; y++) {
      for (int x = x0; x <= x1; x++) {
        const simulated::LinearRgb rgb = encoded(x, y);
        for (size_t c = 0; c < 3; c++)
          sum[c] += simulated::srgb_decode(rgb[c]);
      }
    }
    const double count = static_cast<double>(y1 - y0 + 1) * (x1 - x0 + 1);
    for (double& value : sum)
      value /= count;
    return sum;
  }

 private:
  static int inside(double value, int limit) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(limit - 1)));
  }
  /** Y or R, U or G, V or B of a pixel: 0..1, chroma -0.5..0.5. */
  [[nodiscard]] double component(guint c, int x, int y) const {
    const GstVideoFormatInfo* format = frame_.info.finfo;
    const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame_, c));
    const ptrdiff_t row = y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, c);
    const ptrdiff_t column = x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, c);
    const int code = data[row * GST_VIDEO_FRAME_COMP_STRIDE(&frame_, c) +
                          column * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame_, c)];
    return static_cast<double>(code - offset_[c]) / scale_[c];
  }
  [[nodiscard]] simulated::LinearRgb encoded(int x, int y) const {
    const double a = component(0, x, y);
    const double b = component(1, x, y);
    const double c = component(2, x, y);
    if (!GST_VIDEO_INFO_IS_YUV(&frame_.info))
      return {a, b, c};
    const double red = a + 2 * (1 - kr_) * c;
    const double blue = a + 2 * (1 - kb_) * b;
    return {red, (a - kr_ * red - kb_ * blue) / (1 - kr_ - kb_), blue};
  }

  GstVideoFrame frame_{};
  bool mapped_ = false;
  std::array<gint, GST_VIDEO_MAX_COMPONENTS> offset_{};
  std::array<gint, GST_VIDEO_MAX_COMPONENTS> scale_{};
  double kr_ = 0;
  double kb_ = 0;
};

}  // namespace

Result<std::vector<simulated::LinearRgb>> measure(const SamplePtr& sample,
                                                  const std::vector<GreyPatch>& patches) {
  Result<std::unique_ptr<Picture>> picture = Picture::open(sample);
  if (!picture)
    return picture.error();
  std::vector<simulated::LinearRgb> means;
  means.reserve(patches.size());
  for (const GreyPatch& patch : patches)
    means.push_back((*picture)->mean(patch));
  return means;
}

Result<std::vector<GreyPatch>> chart_squares(const SamplePtr& sample) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample.sample.get())))
    return Error(Error::Code::Failed, "the frame is no picture");
  std::vector<GreyPatch> squares;
  const Size size{static_cast<uint32_t>(info.width), static_cast<uint32_t>(info.height)};
  for (const simulated::Rect& rect : simulated::chart_patches(size))
    squares.push_back({rect.x + rect.width / 2.0, rect.y + rect.height / 2.0,
                       std::min(rect.width, rect.height) / 4.0});
  return squares;
}

GreyCast grey_cast(const std::vector<simulated::LinearRgb>& greys) {
  GreyCast cast;
  double red = 0;
  double blue = 0;
  for (const simulated::LinearRgb& rgb : greys) {
    const double r = rgb[1] > 0 ? rgb[0] / rgb[1] : 0;
    const double b = rgb[1] > 0 ? rgb[2] / rgb[1] : 0;
    cast.largest = std::max({cast.largest, std::abs(r - 1), std::abs(b - 1)});
    red += r / static_cast<double>(greys.size());
    blue += b / static_cast<double>(greys.size());
  }
  cast.mean = std::max(std::abs(red - 1), std::abs(blue - 1));
  return cast;
}

}  // namespace gstcam::demo
