/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/dng-scene.h"

#include <libraw/libraw.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <exception>

namespace gstcam::simulated {

namespace {

constexpr unsigned kMaxMemoryMb = 1024;
/* Covered columns beside the picture that are worth a measurement of black, and those next to the
 * edges, which light may reach. */
constexpr unsigned kCoveredMin = 64;
constexpr unsigned kCoveredEdge = 16;

/* A LibRaw that holds a file's description; it reports damage to us and not to stderr. */
class RawFile {
 public:
  explicit RawFile(const std::string& file) : file_(file), raw_(std::make_unique<LibRaw>()) {
    raw_->set_dataerror_handler(
        [](void* data, const char*, auto) { static_cast<RawFile*>(data)->damaged_ = true; }, this);
    raw_->imgdata.params.max_raw_memory_mb = kMaxMemoryMb;
  }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  Result<void> open() {
    struct stat st = {};
    if (::stat(file_.c_str(), &st) < 0)
      return Error::from_errno(errno, "cannot open raw file '" + file_ + "'",
                               "check the scene's 'file' in the camera's description");
    if (!S_ISREG(st.st_mode))
      return error("is not a regular file");
    if (const int code = raw_->open_file(file_.c_str()); code != LIBRAW_SUCCESS)
      return error(std::string("cannot be read: ") + libraw_strerror(code));
    const libraw_image_sizes_t& s = raw_->imgdata.sizes;
    // Below 1000 stand layouts other than 2x2: none, Leaf, Fuji.
    if (raw_->imgdata.idata.filters < 1000 || raw_->imgdata.idata.colors != 3)
      return error("has no Bayer mosaic of red, green and blue");
    if (s.width > kRecordedSideMax || s.height > kRecordedSideMax || s.width < kRecordedSideMin ||
        s.height < kRecordedSideMin)
      return error("has an impossible size of " + std::to_string(s.width) + "x" +
                   std::to_string(s.height));
    if (s.left_margin + s.width > s.raw_width || s.top_margin + s.height > s.raw_height)
      return error("has a picture larger than its data");
    return {};
  }

  Result<void> unpack() {
    const int code = raw_->unpack();
    if (code != LIBRAW_SUCCESS)
      return error(std::string("cannot be decoded: ") + libraw_strerror(code));
    if (damaged_)
      return error("is truncated or damaged");
    if (!raw_->imgdata.rawdata.raw_image)
      return error("has no plain mosaic (it was developed, or has floating point samples)");
    if (raw_->imgdata.sizes.raw_pitch < raw_->imgdata.sizes.raw_width * 2U)
      return error("has rows shorter than its width");
    return {};
  }

  /** The order of the mosaic's upper left quad. */
  Result<CfaOrder> cfa() {
    for (unsigned site = 0; site < 4; site++) {
      const auto order = static_cast<CfaOrder>(site);
      bool same = true;
      for (unsigned y = 0; y < 8 && same; y++) {
        for (unsigned x = 0; x < 8 && same; x++)
          same = colour(x, y) == cfa_colour(order, x, y);
      }
      if (same)
        return order;
    }
    return error("has a mosaic that is not Bayer's");
  }

  /** Black level of a site: a common one, one a colour and a pattern add up. */
  double black(unsigned x, unsigned y) {
    const libraw_colordata_t& c = raw_->imgdata.color;
    double level = c.black;
    level += c.cblack[raw_->COLOR(static_cast<int>(y), static_cast<int>(x)) & 3];
    const unsigned rows = c.cblack[4];
    const unsigned columns = c.cblack[5];
    if (rows > 0 && columns > 0 && uint64_t{rows} * columns <= LIBRAW_CBLACK_SIZE - 6)
      level += c.cblack[6 + y % rows * columns + x % columns];
    return level;
  }

