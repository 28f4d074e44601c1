/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headerless Bayer files and DNGs as scenes: synthetic ones, real ones and broken ones. */
#include "pipelines/simulated/scene/recorded-scene.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "base/yaml.h"
#include "pipelines/simulated/scene/bayer-scene.h"
#include "pipelines/simulated/scene/dng-scene.h"

namespace {

using gstcam::CharPtr;
using gstcam::Result;
using gstcam::Size;
using gstcam::YamlNode;
using namespace gstcam::simulated;  // NOLINT

std::string folder;

std::string write_file(const char* name, const std::vector<uint8_t>& bytes) {
  const std::string path = folder + "/" + name;
  g_assert_true(g_file_set_contents(path.c_str(), reinterpret_cast<const char*>(bytes.data()),
                                    static_cast<gssize>(bytes.size()), nullptr));
  return path;
}

SceneDescription bayer(const std::string& file, uint32_t width, uint32_t height, uint32_t bits) {
  SceneDescription d;
  d.kind = SceneDescription::Kind::Bayer;
  d.file = file;
  d.raw.width = width;
  d.raw.height = height;
  d.raw.bits = bits;
  return d;
}

Plane render(const SceneDescription& description, Size size) {
  auto scene = create_scene(description, {});
  if (!scene)
    g_error("%s", scene.error().message.c_str());
  g_assert_true((*scene)->configure(size, CfaOrder::Rggb).ok());
  return **(*scene)->render(spectrum_of_temperature(5000), 0);
}

/* A sample that differs at every place. */
uint16_t sample(uint32_t x, uint32_t y, uint32_t bits) {
  return static_cast<uint16_t>((x * 7919 + y * 104729) % (1U << bits));
}

std::vector<uint8_t> pack(uint32_t width, uint32_t height, const RawGeometry& raw) {
  std::vector<uint8_t> bytes;
  for (uint32_t y = 0; y < height; y++) {
    const size_t start = bytes.size();
    for (uint32_t x = 0; x < width; x++) {
      const uint32_t v = sample(x, y, raw.bits);
      if (raw.packing == RawGeometry::Packing::Csi2 && raw.bits == 10) {
        bytes.push_back(static_cast<uint8_t>(v >> 2U));
        if (x % 4 == 3) {
          unsigned low = 0;
          for (unsigned i = 0; i < 4; i++)
            low |= (sample(x - 3 + i, y, 10) & 3U) << (2 * i);
          bytes.push_back(static_cast<uint8_t>(low));
        }
      } else if (raw.packing == RawGeometry::Packing::Csi2) {
        bytes.push_back(static_cast<uint8_t>(v >> 4U));
        if (x % 2 == 1)
          bytes.push_back(static_cast<uint8_t>((sample(x - 1, y, 12) & 15U) | (v & 15U) << 4U));
      } else if (raw.bits == 8) {
        bytes.push_back(static_cast<uint8_t>(v));
      } else {
        const uint32_t word = v << raw.shift;
        bytes.push_back(static_cast<uint8_t>(word));
        bytes.push_back(static_cast<uint8_t>(word >> 8U));
      }
    }
    while (raw.stride != 0 && bytes.size() < start + raw.stride)
      bytes.push_back(0xee);
  }
  return bytes;
}

void test_packings() {
  using Packing = RawGeometry::Packing;
  struct Case {
    uint32_t bits;
    Packing packing;
    uint32_t shift;
    uint32_t stride;
  };
  for (const Case& c : {Case{8, Packing::Plain, 0, 0}, Case{10, Packing::Plain, 0, 0},
                        Case{10, Packing::Plain, 6, 0}, Case{12, Packing::Plain, 4, 160},
                        Case{16, Packing::Plain, 0, 0}, Case{10, Packing::Csi2, 0, 0},
                        Case{10, Packing::Csi2, 0, 96}, Case{12, Packing::Csi2, 0, 100}}) {
    SceneDescription d = bayer("", 64, 32, c.bits);
    d.raw.packing = c.packing;
    d.raw.shift = c.shift;
    d.raw.stride = c.stride;
    d.file = write_file("a.raw", pack(64, 32, d.raw));
    const Plane plane = render(d, {64, 32});
    for (uint32_t y = 0; y < 32; y++) {
      for (uint32_t x = 0; x < 64; x++) {
        const double wanted = 65535.0 * sample(x, y, c.bits) / ((1U << c.bits) - 1);
        g_assert_cmpfloat_with_epsilon(plane.values[y * 64 + x], wanted, 0.51);
      }
    }
  }
}

void test_levels_and_crop() {
  SceneDescription d = bayer("", 64, 32, 10);
  d.file = write_file("a.raw", pack(64, 32, d.raw));
  d.raw.cfa = CfaOrder::Rggb;
  d.raw.black_level = 64;
  d.raw.white_level = 1000;
  d.raw.crop_x = 3;
  d.raw.crop_y = 2;
  d.raw.crop_width = 41;  // made even
  d.raw.crop_height = 20;
  auto scene = create_scene(d, {});
  g_assert_true(scene.ok());
  g_assert_true((*scene)->limits().native == (Size{40, 20}));
  g_assert_true((*scene)->cfa() == CfaOrder::Grbg);  // one column on
  const Plane plane = render(d, {40, 20});
  for (uint32_t y = 0; y < 20; y++) {
    for (uint32_t x = 0; x < 40; x++) {
      const double level = (sample(x + 3, y + 2, 10) - 64.0) / (1000 - 64);
      g_assert_cmpfloat_with_epsilon(plane.values[y * 40 + x], 65535 * std::clamp(level, 0.0, 1.0),
                                     0.51);
    }
  }
  // White is this sensor's white at 10 ms and 200 lux.
  g_assert_cmpfloat_with_epsilon(plane.scale * 65535 * 200 * 0.01 / kSaturationExposure, 1, 1e-6);
}

void test_sizes() {
  SceneDescription d = bayer("", 128, 64, 12);
  d.file = write_file("a.raw", pack(128, 64, d.raw));
  // Half: each site is the mean of four of its colour.
  const Plane half = render(d, {64, 32});
  for (uint32_t y = 0; y < 32; y++) {
    for (uint32_t x = 0; x < 64; x++) {
      double sum = 0;
      for (uint32_t j = 0; j < 2; j++) {
        for (uint32_t i = 0; i < 2; i++)
          sum += sample((x / 2 * 2 + i) * 2 + x % 2, (y / 2 * 2 + j) * 2 + y % 2, 12);
      }
      g_assert_cmpfloat_with_epsilon(half.values[y * 64 + x], sum / 4 / 4095 * 65535, 0.51);
    }
  }
  // A little smaller: the centre, sites kept.
  const Plane centre = render(d, {100, 60});
  g_assert_cmpfloat_with_epsilon(centre.values[0], sample(14, 2, 12) / 4095.0 * 65535, 0.51);
}

template <typename T>
void assert_error(const Result<T>& result, const char* part) {
  g_assert_false(result.ok());
  if (!std::strstr(result.error().message.c_str(), part))
    g_error("expected \"...%s...\", got \"%s\"", part, result.error().message.c_str());
}

void test_bad_bayer() {
  SceneDescription d = bayer(folder + "/none.raw", 64, 32, 10);
  assert_error(create_scene(d, {}), "cannot open raw file");
  d.file = folder;
  assert_error(create_scene(d, {}), "not a regular file");
  std::vector<uint8_t> bytes = pack(64, 32, d.raw);
  bytes.pop_back();
  d.file = write_file("short.raw", bytes);
  assert_error(create_scene(d, {}), "has 4095 bytes, its geometry (64x32, 10 bits) needs 4096");
  d.raw.stride = 127;
  assert_error(create_scene(d, {}), "a stride of 127 is less");
  d.raw.stride = 0;
  d.raw.offset = UINT64_C(1) << 29U;
  assert_error(create_scene(d, {}), "needs 536875008");
  d.raw.offset = 0;
  for (const Size size : {Size{65536, 65536}, Size{1, 1}, Size{0, 0}}) {
    SceneDescription bad = d;
    bad.raw.width = size.width;
    bad.raw.height = size.height;
    assert_error(create_scene(bad, {}), "width and height");
  }
  SceneDescription bad = d;
  bad.raw.crop_x = 60;
  bad.raw.crop_width = 8;
  bad.raw.crop_height = 8;
  assert_error(create_scene(bad, {}), "the crop leaves the picture");
  bad.raw.crop_x = UINT32_MAX;
  assert_error(create_scene(bad, {}), "the crop leaves the picture");
  bad = d;
  bad.raw.packing = RawGeometry::Packing::Csi2;
  bad.raw.bits = 14;
  assert_error(create_scene(bad, {}), "CSI-2");
  bad = d;
  bad.raw.black_level = 1023;
  assert_error(create_scene(bad, {}), "black and white level");
  bad.raw.black_level = std::nan("");
  assert_error(create_scene(bad, {}), "black and white level");
  // A file that shrinks between opening and reading.
  d.file = write_file("a.raw", pack(64, 32, d.raw));
  auto scene = create_scene(d, {});
  g_assert_true(scene.ok());
  g_assert_cmpint(::truncate(d.file.c_str(), 100), ==, 0);
  assert_error((*scene)->configure({64, 32}, CfaOrder::Rggb), "became shorter");
}

/* A little DNG, written as the DNG specification says: one uncompressed 16 bit mosaic. */
std::vector<uint8_t> make_dng(uint32_t width, uint32_t height, uint32_t claimed_height) {
  struct Tag {
    uint16_t id, type;
    uint32_t count, value;
  };
  std::vector<Tag> tags = {
      {254, 4, 1, 0},               // NewSubfileType
      {256, 4, 1, width},           // ImageWidth
      {257, 4, 1, claimed_height},  // ImageLength
      {258, 3, 1, 16},              // BitsPerSample
      {259, 3, 1, 1},               // Compression: none
      {262, 3, 1, 32803},           // PhotometricInterpretation: CFA
      {271, 2, 4, 0x00545347},      // Make "GST"
      {272, 2, 4, 0x004d4953},      // Model "SIM"
      {273, 4, 1, 0},               // StripOffsets, below
      {277, 3, 1, 1},               // SamplesPerPixel
      {278, 4, 1, claimed_height},  // RowsPerStrip
      {279, 4, 1, width * claimed_height * 2},
      {33421, 3, 2, 2 | 2 << 16},                     // CFARepeatPatternDim
      {33422, 1, 4, 1 | 0 << 8 | 2 << 16 | 1 << 24},  // CFAPattern: GR / BG
      {50706, 1, 4, 1 | 4 << 8},                      // DNGVersion 1.4
      {50714, 3, 1, 512},                             // BlackLevel
      {50717, 3, 1, 16000},                           // WhiteLevel
  };
  const auto data = static_cast<uint32_t>(8 + 2 + tags.size() * 12 + 4);
  std::vector<uint8_t> bytes;
  auto put = [&bytes](uint32_t value, int count) {
    for (int i = 0; i < count; i++)
      bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  put(0x002a4949, 4);
  put(8, 4);
  put(static_cast<uint32_t>(tags.size()), 2);
  for (const Tag& tag : tags) {
    put(tag.id, 2);
    put(tag.type, 2);
    put(tag.count, 4);
    put(tag.id == 273 ? data : tag.value, 4);
  }
  put(0, 4);
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++)
      put(512U + sample(x, y, 13), 2);
  }
  return bytes;
}

