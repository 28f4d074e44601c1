/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/bayer-scene.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace gstcam::simulated {

namespace {

Error short_file(const std::string& file, uint64_t size, uint64_t needed, const RawGeometry& raw) {
  return Error(Error::Code::Invalid,
               "raw file '" + file + "' has " + std::to_string(size) + " bytes, its geometry (" +
                   std::to_string(raw.width) + "x" + std::to_string(raw.height) + ", " +
                   std::to_string(raw.bits) + " bits) needs " + std::to_string(needed),
               "check width, height, stride, bits, packing and offset in the camera's description");
}

Result<void> read_at(int fd, std::span<uint8_t> out, uint64_t offset, const std::string& file) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return Error::from_errno(errno, "cannot read raw file '" + file + "'");
    if (n == 0)
      return Error(Error::Code::Invalid, "raw file '" + file + "' became shorter");
    done += static_cast<size_t>(n);
  }
  return {};
}

}  // namespace

void unpack_row(std::span<const uint8_t> row, const RawGeometry& raw, std::span<uint16_t> out) {
  const uint8_t* p = row.data();
  const auto mask = static_cast<uint16_t>((1U << raw.bits) - 1);
  if (raw.packing == RawGeometry::Packing::Csi2 && raw.bits == 10) {
    // Four high bytes, then their low bits, the first sample's lowest.
    for (size_t x = 0; x + 4 <= out.size(); x += 4, p += 5) {
      for (unsigned i = 0; i < 4; i++)
        out[x + i] = static_cast<uint16_t>(p[i] << 2U | (p[4] >> (2 * i) & 3U));
    }
  } else if (raw.packing == RawGeometry::Packing::Csi2) {
    for (size_t x = 0; x + 2 <= out.size(); x += 2, p += 3) {
      out[x] = static_cast<uint16_t>(p[0] << 4U | (p[2] & 15U));
      out[x + 1] = static_cast<uint16_t>(p[1] << 4U | p[2] >> 4U);
    }
  } else if (raw.bits == 8) {
    std::copy_n(p, out.size(), out.begin());
  } else {
    for (size_t x = 0; x < out.size(); x++, p += 2)
      out[x] = static_cast<uint16_t>((p[0] | p[1] << 8U) >> raw.shift) & mask;
  }
}

BayerScene::BayerScene(const SceneDescription& description, UniqueFd fd)
    : RecordedScene(description.reference_lux),
      file_(description.file),
      raw_(description.raw),
      fd_(std::move(fd)) {
  if (raw_.crop_width == 0) {
    raw_.crop_width = raw_.width;
    raw_.crop_height = raw_.height;
  }
  raw_.crop_width &= ~1U;
  raw_.crop_height &= ~1U;
  if (raw_.stride == 0)
    raw_.stride = row_bytes(raw_);
  if (raw_.white_level <= 0)
    raw_.white_level = static_cast<double>((1U << raw_.bits) - 1);
}

Result<std::unique_ptr<Scene>> BayerScene::create(const SceneDescription& description) {
  if (Result<void> r = check_geometry(description.raw); !r)
    return r.error();
  const std::string& file = description.file;
  // O_NONBLOCK: a FIFO in place of the file must not hang us.
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot open raw file '" + file + "'",
                             "check the scene's 'file' in the camera's description");
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0)
    return Error::from_errno(errno, "cannot examine raw file '" + file + "'");
  if (!S_ISREG(st.st_mode))
    return Error(Error::Code::Invalid, "raw file '" + file + "' is not a regular file");
  std::unique_ptr<BayerScene> scene(new BayerScene(description, std::move(fd)));
  const RawGeometry& raw = scene->raw_;
  const uint64_t needed = raw.offset + uint64_t{raw.stride} * (raw.height - 1) + row_bytes(raw);
  if (static_cast<uint64_t>(st.st_size) < needed)
    return short_file(file, static_cast<uint64_t>(st.st_size), needed, raw);
  if (raw.crop_width < kRecordedSideMin || raw.crop_height < kRecordedSideMin)
    return Error(Error::Code::Invalid, "raw file '" + file + "': a picture of " +
                                           std::to_string(raw.crop_width) + "x" +
                                           std::to_string(raw.crop_height) + " is too small");
  return std::unique_ptr<Scene>(std::move(scene));
}

std::optional<CfaOrder> BayerScene::cfa() const {
  return shifted(raw_.cfa, raw_.crop_x, raw_.crop_y);
}

Size BayerScene::native_size() const {
  return {raw_.crop_width, raw_.crop_height};
}

Result<RawFrame> BayerScene::load() {
  RawFrame frame;
  frame.size = native_size();
  frame.black.fill(raw_.black_level);
  frame.white = raw_.white_level;
  frame.samples.resize(static_cast<size_t>(frame.size.width) * frame.size.height);
  std::vector<uint8_t> bytes(row_bytes(raw_));
  std::vector<uint16_t> row(raw_.width);
  for (uint32_t y = 0; y < frame.size.height; y++) {
    const uint64_t offset = raw_.offset + uint64_t{raw_.stride} * (raw_.crop_y + y);
    if (Result<void> r = read_at(fd_.get(), bytes, offset, file_); !r)
      return r.error();
    unpack_row(bytes, raw_, row);
    std::copy_n(row.begin() + raw_.crop_x, frame.size.width,
                frame.samples.begin() + static_cast<ptrdiff_t>(y) * frame.size.width);
  }
  return frame;
}

}  // namespace gstcam::simulated