  /**
   * What the covered columns left of the picture show where they show about what the file states,
   * else that: a black level measured in the very frame is right to a fraction of a code, stated
   * ones are often a few codes off, which tints every shadow.
   */
  double measured_black(unsigned x, unsigned y, double stated) {
    const libraw_image_sizes_t& s = raw_->imgdata.sizes;
    if (s.left_margin < kCoveredMin)
      return stated;
    double sum = 0;
    uint64_t count = 0;
    for (unsigned row = y; row < s.height; row += 2) {
      const uint16_t* samples = raw_->imgdata.rawdata.raw_image +
                                static_cast<size_t>(s.top_margin + row) * (s.raw_pitch / 2);
      // Columns of the same colour as those of the picture.
      unsigned column = kCoveredEdge + (s.left_margin + x + kCoveredEdge) % 2;
      for (; column < s.left_margin - kCoveredEdge; column += 2) {
        sum += samples[column];
        count++;
      }
    }
    const double measured = count > 0 ? sum / static_cast<double>(count) : stated;
    const double plausible = (raw_->imgdata.color.maximum - stated) / 256;
    return std::abs(measured - stated) <= plausible ? measured : stated;
  }

  Error error(const std::string& what) const {
    return Error(Error::Code::Invalid, "raw file '" + file_ + "' " + what,
                 "use a complete DNG or camera raw file, uncompressed where in doubt");
  }
  const libraw_data_t& data() const { return raw_->imgdata; }

 private:
  unsigned colour(unsigned x, unsigned y) {
    const int c = raw_->COLOR(static_cast<int>(y), static_cast<int>(x));
    return c == 3 ? 1 : static_cast<unsigned>(c);  // 3 is the second green
  }

  const std::string& file_;
  std::unique_ptr<LibRaw> raw_;
  bool damaged_ = false;
};

}  // namespace

Result<std::unique_ptr<Scene>> DngScene::create(const SceneDescription& description) {
  std::unique_ptr<DngScene> scene(new DngScene(description));
  // LibRaw keeps its own exceptions in, but not those of memory.
  try {
    RawFile raw(scene->file_);
    if (Result<void> r = raw.open(); !r)
      return r.error();
    Result<CfaOrder> cfa = raw.cfa();
    if (!cfa)
      return cfa.error();
    scene->cfa_ = *cfa;
    scene->size_ = {raw.data().sizes.width & ~1U, raw.data().sizes.height & ~1U};
  } catch (const std::exception& e) {
    return Error(Error::Code::NoSpace, "raw file '" + scene->file_ + "': " + e.what());
  }
  return std::unique_ptr<Scene>(std::move(scene));
}

Result<RawFrame> DngScene::load() {
  try {
    RawFile raw(file_);
    if (Result<void> r = raw.open(); !r)
      return r.error();
    if (Result<void> r = raw.unpack(); !r)
      return r.error();
    const libraw_image_sizes_t& s = raw.data().sizes;
    if ((s.width & ~1U) != size_.width || (s.height & ~1U) != size_.height)
      return raw.error("changed since the camera was opened");
    RawFrame frame;
    frame.size = size_;
    frame.white = raw.data().color.maximum;
    for (unsigned site = 0; site < 4; site++) {
      frame.black[site] = raw.measured_black(site % 2, site / 2, raw.black(site % 2, site / 2));
      if (frame.white <= frame.black[site])
        return raw.error("has a white level below its black level");
    }
    frame.samples.resize(static_cast<size_t>(size_.width) * size_.height);
    for (uint32_t y = 0; y < size_.height; y++) {
      const uint16_t* from = raw.data().rawdata.raw_image +
                             static_cast<size_t>(s.top_margin + y) * (s.raw_pitch / 2) +
                             s.left_margin;
      std::copy_n(from, size_.width,
                  frame.samples.begin() + static_cast<ptrdiff_t>(y) * size_.width);
    }
    return frame;
  } catch (const std::exception& e) {
    return Error(Error::Code::NoSpace, "raw file '" + file_ + "': " + e.what());
  }
}

}  // namespace gstcam::simulated
