/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/software-isp.h"

#include <algorithm>
#include <new>
#include <string>

#include "core/isp/demosaic.h"
#include "core/isp/mosaic-window.h"
#include "core/isp/parameters.h"
#include "core/isp/picture-writer.h"
#include "core/isp/statistics-collector.h"

namespace gstcam {

namespace {

std::string to_string(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

Error invalid(const std::string& what, const std::string& hint = {}) {
  return Error(Error::Code::Invalid, "software ISP: " + what, hint);
}

bool is_yuv(PixelFormat format) {
  return format == PixelFormat::Nv12 || format == PixelFormat::Yuv420 ||
         format == PixelFormat::Yuyv;
}

Result<void> check_layout(PixelFormat format, Size size, const FrameLayout& layout) {
  const std::string name =
      std::string("the layout for ") + gstcam::to_string(format) + " " + to_string(size);
  const uint32_t count = plane_count(format);
  if (layout.count != count) {
    return invalid(name + " has " + std::to_string(layout.count) + " planes, not " +
                   std::to_string(count));
  }
  /* Bytes the picture takes in each plane, from the first of its first row. */
  size_t begin[3] = {};
  size_t end[3] = {};
  for (uint32_t i = 0; i < count; i++) {
    const PlaneLayout& plane = layout.planes[i];
    const PlaneExtent extent = plane_extent(format, i, size);
    const size_t used = size_t{plane.stride} * (extent.rows - 1) + extent.row_bytes;
    if (plane.stride < extent.row_bytes || plane.size < used) {
      return invalid(name + " has no room for plane " + std::to_string(i) + ": stride " +
                     std::to_string(plane.stride) + ", " + std::to_string(plane.size) +
                     " bytes; it needs a stride of at least " + std::to_string(extent.row_bytes) +
                     " and " + std::to_string(used) + " bytes");
    }
    if (plane.offset > layout.size || layout.size - plane.offset < used) {
      return invalid(name + " has plane " + std::to_string(i) + " outside its " +
                     std::to_string(layout.size) + " bytes");
    }
    begin[i] = plane.offset;
    end[i] = plane.offset + used;
    for (uint32_t j = 0; j < i; j++) {
      if (begin[i] < end[j] && begin[j] < end[i]) {
        return invalid(name + " has planes " + std::to_string(j) + " and " + std::to_string(i) +
                       " in the same bytes");
      }
    }
  }
  return {};
}

Result<void> check_configuration(const SoftwareIspConfiguration& c) {
  constexpr uint32_t kMin = SoftwareIsp::kMinSide;
  if (std::min(c.size.width, c.size.height) < kMin ||
      std::max(c.size.width, c.size.height) > kMaxFrameSide) {
    return invalid("cannot develop a frame of " + to_string(c.size) + " pixels",
                   "choose a width and a height of " + std::to_string(kMin) + " to " +
                       std::to_string(kMaxFrameSide));
  }
  if (c.bits < 8 || c.bits > 16) {
    return invalid("cannot develop samples of " + std::to_string(c.bits) + " bits",
                   "8 to 16 bits are possible");
  }
  if (static_cast<uint32_t>(c.cfa) > static_cast<uint32_t>(CfaOrder::Bggr))
    return invalid("unknown CFA order " + std::to_string(static_cast<uint32_t>(c.cfa)));
  if (plane_count(c.format) == 0)
    return invalid("unknown pixel format " + std::to_string(static_cast<uint32_t>(c.format)));
  if (is_yuv(c.format) && c.colorimetry != Colorimetry::Bt709 &&
      c.colorimetry != Colorimetry::Bt601) {
    return Error(Error::Code::Unsupported,
                 std::string("software ISP: ") + gstcam::to_string(c.format) +
                     " is made in BT.709 or BT.601 colorimetry only",
                 "choose one of these, or an RGB format for sRGB");
  }
  return check_layout(c.format, c.size, c.layout);
}

}  // namespace

class SoftwareIsp::Engine {
 public:
  explicit Engine(const SoftwareIspConfiguration& c)
      : configuration_(c),
        window_(c.size, c.bits, c.cfa),
        statistics_(c.size),
        demosaic_(c.size, c.cfa),
        writer_(c.format, c.size, c.colorimetry, c.layout) {}

