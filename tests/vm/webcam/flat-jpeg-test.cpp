/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A decoder of GStreamer's gives back the very blocks that were coded.
 */
#include "tests/vm/webcam/flat-jpeg.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "base/glib-ptr.h"

namespace {

using namespace gstcam;
using namespace gstcam::webcam;

using SamplePtr = HandlePtr<GstSample, gst_sample_unref>;

SamplePtr decode(const Bytes& jpeg) {
  ErrorOut error;
  const auto pipeline = ObjectPtr<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch("appsrc name=in format=time caps=image/jpeg ! jpegdec ! videoconvert ! "
                       "video/x-raw,format=Y42B ! appsink name=out sync=false",
                       &error))));
  g_assert_false(static_cast<bool>(error));
  const auto in = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
  const auto out =
      ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  GstBuffer* buffer = gst_buffer_new_memdup(jpeg.data(), jpeg.size());
  GST_BUFFER_PTS(buffer) = 0;
  gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
  gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
  SamplePtr sample(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), 60 * GST_SECOND));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return sample;
}

void test_decoded_is_what_was_coded() {
  Picture picture(160, 120);
  for (uint32_t number : {0U, 0x12345678U, UINT32_MAX}) {
    picture.draw(number, Look{});
    const SamplePtr sample = decode(flat_jpeg(picture));
    g_assert_nonnull(sample.get());
    GstVideoInfo info;
    g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
    g_assert_cmpint(info.width, ==, 160);
    g_assert_cmpint(info.height, ==, 120);
    GstVideoFrame frame;
    g_assert_true(
        gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ));
    for (int y = 0; y < 120; y++) {
      for (int x = 0; x < 160; x++) {
        const auto at = [&](int plane, int column) {
          return static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(
              &frame, plane))[y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) + column];
        };
        const auto column = static_cast<unsigned>(x) / 8, row = static_cast<unsigned>(y) / 8;
        g_assert_cmpuint(at(0, x), ==, picture.y(column, row));
        // jpegdec gives 4:2:0: chroma is mixed where two blocks meet.
        if (y % 8 < 3 || y % 8 > 4)
          continue;
        g_assert_cmpuint(at(1, x / 2), ==, picture.cb(column / 2, row));
        g_assert_cmpuint(at(2, x / 2), ==, picture.cr(column / 2, row));
      }
    }
    const ByteSpan luma(static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)),
                        static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)) * 120);
    g_assert_cmpuint(
        read_number(luma, static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0)), 1).value(),
        ==, number);
    gst_video_frame_unmap(&frame);
  }
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/webcam/flat-jpeg", test_decoded_is_what_was_coded);
  return g_test_run();
}
