/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc over fake cameras: states, time, latency, buffers that stay downstream. */
#include <gst/check/gsttestclock.h>

#include <random>
#include <thread>

#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using Pace = FakeScript::Pace;

static void test_returns() {
  use_camera();
  TestPipeline p(to_appsink());
  g_assert_cmpint(p.set_state(GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint(p.set_state(GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  /* A live source gives nothing in PAUSED. */
  g_assert_null(gst_app_sink_try_pull_sample(GST_APP_SINK(p.sink.get()), 20 * GST_MSECOND));
  g_assert_cmpint(p.set_state(GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  p.pull_some(2);
  g_assert_cmpint(p.set_state(GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  g_assert_cmpint(p.set_state(GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
}

static void test_pause_resume() {
  const auto script = use_camera(Pace::Live);
  script->streams[0].frame_duration_preferred = 2000000;
  TestPipeline p(to_appsink());
  uint64_t last_offset = 0;
  for (int i = 0; i < 5; i++) {
    p.play();
    for (int k = 0; k < 3; k++) {
      const SamplePtr sample = p.pull();
      GstBuffer* buffer = gst_sample_get_buffer(sample.get());
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), >=, last_offset);
      last_offset = GST_BUFFER_OFFSET(buffer) + 1;
    }
    p.set_state(GST_STATE_PAUSED);
  }
  p.set_state(GST_STATE_NULL);
  g_assert_cmpint(script->started, ==, script->stopped);
  g_assert_cmpint(script->opened, ==, 1);
  g_assert_cmpint(script->closed, ==, 1);
  g_assert_cmpint(script->wrong_order, ==, 0);
}

static void test_cycles() {
  const auto script = use_camera();
  TestPipeline p(to_appsink());
  for (int i = 0; i < 50; i++) {
    p.play();
    if (i % 2)
      p.pull_some(2);
    p.set_state(i % 3 ? GST_STATE_NULL : GST_STATE_READY);
  }
  p.set_state(GST_STATE_NULL);
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->wrong_thread, ==, 0);
}

/** Several threads change states, send events, set properties and query, all at once. */
static void test_torture() {
  const auto script = use_camera(Pace::Live);
  script->streams[0].frame_duration_preferred = 1000000;
  TestPipeline p("camerasrc name=src ! queue ! fakesink name=sink sync=false");
  const bool thorough = g_test_thorough();
  const int rounds = thorough ? 2000 : 150;
  std::vector<std::thread> threads;
  threads.reserve(5);
  for (unsigned seed = 0; seed < 2; seed++) {
    threads.emplace_back([&p, seed, rounds] {
      std::mt19937 random(seed);
      const GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED,
                                 GST_STATE_PLAYING, GST_STATE_PLAYING};
      for (int i = 0; i < rounds; i++)
        p.set_state(states[random() % 5]);
    });
  }
  threads.emplace_back([&p, rounds] {
    for (int i = 0; i < rounds; i++) {
      g_object_set(p.src.get(), "exposure-time", 100 + i, nullptr);
      gint64 position = 0;
      gst_element_query_position(p.src.get(), GST_FORMAT_TIME, &position);
      const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
      const CapsPtr caps(gst_pad_query_caps(pad.get(), nullptr));
      const QueryPtr latency(gst_query_new_latency());
      gst_element_query(p.src.get(), latency.get());
    }
  });
  threads.emplace_back([&p, rounds] {
    /* To the pipeline, as an application should: gst_element_send_event() holds the element's state
     * lock, under which a sink's answer to a flush may need the pipeline's. */
    for (int i = 0; i < rounds; i++) {
      gst_element_send_event(p.get(), gst_event_new_flush_start());
      gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE));
      if (i % 10 == 0)
        gst_element_send_event(p.get(), gst_event_new_eos());
    }
  });
  threads.emplace_back([&p, rounds] {
    const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
    for (int i = 0; i < rounds; i++)
      gst_pad_send_event(pad.get(), gst_event_new_reconfigure());
  });
  for (std::thread& thread : threads)
    thread.join();
  g_assert_cmpint(p.set_state(GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->wrong_thread, ==, 0);

  /* And it still works. */
  g_object_set(p.src.get(), "num-buffers", 5, nullptr);
  gst_bus_set_flushing(p.bus.get(), TRUE);
  gst_bus_set_flushing(p.bus.get(), FALSE);
  p.play();
  p.wait_for(GST_MESSAGE_EOS);
}

static void test_timestamps() {
  const auto script = use_camera(Pace::Live);
  script->streams[0].frame_duration_preferred = 5000000;
  TestPipeline p(to_appsink("num-buffers=20"));
  p.play();
  const GstClockTime base = gst_element_get_base_time(p.src.get());
  GstClockTime last = 0;
  uint64_t last_offset = 0;
  for (int i = 0; i < 20; i++) {
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    const GstStructure* s =
        gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer, "GstCameraMeta"));
    gint64 sensor = 0;
    g_assert_true(gst_structure_get_int64(s, "sensor-timestamp", &sensor));
    g_assert_cmpint(static_cast<gint64>(GST_BUFFER_PTS(buffer)), ==,
                    sensor - static_cast<gint64>(base));
    if (i > 0) {
      const uint64_t frames = GST_BUFFER_OFFSET(buffer) - last_offset;
      g_assert_cmpuint(GST_BUFFER_PTS(buffer) - last, ==, frames * 5 * GST_MSECOND);
    }
    last = GST_BUFFER_PTS(buffer);
    last_offset = GST_BUFFER_OFFSET(buffer);
  }
}

/** A clock that has nothing to do with the sensor's. */
static void test_other_clock() {
  const auto script = use_camera(Pace::Live);
  script->streams[0].frame_duration_preferred = 5000000;
  TestPipeline p(to_appsink("num-buffers=5"));
  const auto clock = ObjectPtr<GstClock>::adopt(static_cast<GstClock*>(
      g_object_new(GST_TYPE_SYSTEM_CLOCK, "clock-type", GST_CLOCK_TYPE_REALTIME, nullptr)));
  gst_pipeline_use_clock(GST_PIPELINE(p.get()), clock.get());
  p.play();
  for (int i = 0; i < 5; i++) {
    const SamplePtr sample = p.pull();
    const GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample.get()));
    const GstClockTime now = gst_clock_get_time(clock.get()) - gst_element_get_base_time(p.get());
    g_assert_cmpuint(pts, <=, now);
    g_assert_cmpuint(now - pts, <, 10 * GST_SECOND);
  }
}

static void test_latency() {
  const auto script = use_camera(Pace::Live);
  TestPipeline p(to_appsink());
  QueryPtr query(gst_query_new_latency());
  p.set_state(GST_STATE_READY);
  gboolean live = FALSE;
  GstClockTime min = 0;
  GstClockTime max = 0;
  g_assert_true(gst_element_query(p.src.get(), query.get()));
  gst_query_parse_latency(query.get(), &live, &min, &max);
  g_assert_true(live);
  g_assert_cmpuint(min, ==, 10 * GST_MSECOND);
  p.play();
  p.pull_some(2);
  query.reset(gst_query_new_latency());
  g_assert_true(gst_element_query(p.src.get(), query.get()));
  gst_query_parse_latency(query.get(), &live, &min, &max);
  g_assert_true(live);
  g_assert_cmpuint(min, >=, 10 * GST_MSECOND);
  g_assert_cmpuint(max, >=, min + 4 * 10 * GST_MSECOND);
}

/** Downstream may hold buffers after the element, its pool and its camera are gone. */
static void test_buffers_outlive() {
  std::vector<SamplePtr> samples;
  {
    use_camera();
    TestPipeline p(to_appsink());
    p.play();
    for (int i = 0; i < 6; i++)
      samples.push_back(p.pull());
  }
  use_cameras({});
  for (size_t i = 0; i < samples.size(); i++) {
    GstMapInfo map;
    GstBuffer* buffer = gst_sample_get_buffer(samples[i].get());
    g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    g_assert_cmpuint(map.data[0], ==, i);
    g_assert_cmpuint(map.data[map.size - 1], ==, i);
    gst_buffer_unmap(buffer, &map);
  }
}

/** A copy of a buffer, or a part of one, keeps its memory while the buffer goes round. */
static void test_memory_outlives_buffer() {
  use_camera();
  TestPipeline p(to_appsink());
  p.play();
  BufferPtr part;
  {
    const SamplePtr sample = p.pull();
    part.reset(gst_buffer_copy_region(gst_sample_get_buffer(sample.get()), GST_BUFFER_COPY_MEMORY,
                                      100, 50));
  }
  p.pull_some(100);
  GstMapInfo map;
  g_assert_true(gst_buffer_map(part.get(), &map, GST_MAP_READ));
  g_assert_cmpuint(map.size, ==, 50);
  for (size_t i = 0; i < map.size; i++)
    g_assert_cmpuint(map.data[i], ==, 0);
  gst_buffer_unmap(part.get(), &map);
}

/** Whatever downstream holds, the stream goes on; what it holds is not written to. */
static void test_greedy_downstream() {
  use_camera();
  std::vector<SamplePtr> samples;
  TestPipeline p(to_appsink());
  p.play();
  for (int i = 0; i < 200; i++) {
    samples.push_back(p.pull());
    g_assert_nonnull(samples.back().get());
  }
  for (size_t i = 0; i < samples.size(); i++) {
    GstBuffer* buffer = gst_sample_get_buffer(samples[i].get());
    uint8_t byte = 0;
    gst_buffer_extract(buffer, 1000, &byte, 1);
    g_assert_cmpuint(byte, ==, GST_BUFFER_OFFSET(buffer) & 0xffU);
  }
  samples.clear();
  p.pull_some(50);
}

/** Threads, descriptors and mappings of a process that made and dropped many elements. */
static void test_no_leak() {
  const auto count_fds = [] {
    guint n = 0;
    GDir* dir = g_dir_open("/proc/self/fd", 0, nullptr);
    while (g_dir_read_name(dir))
      n++;
    g_dir_close(dir);
    return n;
  };
  use_camera();
  guint before = 0;
  for (int i = 0; i < 20; i++) {
    {
      TestPipeline p(to_appsink());
      p.play();
      p.pull_some(2);
    }
    if (i == 2)
      before = count_fds();
  }
  g_assert_cmpuint(count_fds(), <=, before);
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/camera-src-states/returns", test_returns);
  g_test_add_func("/camera-src-states/pause-resume", test_pause_resume);
  g_test_add_func("/camera-src-states/cycles", test_cycles);
  g_test_add_func("/camera-src-states/torture", test_torture);
  g_test_add_func("/camera-src-states/timestamps", test_timestamps);
  g_test_add_func("/camera-src-states/other-clock", test_other_clock);
  g_test_add_func("/camera-src-states/latency", test_latency);
  g_test_add_func("/camera-src-states/buffers-outlive", test_buffers_outlive);
  g_test_add_func("/camera-src-states/memory-outlives-buffer", test_memory_outlives_buffer);
  g_test_add_func("/camera-src-states/greedy-downstream", test_greedy_downstream);
  g_test_add_func("/camera-src-states/no-leak", test_no_leak);
  return g_test_run();
}
