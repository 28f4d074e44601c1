/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipa/camera-loop.h"

#include <fcntl.h>
#include <glib.h>

#include <cstring>

namespace gstcam::simulated {

namespace {

constexpr uint32_t kParams = 1;
constexpr uint32_t kStats = 2;
constexpr uint64_t kFrameDuration = 33333333;

template <typename T>
T expect(Result<T> result) {
  if (!result)
    g_error("%s", result.error().message.c_str());
  return *std::move(result);
}

void expect(const Result<void>& result) {
  if (!result)
    g_error("%s", result.error().message.c_str());
}

ipa::SensorInfo to_ipa(const SensorInfo& s) {
  ipa::SensorInfo info;
  info.model = s.model;
  info.width = s.width;
  info.height = s.height;
  info.cfa_order = static_cast<ipa::CfaOrder>(s.cfa_order);
  info.bits_per_sample = s.bits_per_sample;
  info.black_level = s.black_level;
  info.line_duration = s.line_duration;
  info.exposure_time_min = s.exposure_time_min;
  info.exposure_time_max = s.exposure_time_max;
  info.analogue_gain_min = s.analogue_gain_min;
  info.analogue_gain_max = s.analogue_gain_max;
  info.frame_duration_min = s.frame_duration_min;
  info.frame_duration_max = s.frame_duration_max;
  info.exposure_delay = s.exposure_delay;
  info.gain_delay = s.gain_delay;
  return info;
}

ipa::Buffer buffer(uint32_t id, const SharedMemory& memory, bool writable) {
  ipa::Buffer b;
  b.id = id;
  b.fd = expect(UniqueFd::duplicate(memory.fd()));
  b.size = memory.size();
  b.writable = writable;
  return b;
}

}  // namespace

CameraLoop::CameraLoop(const CameraDescription& description, Size size, const std::string& tuning)
    : size_(size) {
  sensor_ = expect(SensorModel::create(description));
  expect(sensor_->configure(size));
  info_ = expect(sensor_->info(size, kFrameDuration));

  const char* folder = g_getenv("GST_CAMERA_DATA_PATH");
  g_assert_nonnull(folder);
  const std::string path = std::string(folder) + "/" + tuning;
  ipa::Settings settings;
  settings.tuning.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  settings.tuning_name = tuning;
  expect(ipa_.init(settings, to_ipa(info_)));
  ranges_ = expect(ipa_.configure(to_ipa(info_), {{0, 0x34324742, size.width, size.height}}));

  SoftwareIspConfiguration isp;
  isp.size = size;
  isp.bits = info_.bits_per_sample;
  isp.cfa = static_cast<decltype(isp.cfa)>(info_.cfa_order);
  isp.format = PixelFormat::Bgr888;
  isp.layout = expect(frame_layout(isp.format, size));
  expect(isp_.configure(isp));
  picture_.resize(isp.layout.size);
  raw_.resize(static_cast<size_t>(size.width) * size.height);

  params_buffer_ = expect(SharedMemory::create("params", sizeof(GstCameraIspParameters)));
  stats_buffer_ = expect(SharedMemory::create("stats", sizeof(GstCameraIspStatistics)));
  std::vector<ipa::Buffer> buffers;
  buffers.push_back(buffer(kParams, params_buffer_, true));
  buffers.push_back(buffer(kStats, stats_buffer_, false));
  expect(ipa_.map_buffers(buffers));
}

void CameraLoop::start(const ControlList& controls) {
  const ControlList initial = expect(ipa_.start(controls));
  expect(sensor_->start(initial));
  delayed_ = std::make_unique<DelayedControls>(info_.exposure_delay, info_.gain_delay);
  delayed_->reset(initial);
  for (ControlList& list : for_frame_)
    list.clear();
  next_ = 0;
}

void CameraLoop::stop() {
  expect(ipa_.stop());
}

const ControlList& CameraLoop::frame(const ControlList& controls) {
  const uint32_t n = next_++;
  // What came of frame n - 2.
  delayed_->push(for_frame_[n % 2]);
  sensor_->set_controls(n, delayed_->frame_start(n));
  expect(sensor_->expose(n, static_cast<int64_t>(n) * static_cast<int64_t>(kFrameDuration),
                         raw_.data(), size_t{size_.width} * 2));

  computed_ = ready_ = false;
  expect(ipa_.queue_request(n, controls));
  expect(ipa_.compute_params(n, kParams));
  g_assert_true(computed_);
  std::memcpy(&parameters_, params_buffer_.data(), sizeof parameters_);

  RawFrame raw;
  raw.data = raw_.data();
  raw.size = size_;
  raw.stride_bytes = size_.width * 2;
  raw.bits = info_.bits_per_sample;
  raw.cfa = static_cast<decltype(raw.cfa)>(info_.cfa_order);
  GstCameraIspStatistics statistics = {};
  expect(isp_.process(raw, parameters_, picture_.data(), &statistics));
  std::memcpy(stats_buffer_.data(), &statistics, sizeof statistics);
  expect(ipa_.process_stats(n, kStats, sensor_->effective(n).controls()));
  g_assert_true(ready_);
  return metadata_;
}

void CameraLoop::params_computed(uint32_t frame, uint32_t params_buffer) {
  g_assert_cmpuint(frame + 1, ==, next_);
  g_assert_cmpuint(params_buffer, ==, kParams);
  computed_ = true;
}

void CameraLoop::set_sensor_controls(uint32_t frame, const ControlList& controls) {
  g_assert_false(ready_);
  for_frame_[frame % 2] = controls;
}

void CameraLoop::metadata_ready(uint32_t frame, const ControlList& metadata) {
  g_assert_cmpuint(frame + 1, ==, next_);
  metadata.for_each(
      [](ControlId id, const ControlValue& value) { expect(check_control(id, value)); });
  metadata_ = metadata;
  ready_ = true;
}

LinearRgb CameraLoop::mean(uint32_t x, uint32_t y, uint32_t width, uint32_t height) const {
  static const std::array<double, 256> decoded = [] {
    std::array<double, 256> table{};
    for (size_t i = 0; i < table.size(); i++)
      table[i] = srgb_decode(static_cast<double>(i) / 255);
    return table;
  }();
  const FrameLayout layout = expect(frame_layout(PixelFormat::Bgr888, size_));
  LinearRgb sum{};
  for (uint32_t row = y; row < y + height; row++) {
    const uint8_t* pixel = picture_.data() + size_t{row} * layout.planes[0].stride + size_t{x} * 3;
    for (uint32_t i = 0; i < width * 3; i++)
      sum[i % 3] += decoded[pixel[i]];
  }
  for (double& value : sum)
    value /= static_cast<double>(width) * height;
  return sum;
}

}  // namespace gstcam::simulated
