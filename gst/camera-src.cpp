/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-camerasrc
 * @title: camerasrc
 * @short_description: video from a camera whose picture needs algorithms
 *
 * camerasrc delivers video of cameras behind an image signal processor: raw sensors, and a
 * simulated raw camera that needs no hardware. Exposure, white balance and tone are decided by
 * image processing algorithms (IPA) that run in a thread of the application where they are trusted,
 * else in a sandboxed worker process; #GstCameraSrc:ipa-isolation chooses.
 *
 * The camera is opened in READY; from then on a caps query tells exactly what it can do. The
 * element is a live source: it delivers in PLAYING only, and its buffers are stamped with the start
 * of exposure. GST_BUFFER_OFFSET is the number of the frame; lost frames leave a gap in it, set
 * DISCONT and post a QoS message.
 *
 * Every buffer carries a `GstCameraMeta` that says how the frame was taken: exposure time, gains,
 * colour temperature, state of the algorithms. It is a #GstCustomMeta, see gst-camera-meta.h.
 *
 * Controls (exposure-time, awb-mode, ...) may be set at any time, also by a #GstController, and act
 * on the next frame that is requested, some frames later than the one on screen. A control that was
 * never set is left to the camera. Read back, a control is what was set; if nothing was, what the
 * last frame was taken with; before the first frame, the default.
 *
 * A camera may make several streams of a frame: a large picture and a small one, a developed one
 * and the sensor's raw values. Stream 0 is on pad `src`, stream N on the request pad `src_N`; asked
 * for without a number, a pad gets the first stream that has none. A pad that is not linked takes
 * no stream. Each pad negotiates its own caps, but one frame is taken for all: they have one frame
 * rate, buffers of one frame have the same timestamp, offset and GstCameraMeta, and
 * #GstCameraSrc:num-buffers counts frames. Pads are pushed on in turn by one thread, as behind a
 * tee: put a queue behind each. A pad at its end, or unlinked while it streams, does not stop the
 * others. One that is requested and linked while the camera runs interrupts them for a moment, as
 * the camera is configured anew; so do other caps on one of them. One that is released does not.
 *
 * EOS and flushes may be sent to the element, or better to its pipeline: GStreamer holds the state
 * lock of whatever gst_element_send_event() is called on, and a sink that answers a flush needs the
 * pipeline's. One pad alone is flushed by sending both events to the pad.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 camerasrc ! videoconvert ! autovideosink
 * ]| Shows the first camera that is found.
 * |[
 * gst-launch-1.0 camerasrc ipa-isolation=worker !
 * video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1 ! x264enc tune=zerolatency !
 * matroskamux ! filesink location=camera.mkv
 * ]| Records full HD with the algorithms in a worker process.
 * |[
 * gst-launch-1.0 camerasrc ae-mode=manual exposure-time=8000 analogue-gain=2 num-buffers=30 !
 * jpegenc ! multifilesink location=frame-%02d.jpg
 * ]| Takes 30 pictures with fixed exposure.
 * |[
 * gst-launch-1.0 camerasrc camera-name=simulated/default awb-mode=gains colour-gains="<1.8,1.5>" !
 * videoconvert ! autovideosink
 * ]| Chooses a camera by name, and its white balance by hand.
 * |[
 * gst-launch-1.0 camerasrc name=c
 * c.src ! video/x-raw,width=1920,height=1080 ! queue ! x264enc tune=zerolatency ! matroskamux !
 * filesink location=camera.mkv
 * c.src_1 ! queue leaky=downstream ! videoconvert ! autovideosink
 * ]| Records one stream and shows another, of a camera that has two.
 * |[
 * gst-launch-1.0 camerasrc name=c num-buffers=10 c.src_1 ! multifilesink location=raw-%02d.bayer
 * ]| Takes 10 frames of the second stream alone.
 */
#include "gst/camera-src.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "gst/camera-meta.h"
#include "gst/camera-src-pad.h"
#include "gst/control-properties.h"
#include "gst/debug.h"
#include "gst/element-error.h"
#include "gst/notice-structure.h"
#include "gst/shared-manager.h"
#include "gst/stream-caps.h"
#include "gst/stream-task.h"

GST_DEBUG_CATEGORY(gst_camera_src_debug);

