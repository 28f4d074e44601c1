/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/sensor/sensor-model.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/sensor/expose-row.h"
#include "pipelines/simulated/sensor/noise-table.h"

/* Counts what is allocated while a frame is made. */
static size_t allocations = 0;  // NOLINT
void* operator new(size_t size) {
  allocations++;
  void* memory = std::malloc(size);  // NOLINT
  if (!memory)
    std::abort();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);  // NOLINT
}

namespace {

using gstcam::ControlId;
using gstcam::ControlList;
using gstcam::Result;
using gstcam::SensorInfo;
using gstcam::Size;
using namespace gstcam::simulated;  // NOLINT

constexpr Size kSize = {640, 360};

std::unique_ptr<SensorModel> make(const CameraDescription& description, Size size = kSize) {
  auto sensor = SensorModel::create(description);
  g_assert_true(sensor.ok());
  g_assert_true((*sensor)->configure(size).ok());
  return std::move(sensor).value();
}

ControlList controls(int32_t exposure_us, double gain) {
  ControlList list;
  list.set(ControlId::ExposureTime, exposure_us);
  list.set(ControlId::AnalogueGain, gain);
  return list;
}

std::vector<uint16_t> expose(SensorModel& sensor, uint32_t sequence, Size size = kSize) {
  std::vector<uint16_t> frame(size_t{size.width} * size.height);
  g_assert_true(
      sensor.expose(sequence, int64_t{sequence} * 33333333, frame.data(), size.width * 2).ok());
  return frame;
}

struct Statistics {
  double mean = 0;
  double variance = 0;
  size_t count = 0;
};

/* One colour site of a patch's inner half. */
Statistics measure(const std::vector<uint16_t>& frame, Size size, size_t patch, unsigned site) {
  const Rect r = chart_patches(size)[patch];
  Statistics s;
  double squares = 0;
  for (uint32_t y = (r.y + r.height / 4) / 2 * 2 + site / 2; y < r.y + r.height * 3 / 4; y += 2) {
    for (uint32_t x = (r.x + r.width / 4) / 2 * 2 + site % 2; x < r.x + r.width * 3 / 4; x += 2) {
      const double value = frame[size_t{y} * size.width + x];
      s.mean += value;
      squares += value * value;
      s.count++;
    }
  }
  s.mean /= static_cast<double>(s.count);
  s.variance = squares / static_cast<double>(s.count) - s.mean * s.mean;
  return s;
}

constexpr size_t kWhite = 18;
constexpr unsigned kGreenSite = 1;  // of RGGB

/* What the model says a patch's level is, in codes above black. */
double expected(const SensorModel& sensor, const SensorDescription& s, size_t patch, unsigned c) {
  const Light light = sensor.light(0, 0);
  const SensorModel::Effective e = sensor.effective(0);
  return sensor_signal(refine(kChartReflectances[patch].values), light.spectrum)[c] * light.lux *
         static_cast<double>(e.exposure_time) / 1e9 / kSaturationExposure * e.gain *
         ((1 << s.bits) - 1 - s.black_level);
}

/* White and greys: mean follows lux x time x gain, variance the noise model. */
void test_levels_and_noise() {
  const CameraDescription d = default_camera_description();
  const SensorDescription& s = d.sensor;
  constexpr Size size = {1920, 1080};
  auto sensor = make(d, size);
  for (double gain : {1.0, 4.0, 16.0}) {
    g_assert_true(sensor->start(controls(static_cast<int32_t>(16000 / gain), gain)).ok());
    const auto frame = expose(*sensor, 0, size);
    const double k = sensor->effective(0).gain * (1023 - s.black_level) / s.full_well;
    for (size_t patch = kWhite; patch < kChartPatches; patch++) {
      const double level = expected(*sensor, s, patch, 1);
      const Statistics m = measure(frame, size, patch, kGreenSite);
      const double sigma2 = (level / k + s.read_noise * s.read_noise) * k * k + 1.0 / 12;
      // Five standard errors of each estimate.
      const double n = static_cast<double>(m.count);
      g_assert_cmpuint(m.count, >, 1000);
      g_assert_cmpfloat_with_epsilon(m.mean, s.black_level + level,
                                     5 * std::sqrt(sigma2 / n) + 0.05);
      g_assert_cmpfloat_with_epsilon(m.variance, sigma2, 5 * sigma2 * std::sqrt(2 / n));
    }
  }
}

void test_delays() {
  CameraDescription d = default_camera_description();
  d.sensor.noise = false;
  auto sensor = make(d);
  g_assert_true(sensor->start(controls(2000, 1)).ok());
  auto white = [&](uint32_t sequence) {
    return measure(expose(*sensor, sequence), kSize, kWhite, kGreenSite).mean - 64;
  };
  const double base = white(0);
  g_assert_cmpfloat(base, >, 20);
  sensor->set_controls(1, controls(4000, 4));
  g_assert_cmpfloat_with_epsilon(white(1) / base, 1, 0.001);
  g_assert_cmpfloat_with_epsilon(white(2) / base, 4, 0.1);   // gain after 1
  g_assert_cmpfloat_with_epsilon(white(3) / base, 8, 0.1);   // exposure after 2
  g_assert_cmpfloat_with_epsilon(white(20) / base, 8, 0.1);  // and stays
  g_assert_cmpfloat_with_epsilon(white(0) / base, 1, 0.001);
  // More writes than the sensor remembers: recent frames stay right.
  const double line = static_cast<double>(sensor->info(kSize, 0)->line_duration);
  for (uint32_t i = 30; i < 130; i++)
    sensor->set_controls(i, controls(1000 + static_cast<int32_t>(i) * 10, 1));
  for (uint32_t i = 115; i < 135; i++) {
    const double wanted = (1000 + std::min(i - 2, 129U) * 10) * 1000.0;
    g_assert_cmpfloat_with_epsilon(static_cast<double>(sensor->effective(i).exposure_time), wanted,
                                   line / 2 + 1);
  }
  // Two writes in one frame: the last one counts.
  sensor->set_controls(200, controls(5000, 2));
  sensor->set_controls(200, controls(5000, 3));
  g_assert_cmpfloat_with_epsilon(sensor->effective(201).gain, 3, 0.01);
  g_assert_cmpfloat_with_epsilon(sensor->effective(200).gain, 1, 0.01);
}

void test_quantisation() {
  auto sensor = make(default_camera_description());
  const SensorInfo info = *sensor->info(kSize, 0);
  g_assert_cmpfloat(info.analogue_gain_max, ==, 16);
  for (uint32_t lines = 1; lines < 500; lines++) {
    // A whole number of lines, rounded to µs, is found again.
    const auto us = static_cast<int32_t>((lines * info.line_duration + 500) / 1000);
    g_assert_true(sensor->start(controls(us, 1)).ok());
    g_assert_cmpuint(sensor->effective(0).exposure_time, ==, lines * info.line_duration);
  }
  for (double gain = 1; gain < 16; gain *= 1.07) {
    g_assert_true(sensor->start(controls(1000, gain)).ok());
    const double got = sensor->effective(0).gain;
    g_assert_cmpfloat(std::abs(got / gain - 1), <, gain / 1024 / 2 + 1e-4);
    g_assert_true(sensor->start(controls(1000, got)).ok());  // idempotent
    g_assert_cmpfloat(sensor->effective(0).gain, ==, got);
  }
  // Out of range moves to the ends.
  g_assert_true(sensor->start(controls(60000000, 256)).ok());
  g_assert_cmpuint(sensor->effective(0).exposure_time, ==, info.exposure_time_max);
  g_assert_cmpfloat(sensor->effective(0).gain, ==, 16);
  g_assert_true(sensor->start(controls(1, std::nan(""))).ok());
  g_assert_cmpuint(sensor->effective(0).exposure_time, ==, info.line_duration);
  g_assert_cmpfloat(sensor->effective(0).gain, ==, 1);
}

void test_determinism() {
  CameraDescription d = default_camera_description();
  auto a = make(d);
  auto b = make(d);
  (void)expose(*b, 3);  // history must not matter
  g_assert_true(expose(*a, 7) == expose(*b, 7));
  g_assert_false(expose(*a, 7) == expose(*a, 8));
  d.seed = 2;
  auto c = make(d);
  g_assert_false(expose(*a, 7) == expose(*c, 7));
}

void test_formats() {
  constexpr size_t kRedPatch = 14;
  constexpr const char* kNames[] = {"RGGB", "GRBG", "GBRG", "BGGR"};
  for (uint32_t bits : {8U, 10U, 12U}) {
    for (uint32_t cfa = 0; cfa < 4; cfa++) {
      CameraDescription d = default_camera_description();
      d.sensor.bits = bits;
      d.sensor.black_level = 1U << (bits - 4);
      d.sensor.cfa = static_cast<CfaOrder>(cfa);
      d.sensor.noise = false;
      auto sensor = make(d);
      const SensorInfo info = *sensor->info(kSize, 0);
      g_assert_cmpuint(info.black_level, ==, 4096);
      g_assert_cmpuint(info.bits_per_sample, ==, bits);
      g_assert_true(info.cfa_order == d.sensor.cfa);
      const auto frame = expose(*sensor, 0);
      // Letters of the order's name are the sites in reading order.
      for (unsigned site = 0; site < 4; site++) {
        const char letter = kNames[cfa][site];
        const unsigned c = letter == 'R' ? 0 : letter == 'G' ? 1 : 2;
        g_assert_cmpfloat_with_epsilon(
            measure(frame, kSize, kRedPatch, site).mean,
            d.sensor.black_level + expected(*sensor, d.sensor, kRedPatch, c), 0.51);
      }
      // Far too much light is the largest code.
      g_assert_true(sensor->start(controls(1000000, 16)).ok());
      g_assert_cmpuint(expose(*sensor, 0)[0], ==, (1U << bits) - 1);
    }
  }
}

/* Whatever instruction set was chosen: the codes of plain arithmetic, bit for bit. */
void test_row_is_exact() {
  constexpr uint32_t kWidth = 1021;  // leaves a rest in every vector width
  std::vector<uint16_t> plane(kWidth);
  std::vector<uint16_t> out(kWidth);
  const float* noise = NoiseTable::instance().piece(5, 6, 7, 0);
  for (float exposure : {0.0F, 1e-4F, 0.01F, 0.15F, 3.0F, 1e20F}) {
    const ExposeParameters p = {.electrons_per_value = exposure,
                                .read_variance = 9,
                                .noise = 1,
                                .codes_per_electron = 0.0959F * 4,
                                .black = 64,
                                .max = 1023};
    for (uint32_t x = 0; x < kWidth; x++)
      plane[x] = static_cast<uint16_t>(x * 64);
    expose_row(plane.data(), noise, kWidth, p, out.data());
    for (uint32_t x = 0; x < kWidth; x++) {
      // volatile: no fused multiply-add here either.
      volatile float mean = static_cast<float>(plane[x]) * p.electrons_per_value;
      volatile float sigma = std::sqrt(mean + p.read_variance) * p.noise;
      volatile float deviation = sigma * noise[x];
      volatile float electrons = mean + deviation;
      volatile float scaled = electrons * p.codes_per_electron;
      volatile float code = scaled + (p.black + 0.5F);
      const float clamped = std::min(std::max(0.0F, static_cast<float>(code)), p.max + 0.5F);
      g_assert_cmpuint(out[x], ==, static_cast<uint32_t>(clamped));
    }
  }
}

void test_no_allocation() {
  CameraDescription d = default_camera_description();
  d.light = *LightScript::create({{.lux = 10, .temperature = 2856},
                                  {.position = 20, .lux = 900, .temperature = 7000, .linear = true},
                                  {.position = 30, .lux = 50, .illuminant = "FL2", .linear = true}},
                                 true);
  auto sensor = make(d);
  std::vector<uint16_t> frame(size_t{kSize.width} * kSize.height);
  g_assert_true(sensor->start(controls(5000, 2)).ok());
  const ControlList list = controls(7000, 3);
  bool ok = true;
  const size_t before = allocations;
  for (uint32_t i = 0; i < 40; i++) {
    sensor->set_controls(i, list);
    ok = ok && sensor->expose(i, int64_t{i} * 33333333, frame.data(), kSize.width * 2).ok();
    ok = ok && sensor->effective(i).gain > 1;
  }
  const size_t after = allocations;
  g_assert_true(ok);
  g_assert_cmpuint(after, ==, before);
}

void test_sizes() {
  auto sensor = SensorModel::create(default_camera_description());
  g_assert_true(sensor.ok());
  std::vector<uint16_t> frame(4096 * 3072);
  g_assert_false((*sensor)->expose(0, 0, frame.data(), 128).ok());
  g_assert_false((*sensor)->start({}).ok());
  for (Size bad : {Size{1, 1}, Size{65, 64}, Size{62, 64}, Size{65536, 65536}, Size{4098, 3072}}) {
    const auto r = (*sensor)->configure(bad);
    g_assert_false(r.ok());
    g_assert_nonnull(std::strstr(r.error().hint.c_str(), "64x64 to 4096x3072"));
  }
  for (Size good : {Size{64, 64}, Size{66, 1024}, Size{4096, 3072}, Size{1920, 1080}}) {
    g_assert_true((*sensor)->configure(good).ok());
    // A stride wider than the row: what lies between rows is left alone.
    const size_t stride = good.width == 4096 ? 8192 : good.width * 2 + 64;
    std::fill(frame.begin(), frame.end(), 0xffff);
    g_assert_true((*sensor)->expose(0, 0, frame.data(), stride).ok());
    g_assert_cmpuint(frame[good.width - 1], <, 1024);
    if (stride > good.width * 2)
      g_assert_cmpuint(frame[good.width], ==, 0xffff);
  }
  const SensorInfo hd = *(*sensor)->info({1920, 1080}, 0);
  g_assert_cmpuint(hd.line_duration, ==, 14814);
  g_assert_cmpuint(hd.frame_duration_min, ==, 16666666);
  const SensorInfo fixed = *(*sensor)->info({1920, 1080}, 33333333);
  g_assert_cmpuint(fixed.frame_duration_min, ==, 33333333);
  g_assert_cmpuint(fixed.exposure_time_max, <, 33333333);
  g_assert_cmpuint(fixed.exposure_time_max, >, 33200000);
  g_assert_false((*sensor)->info({1920, 1080}, 1000000).ok());
  g_assert_false((*sensor)->info({1920, 1080}, 2000000000).ok());
}

/* The promise of kSaturationExposure, in numbers people think in. */
void test_sensitivity() {
  struct Case {
    double lux;
    int32_t us;
    double gain;
    double low, high;
  };
  for (const Case& c : {Case{10, 33000, 16, 0.5, 0.9}, Case{100, 15000, 3, 0.4, 0.8},
                        Case{1000, 5000, 1, 0.4, 0.9}, Case{100000, 60, 1, 0.3, 0.95}}) {
    CameraDescription d = default_camera_description();
    d.light = *LightScript::create({{.lux = c.lux, .temperature = 5500}}, false);
    auto sensor = make(d, {1920, 1080});
    g_assert_true(sensor->start(controls(c.us, c.gain)).ok());
    const double white =
        (measure(expose(*sensor, 0, {1920, 1080}), {1920, 1080}, kWhite, kGreenSite).mean - 64) /
        (1023 - 64);
    g_assert_cmpfloat(white, >, c.low);
    g_assert_cmpfloat(white, <, c.high);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/sensor/levels-and-noise", test_levels_and_noise);
  g_test_add_func("/sensor/delays", test_delays);
  g_test_add_func("/sensor/quantisation", test_quantisation);
  g_test_add_func("/sensor/determinism", test_determinism);
  g_test_add_func("/sensor/formats", test_formats);
  g_test_add_func("/sensor/row-is-exact", test_row_is_exact);
  g_test_add_func("/sensor/no-allocation", test_no_allocation);
  g_test_add_func("/sensor/sizes", test_sizes);
  g_test_add_func("/sensor/sensitivity", test_sensitivity);
  return g_test_run();
}