void test_dng() {
  SceneDescription d;
  d.kind = SceneDescription::Kind::Dng;
  d.file = write_file("a.dng", make_dng(128, 64, 64));
  auto scene = create_scene(d, {});
  if (!scene)
    g_error("%s", scene.error().message.c_str());
  g_assert_true((*scene)->limits().native == (Size{128, 64}));
  g_assert_true((*scene)->cfa() == CfaOrder::Grbg);
  const Plane plane = render(d, {128, 64});
  for (uint32_t i : {0U, 1U, 128U, 129U, 4000U, 8191U})
    g_assert_cmpfloat_with_epsilon(plane.values[i],
                                   65535.0 * sample(i % 128, i / 128, 13) / (16000 - 512), 0.51);
}

/* Whatever is in the file: an Error or a plane. */
void try_dng(const std::vector<uint8_t>& bytes, bool must_fail) {
  SceneDescription d;
  d.kind = SceneDescription::Kind::Dng;
  d.file = write_file("bad.dng", bytes);
  auto scene = create_scene(d, {});
  if (!scene) {
    g_assert_nonnull(std::strstr(scene.error().message.c_str(), "bad.dng"));
    return;
  }
  const Result<void> configured = (*scene)->configure((*scene)->limits().native, CfaOrder::Rggb);
  if (!configured)
    g_assert_nonnull(std::strstr(configured.error().message.c_str(), "bad.dng"));
  g_assert_false(must_fail && configured.ok());
}

