/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipc/bindgen/samples.h"

#include <glib.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace gstcam::test {

ControlList sample_controls() {
  ControlList list;
  list.set(ControlId::AeMode, int32_t{kAeModeManual});
  list.set(ControlId::ExposureTime, int32_t{12345});
  list.set(ControlId::AnalogueGain, 2.5);
  list.set(ControlId::ColourGains, DoubleArray{1.5, 2.25});
  list.set(ControlId::SensorTimestamp, int64_t{1} << 60);
  list.set(ControlId::ColourCorrectionMatrix,
           DoubleArray{1.5, -0.25, -0.25, -0.25, 1.5, -0.25, -0.25, -0.25, 1.5});
  return list;
}

ControlRanges sample_ranges() {
  ControlRanges ranges;
  ranges.set(ControlId::ExposureTime, {int32_t{10}, int32_t{33000}, int32_t{10000}});
  ranges.set(ControlId::AwbMode, {int32_t{0}, int32_t{3}, int32_t{1}});
  ranges.set(ControlId::AnalogueGain, {1.0, 16.0, 1.0});
  ranges.set(ControlId::ColourGains,
             {DoubleArray{0.5, 0.5}, DoubleArray{8.0, 8.0}, DoubleArray{1.0, 1.0}});
  ranges.set(ControlId::FrameDuration, {int64_t{1000000}, int64_t{1000000000}, int64_t{33333333}});
  return ranges;
}

Everything sample_everything() {
  Everything e;
  e.truth = true;
  e.numbers = {-128,      255,        -32768,    65535,      INT32_MIN, UINT32_MAX,
               INT64_MIN, UINT64_MAX, INT32_MAX, 4000000000, 0.1F,      -1.25e300};
  e.text = "Größe \xF0\x9F\x93\xB7 of\na picture";
  e.colour = Colour::None;
  e.features = Features::Flash | Features::Last;
  e.matrix = {1, 2, 3, 4, 5, 6, 7, 8, 9.5};
  e.corners = {Point{0, 0}, Point{1, 0}, Point{1, -1}, Point{0, -1}};
  e.names = {"", "one", "two"};
  e.path = {{1, 2}, {3, 4}, {-5, 6}};
  e.places = {{"", {0, 1}}, {"here", {7, 8}}};
  e.blob = {0, 1, 255, 0};
  e.controls = sample_controls();
  e.ranges = sample_ranges();
  e.sensor.model = "imx999";
  e.sensor.width = 4056;
  e.sensor.cfa_order = ipa::CfaOrder::Bggr;
  e.sensor.line_duration = 18904;
  e.sensor.analogue_gain_max = 22.26;
  return e;
}

UniqueFd sample_fd() {
  UniqueFd fd(::memfd_create("sample", MFD_CLOEXEC));
  g_assert_true(fd.valid());
  return fd;
}

Files sample_files() {
  Files files;
  files.one = sample_fd();
  files.two = {sample_fd(), sample_fd()};
  files.many.push_back(sample_fd());
  files.many.push_back(sample_fd());
  files.named["name"] = sample_fd();
  files.label = "files";
  return files;
}

bool same_file(const UniqueFd& a, const UniqueFd& b) {
  struct stat sa = {};
  struct stat sb = {};
  return a.get() != b.get() && ::fstat(a.get(), &sa) == 0 && ::fstat(b.get(), &sb) == 0 &&
         sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

}  // namespace gstcam::test
