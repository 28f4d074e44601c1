/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc with several streams: pads that come, go, block, flush and end, and states meanwhile.
 */
#include <random>

#include "tests/gst/holdings.h"
#include "tests/gst/several-streams.h"

using namespace gstcam;
using namespace gstcam::test;
using Pace = FakeScript::Pace;

/* Its frames are dropped, the other pad notices nothing; linked again, it goes on. */
static void test_unlinked_while_playing() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
  for (int i = 0; i < 5; i++) {
    Drain drain(b);
    g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
    uint64_t last = GST_BUFFER_OFFSET(buffer_of(pull(p.sink)));
    for (int k = 0; k < 30; k++) {
      GstBuffer* buffer = nullptr;
      const SamplePtr sample = pull(p.sink);
      buffer = buffer_of(sample);
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, last + 1);
      g_assert_false(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
      last++;
    }
    g_assert_cmpint(gst_pad_link(pad.get(), peer.get()), ==, GST_PAD_LINK_OK);
  }
  check_in_step(p.sink, b);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpint(script->configured, ==, 1);

  /* And both: then there is nobody left. */
  Drain first(p.sink);
  Drain second(b);
  g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
  const auto src = pad_of(p.src, "src");
  const auto src_peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(src.get()));
  g_assert_true(gst_pad_unlink(src.get(), src_peer.get()));
  g_assert_cmpuint(error_of(p).domain, ==, GST_STREAM_ERROR);
}

/* What nobody takes any more goes when the camera starts again. */
static void test_unlinked_goes_with_restart() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  {
    Drain drain(b);
    const auto pad = pad_of(p.src, "src_1");
    const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
    g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
    p.pull_some(5);
  }
  g_assert_cmpuint(script->streams_configured, ==, 3);
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
  p.pull_some(1);
  g_assert_cmpuint(script->streams_configured, ==, 1);
}

/* A pad asked for and linked while it streams: the camera is configured once more, for both. */
static void test_joins() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink"));
  p.play();
  p.pull_some(10);
  for (int i = 0; i < 5; i++) {
    const auto sink = ObjectPtr<GstElement>::ref(gst_element_factory_make("appsink", nullptr));
    g_object_set(sink.get(), "sync", FALSE, "max-buffers", 4, "async", FALSE, "wait-on-eos", FALSE,
                 nullptr);
    GstElement* queue = gst_element_factory_make("queue", nullptr);
    gst_bin_add_many(GST_BIN(p.get()), queue, sink.get(), nullptr);
    g_assert_true(gst_element_link(queue, sink.get()));
    gst_element_sync_state_with_parent(sink.get());
    gst_element_sync_state_with_parent(queue);
    const auto pad =
        ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_%u"));
    g_assert_nonnull(pad.get());
    const auto queue_sink = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(queue, "sink"));
    g_assert_cmpint(gst_pad_link(pad.get(), queue_sink.get()), ==, GST_PAD_LINK_OK);
    check_in_step(p.sink, sink);
    check_in_step(p.sink, sink);
    {
      Drain drain(sink);
      gst_element_release_request_pad(p.src.get(), pad.get());
      p.pull_some(10);
    }
    gst_element_set_state(sink.get(), GST_STATE_NULL);
    gst_element_set_state(queue, GST_STATE_NULL);
    gst_bin_remove_many(GST_BIN(p.get()), queue, sink.get(), nullptr);
  }
  p.pull_some(10);
  null_within_bound(p);
  g_assert_cmpint(script->wrong_order, ==, 0);
}

/* Released while frames are pushed on it: the other pad goes on. */
static void test_released_while_playing() {
  const auto script = use_streams();
  for (int i = 0; i < 10; i++) {
    TestPipeline p(both());
    const auto b = element_of(p, "b");
    p.play();
    check_in_step(p.sink, b);
    const auto pad = pad_of(p.src, "src_1");
    gst_element_release_request_pad(p.src.get(), pad.get());
    p.pull_some(20);
    g_assert_cmpint(script->started, ==, i + 1);
    null_within_bound(p);
  }
}

