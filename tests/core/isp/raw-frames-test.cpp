/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames of real sensors with a colour chart: balanced on its grey patches, they come out neutral.
 * Geometry, patches and levels are those of frames.json in GST_CAMERA_TEST_RAW.
 */
#include <glib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/core/isp/mosaics.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

struct Frame {
  const char* file;
  Size size;
  uint32_t bits;
  uint32_t bytes_per_sample;
  CfaOrder cfa;
  double black;  // in samples
  float gain_r;
  float gain_b;
  uint32_t half_patch;
  Size greys[6];    // centres of the grey patches, white to black
  uint32_t tested;  // of them; the black one is all flare and noise
};

constexpr Frame kLightBox{
    "iisp_colorchecker_lightbox_1920x1080_u16le_12b_BGGR.raw",
    {1920, 1080},
    12,
    2,
    CfaOrder::Bggr,
    0,
    1.5465F,
    1.1645F,
    36,
    {{586, 852}, {720, 854}, {854, 858}, {992, 860}, {1130, 864}, {1270, 866}},
    5};
constexpr Frame kIndoor{
    "iisp_Indoor1_2592x1536_8b_GRBG.raw",
    {2592, 1536},
    8,
    1,
    CfaOrder::Grbg,
    12.5,
    1.3229F,
    3.1342F,
    24,
    {{634, 1428}, {716, 1430}, {798, 1434}, {884, 1436}, {968, 1440}, {1056, 1444}},
    5};

/* Empty where the frame is not there. */
Mosaic load(const Frame& frame) {
  const char* folder = g_getenv("GST_CAMERA_TEST_RAW");
  Mosaic mosaic{frame.size, frame.bits, frame.cfa, {}};
  if (!folder)
    return mosaic;
  std::ifstream file(std::string(folder) + "/" + frame.file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const size_t count = size_t{frame.size.width} * frame.size.height;
  if (bytes.size() != count * frame.bytes_per_sample)
    return mosaic;
  for (size_t i = 0; i < count; i++) {
    const auto byte = [&](size_t k) { return static_cast<uint8_t>(bytes[k]); };
    mosaic.samples.push_back(frame.bytes_per_sample == 1
                                 ? byte(i)
                                 : static_cast<uint16_t>(byte(2 * i) | byte(2 * i + 1) << 8));
  }
  return mosaic;
}

void test_greys(gconstpointer data) {
  const Frame& frame = *static_cast<const Frame*>(data);
  const Mosaic mosaic = load(frame);
  if (mosaic.samples.empty()) {
    g_test_skip("the frame is not in GST_CAMERA_TEST_RAW");
    return;
  }
  GstCameraIspParameters p = neutral_isp_parameters();
  std::fill_n(p.black_level, 4,
              static_cast<uint16_t>(std::lround(std::ldexp(frame.black, 16 - int(frame.bits)))));
  p.gains[0] = frame.gain_r;
  p.gains[3] = frame.gain_b;
  GstCameraIspStatistics statistics;
  const Picture picture = develop(mosaic, p, PixelFormat::Bgr888, Colorimetry::Srgb, &statistics);
  double previous = 256;
  for (uint32_t i = 0; i < frame.tested; i++) {
    const Size centre = frame.greys[i];
    double mean[3] = {};
    double count = 0;
    for (uint32_t y = centre.height - frame.half_patch; y < centre.height + frame.half_patch; y++) {
      for (uint32_t x = centre.width - frame.half_patch; x < centre.width + frame.half_patch; x++) {
        const auto rgb = picture.rgb(x, y);
        for (size_t c = 0; c < 3; c++)
          mean[c] += rgb[c];
        count++;
      }
    }
    for (double& m : mean)
      m /= count;
    g_test_message("%s grey %u: %.2f %.2f %.2f", frame.file, i, mean[0], mean[1], mean[2]);
    g_assert_cmpfloat(std::abs(mean[0] / mean[1] - 1), <, 0.03);
    g_assert_cmpfloat(std::abs(mean[2] / mean[1] - 1), <, 0.03);
    g_assert_cmpfloat(mean[1], <, previous);
    previous = mean[1];
  }
  g_assert_cmpuint(statistics.quads, >, 60000);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_data_func("/isp-raw-frames/light-box", &kLightBox, test_greys);
  g_test_add_data_func("/isp-raw-frames/indoor", &kIndoor, test_greys);
  return g_test_run();
}
