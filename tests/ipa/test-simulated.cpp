/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedIpa behind its interface: order of calls, buffers, controls, what comes back; and that
 * it refuses, without a crash, what it must not take.
 */
#include "ipa/simulated/simulated.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>

#include "base/shared-memory.h"
#include "core/isp/parameters.h"
#include "tests/ipa/camera-loop.h"
#include "tests/ipa/synthetic-statistics.h"

using namespace gstcam;
using namespace gstcam::simulated;

/* Counts what the path of a frame may not do. */
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

namespace {

struct Events : IpaEvents {
  struct Seen {
    char kind;  // p, s, m
    uint32_t frame;
    ControlList controls;
  };
  std::vector<Seen> seen;

  void params_computed(uint32_t frame, uint32_t) override { seen.push_back({'p', frame, {}}); }
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override {
    seen.push_back({'s', frame, controls});
  }
  void metadata_ready(uint32_t frame, const ControlList& metadata) override {
    seen.push_back({'m', frame, metadata});
  }
};

ipa::SensorInfo sensor_info() {
  ipa::SensorInfo info;
  info.model = "simulated";
  info.width = 640;
  info.height = 480;
  info.bits_per_sample = 10;
  info.black_level = 4096;
  info.line_duration = 20000;
  info.exposure_time_min = 20000;
  info.exposure_time_max = 999 * 1000000ULL;
  info.analogue_gain_min = 1;
  info.analogue_gain_max = 16;
  info.frame_duration_min = 33333333;
  info.frame_duration_max = 1000 * 1000000ULL;
  info.exposure_delay = 2;
  info.gain_delay = 1;
  return info;
}

std::vector<ipa::StreamConfiguration> streams() {
  return {{0, 0x3231564e, 640, 480}};
}

ipa::Settings settings(const std::string& file = "simulated.yaml") {
  const std::string folder = g_getenv("GST_CAMERA_DATA_PATH");
  ipa::Settings s;
  s.tuning.reset(::open((folder + "/" + file).c_str(), O_RDONLY | O_CLOEXEC));
  s.tuning_name = file;
  return s;
}

bool refused(const Result<void>& result, Error::Code code) {
  if (!result)
    g_test_message("%s", result.error().message.c_str());
  return !result && result.error().code == code;
}
template <typename T>
bool refused(const Result<T>& result, Error::Code code) {
  if (!result)
    g_test_message("%s", result.error().message.c_str());
  return !result && result.error().code == code;
}

/* A module with its two buffers, configured. */
struct Rig {
  static constexpr uint32_t kParams = 10;
  static constexpr uint32_t kStats = 20;
  Events events;
  SimulatedIpa ipa{events};
  SharedMemory params = *SharedMemory::create("params", sizeof(GstCameraIspParameters));
  SharedMemory stats = *SharedMemory::create("stats", sizeof(GstCameraIspStatistics));

