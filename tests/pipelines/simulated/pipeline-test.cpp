/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulated camera's handler with an IPA that does what the test says, and lies. */
#include <glib/gstdio.h>

#include "tests/pipelines/simulated/pipeline-fixture.h"
#include "tests/pipelines/soft-isp/scripted-ipa.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::simulated;

namespace {

using Code = Error::Code;

std::unique_ptr<PipelineHandler> handler(const std::shared_ptr<IpaPlan>& plan,
                                         CameraDescription description = fast_description(),
                                         int64_t deadline_us = 2000000) {
  return std::make_unique<SimulatedPipeline>(
      std::move(description),
      SimulatedPipeline::Options{ScriptedIpa::connector(plan), deadline_us});
}

/* The first loss of the IPA is the end; recovery-test.cpp has the others. */
void open(CameraFixture& f, PixelFormat format = PixelFormat::Nv12, Size size = kSmall) {
  CameraOptions options;
  options.ipa_restart_limit = 0;
  CHECK_OK(f.camera->acquire(options));
  f.configure(format, size);
}

/* The order of messages that the interface promises, whatever the timing. */
void test_order() {
  auto plan = std::make_shared<IpaPlan>();
  plan->jitter_us = 300;
  CameraFixture f(handler(plan));
  open(f);
  g_assert_cmpstr(plan->sensor.model.c_str(), ==, "simulated");
  g_assert_cmpuint(plan->sensor.width, ==, kSmall.width);
  g_assert_cmpuint(plan->sensor.frame_duration_min, ==, plan->sensor.frame_duration_max);
  g_assert_nonnull(strstr(plan->tuning.c_str(), "simulated.yaml:"));
  take(f, 20);
  f.camera->release();
  g_assert_cmpint(plan->alive, ==, 0);
  const std::vector<std::string> head = {"init", "configure 128x96", "map 8", "start"};
  std::vector<std::string> expected = head;
  for (uint32_t n = 0; expected.size() < plan->calls.size() - 1; n++) {
    const std::string number = std::to_string(n);
    for (const char* call : {"queue_request ", "compute_params ", "process_stats "})
      expected.push_back(call + number);
  }
  expected.resize(plan->calls.size() - 1);
  expected.emplace_back("stop");
  for (size_t i = 0; i < expected.size(); i++)
    g_assert_cmpstr(plan->calls[i].c_str(), ==, expected[i].c_str());
}

/* Exposure that swings from frame to frame, by what the IPA sees. */
ControlList swinging(uint32_t frame) {
  ControlList list;
  list.set(ControlId::ExposureTime, static_cast<int32_t>(2000 + 1500 * (frame % 7)));
  list.set(ControlId::AnalogueGain, 1.0 + 0.25 * (frame % 5));
  return list;
}

void test_deterministic() {
  std::vector<RecordedFrame> first;
  for (uint32_t round = 0; round < 4; round++) {
    auto plan = std::make_shared<IpaPlan>();
    plan->sensor_controls = swinging;
    plan->jitter_us = round * 400;
    CameraFixture f(handler(plan));
    open(f);
    // Few requests or many: timing of the application does not count either.
    std::vector<RecordedFrame> frames = take(f, 60, 1 + round * 2);
    if (first.empty())
      first = frames;
    assert_same(first, frames);
  }
  for (size_t i = 0; i < first.size(); i++)
    g_assert_cmpuint(first[i].sequence, ==, i);
  g_assert_cmpstr(first[10].checksum.c_str(), !=, first[11].checksum.c_str());
}

/* What came of frame n is written at the start of n + 2 and acts two frames later, together. */
void test_controls_are_pinned() {
  auto plan = std::make_shared<IpaPlan>();
  plan->sensor_controls = swinging;
  plan->start_controls.set(ControlId::ExposureTime, int32_t{5000});
  plan->start_controls.set(ControlId::AnalogueGain, 3.0);
  CameraFixture f(handler(plan));
  open(f);
  const std::vector<RecordedFrame> frames = take(f, 40);
  const double line_us = static_cast<double>(plan->sensor.line_duration) / 1000;
  for (const RecordedFrame& frame : frames) {
    ControlList expected = plan->start_controls;
    if (frame.sequence >= 4)
      expected = swinging(frame.sequence - 4);
    const int32_t exposure = frame.metadata.get_or(ControlId::ExposureTime, int32_t{0});
    const int32_t wanted = expected.get_or(ControlId::ExposureTime, int32_t{0});
    g_assert_cmpfloat(std::abs(exposure - wanted), <=, line_us / 2 + 1);
    const double gain = frame.metadata.get_or(ControlId::AnalogueGain, 0.0);
    g_assert_cmpfloat_with_epsilon(gain, expected.get_or(ControlId::AnalogueGain, 0.0), 0.02);
    const int64_t duration = frame.metadata.get_or(ControlId::FrameDuration, int64_t{0});
    g_assert_cmpint(duration, ==, f.configuration.frame_duration);
    g_assert_cmpint(frame.metadata.get_or(ControlId::SensorTimestamp, int64_t{-1}), ==,
                    duration * frame.sequence);
    g_assert_cmpint(frame.metadata.get_or(ControlId::IpaHost, int32_t{-1}), ==, kIpaHostThread);
    g_assert_cmpint(frame.metadata.get_or(ControlId::IpaState, int32_t{-1}), ==, kIpaStateOk);
    g_assert_true(frame.metadata.has(ControlId::AeLevel));
  }
  // The light on the sensor follows: the level that the IPA saw, per exposure and gain.
  const double base = frames[4].metadata.get_or(ControlId::AeLevel, 0.0) / 2000 / 1.0;
  const RecordedFrame& other = frames[4 + 6];
  const double level = other.metadata.get_or(ControlId::AeLevel, 0.0);
  g_assert_cmpfloat_with_epsilon(level / (11000 * 1.25) / base, 1.0, 0.1);
}

/* Absurd values are moved into what the sensor can do, and into the frame. */
void test_controls_are_clamped() {
  auto plan = std::make_shared<IpaPlan>();
  plan->sensor_controls = [](uint32_t) {
    ControlList list;
    list.set(ControlId::ExposureTime, int32_t{60000000});
    list.set(ControlId::AnalogueGain, 256.0);
    list.set(ControlId::FrameDuration, int64_t{1});
    return list;
  };
  CameraFixture f(handler(plan));
  open(f);
  const RecordedFrame last = take(f, 8).back();
  g_assert_cmpint(last.metadata.get_or(ControlId::ExposureTime, int32_t{0}), <=,
                  static_cast<int>(plan->sensor.exposure_time_max / 1000) + 1);
  g_assert_cmpfloat(last.metadata.get_or(ControlId::AnalogueGain, 0.0), <=, 16.0);
  g_assert_cmpint(last.metadata.get_or(ControlId::FrameDuration, int64_t{0}), ==,
                  f.configuration.frame_duration);
}

void test_application_controls() {
  auto plan = std::make_shared<IpaPlan>();
  CameraFixture f(handler(plan));
  open(f);
  f.make_requests(4);
  f.requests[2]->controls.set(ControlId::AnalogueGain, 2.5);
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(4);
  CHECK_OK(f.camera->stop());
  const auto& calls = plan->calls;
  g_assert_true(std::find(calls.begin(), calls.end(), "queue_request 2 analogue-gain=2.5") !=
                calls.end());
}

struct LieCase {
  const char* name;
  Lie lie;
  Code code;
  const char* text;
};
constexpr LieCase kLies[] = {
    {"wrong-frame", Lie::WrongFrame, Code::Protocol, "does not await"},
    {"future-frame", Lie::FutureFrame, Code::Protocol, "does not await"},
    {"wrong-buffer", Lie::WrongBuffer, Code::Protocol, "12345"},
    {"stats-buffer", Lie::StatsBuffer, Code::Protocol, "buffer"},
    {"params-twice", Lie::ParamsTwice, Code::Protocol, "does not await"},
    {"nan-gain", Lie::NanGain, Code::Protocol, "gain"},
    {"wrong-version", Lie::WrongVersion, Code::Protocol, "77"},
    {"params-of-another-frame", Lie::ParamsOfAnotherFrame, Code::Protocol, "frame 4"},
    {"no-params", Lie::NoParams, Code::Timeout, "compute_params(5)"},
    {"metadata-before-controls", Lie::MetadataBeforeControls, Code::Protocol, "metadata_ready"},
    {"metadata-twice", Lie::MetadataTwice, Code::Protocol, "metadata_ready"},
    {"metadata-of-another-frame", Lie::MetadataOfAnotherFrame, Code::Protocol, "(6)"},
    {"controls-twice", Lie::ControlsTwice, Code::Protocol, "set_sensor_controls"},
    {"not-sensor-controls", Lie::NotSensorControls, Code::Protocol, "brightness"},
    {"nan-controls", Lie::NanControls, Code::Protocol, "analogue-gain"},
    {"wrong-type-controls", Lie::WrongTypeControls, Code::Protocol, "exposure-time"},
    {"wrong-metadata", Lie::WrongMetadata, Code::Protocol, "lux"},
    {"no-metadata", Lie::NoMetadata, Code::Protocol, "params_computed(6)"},
    {"silent", Lie::Silent, Code::Timeout, "process_stats(5)"},
    {"call-fails", Lie::CallFails, Code::Failed, "out of ideas"},
    {"call-refused", Lie::CallRefused, Code::Lost, "gone"},
    {"dies", Lie::Dies, Code::Lost, "signal 9"},
};

void test_lie(gconstpointer data) {
  const auto& lie = *static_cast<const LieCase*>(data);
  auto plan = std::make_shared<IpaPlan>();
  plan->lie = lie.lie;
  CameraFixture f(handler(plan, fast_description(), 500000));
  open(f);
  f.make_requests(4);
  f.requeue = true;
  CHECK_OK(f.camera->start({}));
  f.try_queue_all();  // the lie may be out before the last
  f.wait_failed();
  g_assert_cmpuint(f.done.size(), ==, f.accepted);
  g_assert_cmpstr(to_string(f.failures[0].code), ==, to_string(lie.code));
  for (const char* part : {lie.text, "simulated/", "4711"})
    if (!strstr(f.failures[0].message.c_str(), part))
      g_error("'%s' is not in: %s", part, f.failures[0].message.c_str());
  for (const std::unique_ptr<Request>& request : f.requests)
    g_assert_false(request->in_flight());
  // Frames up to the lie are good, no frame after it is given out.
  uint32_t complete = 0;
  for (const Done& done : f.done) {
    if (done.status == Request::Status::Complete)
      g_assert_cmpuint(done.sequence, ==, complete++);
  }
  g_assert_cmpuint(complete, >=, 4);
  g_assert_cmpuint(complete, <=, 6);
  CHECK_OK(f.camera->stop());
  f.camera->release();
  g_assert_cmpuint(f.failures.size(), ==, 1);

  // The camera is as good as new.
  plan->lie = Lie::None;
  f.failures.clear();
  open(f);
  take(f, 8);
}

void test_errors_on_the_way() {
  auto plan = std::make_shared<IpaPlan>();
  CameraFixture f(handler(plan));
  std::vector<StreamConfiguration> streams(1);
  streams[0].size = kSmall;

  plan->connect_error = Error(Code::NotFound, "no worker");
  CHECK_ERROR(f.camera->acquire({}), Code::NotFound);
  plan->connect_error.reset();
  plan->init_error = Error(Code::Invalid, "tuning.yaml:7: what?");
  CHECK_ERROR(f.camera->acquire({}), Code::Invalid);
  g_assert_cmpint(plan->alive, ==, 0);
  plan->init_error.reset();

  CameraOptions options;
  options.ipa_restart_limit = 0;
  CHECK_OK(f.camera->acquire(options));
  plan->configure_error = Error(Code::Unsupported, "not so");
  CHECK_ERROR(f.camera->configure(streams), Code::Unsupported);
  plan->configure_error.reset();
  plan->map_error = Error(Code::NoSpace, "no room");
  CHECK_ERROR(f.camera->configure(streams), Code::NoSpace);
  plan->map_error.reset();
  f.configure(PixelFormat::Nv12, kSmall);
  plan->start_error = Error(Code::Failed, "will not");
  CHECK_ERROR(f.camera->start({}), Code::Failed);
  plan->start_error.reset();
  take(f, 5);

  // A stop() that fails is a loss.
  plan->stop_error = Error(Code::Timeout, "hangs");
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(f.failures.size(), ==, 1);
  g_assert_true(f.failures[0].code == Code::Timeout);
  f.camera->release();
  plan->stop_error.reset();
  f.failures.clear();

  // A lie in the answer to start().
  plan->start_controls.set(ControlId::Brightness, 0.1);
  open(f);
  CHECK_ERROR(f.camera->start({}), Code::Protocol);
  f.camera->release();
  g_assert_cmpint(plan->alive, ==, 0);
}

void test_tuning_file() {
  auto plan = std::make_shared<IpaPlan>();
  CameraDescription description = fast_description();
  description.sensor.model = "unheard-of";
  description.tuning.clear();
  CameraFixture f(handler(plan, description));
  Result<void> r = f.camera->acquire({});
  CHECK_ERROR(r, Code::NotFound);
  const std::string wanted[] = {"'unheard-of.yaml'", g_getenv("GST_CAMERA_DATA_PATH"),
                                "gst-camera"};
  for (const std::string& part : wanted)
    g_assert_nonnull(strstr(r.error().message.c_str(), part.c_str()));
  g_assert_nonnull(strstr(r.error().hint.c_str(), "GST_CAMERA_DATA_PATH"));

  CameraOptions options;
  options.tuning_file = "/nowhere/at-all.yaml";
  r = f.camera->acquire(options);
  CHECK_ERROR(r, Code::NotFound);
  g_assert_nonnull(strstr(r.error().message.c_str(), "/nowhere/at-all.yaml"));
  options.tuning_file = "/";
  CHECK_ERROR(f.camera->acquire(options), Code::Invalid);
  options.tuning_file = "/dev/null";
  CHECK_ERROR(f.camera->acquire(options), Code::Invalid);
  options.tuning_file = "not-in-any-folder.yaml";
  r = f.camera->acquire(options);
  CHECK_ERROR(r, Code::NotFound);
  g_assert_nonnull(strstr(r.error().message.c_str(), g_getenv("GST_CAMERA_DATA_PATH")));

  // By path, and by its name in a folder of the path.
  CharPtr path(g_build_filename(g_get_tmp_dir(), "tuning-XXXXXX", nullptr));
  UniqueFd fd(g_mkstemp(path.get()));
  g_assert_cmpint(write(fd.get(), "hello", 5), ==, 5);
  options.tuning_file = path.get();
  CHECK_OK(f.camera->acquire(options));
  g_assert_true(plan->tuning == options.tuning_file + ":hello");
  f.camera->release();
  g_unlink(path.get());
  options.tuning_file = "simulated.yaml";
  CHECK_OK(f.camera->acquire(options));
}

void test_scene_that_is_not_there() {
  auto plan = std::make_shared<IpaPlan>();
  CameraDescription description = fast_description();
  description.scene.kind = SceneDescription::Kind::Dng;
  description.scene.file = "/nowhere/scene.dng";
  CameraFixture f(handler(plan, description));
  // It is a camera all the same; who opens it hears what is wrong.
  g_assert_cmpuint(f.camera->stream_count(), ==, 1);
  g_assert_cmpuint(f.camera->capabilities(0).modes.size(), >, 0);
  Result<void> r = f.camera->acquire({});
  g_assert_false(r.ok());
  g_assert_nonnull(strstr(r.error().message.c_str(), "simulated/"));
  g_assert_cmpint(plan->alive, ==, 0);
}

void test_start_stop() {
  auto plan = std::make_shared<IpaPlan>();
  CameraFixture f(handler(plan));
  open(f);
  std::vector<RecordedFrame> first;
  for (size_t i = 0; i < 50; i++) {
    // Each run begins anew: from frame 0, with the same frames.
    const std::vector<RecordedFrame> frames = take(f, 1 + i % 4);
    if (first.size() < frames.size())
      first = frames;
    assert_same({first.begin(), first.begin() + static_cast<ptrdiff_t>(frames.size())}, frames);
  }
  // Without a frame, and at once.
  for (int i = 0; i < 50; i++) {
    f.done.clear();
    f.requeue = false;
    CHECK_OK(f.camera->start({}));
    f.queue_all();
    CHECK_OK(f.camera->stop());
    g_assert_cmpuint(f.done.size(), ==, f.requests.size());
    for (size_t k = 0; k < f.done.size(); k++)
      g_assert_true(f.done[k].request == f.requests[k].get());
  }
}

void test_reconfigure() {
  auto plan = std::make_shared<IpaPlan>();
  CameraFixture f(handler(plan));
  CHECK_OK(f.camera->acquire({}));
  const StreamCapabilities& c = f.camera->capabilities(0);
  g_assert_true(c.preferred == kSmall);
  for (Size size : {Size{64, 64}, Size{130, 98}, Size{320, 240}, kSmall}) {
    for (PixelFormat format : c.modes.at(0).formats) {
      f.configure(format, size);
      Result<FrameLayout> layout = frame_layout(format, size);
      CHECK_OK(layout);
      g_assert_true(f.configuration.layout == *layout);
      take(f, 3);
    }
  }
  // What it cannot do it says, and goes on.
  std::vector<StreamConfiguration> streams(1);
  streams[0].size = c.modes[0].max;
  streams[0].frame_duration = c.modes[0].frame_duration_min;
  Result<void> r = f.camera->configure(streams);
  CHECK_ERROR(r, Code::Invalid);
  g_assert_nonnull(strstr(r.error().hint.c_str(), "frame durations"));
  f.configure(PixelFormat::Nv12, kSmall);
  take(f, 3);
  // Buffers are mapped once in the life of an IPA.
  g_assert_cmpint(std::count(plan->calls.begin(), plan->calls.end(), "map 8"), ==, 1);
}

void test_live() {
  auto plan = std::make_shared<IpaPlan>();
  CameraDescription description = fast_description();
  description.pace = CameraDescription::Pace::Live;
  CameraFixture f(handler(plan, description));
  f.frame_duration = 20000000;
  open(f);
  std::vector<std::pair<uint32_t, int64_t>> frames;
  f.make_requests(1);
  f.on_completed = [&](Request& request) {
    std::lock_guard lock(f.mutex);
    if (request.status == Request::Status::Complete)
      frames.emplace_back(request.sequence, request.timestamp);
  };
  const int64_t before = g_get_monotonic_time() * 1000;
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(1);
  // Nobody asks for a while: frames go by, and their numbers.
  f.pass_time(std::chrono::milliseconds(100));
  f.queue_all();
  f.wait_done(2);
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(frames[0].first, ==, 0);
  g_assert_cmpint(frames[0].second, >=, before);
  g_assert_cmpuint(frames[1].first, >=, 5);
  g_assert_cmpint(frames[1].second - frames[0].second, ==, frames[1].first * 20000000LL);
}

/* stop() comes back at once although the next frame is a second away. */
void test_stop_wakes_a_live_sensor() {
  auto plan = std::make_shared<IpaPlan>();
  CameraDescription description = fast_description();
  description.pace = CameraDescription::Pace::Live;
  CameraFixture f(handler(plan, description));
  f.frame_duration = 1000000000;
  open(f);
  f.make_requests(2);
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(1);
  const int64_t before = g_get_monotonic_time();
  CHECK_OK(f.camera->stop());
  g_assert_cmpint(g_get_monotonic_time() - before, <, 500000);
  g_assert_cmpuint(f.done.size(), ==, 2);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/simulated-pipeline/order", test_order);
  g_test_add_func("/simulated-pipeline/deterministic", test_deterministic);
  g_test_add_func("/simulated-pipeline/controls-are-pinned", test_controls_are_pinned);
  g_test_add_func("/simulated-pipeline/controls-are-clamped", test_controls_are_clamped);
  g_test_add_func("/simulated-pipeline/application-controls", test_application_controls);
  for (const LieCase& lie : kLies) {
    const std::string path = "/simulated-pipeline/lie/" + std::string(lie.name);
    g_test_add_data_func(path.c_str(), &lie, test_lie);
  }
  g_test_add_func("/simulated-pipeline/errors-on-the-way", test_errors_on_the_way);
  g_test_add_func("/simulated-pipeline/tuning-file", test_tuning_file);
  g_test_add_func("/simulated-pipeline/scene-that-is-not-there", test_scene_that_is_not_there);
  g_test_add_func("/simulated-pipeline/start-stop", test_start_stop);
  g_test_add_func("/simulated-pipeline/reconfigure", test_reconfigure);
  g_test_add_func("/simulated-pipeline/live", test_live);
  g_test_add_func("/simulated-pipeline/stop-wakes-a-live-sensor", test_stop_wakes_a_live_sensor);
  return g_test_run();
}
