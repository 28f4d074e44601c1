/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc whose camera is unplugged, on a simulated kernel: in every state, at every call that is
 * made of the kernel in a whole life, and with frames downstream. The application is told at once,
 * nothing hangs, nothing is left, and the same pipeline streams when the camera is back.
 */
#include <linux/videodev2.h>

#include "tests/gst/kernel-world.h"
#include "tests/keep-time.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

struct Step {
  GstState state;
  int frames = 0;
};
constexpr Step kLife[] = {
    {GST_STATE_READY}, {GST_STATE_PAUSED}, {GST_STATE_PLAYING, 3}, {GST_STATE_PAUSED},
    {GST_STATE_READY}, {GST_STATE_PAUSED}, {GST_STATE_PLAYING, 2}, {GST_STATE_PAUSED},
    {GST_STATE_READY}, {GST_STATE_NULL},
};

void assert_told(const Posted& error) {
  g_test_message("%s", error.text.c_str());
  g_assert_cmpstr(g_quark_to_string(error.domain), ==, g_quark_to_string(GST_RESOURCE_ERROR));
  g_assert_true(error.code == GST_RESOURCE_ERROR_READ ||
                error.code == GST_RESOURCE_ERROR_NOT_FOUND);
  g_assert_false(error.text.empty());
}

/* What kind of camera it is. */
struct Kind {
  const char* name;
  std::unique_ptr<KernelWorld> (*make)(bool count_descriptors);
  const char* properties;
  const char* caps;
  size_t frame_bytes;

  [[nodiscard]] std::unique_ptr<KernelWorld> world() const { return make(true); }
};

template <typename World>
std::unique_ptr<KernelWorld> make_world(bool count_descriptors) {
  return std::make_unique<World>(count_descriptors);
}

constexpr Kind kKinds[] = {
    {"webcam", make_world<WebcamWorld>, "", "video/x-raw,format=YUY2,width=320,height=240",
     size_t{320} * 240 * 2},
    {"raw-camera", make_world<RawCameraWorld>, "ipa-isolation=thread",
     "video/x-raw,format=NV12,width=640,height=480", size_t{640} * 480 * 3 / 2},
};

/** Up and down again. The camera goes some time; as long as it is open that is told promptly. */
bool live(KernelWorld& w, LivePipeline& p) {
  p.forget();
  for (const Step& step : kLife) {
    p.count_again();
    const bool changed = p.set_state(step.state);
    if (changed && step.frames > 0)
      p.wait_frames(step.frames);
    const gint64 gone = w.kernel.unplugged_at();
    if (gone != 0 && step.state != GST_STATE_NULL)
      assert_told(p.wait_error(gone + kPromptly));
    else if (const std::optional<Posted> error = p.error())
      g_error("an error without a reason: %s", error->text.c_str());
    if (gone != 0)
      break;
  }
  const bool told = p.error().has_value();
  g_assert_true(p.set_state(GST_STATE_NULL));
  return told;
}

struct Case {
  const Kind* kind;
  GstState state = GST_STATE_NULL;
  size_t frames = 0;
};

/* A pipeline that lived once: what is made once for a process, or a pipeline, is there. */
class Pipeline : public LivePipeline {
 public:
  explicit Pipeline(const Kind& kind, const std::string& properties = "")
      : LivePipeline(properties + kind.properties, kind.caps) {
    for (const bool again : {false, true}) {
      const std::unique_ptr<KernelWorld> w = kind.make(again);
      g_assert_false(live(*w, *this));
      calls_ = w->kernel.calls();
    }
  }
  /** That a life makes of the kernel. */
  [[nodiscard]] size_t calls() const { return calls_; }

 private:
  size_t calls_ = 0;
};

void test_every_call(gconstpointer data) {
  const Kind& kind = *static_cast<const Case*>(data)->kind;
  Pipeline p(kind);
  g_test_message("%zu calls", p.calls());
  g_assert_cmpuint(p.calls(), >, 100);
  size_t told = 0;
  for (size_t n = 0; n < p.calls(); n++) {
    const std::unique_ptr<KernelWorld> w = kind.world();
    w->kernel.unplug_at_call(n);
    told += live(*w, p) ? 1 : 0;
    w->mend();
    assert_streams(p);
  }
  /* When the last file is closed nobody is there to be told. */
  g_assert_cmpuint(told, >, p.calls() - 20);
}

/* Nothing happens by then but that the cable is pulled. */
void test_in_state(gconstpointer data) {
  const Case& c = *static_cast<const Case*>(data);
  Pipeline p(*c.kind);
  const std::unique_ptr<KernelWorld> w = c.kind->world();
  for (int i = 0; i < 10; i++) {
    p.forget();
    g_assert_true(p.set_state(c.state));
    if (c.state == GST_STATE_PLAYING)
      g_assert_true(p.wait_frames(2));
    w->unplug();
    if (c.state == GST_STATE_NULL) {
      g_assert_false(p.set_state(GST_STATE_READY));
      g_assert_cmpint(p.error()->code, ==, GST_RESOURCE_ERROR_NOT_FOUND);
    } else {
      const Posted error = p.wait_error(w->kernel.unplugged_at() + kPromptly);
      assert_told(error);
      g_assert_true(error.says("was unplugged"));
      /* An application that goes on all the same is told again. */
      p.forget();
      g_assert_true(p.set_state(GST_STATE_READY));
      if (p.set_state(GST_STATE_PLAYING))
        assert_told(p.wait_error(G_MAXINT64));
    }
    g_assert_true(p.set_state(GST_STATE_NULL));
    w->mend();
    assert_streams(p);
  }
}