namespace {

enum : guint {
  kPropCameraName = 1,
  kPropIpaIsolation,
  kPropIpaAddress,
  kPropIpaSandbox,
  kPropTuningFile,
  kPropNumBuffers,
  kPropIpaRestartLimit,
  kPropIpaPid,
  kPropIsolationLevel,
  kPropIpaStats,
  kPropFrameStats,
  kPropControls,  // + ControlId
};

constexpr int kDefaultNumBuffers = -1;

GType ipa_isolation_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(gstcam::IpaIsolation::Auto),
       "A thread where the IPA module is signed by a trusted key, else a worker", "auto"},
      {static_cast<int>(gstcam::IpaIsolation::Thread), "A thread of this process", "thread"},
      {static_cast<int>(gstcam::IpaIsolation::Worker), "A sandboxed worker process", "worker"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstCameraIpaIsolation", values);
  return type;
}

GType ipa_sandbox_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(gstcam::SandboxPolicy::Require),
       "No worker without every layer of its sandbox", "require"},
      {static_cast<int>(gstcam::SandboxPolicy::Prefer),
       "A worker with the layers that can be had, and a warning", "prefer"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstCameraIpaSandbox", values);
  return type;
}

/* What a frame's controls are taken from. Guarded by its own lock: setting a property may post. */
class CameraSource : public gstcam::StreamOwner {
 public:
  explicit CameraSource(GstElement* element) : element_(element) {}

  void set_property(guint id, const GValue* value);
  void get_property(guint id, GValue* value);

  gstcam::Result<void> open();
  void close();

  gstcam::ControlList take_controls(bool all) override;
  void note_metadata(const gstcam::ControlList& metadata) override;
  int num_buffers() const override { return num_buffers_; }
  /** Camera's thread. */
  void post_notice(const gstcam::Notice& notice);

  const std::shared_ptr<gstcam::Capture> capture = std::make_shared<gstcam::Capture>();
  std::unique_ptr<gstcam::StreamTask> streams;

 private:
  void set_control(gstcam::ControlId id, const GValue* value);
  void get_status(guint id, GValue* value) const;
  void get_frame_stats(GValue* value) const;
  void get_control(gstcam::ControlId id, GValue* value);
  void sync_controllers();

  GstElement* const element_;
  std::atomic<int> num_buffers_ = kDefaultNumBuffers;
  std::mutex mutex_;
  std::string camera_name_;
  gstcam::CameraOptions options_;
  gstcam::ControlList set_;      // ever set
  gstcam::ControlList pending_;  // set since the last request
  gstcam::ControlList last_;     // of the last frame
  std::shared_ptr<gstcam::CameraManager> manager_;
};

void CameraSource::set_property(guint id, const GValue* value) {
  if (id >= kPropControls)
    return set_control(static_cast<gstcam::ControlId>(id - kPropControls), value);
  const std::lock_guard lock(mutex_);
  const auto text = [value] {
    const char* s = g_value_get_string(value);
    return std::string(s ? s : "");
  };
  switch (id) {
    case kPropCameraName:
      camera_name_ = text();
      break;
    case kPropIpaIsolation:
      options_.ipa_isolation = static_cast<gstcam::IpaIsolation>(g_value_get_enum(value));
      break;
    case kPropIpaAddress:
      options_.ipa_address = text();
      break;
    case kPropIpaSandbox:
      options_.ipa_sandbox = static_cast<gstcam::SandboxPolicy>(g_value_get_enum(value));
      break;
    case kPropTuningFile:
      options_.tuning_file = text();
      break;
    case kPropNumBuffers:
      num_buffers_ = g_value_get_int(value);
      break;
    case kPropIpaRestartLimit:
      options_.ipa_restart_limit = g_value_get_uint(value);
      break;
    default:
      break;
  }
}

void CameraSource::get_property(guint id, GValue* value) {
  if (id >= kPropControls)
    return get_control(static_cast<gstcam::ControlId>(id - kPropControls), value);
  if (id == kPropIpaPid || id == kPropIsolationLevel || id == kPropIpaStats)
    return get_status(id, value);
  if (id == kPropFrameStats)
    return get_frame_stats(value);
  const std::lock_guard lock(mutex_);
  const auto put = [value](const std::string& s) {
    g_value_set_string(value, s.empty() ? nullptr : s.c_str());
  };
  switch (id) {
    case kPropCameraName:
      put(camera_name_);
      break;
    case kPropIpaIsolation:
      g_value_set_enum(value, static_cast<int>(options_.ipa_isolation));
      break;
    case kPropIpaAddress:
      put(options_.ipa_address);
      break;
    case kPropIpaSandbox:
      g_value_set_enum(value, static_cast<int>(options_.ipa_sandbox));
      break;
    case kPropTuningFile:
      put(options_.tuning_file);
      break;
    case kPropNumBuffers:
      g_value_set_int(value, num_buffers_);
      break;
    case kPropIpaRestartLimit:
      g_value_set_uint(value, options_.ipa_restart_limit);
      break;
    default:
      break;
  }
}

