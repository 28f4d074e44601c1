/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedIpa behind its interface: order of calls, sensors, buffers, statistics; and that it
 * refuses, without a crash, what it must not take.
 */
#include <sys/mman.h>

#include <cmath>

#include "tests/ipa/simulated-controls.h"
#include "tests/ipa/simulated-rig.h"

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

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
  // Every writable control it has, each of its own type and within the table.
  for (const ControlInfo& info : control_table()) {
    const bool expected = info.writable && gstcam::test::simulated_has(info.id);
    g_assert_cmpint(ranges->has(info.id), ==, expected);
    if (!expected)
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

/* A sensor with nothing to set: no call and no event has exposure or gain, and it is said. */
void test_fixed_exposure() {
  ipa::SensorInfo info = sensor_info();
  info.exposure_time_min = info.exposure_time_max = 0;
  info.line_duration = 0;
  Rig rig;
  const Result<ControlRanges> ranges = rig.ipa.configure(info, streams());
  g_assert_true(ranges.ok());
  for (const ControlId id :
       {ControlId::ExposureTime, ControlId::AnalogueGain, ControlId::AeFlickerPeriod})
    g_assert_false(ranges->has(id));
  g_assert_true(ranges->has(ControlId::ExposureCompensation));
  const Result<ControlList> initial = rig.ipa.start({});
  g_assert_true(initial.ok());
  g_assert_true(initial->empty());
  ControlList metadata;
  for (uint32_t n = 0; n < 10; n++) {
    rig.events.seen.clear();
    g_assert_true(rig.ipa.compute_params(n, Rig::kParams).ok());
    GstCameraIspStatistics dark = algorithms::take(algorithms::grey_scene(0.02, 0.06), 0.8);
    dark.frame = n;
    rig.put(dark);
    g_assert_true(rig.ipa.process_stats(n, Rig::kStats, {}).ok());
    g_assert_cmpuint(rig.events.seen.size(), ==, 3);
    g_assert_true(rig.events.seen[1].controls.empty());
    metadata = rig.events.seen[2].controls;
  }
  for (const ControlId id : {ControlId::ExposureTime, ControlId::AnalogueGain, ControlId::Lux})
    g_assert_false(metadata.has(id));
  g_assert_cmpint(metadata.get_or<int32_t>(ControlId::AeState, -1), ==, kAlgorithmLimited);
  // What there is to drive is driven: the ISP's gain.
  g_assert_cmpfloat(metadata.get_or(ControlId::DigitalGain, 0.0), >, 1.5);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/simulated/order", test_order);
  g_test_add_func("/ipa/simulated/init-errors", test_init_errors);
  g_test_add_func("/ipa/simulated/ranges", test_ranges);
  g_test_add_func("/ipa/simulated/buffers", test_buffers);
  g_test_add_func("/ipa/simulated/bad-statistics", test_bad_statistics);
  g_test_add_func("/ipa/simulated/fixed-exposure", test_fixed_exposure);
  return g_test_run();
}
