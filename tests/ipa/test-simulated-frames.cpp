/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedIpa frame by frame: parameters and metadata, controls, and what the path of a frame must
 * and must not do.
 */
#include <cmath>
#include <cstdlib>
#include <new>
#include <random>

#include "core/isp/parameters.h"
#include "tests/ipa/camera-loop.h"
#include "tests/ipa/simulated-controls.h"
#include "tests/ipa/simulated-rig.h"

using namespace gstcam;
using namespace gstcam::simulated;

/* Counts what the path of a frame may not do. NOLINTBEGIN(cppcoreguidelines-no-malloc): it is what
 * allocates. */
static uint64_t allocations = 0;

void* operator new(size_t size) {
  allocations++;
  if (void* memory = std::malloc(size))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
/* NOLINTEND(cppcoreguidelines-no-malloc) */

namespace {

void test_metadata() {
  Rig rig;
  g_assert_true(rig.ipa.start({}).ok());
  const ControlList metadata = rig.frame(0);
  for (const ControlInfo& info : control_table()) {
    // The handler adds these.
    const bool elsewhere = info.id == ControlId::SensorTimestamp || info.id == ControlId::IpaHost ||
                           info.id == ControlId::IpaState;
    g_assert_cmpint(metadata.has(info.id), ==,
                    info.metadata && !elsewhere && gstcam::test::simulated_has(info.id));
  }
  metadata.for_each(
      [](ControlId id, const ControlValue& v) { g_assert_true(check_control(id, v).ok()); });
  g_assert_cmpint(metadata.get_or(ControlId::ExposureTime, int32_t{0}), ==, 5000);
  g_assert_cmpint(metadata.get_or(ControlId::BlackLevel, int32_t{0}), ==, 4096);
  const GstCameraIspParameters p = rig.parameters();
  const Result<void> good = check_isp_parameters(p);
  g_assert_true(good.ok());
  g_assert_cmpuint(p.frame, ==, 0);
  const DoubleArray gains = metadata.get_or(ControlId::ColourGains, DoubleArray{});
  const double digital = metadata.get_or(ControlId::DigitalGain, 0.0);
  g_assert_cmpfloat_with_epsilon(p.gains[0], gains.values[0] * digital, 1e-4);
  g_assert_cmpfloat_with_epsilon(p.gains[1], digital, 1e-4);
  g_assert_cmpfloat_with_epsilon(p.gains[3], gains.values[1] * digital, 1e-4);
}

void test_controls() {
  using Code = Error::Code;
  Rig rig;
  ControlList manual;
  manual.set(ControlId::AeMode, int32_t{kAeModeManual});
  manual.set(ControlId::ExposureTime, int32_t{50000});
  manual.set(ControlId::AnalogueGain, 4.0);
  manual.set(ControlId::AwbMode, int32_t{kAwbModeGains});
  manual.set(ControlId::ColourGains, DoubleArray{2.0, 1.5});
  const Result<ControlList> first = rig.ipa.start(manual);
  g_assert_true(first.ok());
  g_assert_cmpint(first->get_or(ControlId::ExposureTime, int32_t{0}), ==, 50000);
  g_assert_cmpfloat(first->get_or(ControlId::AnalogueGain, 0.0), ==, 4);
  // Longer than a frame at the configured rate: the frame waits for it.
  g_assert_cmpint(first->get_or(ControlId::FrameDuration, int64_t{0}), ==, 50000000);

  ControlList metadata = rig.frame(0);
  g_assert_cmpint(metadata.get_or(ControlId::AeState, int32_t{-1}), ==, kAlgorithmInactive);
  g_assert_cmpfloat(metadata.get_or(ControlId::ColourGains, DoubleArray{}).values[0], ==, 2);
  g_assert_cmpfloat_with_epsilon(rig.parameters().gains[0], 2, 1e-6);

  // A request for frame 5 that comes early counts from frame 5 on, and stays.
  ControlList later;
  later.set(ControlId::ColourGains, DoubleArray{3.0, 1.2});
  later.set(ControlId::Saturation, 0.0);
  later.set(ControlId::Brightness, 0.25);
  g_assert_true(rig.ipa.queue_request(5, later).ok());
  for (uint32_t n = 1; n < 8; n++) {
    metadata = rig.frame(n);
    g_assert_cmpfloat(metadata.get_or(ControlId::ColourGains, DoubleArray{}).values[0], ==,
                      n < 5 ? 2 : 3);
    g_assert_cmpfloat(metadata.get_or(ControlId::Saturation, -1.0), ==, n < 5 ? 1 : 0);
    g_assert_cmpint(rig.parameters().tone[0] > 0, ==, n >= 5);
    g_assert_cmpint(rig.parameters().ccm[0] == rig.parameters().ccm[3], ==, n >= 5);
  }

  // Below 1 no channel is made darker than the sensor gave it.
  ControlList low;
  low.set(ControlId::ColourGains, DoubleArray{0.5, 2.0});
  rig.frame(8, low);
  g_assert_cmpfloat_with_epsilon(rig.parameters().gains[0], 1, 1e-6);
  g_assert_cmpfloat_with_epsilon(rig.parameters().gains[1], 2, 1e-6);

  // Refused: read-only, wrong type, NaN, unknown value.
  const auto queue = [&rig](ControlId id, const ControlValue& value) {
    ControlList list;
    list.set(id, value);
    return rig.ipa.queue_request(9, list);
  };
  g_assert_true(refused(queue(ControlId::Lux, 3.0), Code::Unsupported));
  g_assert_true(refused(queue(ControlId::AeMode, 1.0), Code::Invalid));
  g_assert_true(refused(queue(ControlId::AeMode, int32_t{77}), Code::Invalid));
  g_assert_true(refused(queue(ControlId::Contrast, NAN), Code::Invalid));
  g_assert_true(refused(queue(ControlId::ColourGains, DoubleArray{1.0}), Code::Invalid));
  // Outside this camera's range but inside the table's: its end.
  g_assert_true(queue(ControlId::AnalogueGain, 200.0).ok());
  rig.frame(9);
  rig.frame(10);
  for (const Events::Seen& seen : rig.events.seen) {
    if (seen.kind == 's')
      g_assert_cmpfloat(seen.controls.get_or(ControlId::AnalogueGain, 0.0), ==, 16);
  }

  // A new run begins with what its start says.
  g_assert_true(rig.ipa.stop().ok());
  g_assert_true(rig.ipa.start({}).ok());
  metadata = rig.frame(0);
  g_assert_cmpint(metadata.get_or(ControlId::AeMode, int32_t{-1}), ==, kAeModeAuto);
  g_assert_cmpfloat(metadata.get_or(ControlId::Saturation, -1.0), ==, 1);
}

void test_request_flood() {
  Rig rig;
  g_assert_true(rig.ipa.start({}).ok());
  ControlList list;
  list.set(ControlId::Contrast, 2.0);
  Result<void> last;
  for (uint32_t i = 0; i < 1000 && last.ok(); i++)
    last = rig.ipa.queue_request(100 + i, list);
  g_assert_true(refused(last, Error::Code::Busy));
  // Empty requests take no room.
  for (uint32_t i = 0; i < 1000; i++)
    g_assert_true(rig.ipa.queue_request(i, {}).ok());
  rig.frame(0);
}

/* Whatever the picture, even one no camera takes: what comes back can be used. */
void test_any_statistics() {
  Rig rig;
  std::mt19937 random(11);
  const auto number = [&random](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  g_assert_true(rig.ipa.start({}).ok());
  for (uint32_t n = 0; n < 500; n++) {
    GstCameraIspStatistics s = {};
    s.version = GST_CAMERA_ISP_STATISTICS_VERSION;
    s.size = sizeof s;
    s.frame = n;
    s.quads = UINT32_MAX;
    const double brightest = std::exp2(number(-20, 4));
    for (auto& row : s.zones) {
      for (GstCameraIspZone& zone : row) {
        zone.count = random() % 3 == 0 ? 0 : random() % 1000000;
        zone.saturated = random() % 3 == 0 ? random() % 1000000 : 0;
        for (float& mean : zone.mean)
          mean = random() % 9 == 0 ? 0.0F : static_cast<float>(number(0, brightest));
      }
    }
    for (auto& bins : s.histogram) {
      for (uint32_t& bin : bins)
        bin = random() % 4 == 0 ? random() % 1000000 : 0;
    }
    rig.put(s);
    rig.events.seen.clear();
    ControlList wishes;
    wishes.set(ControlId::AwbMode, static_cast<int32_t>(random() % 4));
    wishes.set(ControlId::ColourGains, DoubleArray{number(0.1, 16), number(0.1, 16)});
    wishes.set(ControlId::AeMode, static_cast<int32_t>(random() % 3));
    wishes.set(ControlId::AeFlickerPeriod, static_cast<int32_t>(random() % 100001));
    wishes.set(ControlId::ExposureCompensation, number(-4, 4));
    wishes.set(ControlId::Contrast, number(0, 4));
    wishes.set(ControlId::Saturation, number(0, 4));
    g_assert_true(rig.ipa.queue_request(n, wishes).ok());
    g_assert_true(rig.ipa.compute_params(n, Rig::kParams).ok());
    const Result<void> parameters = check_isp_parameters(rig.parameters());
    if (!parameters)
      g_error("frame %u: %s", n, parameters.error().message.c_str());
    const Result<void> processed = rig.ipa.process_stats(
        n, Rig::kStats, Rig::taken(static_cast<int32_t>(number(1, 6e7)), number(1, 256)));
    if (!processed)
      g_error("frame %u: %s", n, processed.error().message.c_str());
    for (const Events::Seen& seen : rig.events.seen) {
      seen.controls.for_each([n](ControlId id, const ControlValue& value) {
        if (const Result<void> good = check_control(id, value); !good)
          g_error("frame %u: %s", n, good.error().message.c_str());
      });
    }
  }
}

void test_no_allocation() {
  Rig rig;
  g_assert_true(rig.ipa.start({}).ok());
  rig.events.seen.reserve(1000);
  ControlList controls;
  controls.set(ControlId::Contrast, 1.5);
  uint64_t time = 0;
  for (uint32_t n = 0; n < 100; n++) {
    controls.set(ControlId::Saturation, n % 2 == 0 ? 1.0 : 1.5);
    rig.put(Rig::statistics(n));
    const ControlList taken = Rig::taken();
    const uint64_t before = allocations;
    const gint64 begin = g_get_monotonic_time();
    const Result<void> queued = rig.ipa.queue_request(n, controls);
    const Result<void> computed = rig.ipa.compute_params(n, Rig::kParams);
    const Result<void> processed = rig.ipa.process_stats(n, Rig::kStats, taken);
    time += static_cast<uint64_t>(g_get_monotonic_time() - begin);
    g_assert_cmpuint(allocations - before, ==, 0);
    g_assert_true(queued.ok() && computed.ok() && processed.ok());
  }
  g_test_message("%g us a frame", static_cast<double>(time) / 100);
}

/* Two modules that get the same calls say the same, bit for bit. */
void test_deterministic() {
  CameraDescription camera = default_camera_description();
  camera.deterministic = true;
  CameraLoop a(camera, {640, 480}, "simulated.yaml");
  CameraLoop b(camera, {640, 480}, "simulated.yaml");
  a.start();
  b.start();
  std::vector<ControlList> first_run;
  for (int i = 0; i < 20; i++) {
    first_run.push_back(a.frame());
    g_assert_true(first_run.back() == b.frame());
    g_assert_true(a.picture() == b.picture());
  }
  // Nor does an earlier run matter.
  a.stop();
  a.start();
  for (const ControlList& metadata : first_run)
    g_assert_true(a.frame() == metadata);
}

void test_modes_in_the_loop() {
  CameraDescription camera = default_camera_description();
  camera.deterministic = true;
  CameraLoop loop(camera, {640, 480}, "simulated.yaml");
  loop.start();
  for (int i = 0; i < 20; i++)
    loop.frame();
  const ControlList settled = loop.metadata();
  ControlList lock;
  lock.set(ControlId::AeMode, int32_t{kAeModeLocked});
  lock.set(ControlId::AwbMode, int32_t{kAwbModeLocked});
  loop.frame(lock);
  for (int i = 0; i < 10; i++)
    loop.frame();
  g_assert_cmpint(loop.metadata().get_or(ControlId::AeState, int32_t{-1}), ==, kAlgorithmLocked);
  g_assert_cmpint(loop.metadata().get_or(ControlId::ExposureTime, int32_t{0}), ==,
                  settled.get_or(ControlId::ExposureTime, int32_t{1}));
  // Two stops darker, once auto exposure may.
  ControlList darker;
  darker.set(ControlId::AeMode, int32_t{kAeModeAuto});
  darker.set(ControlId::ExposureCompensation, -2.0);
  loop.frame(darker);
  for (int i = 0; i < 14; i++)
    loop.frame();
  g_assert_cmpfloat_with_epsilon(
      loop.metadata().get_or(ControlId::AeLevel, 0.0) / settled.get_or(ControlId::AeLevel, 1.0),
      0.25, 0.02);
  // 50 Hz: whole multiples of 10 ms.
  ControlList flicker;
  flicker.set(ControlId::AeFlickerPeriod, int32_t{10000});
  flicker.set(ControlId::ExposureCompensation, 0.0);
  loop.frame(flicker);
  for (int i = 0; i < 14; i++)
    loop.frame();
  const int32_t time = loop.metadata().get_or(ControlId::ExposureTime, int32_t{0});
  g_assert_cmpint(std::abs((time + 5000) / 10000 * 10000 - time), <, 40);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/simulated-frames/metadata", test_metadata);
  g_test_add_func("/ipa/simulated-frames/controls", test_controls);
  g_test_add_func("/ipa/simulated-frames/request-flood", test_request_flood);
  g_test_add_func("/ipa/simulated-frames/any-statistics", test_any_statistics);
  g_test_add_func("/ipa/simulated-frames/no-allocation", test_no_allocation);
  g_test_add_func("/ipa/simulated-frames/deterministic", test_deterministic);
  g_test_add_func("/ipa/simulated-frames/modes-in-the-loop", test_modes_in_the_loop);
  return g_test_run();
}