void CameraSource::get_status(guint id, GValue* value) const {
  const std::shared_ptr<gstcam::Camera> camera = capture->camera();
  const gstcam::IpaStatus status = camera ? camera->ipa_status() : gstcam::IpaStatus();
  if (id == kPropIpaPid)
    g_value_set_int(value, status.pid);
  else if (id == kPropIsolationLevel)
    g_value_set_string(value, status.isolation_level.c_str());
  else
    g_value_take_boxed(value, gstcam::to_structure("ipa-stats", status.stats));
}

void CameraSource::get_frame_stats(GValue* value) const {
  g_value_take_boxed(value, gstcam::to_structure(streams->stats()));
}

void CameraSource::post_notice(const gstcam::Notice& notice) {
  if (notice.warning)
    gstcam::post_warning(element_, *notice.warning);
  gst_element_post_message(
      element_, gst_message_new_element(GST_OBJECT_CAST(element_),
                                        gstcam::to_structure(notice.name.c_str(), notice.fields)));
}

void CameraSource::set_control(gstcam::ControlId id, const GValue* value) {
  gstcam::Result<gstcam::ControlValue> control = gstcam::control_from_gvalue(id, value);
  if (!control) {
    gstcam::post_warning(element_, control.error());
    return;
  }
  const std::lock_guard lock(mutex_);
  set_.set(id, *control);
  pending_.set(id, *control);
}

void CameraSource::get_control(gstcam::ControlId id, GValue* value) {
  gstcam::ControlValue control = gstcam::control_default(id);
  {
    const std::lock_guard lock(mutex_);
    const gstcam::ControlValue* known = set_.find(id);
    if (!known)
      known = last_.find(id);
    /* Metadata comes from outside: only what fits the property. */
    if (known && gstcam::check_control(id, *known))
      control = *known;
  }
  gstcam::control_to_gvalue(id, control, value);
}

void CameraSource::sync_controllers() {
  if (!gst_object_has_active_control_bindings(GST_OBJECT_CAST(element_)))
    return;
  const auto clock = gstcam::ObjectPtr<GstClock>::adopt(gst_element_get_clock(element_));
  if (!clock)
    return;
  const GstClockTime now = gst_clock_get_time(clock.get());
  const GstClockTime base = gst_element_get_base_time(element_);
  if (GST_CLOCK_TIME_IS_VALID(base) && now >= base)
    gst_object_sync_values(GST_OBJECT_CAST(element_), now - base);
}

gstcam::ControlList CameraSource::take_controls(bool all) {
  sync_controllers();
  const std::lock_guard lock(mutex_);
  gstcam::ControlList controls = all ? set_ : pending_;
  pending_.clear();
  return controls;
}

void CameraSource::note_metadata(const gstcam::ControlList& metadata) {
  const std::lock_guard lock(mutex_);
  last_ = metadata;
}

gstcam::Result<void> CameraSource::open() {
  std::string name;
  gstcam::CameraOptions options;
  {
    const std::lock_guard lock(mutex_);
    name = camera_name_;
    options = options_;
  }
  manager_ = gstcam::shared_camera_manager();
  gstcam::Result<std::shared_ptr<gstcam::Camera>> camera = gstcam::find_camera(*manager_, name);
  if (!camera)
    return camera.error();
  /* The application wants a camera, and there may be one: why it is shown another is told. */
  if (name.empty() && (*camera)->properties().stand_in) {
    for (const gstcam::Error& error : manager_->errors())
      gstcam::post_warning(element_, error);
  }
  GST_INFO_OBJECT(element_, "opening camera '%s'", (*camera)->id().c_str());
  /* A failure is posted where it is noticed: the streaming thread may be blocked downstream. */
  return capture->open(
      *camera, options, [this](const gstcam::Error& error) { gstcam::post_error(element_, error); },
      [this](const gstcam::Notice& notice) { post_notice(notice); });
}

void CameraSource::close() {
  if (gstcam::Result<void> closed = capture->close(); !closed)
    gstcam::post_error(element_, closed.error());
  manager_.reset();
  const std::lock_guard lock(mutex_);
  last_.clear();
}

}  // namespace

struct _GstCameraSrc {
  GstElement parent;
  CameraSource* priv;
};

/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_FINAL_TYPE(GstCameraSrc, gst_camera_src, GST_TYPE_ELEMENT)

static void gst_camera_src_set_property(GObject* object, guint id, const GValue* value,
                                        GParamSpec* /*pspec*/) {
  GST_CAMERA_SRC(object)->priv->set_property(id, value);
}