/* One pad blocks: whatever is done with the element comes to its end all the same. */
static void test_blocked() {
  for (const char* name : {"src", "src_1"}) {
    use_streams();
    TestPipeline p(both());
    const auto b = element_of(p, "b");
    p.play();
    check_in_step(p.sink, b);
    std::atomic<bool> blocked = false;
    const auto pad = pad_of(p.src, name);
    gst_pad_add_probe(
        pad.get(),
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
        [](GstPad*, GstPadProbeInfo*, gpointer data) {
          *static_cast<std::atomic<bool>*>(data) = true;
          return GST_PAD_PROBE_OK;  // and stay blocked
        },
        &blocked, nullptr);
    {
      Drain first(p.sink);
      Drain second(b);
      for (int i = 0; !blocked; i++) {
        g_assert_cmpint(i, <, 30000);
        g_usleep(1000);
      }
    }
    g_assert_cmpint(p.set_state(GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
    p.play();
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
    g_assert_true(gst_element_send_event(p.src.get(), gst_event_new_eos()));
    if (g_str_equal(name, "src_1")) {
      /* Released and gone, it holds nobody. */
      Drain first(p.sink);
      gst_element_release_request_pad(p.src.get(), pad.get());
    }
    null_within_bound(p);
  }
}

/* An application flushes one of the pads. */
static void test_flush_of_one() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  EventCount segments(pad, GST_EVENT_SEGMENT);
  for (int i = 0; i < 5; i++) {
    g_assert_true(gst_pad_send_event(pad.get(), gst_event_new_flush_start()));
    uint64_t last = GST_BUFFER_OFFSET(buffer_of(pull(p.sink)));
    for (int k = 0; k < 10; k++)
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer_of(pull(p.sink))), ==, ++last);
    g_assert_true(gst_pad_send_event(pad.get(), gst_event_new_flush_stop(TRUE)));
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(segments.count(), >=, 5);
  g_assert_cmpint(script->started, ==, 1);
}

/* To the pipeline, as an application should. */
static void test_flush_of_all() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  for (int i = 0; i < 5; i++) {
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
    for (const auto& sink : {p.sink, b})
      g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer_of(pull(sink)), GST_BUFFER_FLAG_DISCONT));
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(script->started, ==, 6);
  g_assert_cmpint(script->configured, ==, 1);
}

/* Who has enough gets EOS, and the others go on; when nobody is left, that is the end. */
static void test_one_has_enough() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink", "identity eos-after=100") +
                 branch("src_1", "b", "identity eos-after=5"));
  const auto b = element_of(p, "b");
  p.play();
  g_assert_cmpuint(count_to_eos(b), <=, 5);
  p.pull_some(50);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpuint(count_to_eos(p.sink), <=, 50);
  p.wait_for(GST_MESSAGE_EOS);
}

static void test_fails_mid_stream() {
  const auto script = use_streams();
  script->fail_at_frame = 10;
  TestPipeline p(both());
  p.play();
  const auto b = element_of(p, "b");
  {
    Drain drain(b);
    g_assert_cmpuint(count_to_eos(p.sink), <=, 10);
  }
  g_assert_cmpuint(count_to_eos(b), <=, 10);
  g_assert_cmpuint(error_of(p).domain, ==, GST_RESOURCE_ERROR);
  const MessagePtr second(gst_bus_pop_filtered(p.bus.get(), GST_MESSAGE_ERROR));
  g_assert_null(second.get());
  p.set_state(GST_STATE_NULL);
  gst_bus_set_flushing(p.bus.get(), TRUE);
  gst_bus_set_flushing(p.bus.get(), FALSE);
  script->fail_at_frame.reset();
  p.play();
  check_in_step(p.sink, b);
}

/* A pad alone may be deactivated, and come back. */
static void test_pad_deactivated() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  for (int i = 0; i < 5; i++) {
    {
      Drain drain(b);
      g_assert_true(gst_pad_set_active(pad.get(), FALSE));
      p.pull_some(10);
      g_assert_true(gst_pad_set_active(pad.get(), TRUE));
    }
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(script->started, ==, 1);
}

