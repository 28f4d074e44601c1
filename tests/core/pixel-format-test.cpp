/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layouts and names against GStreamer's own.
 */
#include "core/pixel-format.h"

#include <gst/video/video.h>

#include "ipa/gst-camera-ipa-types.h"

namespace {

using namespace gstcam;

void test_layouts() {
  const Size sizes[] = {{1920, 1080}, {1921, 1081}, {1, 1},  {2, 2},         {3, 5},
                        {641, 480},   {642, 479},   {4, 16}, {16384, 16384}, {7, 16383}};
  for (PixelFormat format : all_pixel_formats()) {
    if (pixel_kind(format) == PixelKind::Mosaic || pixel_kind(format) == PixelKind::Coded)
      continue;
    const GstVideoFormat theirs = gst_video_format_from_string(to_string(format));
    g_assert_cmpint(theirs, !=, GST_VIDEO_FORMAT_UNKNOWN);
    for (Size size : sizes) {
      GstVideoInfo info;
      g_assert_true(gst_video_info_set_format(&info, theirs, size.width, size.height));
      const auto layout = frame_layout(format, size);
      g_assert_true(layout.ok());
      g_assert_cmpuint(layout.value().size, ==, GST_VIDEO_INFO_SIZE(&info));
      g_assert_cmpuint(layout.value().count, ==, GST_VIDEO_INFO_N_PLANES(&info));
      g_assert_cmpuint(plane_count(format), ==, layout.value().count);
      size_t end = 0;
      for (uint32_t i = 0; i < layout.value().count; i++) {
        const PlaneLayout& plane = layout.value().planes[i];
        const PlaneExtent extent = plane_extent(format, i, size);
        g_assert_cmpuint(plane.offset, ==, GST_VIDEO_INFO_PLANE_OFFSET(&info, i));
        g_assert_cmpuint(plane.stride, ==,
                         static_cast<uint32_t>(GST_VIDEO_INFO_PLANE_STRIDE(&info, i)));
        g_assert_cmpuint(extent.row_bytes, <=, plane.stride);
        g_assert_cmpuint(size_t{plane.stride} * extent.rows, <=, plane.size);
        g_assert_cmpuint(plane.offset, ==, end);
        end = plane.offset + plane.size;
      }
      g_assert_cmpuint(end, ==, layout.value().size);
    }
  }
}

/* As V4L2 hands it out: one stride for all, chroma's in proportion, nothing between the planes. */
void test_drivers_layouts() {
  const auto nv12 = frame_layout(PixelFormat::Nv12, {100, 50}, 128, 128 * 75);
  g_assert_true(nv12.ok());
  g_assert_cmpuint(nv12->planes[1].stride, ==, 128);
  g_assert_cmpuint(nv12->planes[1].offset, ==, 128 * 50);
  const auto i420 = frame_layout(PixelFormat::Yuv420, {100, 50}, 128, 20000);
  g_assert_true(i420.ok());
  g_assert_cmpuint(i420->planes[1].stride, ==, 64);
  g_assert_cmpuint(i420->planes[2].offset, ==, 128 * 50 + 64 * 25);
  g_assert_cmpuint(i420->size, ==, 20000);
  const auto yuyv = frame_layout(PixelFormat::Yuyv, {100, 50}, 256, 256 * 50);
  g_assert_true(yuyv.ok());
  const auto mosaic = frame_layout(PixelFormat::Rggb8, {101, 51}, 101, 101 * 51);
  g_assert_true(mosaic.ok());
  /* Rows that do not fit, frames that do not fit, and what overflows. */
  g_assert_false(frame_layout(PixelFormat::Yuyv, {100, 50}, 199, 100000).ok());
  g_assert_false(frame_layout(PixelFormat::Yuv420, {100, 50}, 99, 100000).ok());
  g_assert_false(frame_layout(PixelFormat::Nv12, {100, 50}, 128, 128 * 75 - 1).ok());
  g_assert_false(frame_layout(PixelFormat::Nv24, {100, 50}, UINT32_MAX, SIZE_MAX).ok());
  g_assert_false(frame_layout(PixelFormat::R8, {100, 50}, 0, 100000).ok());
  g_assert_false(frame_layout(PixelFormat::R8, {0, 50}, 128, 100000).ok());
}

void test_coded() {
  g_assert_false(frame_layout(PixelFormat::Jpeg, {64, 64}).ok());
  g_assert_false(frame_layout(PixelFormat::H264, {64, 64}, 64, 10000).ok());
  const FrameLayout layout = coded_layout(5000);
  g_assert_cmpuint(layout.count, ==, plane_count(PixelFormat::Jpeg));
  g_assert_cmpuint(layout.size, ==, 5000);
  g_assert_cmpuint(layout.planes[0].size, ==, 5000);
}

void test_refused() {
  for (Size size : {Size{0, 0}, Size{0, 4}, Size{4, 0}, Size{16385, 4}, Size{4, 65536},
                    Size{0xffffffff, 0xffffffff}}) {
    const auto layout = frame_layout(PixelFormat::Nv12, size);
    g_assert_false(layout.ok());
    g_assert_cmpint(static_cast<int>(layout.error().code), ==,
                    static_cast<int>(Error::Code::Invalid));
  }
  const auto unknown = static_cast<PixelFormat>(0x31323334);
  g_assert_false(frame_layout(unknown, {4, 4}).ok());
  g_assert_cmpuint(plane_count(unknown), ==, 0);
  g_assert_cmpuint(plane_extent(unknown, 0, {4, 4}).rows, ==, 0);
  g_assert_cmpuint(plane_extent(PixelFormat::Nv12, 2, {4, 4}).rows, ==, 0);
  g_assert_cmpstr(to_string(unknown), ==, "unknown");
}

void test_cfa_orders() {
  const struct {
    CfaOrder order;
    GstCameraIpaCfaOrder ipa;
    const char* name;
  } orders[] = {
      {CfaOrder::Rggb, GST_CAMERA_IPA_CFA_ORDER_RGGB, "RGGB"},
      {CfaOrder::Grbg, GST_CAMERA_IPA_CFA_ORDER_GRBG, "GRBG"},
      {CfaOrder::Gbrg, GST_CAMERA_IPA_CFA_ORDER_GBRG, "GBRG"},
      {CfaOrder::Bggr, GST_CAMERA_IPA_CFA_ORDER_BGGR, "BGGR"},
  };
  for (const auto& o : orders) {
    g_assert_cmpuint(static_cast<uint32_t>(o.order), ==, static_cast<uint32_t>(o.ipa));
    g_assert_cmpstr(to_string(o.order), ==, o.name);
  }
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/pixel-format/layouts", test_layouts);
  g_test_add_func("/pixel-format/drivers-layouts", test_drivers_layouts);
  g_test_add_func("/pixel-format/coded", test_coded);
  g_test_add_func("/pixel-format/refused", test_refused);
  g_test_add_func("/pixel-format/cfa-orders", test_cfa_orders);
  return g_test_run();
}