static void gst_camera_src_get_property(GObject* object, guint id, GValue* value,
                                        GParamSpec* /*pspec*/) {
  GST_CAMERA_SRC(object)->priv->get_property(id, value);
}

static GstStateChangeReturn gst_camera_src_change_state(GstElement* element,
                                                        GstStateChange transition) {
  CameraSource& d = *GST_CAMERA_SRC(element)->priv;
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      if (gstcam::Result<void> opened = d.open(); !opened) {
        gstcam::post_error(element, opened.error());
        d.close();
        return GST_STATE_CHANGE_FAILURE;
      }
      break;
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      if (gstcam::Result<void> there = d.streams->check_streams(); !there) {
        gstcam::post_error(element, there.error());
        return GST_STATE_CHANGE_FAILURE;
      }
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      d.capture->set_playing(false);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      d.capture->set_playing(false);
      d.streams->prepare_stop();
      break;
    default:
      break;
  }

  GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_camera_src_parent_class)->change_state(element, transition);
  if (result == GST_STATE_CHANGE_FAILURE) {
    if (transition == GST_STATE_CHANGE_NULL_TO_READY)
      d.close();
    return result;
  }

  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      if (gstcam::Result<void> started = d.streams->start(); !started) {
        gstcam::post_error(element, started.error());
        d.streams->stop();
        return GST_STATE_CHANGE_FAILURE;
      }
      return GST_STATE_CHANGE_NO_PREROLL;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      /* Nothing comes before PLAYING: nobody may wait for it. */
      return GST_STATE_CHANGE_NO_PREROLL;
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      d.capture->set_playing(true);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      d.streams->stop();
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      d.close();
      break;
    default:
      break;
  }
  return result;
}

static GstPad* gst_camera_src_request_new_pad(GstElement* element, GstPadTemplate* templ,
                                              const gchar* name, const GstCaps* /*caps*/) {
  CameraSource& d = *GST_CAMERA_SRC(element)->priv;
  gstcam::Result<uint32_t> stream = d.streams->free_stream(name);
  if (!stream) {
    gstcam::post_warning(element, stream.error());
    return nullptr;
  }
  const std::string pad_name = "src_" + std::to_string(*stream);
  const auto pad = gstcam::ObjectPtr<GstPad>::adopt(
      static_cast<GstPad*>(gst_object_ref_sink(gstcam::camera_src_pad_new(
          element, templ, pad_name.c_str(), *stream, d.capture, *d.streams))));
  if (!d.streams->add(pad.get()))
    return nullptr;  // somebody was faster
  if (!gst_element_add_pad(element, pad.get())) {
    d.streams->remove(pad.get());
    return nullptr;
  }
  return pad.get();
}

static void gst_camera_src_release_pad(GstElement* element, GstPad* pad) {
  GST_CAMERA_SRC(element)->priv->streams->remove(pad);
  gst_element_remove_pad(element, pad);
}

static gboolean gst_camera_src_send_event(GstElement* element, GstEvent* event) {
  GST_DEBUG_OBJECT(element, "event %" GST_PTR_FORMAT, static_cast<void*>(event));
  return GST_CAMERA_SRC(element)->priv->streams->send_event(gstcam::EventPtr(event)) ? TRUE : FALSE;
}

static void gst_camera_src_finalize(GObject* object) {
  delete GST_CAMERA_SRC(object)->priv;
  G_OBJECT_CLASS(gst_camera_src_parent_class)->finalize(object);
}