static void test_cycles() {
  const auto script = use_streams();
  unsigned fds = 0;
  size_t mappings = 0;
  unsigned threads = 0;
  for (int i = 0; i < 50; i++) {
    {
      TestPipeline p(both());
      const auto b = element_of(p, "b");
      p.play();
      if (i % 3 == 0)
        check_in_step(p.sink, b);
      if (i % 5 == 0)
        gst_element_release_request_pad(p.src.get(), pad_of(p.src, "src_1").get());
      if (i % 2 == 0)
        p.set_state(GST_STATE_READY);
      if (i % 4 == 0)
        p.play();
      null_within_bound(p);
    }
    const Holdings now;
    if (i == 5) {
      fds = now.fds;
      mappings = now.mappings;
      threads = now.threads;
    }
  }
  const Holdings after;
  g_assert_cmpuint(after.fds, <=, fds);
  g_assert_cmpuint(after.mappings, <=, mappings);
  g_assert_cmpuint(after.threads, <=, threads + 4);  // GStreamer's pool keeps some a while
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->wrong_thread, ==, 0);
}

/** Several threads change states, send events, link and ask for pads, all at once. */
static void test_torture() {
  const auto script = use_streams(Pace::Live);
  for (StreamCapabilities& stream : script->streams)
    stream.frame_duration_preferred = 1000000;
  TestPipeline p(
      "camerasrc name=src ! queue ! fakesink sync=false async=false "
      "src.src_1 ! queue name=q ! fakesink sync=false async=false");
  const int rounds = g_test_thorough() ? 1500 : 120;
  const auto pad = pad_of(p.src, "src_1");
  const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
  std::vector<std::thread> threads;
  threads.reserve(5);
  threads.emplace_back([&p, rounds] {
    std::mt19937 random(1);
    const GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
                               GST_STATE_PLAYING};
    for (int i = 0; i < rounds; i++)
      p.set_state(states[random() % 5]);
  });
  threads.emplace_back([&p, rounds] {
    for (int i = 0; i < rounds; i++) {
      gst_element_send_event(p.get(), gst_event_new_flush_start());
      gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE));
      if (i % 10 == 0)
        gst_element_send_event(p.get(), gst_event_new_eos());
    }
  });
  threads.emplace_back([&pad, &peer, rounds] {
    for (int i = 0; i < rounds; i++) {
      gst_pad_unlink(pad.get(), peer.get());
      gst_pad_link(pad.get(), peer.get());
      gst_pad_send_event(pad.get(), gst_event_new_reconfigure());
    }
  });
  threads.emplace_back([&p, rounds] {
    for (int i = 0; i < rounds; i++) {
      const auto extra =
          ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_%u"));
      if (!extra)
        continue;
      const CapsPtr caps(gst_pad_query_caps(extra.get(), nullptr));
      const QueryPtr latency(gst_query_new_latency());
      gst_pad_query(extra.get(), latency.get());
      gst_element_release_request_pad(p.src.get(), extra.get());
    }
  });
  for (std::thread& thread : threads)
    thread.join();
  null_within_bound(p);
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

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/several-streams-states/unlinked-while-playing", test_unlinked_while_playing);
  g_test_add_func("/several-streams-states/unlinked-goes-with-restart",
                  test_unlinked_goes_with_restart);
  g_test_add_func("/several-streams-states/joins", test_joins);
  g_test_add_func("/several-streams-states/released-while-playing", test_released_while_playing);
  g_test_add_func("/several-streams-states/blocked", test_blocked);
  g_test_add_func("/several-streams-states/flush-of-one", test_flush_of_one);
  g_test_add_func("/several-streams-states/flush-of-all", test_flush_of_all);
  g_test_add_func("/several-streams-states/one-has-enough", test_one_has_enough);
  g_test_add_func("/several-streams-states/fails-mid-stream", test_fails_mid_stream);
  g_test_add_func("/several-streams-states/pad-deactivated", test_pad_deactivated);
  g_test_add_func("/several-streams-states/cycles", test_cycles);
  g_test_add_func("/several-streams-states/torture", test_torture);
  return g_test_run();
}