/* The thread that would push the error's end of stream is stuck with a frame. */
void test_blocked_downstream(gconstpointer data) {
  const Kind& kind = *static_cast<const Case*>(data)->kind;
  Pipeline p(kind);
  const std::unique_ptr<KernelWorld> w = kind.world();
  p.block(true);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  p.wait_blocked();
  w->unplug();
  assert_told(p.wait_error(w->kernel.unplugged_at() + kPromptly));
  p.block(false);
  g_assert_true(p.set_state(GST_STATE_NULL));
  w->mend();
  assert_streams(p);
}

/* Frames live as long as somebody has them; the device and all else is given back before. */
void test_frames_downstream(gconstpointer data) {
  const Case& c = *static_cast<const Case*>(data);
  Pipeline p(*c.kind);
  const std::unique_ptr<KernelWorld> w = c.kind->world();
  const size_t descriptors = v4l2::test::open_descriptors();
  p.hold(c.frames);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(static_cast<int>(c.frames) + 2));
  w->unplug();
  assert_told(p.wait_error(w->kernel.unplugged_at() + kPromptly));
  g_assert_true(p.set_state(GST_STATE_NULL));
  g_assert_cmpuint(w->kernel.open_files(), ==, 0);
  g_assert_cmpuint(w->kernel.mappings(), ==, 0);
  g_assert_cmpuint(w->kernel.buffers(), ==, 0);

  std::vector<BufferPtr> frames = p.drop();
  g_assert_cmpuint(frames.size(), ==, c.frames);
  w->mend();
  assert_streams(p);
  for (const BufferPtr& frame : frames) {
    GstMapInfo map;
    g_assert_true(gst_buffer_map(frame.get(), &map, GST_MAP_READ));
    g_assert_cmpuint(map.size, ==, c.kind->frame_bytes);
    /* A webcam's frame is its number. */
    if (c.kind == &kKinds[0]) {
      g_assert_cmpuint(map.data[0], ==, GST_BUFFER_OFFSET(frame.get()) & 0xffU);
      g_assert_cmpuint(map.data[map.size - 1], ==, map.data[0]);
    }
    gst_buffer_unmap(frame.get(), &map);
  }
  frames.clear();
  g_assert_cmpuint(v4l2::test::open_descriptors(), ==, descriptors);
}

/*
 * Pulled out and plugged in as another node while nobody watches, and its node taken by another
 * camera; another element keeps what was known before.
 */
void test_another_node() {
  const std::string usb = "camera-name=uvcvideo/pci0000:00/0000:00:14.0/usb1/";
  LivePipeline other(usb + "1-3/1-3:1.0");
  Pipeline p(kKinds[0], usb + "1-2/1-2:1.0 ");
  WebcamWorld w;
  w.plug({.port = 3, .node = 1});
  g_assert_true(other.set_state(GST_STATE_PLAYING));
  g_assert_true(other.wait_frames(1));
  assert_streams(p);
  w.kernel.unplug("video0");
  w.kernel.unplug("media0");
  w.plug({.port = 4, .node = 0});
  w.plug({.port = 2, .node = 2});
  const size_t before = w.kernel.calls();
  assert_streams(p);
  std::string streamed;
  for (size_t n = before; n < w.kernel.calls(); n++) {
    if (w.kernel.call(n).request == VIDIOC_STREAMON)
      streamed += w.kernel.call(n).path;
  }
  g_assert_cmpstr(streamed.c_str(), ==, "/dev/video2");
  g_assert_false(other.error().has_value());
  g_assert_true(other.set_state(GST_STATE_NULL));
}

}  // namespace

int main(int argc, char** argv) {
  keep_time();
  init_element_test(&argc, &argv);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  static constexpr std::pair<const char*, GstState> kStates[] = {
      {"in-null", GST_STATE_NULL},
      {"in-ready", GST_STATE_READY},
      {"in-paused", GST_STATE_PAUSED},
      {"in-playing", GST_STATE_PLAYING},
  };
  std::vector<std::unique_ptr<Case>> cases;
  const auto add = [&cases](const std::string& name, const Case& c, GTestDataFunc test) {
    cases.push_back(std::make_unique<Case>(c));
    g_test_add_data_func(("/unplug/" + std::string(c.kind->name) + "/" + name).c_str(),
                         cases.back().get(), test);
  };
  for (const Kind& kind : kKinds) {
    for (const auto& [name, state] : kStates)
      add(name, {&kind, state}, test_in_state);
    add("blocked-downstream", {&kind}, test_blocked_downstream);
    add("frames-downstream", {&kind, GST_STATE_NULL, 3}, test_frames_downstream);
    add("all-frames-downstream", {&kind, GST_STATE_NULL, 20}, test_frames_downstream);
    add("every-call", {&kind}, test_every_call);
  }
  g_test_add_func("/unplug/another-node", test_another_node);
  return g_test_run();
}