  [[nodiscard]] Result<void> check(const RawFrame& frame) const {
    const SoftwareIspConfiguration& c = configuration_;
    if (!frame.data)
      return invalid("the raw frame has no data");
    if (frame.size != c.size || frame.bits != c.bits || frame.cfa != c.cfa) {
      return invalid("the raw frame is " + to_string(frame.size) + " " +
                     gstcam::to_string(frame.cfa) + " of " + std::to_string(frame.bits) +
                     " bits; configured was " + to_string(c.size) + " " + gstcam::to_string(c.cfa) +
                     " of " + std::to_string(c.bits) + " bits");
    }
    if (!raw_packing_has(frame.packing, frame.bits)) {
      return invalid("packing " + std::to_string(static_cast<uint32_t>(frame.packing)) +
                     " has no samples of " + std::to_string(frame.bits) + " bits");
    }
    const uint32_t least = raw_row_bytes(frame.packing, c.size.width);
    const bool words = frame.packing == RawPacking::Words;
    if ((words && frame.stride_bytes % sizeof(uint16_t) != 0) || frame.stride_bytes < least) {
      return invalid("the raw frame has a stride of " + std::to_string(frame.stride_bytes) +
                     " bytes; it must be " + (words ? "even and " : "") + "at least " +
                     std::to_string(least));
    }
    if (words && reinterpret_cast<uintptr_t>(frame.data) % sizeof(uint16_t) != 0)
      return invalid("the raw frame begins at an odd address");
    return {};
  }

  void process(const RawFrame& frame, const GstCameraIspParameters& parameters, uint8_t* out,
               GstCameraIspStatistics* statistics) {
    statistics_.begin();
    window_.begin({static_cast<const uint8_t*>(frame.data), frame.stride_bytes, frame.packing},
                  parameters, statistics ? &statistics_ : nullptr);
    demosaic_.begin(parameters.ccm);
    writer_.begin(parameters.tone, out);
    for (uint32_t y = 0; y < configuration_.size.height; y++) {
      demosaic_.row(window_, y, writer_.input(y));
      writer_.write(y);
    }
    if (statistics)
      statistics_.finish(parameters.frame, *statistics);
  }

 private:
  SoftwareIspConfiguration configuration_;
  isp::MosaicWindow window_;
  isp::StatisticsCollector statistics_;
  isp::Demosaic demosaic_;
  isp::PictureWriter writer_;
};

SoftwareIsp::SoftwareIsp() = default;
SoftwareIsp::~SoftwareIsp() = default;
SoftwareIsp::SoftwareIsp(SoftwareIsp&& other) noexcept = default;
SoftwareIsp& SoftwareIsp::operator=(SoftwareIsp&& other) noexcept = default;

Result<void> SoftwareIsp::configure(const SoftwareIspConfiguration& configuration) {
  if (auto r = check_configuration(configuration); !r)
    return r;
  try {
    engine_ = std::make_unique<Engine>(configuration);
  } catch (const std::bad_alloc&) {
    return Error(Error::Code::NoSpace,
                 "software ISP: no memory for line buffers of " + to_string(configuration.size),
                 "choose a smaller size");
  }
  return {};
}

Result<void> SoftwareIsp::process(const RawFrame& frame, const GstCameraIspParameters& parameters,
                                  uint8_t* out, GstCameraIspStatistics* statistics) {
  if (!engine_) {
    return Error(Error::Code::WrongState, "software ISP: a frame came before a configuration");
  }
  if (!out)
    return invalid("there is no memory for the picture");
  if (auto r = engine_->check(frame); !r)
    return r;
  if (auto r = check_isp_parameters(parameters); !r)
    return r;
  engine_->process(frame, parameters, out, statistics);
  return {};
}

}  // namespace gstcam