void test_bad_dng() {
  const std::vector<uint8_t> good = make_dng(128, 64, 64);
  for (size_t size : {size_t{0}, size_t{4}, size_t{100}, size_t{216}, good.size() / 2})
    try_dng({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}, true);
  try_dng(make_dng(128, 64, 60000), true);
  try_dng(std::vector<uint8_t>(5000, 0x49), true);
  // Every byte of the header wrong, one after the other.
  for (size_t i = 0; i < 216; i++) {
    std::vector<uint8_t> bytes = good;
    bytes[i] ^= 0xff;
    try_dng(bytes, false);
  }
}

const char* raw_folder() {
  const char* path = g_getenv("GST_CAMERA_TEST_RAW");
  if (path && g_file_test((std::string(path) + "/frames.json").c_str(), G_FILE_TEST_EXISTS))
    return path;
  g_test_skip("GST_CAMERA_TEST_RAW names no folder with frames.json");
  return nullptr;
}

/* Means of the chart's patches in the plane against those measured on the file. */
void check_patches(const SceneDescription& description, const YamlNode& frame, uint32_t left,
                   uint32_t top, double range, double tolerance) {
  auto scene = create_scene(description, {});
  if (!scene)
    g_error("%s", scene.error().message.c_str());
  const Size size = (*scene)->limits().native;
  const CfaOrder cfa = *(*scene)->cfa();
  g_assert_true((*scene)->configure(size, cfa).ok());
  const Plane& plane = **(*scene)->render(spectrum_of_temperature(5000), 0);
  const YamlNode* patches = frame.find("patches");
  const auto half = static_cast<uint32_t>(patches->find("half_size")->as_int().value());
  const auto& centres = patches->find("centres")->items();
  const auto& means = patches->find("raw_minus_black_mean_RGB")->items();
  g_assert_cmpuint(centres.size(), ==, 24);
  for (size_t i = 0; i < centres.size(); i++) {
    const std::vector<double> centre = *centres[i].as_doubles(2);
    const std::vector<double> wanted = *means[i].as_doubles(3);
    const uint32_t cx = static_cast<uint32_t>(centre[0]) - left;
    const uint32_t cy = static_cast<uint32_t>(centre[1]) - top;
    double sums[3] = {};
    double counts[3] = {};
    for (uint32_t y = cy - half; y < cy + half; y++) {
      for (uint32_t x = cx - half; x < cx + half; x++) {
        const unsigned c = cfa_colour(cfa, x, y);
        sums[c] += plane.values[size_t{y} * size.width + x];
        counts[c]++;
      }
    }
    for (unsigned c = 0; c < 3; c++) {
      const double mean = sums[c] / counts[c] / 65535 * range;
      g_assert_cmpfloat_with_epsilon(mean, wanted[c], tolerance);
    }
  }
}

