/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fixture for tests of camerasrc: fake cameras instead of real ones, and a pipeline to wait on.
 *
 * Every wait has a limit of half a minute, after which the test fails.
 */
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <memory>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "gst/camera-src.h"
#include "gst/mini-object-ptr.h"
#include "gst/shared-manager.h"
#include "tests/core/fake-pipeline.h"

namespace gstcam::test {

using MessagePtr = MiniObjectPtr<GstMessage>;
using SamplePtr = MiniObjectPtr<GstSample>;

inline constexpr GstClockTime kTestTimeout = 30 * GST_SECOND;

/** gst_init(), g_test_init() and camerasrc of this program, without any camera. */
inline void init_element_test(int* argc, char*** argv) {
  g_test_init(argc, argv, nullptr);
  gst_init(argc, argv);
  set_pipeline_factories([] { return std::vector<std::unique_ptr<PipelineFactory>>(); });
  g_assert_true(gst_camera_src_register(nullptr));
}

/** From now on these are the cameras there are. */
inline void use_cameras(const std::vector<std::shared_ptr<FakeScript>>& scripts) {
  set_pipeline_factories([scripts] {
    std::vector<std::unique_ptr<PipelineFactory>> factories;
    factories.push_back(std::make_unique<FakeFactory>(scripts));
    return factories;
  });
}

/** One camera, which is the only one from now on. */
inline std::shared_ptr<FakeScript> use_camera(FakeScript::Pace pace = FakeScript::Pace::Fast) {
  auto script = std::make_shared<FakeScript>();
  script->pace = pace;
  use_cameras({script});
  return script;
}

class TestPipeline {
 public:
  /** A launch line with `camerasrc name=src`, and `appsink name=sink` where samples are pulled. */
  explicit TestPipeline(const std::string& launch) {
    ErrorOut error;
    pipeline_ = ObjectPtr<GstElement>::adopt(
        static_cast<GstElement*>(gst_object_ref_sink(gst_parse_launch(launch.c_str(), &error))));
    if (error)
      g_error("%s: %s", launch.c_str(), error.message());
    src = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "src"));
    sink = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    bus = ObjectPtr<GstBus>::adopt(gst_element_get_bus(pipeline_.get()));
    g_assert_nonnull(src.get());
  }
  ~TestPipeline() {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    gst_bus_set_flushing(bus.get(), TRUE);
  }
  TestPipeline(const TestPipeline&) = delete;
  TestPipeline& operator=(const TestPipeline&) = delete;

  [[nodiscard]] GstElement* get() const { return pipeline_.get(); }

  GstStateChangeReturn set_state(GstState state) {
    return gst_element_set_state(pipeline_.get(), state);
  }
  /** A failure ends the test with the error that is on the bus. */
  void play() {
    if (set_state(GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
      return;
    const MessagePtr message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    g_error("it does not play: %s",
            message ? error_of(message.get()).c_str() : "no error was posted");
  }

  /** Where the failure is what is tested; the error is on the bus. */
  void play_or_fail() { set_state(GST_STATE_PLAYING); }

  /** The next message of these types; an error that is not among them fails the test. */
  MessagePtr wait_for(int types) {
    MessagePtr message(gst_bus_timed_pop_filtered(
        bus.get(), kTestTimeout, static_cast<GstMessageType>(types | GST_MESSAGE_ERROR)));
    if (!message)
      g_error("no message came");
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR && !(types & GST_MESSAGE_ERROR))
      g_error("unexpected error: %s", error_of(message.get()).c_str());
    return message;
  }
  static std::string error_of(GstMessage* message, GQuark* domain = nullptr, int* code = nullptr) {
    ErrorOut error;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning(message, &error, nullptr);
    else
      gst_message_parse_error(message, &error, nullptr);
    if (domain)
      *domain = error.get()->domain;
    if (code)
      *code = error.get()->code;
    return error.message();
  }

  /** The next sample; nothing at the end of the stream. */
  SamplePtr pull() {
    SamplePtr sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), kTestTimeout));
    if (!sample && !gst_app_sink_is_eos(GST_APP_SINK(sink.get())))
      g_error("no sample came");
    return sample;
  }
  /** Pulls so many samples. */
  void pull_some(int count) {
    for (int i = 0; i < count; i++)
      g_assert_nonnull(pull().get());
  }

 private:
  ObjectPtr<GstElement> pipeline_;

 public:
  ObjectPtr<GstElement> src;
  ObjectPtr<GstElement> sink;
  ObjectPtr<GstBus> bus;
};

/** camerasrc before an appsink that takes what comes. */
inline std::string to_appsink(const std::string& properties = "", const std::string& between = "") {
  return "camerasrc name=src " + properties + " ! " + between + (between.empty() ? "" : " ! ") +
         "appsink name=sink sync=false max-buffers=4 wait-on-eos=false";
}

}  // namespace gstcam::test