  explicit Rig(bool map = true) {
    g_assert_true(ipa.init(settings(), sensor_info()).ok());
    g_assert_true(ipa.configure(sensor_info(), streams()).ok());
    if (map)
      g_assert_true(ipa.map_buffers(buffers()).ok());
  }
  static ipa::Buffer buffer(uint32_t id, int fd, uint64_t size, bool writable) {
    ipa::Buffer b;
    b.id = id;
    b.fd = *UniqueFd::duplicate(fd);
    b.size = size;
    b.writable = writable;
    return b;
  }
  std::vector<ipa::Buffer> buffers() {
    std::vector<ipa::Buffer> list;
    list.push_back(buffer(kParams, params.fd(), params.size(), true));
    list.push_back(buffer(kStats, stats.fd(), stats.size(), false));
    return list;
  }
  void put(const GstCameraIspStatistics& s) { std::memcpy(stats.data(), &s, sizeof s); }
  GstCameraIspParameters parameters() const {
    GstCameraIspParameters p;
    std::memcpy(&p, params.data(), sizeof p);
    return p;
  }
  static GstCameraIspStatistics statistics(uint32_t frame) {
    GstCameraIspStatistics s = algorithms::take(algorithms::grey_scene(0.05, 0.6), 0.8);
    s.frame = frame;
    return s;
  }
  static ControlList taken(int32_t exposure = 5000, double gain = 1) {
    ControlList list;
    list.set(ControlId::ExposureTime, exposure);
    list.set(ControlId::AnalogueGain, gain);
    list.set(ControlId::FrameDuration, int64_t{33333333});
    return list;
  }
  /* A whole frame; its metadata. */
  ControlList frame(uint32_t n, const ControlList& controls = {}) {
    events.seen.clear();
    g_assert_true(ipa.queue_request(n, controls).ok());
    g_assert_true(ipa.compute_params(n, kParams).ok());
    put(statistics(n));
    g_assert_true(ipa.process_stats(n, kStats, taken()).ok());
    g_assert_cmpuint(events.seen.size(), ==, 3);
    g_assert_cmpint(events.seen[0].kind, ==, 'p');
    g_assert_cmpint(events.seen[1].kind, ==, 's');
    g_assert_cmpint(events.seen[2].kind, ==, 'm');
    return events.seen[2].controls;
  }
};

void test_order() {
  Events events;
  SimulatedIpa ipa(events);
  using Code = Error::Code;
  g_assert_true(refused(ipa.configure(sensor_info(), streams()), Code::WrongState));
  g_assert_true(refused(ipa.start({}), Code::WrongState));
  g_assert_true(refused(ipa.queue_request(0, {}), Code::WrongState));
  g_assert_true(refused(ipa.compute_params(0, 1), Code::WrongState));
  g_assert_true(refused(ipa.process_stats(0, 1, {}), Code::WrongState));
  g_assert_true(ipa.stop().ok());

  g_assert_true(ipa.init(settings(), sensor_info()).ok());
  g_assert_true(refused(ipa.init(settings(), sensor_info()), Code::WrongState));
  g_assert_true(refused(ipa.start({}), Code::WrongState));
  g_assert_true(ipa.configure(sensor_info(), streams()).ok());
  for (int run = 0; run < 3; run++) {
    g_assert_true(ipa.start({}).ok());
    g_assert_true(refused(ipa.start({}), Code::WrongState));
    g_assert_true(refused(ipa.configure(sensor_info(), streams()), Code::WrongState));
    g_assert_true(ipa.stop().ok());
  }
  g_assert_true(refused(ipa.compute_params(0, 1), Code::WrongState));
  g_assert_true(events.seen.empty());
}

void test_init_errors() {
  Events events;
  SimulatedIpa ipa(events);
  using Code = Error::Code;
  g_assert_true(refused(ipa.init(settings("canon-550d.yaml"), sensor_info()), Code::Invalid));
  g_assert_true(refused(ipa.init({}, sensor_info()), Code::NotFound));
  const auto with = [&ipa](auto&& change) {
    ipa::SensorInfo info = sensor_info();
    change(info);
    return refused(ipa.init(settings(), info), Code::Invalid);
  };
  g_assert_true(with([](ipa::SensorInfo& s) { s.line_duration = 0; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.analogue_gain_max = NAN; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.analogue_gain_min = 0; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.exposure_time_min = UINT64_MAX; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.exposure_delay = 1000; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.black_level = 70000; }));
  g_assert_true(with([](ipa::SensorInfo& s) { s.frame_duration_min = 0; }));
  // After all that it still begins.
  g_assert_true(ipa.init(settings(), sensor_info()).ok());
  g_assert_true(refused(ipa.configure(sensor_info(), {}), Code::Invalid));
  g_assert_true(refused(ipa.configure(sensor_info(), {{0, 1, 0, 480}}), Code::Invalid));
}

void test_ranges() {
  Events events;
  SimulatedIpa ipa(events);
  const Result<ControlRanges> ranges = ipa.init(settings(), sensor_info());
  g_assert_true(ranges.ok());
  const auto range = [&ranges](ControlId id) {
    const ControlRange* r = ranges->find(id);
    g_assert_nonnull(r);
    return *r;
  };
  // Every writable control, each of its own type and within the table.
  for (const ControlInfo& info : control_table()) {
    g_assert_cmpint(ranges->has(info.id), ==, info.writable);
    if (!info.writable)
      continue;
    const ControlRange r = range(info.id);
    for (const ControlValue& value : {r.min, r.max, r.def})
      g_assert_true(check_control(info.id, value).ok());
  }
  g_assert_cmpint(std::get<int32_t>(range(ControlId::ExposureTime).min), ==, 20);
  g_assert_cmpint(std::get<int32_t>(range(ControlId::ExposureTime).max), ==, 999000);
  g_assert_cmpfloat(std::get<double>(range(ControlId::AnalogueGain).max), ==, 16);
  g_assert_cmpint(std::get<int32_t>(range(ControlId::ColourTemperature).min), ==, 2000);
}

void test_buffers() {
  using Code = Error::Code;
  Rig rig(false);
  g_assert_true(rig.ipa.map_buffers(rig.buffers()).ok());
  g_assert_true(refused(rig.ipa.map_buffers(rig.buffers()), Code::Invalid));

  const auto map = [&rig](uint32_t id, int fd, uint64_t size, bool writable) {
    std::vector<ipa::Buffer> list;
    list.push_back(Rig::buffer(id, fd, size, writable));
    return rig.ipa.map_buffers(list);
  };
  const int fd = rig.params.fd();
  const uint64_t size = rig.params.size();
  g_assert_true(refused(map(1, fd, 10, true), Code::Invalid));
  g_assert_true(refused(map(1, fd, size + 100000, true), Code::Invalid));
  g_assert_true(refused(map(1, fd, UINT64_MAX, true), Code::Invalid));
  g_assert_true(refused(map(1, rig.stats.fd(), 100, false), Code::Invalid));
  const UniqueFd open(::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  g_assert_cmpint(::ftruncate(open.get(), 1 << 20), ==, 0);
  g_assert_true(refused(map(1, open.get(), 1 << 20, true), Code::Invalid));  // not sealed
  ipa::Buffer none;
  none.id = 1;
  none.size = size;
  none.writable = true;
  std::vector<ipa::Buffer> list;
  list.push_back(std::move(none));
  g_assert_false(rig.ipa.map_buffers(list).ok());
  // All or none: the first of these is good.
  list.clear();
  list.push_back(Rig::buffer(1, fd, size, true));
  list.push_back(Rig::buffer(1, fd, size, true));
  g_assert_true(refused(rig.ipa.map_buffers(list), Code::Invalid));
  g_assert_true(map(1, fd, size, true).ok());
  // Not without end.
  Result<void> last;
  for (uint32_t id = 100; id < 200 && last.ok(); id++)
    last = map(id, fd, size, true);
  g_assert_true(refused(last, Code::NoSpace));

  g_assert_true(rig.ipa.start({}).ok());
  g_assert_true(refused(rig.ipa.compute_params(0, 77), Code::NotFound));
  g_assert_true(refused(rig.ipa.compute_params(0, Rig::kStats), Code::Invalid));
  rig.put(Rig::statistics(0));
  g_assert_true(rig.ipa.compute_params(0, Rig::kParams).ok());
  g_assert_true(refused(rig.ipa.process_stats(0, 77, Rig::taken()), Code::NotFound));
  g_assert_true(rig.ipa.stop().ok());
  g_assert_true(rig.ipa.unmap_buffers({Rig::kStats}).ok());
  g_assert_true(refused(rig.ipa.unmap_buffers({Rig::kStats}), Code::NotFound));
  g_assert_true(rig.ipa.start({}).ok());
  g_assert_true(rig.ipa.compute_params(0, Rig::kParams).ok());
  g_assert_true(refused(rig.ipa.process_stats(0, Rig::kStats, Rig::taken()), Code::NotFound));
}

void test_bad_statistics() {
  using Code = Error::Code;
  Rig rig;
  g_assert_true(rig.ipa.start({}).ok());
  g_assert_true(rig.ipa.compute_params(3, Rig::kParams).ok());
  const auto process = [&rig](auto&& change) {
    GstCameraIspStatistics s = Rig::statistics(3);
    change(s);
    rig.put(s);
    return rig.ipa.process_stats(3, Rig::kStats, Rig::taken());
  };
  g_assert_true(refused(process([](auto& s) { s.version = 0; }), Code::Protocol));
  g_assert_true(refused(process([](auto& s) { s.size = 0; }), Code::Protocol));
  g_assert_true(refused(process([](auto& s) { s.frame = 4; }), Code::Protocol));
  g_assert_true(refused(process([](auto& s) { s.zones[0][0].mean[0] = NAN; }), Code::Protocol));
  rig.put(Rig::statistics(3));
  // Controls of the sensor that are missing or impossible.
  ControlList half;
  half.set(ControlId::ExposureTime, int32_t{100});
  g_assert_true(refused(rig.ipa.process_stats(3, Rig::kStats, half), Code::Invalid));
  half.set(ControlId::AnalogueGain, NAN);
  g_assert_true(refused(rig.ipa.process_stats(3, Rig::kStats, half), Code::Invalid));
  half.set(ControlId::AnalogueGain, int32_t{1});
  g_assert_true(refused(rig.ipa.process_stats(3, Rig::kStats, half), Code::Invalid));
  // A frame nobody asked parameters for.
  g_assert_true(refused(rig.ipa.process_stats(9, Rig::kStats, Rig::taken()), Code::WrongState));
  // None of it left a trace.
  for (const Events::Seen& seen : rig.events.seen)
    g_assert_cmpint(seen.kind, ==, 'p');
  g_assert_true(rig.ipa.process_stats(3, Rig::kStats, Rig::taken()).ok());
}

void test_metadata() {
  Rig rig;
  g_assert_true(rig.ipa.start({}).ok());
  const ControlList metadata = rig.frame(0);
  for (const ControlInfo& info : control_table()) {
    // The handler adds these.
    const bool elsewhere = info.id == ControlId::SensorTimestamp || info.id == ControlId::IpaHost ||
                           info.id == ControlId::IpaState;
    g_assert_cmpint(metadata.has(info.id), ==, info.metadata && !elsewhere);
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
  g_test_add_func("/ipa/simulated/order", test_order);
  g_test_add_func("/ipa/simulated/init-errors", test_init_errors);
  g_test_add_func("/ipa/simulated/ranges", test_ranges);
  g_test_add_func("/ipa/simulated/buffers", test_buffers);
  g_test_add_func("/ipa/simulated/bad-statistics", test_bad_statistics);
  g_test_add_func("/ipa/simulated/metadata", test_metadata);
  g_test_add_func("/ipa/simulated/controls", test_controls);
  g_test_add_func("/ipa/simulated/request-flood", test_request_flood);
  g_test_add_func("/ipa/simulated/any-statistics", test_any_statistics);
  g_test_add_func("/ipa/simulated/no-allocation", test_no_allocation);
  g_test_add_func("/ipa/simulated/deterministic", test_deterministic);
  g_test_add_func("/ipa/simulated/modes-in-the-loop", test_modes_in_the_loop);
  return g_test_run();
}
