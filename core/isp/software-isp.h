/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SoftwareIsp: develops a raw mosaic into a picture and measures it, on the CPU.
 *
 * configure() allocates everything; process() allocates nothing and touches no memory but the
 * frame, its own buffers, the bytes of the picture inside the output's planes (no padding) and the
 * statistics. Rows flow through a small window of line buffers, so a frame is read and written
 * once; packed samples are unpacked there, a row at a time. The same input gives the same bytes on
 * every machine. docs/architecture.md, "Software ISP", says what the blocks compute.
 *
 * One object belongs to one thread at a time; different objects are independent.
 */
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "core/pixel-format.h"
#include "core/raw-format.h"
#include "core/stream.h"
#include "ipa/isp-parameters.h"
#include "ipa/isp-statistics.h"

namespace gstcam {

/** One mosaic in memory that the caller keeps still during process(). */
struct RawFrame {
  const void* data = nullptr;
  Size size;
  uint32_t stride_bytes = 0;  // from row to row; data and stride are even where samples are words
  uint32_t bits = 0;          // 8 .. 16; what a word has beyond them saturates
  CfaOrder cfa = CfaOrder::Rggb;
  RawPacking packing = RawPacking::Words;
};

struct SoftwareIspConfiguration {
  Size size;  // of mosaic and picture, kMinSide .. kMaxFrameSide each, odd ones too
  uint32_t bits = 10;
  CfaOrder cfa = CfaOrder::Rggb;
  PixelFormat format = PixelFormat::Nv12;
  Colorimetry colorimetry = Colorimetry::Bt709;  // YUV: Bt709 or Bt601; RGB: not looked at
  FrameLayout layout;                            // of the output, frame_layout() or wider
};

class SoftwareIsp {
 public:
  static constexpr uint32_t kMinSide = 4;

  SoftwareIsp();
  ~SoftwareIsp();
  SoftwareIsp(SoftwareIsp&& other) noexcept;
  SoftwareIsp& operator=(SoftwareIsp&& other) noexcept;
  SoftwareIsp(const SoftwareIsp&) = delete;
  SoftwareIsp& operator=(const SoftwareIsp&) = delete;

  /**
   * May be called again, with something else; after an error the object is as it was. Invalid or
   * Unsupported for a size, depth, format, colorimetry or layout it cannot do, NoSpace without
   * memory.
   */
  Result<void> configure(const SoftwareIspConfiguration& configuration);

  /**
   * Develops `frame` with `parameters` (which are checked, see check_isp_parameters()) into the
   * layout.size bytes at `out`, and writes `statistics` unless it is nullptr. On an error (Invalid,
   * Protocol; WrongState before configure()) neither is touched.
   */
  Result<void> process(const RawFrame& frame, const GstCameraIspParameters& parameters,
                       uint8_t* out, GstCameraIspStatistics* statistics);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace gstcam
