/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any geometry over any bytes: refused, or unpacked and binned within bounds. */
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "pipelines/simulated/scene/bayer-scene.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gstcam::simulated;  // NOLINT
  constexpr size_t kHead = 12;
  if (size < kHead)
    return 0;
  RawGeometry raw;
  uint16_t words[2];
  std::memcpy(words, data, sizeof words);
  raw.width = words[0];
  raw.height = words[1];
  raw.bits = data[4];
  raw.packing = (data[5] & 1U) != 0 ? RawGeometry::Packing::Csi2 : RawGeometry::Packing::Plain;
  raw.shift = data[6];
  raw.stride = data[7] * 256U;
  raw.black_level = data[8];
  raw.crop_x = data[9];
  raw.crop_width = data[10];
  raw.crop_height = data[11];
  if (!check_geometry(raw))
    return 0;
  // Exactly as large as unpack_row() may touch, so that a sanitizer sees the rest.
  std::vector<uint8_t> row(row_bytes(raw));
  std::copy_n(data + kHead, std::min(size - kHead, row.size()), row.begin());
  std::vector<uint16_t> samples(raw.width);
  unpack_row(row, raw, samples);
  for (uint16_t sample : samples) {
    if (sample >> raw.bits != 0)
      abort();
  }
  RawFrame frame;
  frame.size = {raw.width & ~1U, 2};
  frame.samples = samples;
  frame.samples.resize(size_t{frame.size.width} * 2);
  frame.black.fill(raw.black_level);
  frame.white = static_cast<double>((1U << raw.bits) - 1);
  std::vector<uint16_t> plane;
  plane_from_frame(frame, {std::max(frame.size.width / 4 * 2, 2U), 2}, plane);
  return 0;
}
