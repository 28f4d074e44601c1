/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw formats and their fourccs, there and back; and what V4L2 says of colours. */
#include "core/v4l2/pixel-map.h"

#include <glib.h>
#include <linux/videodev2.h>

#include <set>

using namespace gstcam;
using namespace gstcam::v4l2;

namespace {

void test_known() {
  const auto is = [](uint32_t fourcc, RawPacking packing, uint32_t bits, CfaOrder cfa) {
    return to_raw_format(fourcc) == RawFormat{packing, bits, cfa};
  };
  g_assert_true(is(V4L2_PIX_FMT_SBGGR8, RawPacking::Bytes, 8, CfaOrder::Bggr));
  g_assert_true(is(V4L2_PIX_FMT_SRGGB10, RawPacking::Words, 10, CfaOrder::Rggb));
  g_assert_true(is(V4L2_PIX_FMT_SGRBG10P, RawPacking::Mipi10, 10, CfaOrder::Grbg));
  g_assert_true(is(V4L2_PIX_FMT_SGBRG12, RawPacking::Words, 12, CfaOrder::Gbrg));
  g_assert_true(is(V4L2_PIX_FMT_SBGGR12P, RawPacking::Mipi12, 12, CfaOrder::Bggr));
  g_assert_true(is(V4L2_PIX_FMT_SRGGB16, RawPacking::Words, 16, CfaOrder::Rggb));
}

void test_there_and_back() {
  std::set<uint32_t> seen;
  for (const RawPacking packing :
       {RawPacking::Words, RawPacking::Bytes, RawPacking::Mipi10, RawPacking::Mipi12}) {
    for (uint32_t bits = 0; bits <= 20; bits++) {
      for (const CfaOrder cfa : {CfaOrder::Rggb, CfaOrder::Grbg, CfaOrder::Gbrg, CfaOrder::Bggr}) {
        const RawFormat format{packing, bits, cfa};
        const uint32_t fourcc = to_fourcc(format);
        if (fourcc == 0)
          continue;
        g_assert_true(raw_packing_has(packing, bits));
        g_assert_true(seen.insert(fourcc).second);
        g_assert_true(to_raw_format(fourcc) == format);
      }
    }
  }
  g_assert_cmpuint(seen.size(), ==, 28);
}

void test_others() {
  for (const uint32_t fourcc : {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_NV12, 0U})
    g_assert_false(to_raw_format(fourcc).has_value());
}

/* As drivers tell: most fields may be left to what follows from the others. */
void test_colorimetry() {
  struct Row {
    uint32_t colorspace;
    uint32_t transfer;
    uint32_t encoding;
    uint32_t quantization;
    Colorimetry expected;
  };
  const Row rows[] = {
      {V4L2_COLORSPACE_SRGB, 0, 0, 0, Colorimetry::SrgbBt601},  // vivid's webcam
      /* A webcam with the descriptor that UVC has as default. */
      {V4L2_COLORSPACE_SRGB, V4L2_XFER_FUNC_709, V4L2_YCBCR_ENC_601, 0, Colorimetry::Bt709Bt601},
      {V4L2_COLORSPACE_SRGB, 0, V4L2_YCBCR_ENC_601, V4L2_QUANTIZATION_FULL_RANGE,
       Colorimetry::Jpeg},
      {V4L2_COLORSPACE_JPEG, 0, 0, 0, Colorimetry::Jpeg},
      {V4L2_COLORSPACE_REC709, 0, 0, 0, Colorimetry::Bt709},
      {V4L2_COLORSPACE_REC709, 0, V4L2_YCBCR_ENC_601, 0, Colorimetry::Bt709Bt601},
      {V4L2_COLORSPACE_SRGB, 0, V4L2_YCBCR_ENC_709, 0, Colorimetry::Bt709},
      {V4L2_COLORSPACE_SMPTE170M, 0, 0, 0, Colorimetry::Bt601},
      {V4L2_COLORSPACE_DEFAULT, 0, 0, 0, Colorimetry::Bt709Bt601},
  };
  for (const Row& row : rows) {
    VideoFormat format;
    format.colorspace = row.colorspace;
    format.transfer = row.transfer;
    format.ycbcr_encoding = row.encoding;
    format.quantization = row.quantization;
    g_assert_true(colorimetry_of(format) == row.expected);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/pixel-map/known", test_known);
  g_test_add_func("/v4l2/pixel-map/there-and-back", test_there_and_back);
  g_test_add_func("/v4l2/pixel-map/others", test_others);
  g_test_add_func("/v4l2/pixel-map/colorimetry", test_colorimetry);
  return g_test_run();
}