static void gst_camera_src_class_init(GstCameraSrcClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_camera_src_debug, "camerasrc", 0, "Camera source");
  gstcam::register_camera_meta();

  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = gst_camera_src_set_property;
  object_class->get_property = gst_camera_src_get_property;
  object_class->finalize = gst_camera_src_finalize;

  const auto ready = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                              GST_PARAM_MUTABLE_READY);
  const auto playing = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_property(
      object_class, kPropCameraName,
      g_param_spec_string("camera-name", "Camera name",
                          "Id or model name of the camera; the first that is found where none is "
                          "given. Acts when the element goes to READY",
                          nullptr, ready));
  g_object_class_install_property(
      object_class, kPropIpaIsolation,
      g_param_spec_enum("ipa-isolation", "IPA isolation",
                        "Where the camera's image processing algorithms run. Acts when the element "
                        "goes to READY",
                        ipa_isolation_type(), static_cast<int>(gstcam::IpaIsolation::Auto), ready));
  g_object_class_install_property(
      object_class, kPropIpaAddress,
      g_param_spec_string(
          "ipa-address", "IPA address",
          "Address of an IPA worker that runs as a service (unix:path=/run/gst-camera/simulated), "
          "to be used instead of one of the element's own. Acts when the element goes to READY",
          nullptr, ready));
  g_object_class_install_property(
      object_class, kPropIpaSandbox,
      g_param_spec_enum("ipa-sandbox", "IPA sandbox",
                        "What to do where a layer of the worker's sandbox cannot be had",
                        ipa_sandbox_type(), static_cast<int>(gstcam::SandboxPolicy::Require),
                        ready));
  g_object_class_install_property(
      object_class, kPropTuningFile,
      g_param_spec_string(
          "tuning-file", "Tuning file",
          "YAML file with the tuning of the algorithms; the one of the sensor where "
          "none is given. Acts when the element goes to READY",
          nullptr, ready));
  g_object_class_install_property(
      object_class, kPropNumBuffers,
      g_param_spec_int("num-buffers", "Number of buffers",
                       "Frames to deliver, on every pad, before end of stream (-1 = no end)", -1,
                       G_MAXINT, kDefaultNumBuffers, playing));
  const auto readable = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      object_class, kPropIpaRestartLimit,
      g_param_spec_uint(
          "ipa-restart-limit", "IPA restart limit",
          "Losses of the IPA a minute that are mended by a new one; one more is an "
          "error, 0 makes the first one an error. Acts when the element goes to READY",
          0, 100000, gstcam::CameraOptions().ipa_restart_limit, ready));
  g_object_class_install_property(
      object_class, kPropIpaPid,
      g_param_spec_int(
          "ipa-pid", "IPA process",
          "Process the camera's algorithms run in: our own for a thread, 0 where there "
          "is none now",
          0, G_MAXINT, 0, readable));
  g_object_class_install_property(
      object_class, kPropIsolationLevel,
      g_param_spec_string("isolation-level", "Isolation level",
                          "Layers of isolation that hold around the camera's algorithms, separated "
                          "by commas",
                          "", readable));
  g_object_class_install_property(
      object_class, kPropIpaStats,
      g_param_spec_boxed("ipa-stats", "IPA statistics",
                         "Counters since the camera was opened: losses by cause, replays, bridged "
                         "frames, round trip times",
                         GST_TYPE_STRUCTURE, readable));
  g_object_class_install_property(
      object_class, kPropFrameStats,
      g_param_spec_boxed(
          "frame-stats", "Frame statistics",
          "Frames since the element went to PAUSED: delivered, lost, and copied, "
          "on all pads: where downstream holds too many of them or cannot read their layout, or "
          "where a driver does not share its memory",
          GST_TYPE_STRUCTURE, readable));
  gstcam::install_control_properties(object_class, kPropControls);

  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = gst_camera_src_change_state;
  element_class->send_event = gst_camera_src_send_event;
  element_class->request_new_pad = gst_camera_src_request_new_pad;
  element_class->release_pad = gst_camera_src_release_pad;
  gst_element_class_set_static_metadata(
      element_class, "Camera Source", "Source/Video/Hardware",
      "Live video of raw cameras whose image processing algorithms run in a thread or in a "
      "sandboxed worker process, and of a simulated one",
      "The gst-plugins-camera authors");

  const gstcam::CapsPtr caps = gstcam::template_caps();
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("src_%u", GST_PAD_SRC, GST_PAD_REQUEST,
                                                     caps.get(), GST_TYPE_CAMERA_SRC_PAD));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new_with_gtype("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get(),
                                                     GST_TYPE_CAMERA_SRC_PAD));
  gst_type_mark_as_plugin_api(GST_TYPE_CAMERA_SRC_PAD, static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(ipa_isolation_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(ipa_sandbox_type(), static_cast<GstPluginAPIFlags>(0));
}

static void gst_camera_src_init(GstCameraSrc* self) {
  GstElement* element = GST_ELEMENT_CAST(self);
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
  self->priv = new CameraSource(element);
  CameraSource& d = *self->priv;
  d.streams = std::make_unique<gstcam::StreamTask>(element, d.capture, d);
  GstPad* pad = gstcam::camera_src_pad_new(
      element, gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), "src"), "src", 0,
      d.capture, *d.streams);
  d.streams->add(pad);
  gst_element_add_pad(element, pad);
}

gboolean gst_camera_src_register(GstPlugin* plugin) {
  /* No rank: a program that asks for any camera gets those it always got (v4l2src) until real ones
   * are driven here, not the simulated one. */
  return gst_element_register(plugin, "camerasrc", GST_RANK_NONE, GST_TYPE_CAMERA_SRC);
}
