/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GStreamer's own leak tracer finds nothing that a camerasrc left behind. */
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

static ObjectPtr<GstTracer> leaks_tracer() {
  GList* tracers = gst_tracing_get_active_tracers();
  ObjectPtr<GstTracer> found;
  for (GList* item = tracers; item; item = item->next) {
    if (g_strcmp0(G_OBJECT_TYPE_NAME(item->data), "GstLeaksTracer") == 0)
      found = ObjectPtr<GstTracer>::ref(GST_TRACER(item->data));
  }
  g_list_free_full(tracers, gst_object_unref);
  return found;
}

/*
 * Waits for pipelines to be gone. A thread of GStreamer's that was to continue a change of state
 * may hold one a moment longer than we do.
 */
class Farewell {
 public:
  void expect(GstElement* element) {
    const std::lock_guard lock(mutex_);
    alive_++;
    g_object_weak_ref(G_OBJECT(element), gone, this);
  }
  void wait() {
    std::unique_lock lock(mutex_);
    g_assert_true(changed_.wait_for(lock, std::chrono::nanoseconds(kTestTimeout),
                                    [this] { return alive_ == 0; }));
  }

 private:
  static void gone(gpointer self, GObject* /*where_it_was*/) {
    auto* farewell = static_cast<Farewell*>(self);
    const std::lock_guard lock(farewell->mutex_);
    farewell->alive_--;
    farewell->changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int alive_ = 0;
};

struct Activity {
  guint created;
  guint removed;
};

/** Without tasks: a thread lets go of its own some time after it was joined. */
static guint count_of(const GstStructure* info, const char* field) {
  const GValue* list = gst_structure_get_value(info, field);
  guint count = 0;
  for (guint i = 0; i < gst_value_list_get_size(list); i++) {
    const GstStructure* object = gst_value_get_structure(gst_value_list_get_value(list, i));
    if (g_strcmp0(gst_structure_get_string(object, "type-name"), "GstTask") != 0)
      count++;
  }
  return count;
}

/** What was made and what went since tracking began or since the last call. */
static Activity activity(GstTracer* tracer) {
  GstStructure* info = nullptr;
  g_signal_emit_by_name(tracer, "activity-get-checkpoint", &info);
  g_assert_nonnull(info);
  const Activity result = {
      count_of(info, "objects-created-list"),
      count_of(info, "objects-removed-list"),
  };
  gst_structure_free(info);
  return result;
}

static void scenario() {
  const auto script = use_camera();
  Farewell farewell;
  {
    TestPipeline p(to_appsink("exposure-time=500 colour-gains=\"<1.0,2.0>\"",
                              "capsfilter name=filter caps=video/x-raw,width=320,height=240"));
    farewell.expect(p.get());
    p.play();
    p.pull_some(5);
    const auto filter =
        ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), "filter"));
    const CapsPtr caps(gst_caps_from_string("video/x-raw,width=160,height=120"));
    g_object_set(filter.get(), "caps", caps.get(), nullptr);
    p.pull_some(10);
    gst_element_send_event(p.get(), gst_event_new_flush_start());
    gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE));
    p.pull_some(5);
    p.set_state(GST_STATE_PAUSED);
    p.play();
    p.pull_some(5);
    gst_element_send_event(p.get(), gst_event_new_eos());
    while (p.pull()) {
    }
  }
  /* Not until the sink has its EOS: an error that comes before it prerolled leaves it waiting, as a
   * bin goes to PLAYING no further then. */
  script->fail_at_frame = 3;
  {
    TestPipeline p(to_appsink());
    farewell.expect(p.get());
    p.play();
    p.wait_for(GST_MESSAGE_ERROR);
  }
  {
    TestPipeline p(to_appsink("", "video/x-raw,width=1,height=1"));
    farewell.expect(p.get());
    p.play();
    p.wait_for(GST_MESSAGE_ERROR);
  }
  {
    TestPipeline p(to_appsink("camera-name=none"));
    farewell.expect(p.get());
    p.set_state(GST_STATE_READY);
  }
  farewell.wait();
}

static void test_leaks() {
  const ObjectPtr<GstTracer> tracer = leaks_tracer();
  if (!tracer) {
    g_test_skip("GStreamer was built without the leaks tracer");
    return;
  }
  scenario();  // makes what lives as long as the process
  g_signal_emit_by_name(tracer.get(), "activity-start-tracking");
  scenario();
  const Activity done = activity(tracer.get());
  g_signal_emit_by_name(tracer.get(), "activity-stop-tracking");
  g_assert_cmpuint(done.created, >, 50);
  g_assert_cmpuint(done.removed, ==, done.created);
}

int main(int argc, char** argv) {
  g_setenv("GST_TRACERS", "leaks", TRUE);
  init_element_test(&argc, &argv);
  g_test_add_func("/leaks/scenario", test_leaks);
  return g_test_run();
}