const YamlNode* find_frame(const YamlNode& root, const char* start) {
  for (const YamlNode& frame : root.find("frames")->items()) {
    if (frame.find("file")->as_string().value().starts_with(start))
      return &frame;
  }
  g_error("frames.json does not describe %s...", start);
}

void test_real_frames() {
  const char* path = raw_folder();
  if (!path)
    return;
  const std::string at = std::string(path) + "/";
  const Result<YamlNode> root = gstcam::load_yaml(at + "frames.json");  // JSON is YAML
  if (!root)
    g_error("%s", root.error().message.c_str());

  SceneDescription canon;
  canon.kind = SceneDescription::Kind::Dng;
  canon.file = at + "canon_550d_ml_colorchecker_1888x1182_14b_RGGB.dng";
  // The tag's black level is 8 codes above the measured one that frames.json took.
  check_patches(canon, *find_frame(*root, "canon"), 152, 26, 15000 - 2056, 12);

  SceneDescription box =
      bayer(at + "iisp_colorchecker_lightbox_1920x1080_u16le_12b_BGGR.raw", 1920, 1080, 12);
  box.raw.cfa = CfaOrder::Bggr;
  box.raw.white_level = 4092;
  box.raw.crop_y = 2;
  box.raw.crop_width = 1918;
  box.raw.crop_height = 1078;
  check_patches(box, *find_frame(*root, "iisp_colorchecker"), 0, 2, 4092, 1);

  for (const char* name : {"iisp_Indoor1", "iisp_Outdoor4"}) {
    SceneDescription d = bayer(at + name + "_2592x1536_8b_GRBG.raw", 2592, 1536, 8);
    d.raw.cfa = CfaOrder::Grbg;
    d.raw.black_level = 12.5;
    // Below black is cut off, which moves the darkest means a little.
    check_patches(d, *find_frame(*root, name), 0, 0, 255 - 12.5, 0.3);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  CharPtr dir(g_dir_make_tmp("recorded-scene-XXXXXX", nullptr));
  g_assert_nonnull(dir.get());
  folder = dir.get();
  g_test_add_func("/recorded-scene/packings", test_packings);
  g_test_add_func("/recorded-scene/levels-and-crop", test_levels_and_crop);
  g_test_add_func("/recorded-scene/sizes", test_sizes);
  g_test_add_func("/recorded-scene/bad-bayer", test_bad_bayer);
  g_test_add_func("/recorded-scene/dng", test_dng);
  g_test_add_func("/recorded-scene/bad-dng", test_bad_dng);
  g_test_add_func("/recorded-scene/real-frames", test_real_frames);
  const int status = g_test_run();
  for (const char* name : {"a.raw", "short.raw", "a.dng", "bad.dng"})
    g_unlink((folder + "/" + name).c_str());
  g_rmdir(folder.c_str());
  return status;
}
