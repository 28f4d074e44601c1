/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/camera-src-pad.h"

#include <utility>

#include "gst/stream-pad.h"

namespace {
enum : guint { kPropStream = 1, kPropFrameStats };
}  // namespace

struct _GstCameraSrcPad {
  GstPad parent;
  gstcam::StreamPad* stream;
};

/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_FINAL_TYPE(GstCameraSrcPad, gst_camera_src_pad, GST_TYPE_PAD)

static void gst_camera_src_pad_get_property(GObject* object, guint id, GValue* value,
                                            GParamSpec* /*pspec*/) {
  const gstcam::StreamPad* stream = GST_CAMERA_SRC_PAD(object)->stream;
  if (!stream)
    return;  // made by somebody else than camerasrc
  if (id == kPropStream)
    g_value_set_uint(value, stream->stream());
  else if (id == kPropFrameStats)
    g_value_take_boxed(value, gstcam::to_structure(stream->stats()));
}

static void gst_camera_src_pad_finalize(GObject* object) {
  delete GST_CAMERA_SRC_PAD(object)->stream;
  G_OBJECT_CLASS(gst_camera_src_pad_parent_class)->finalize(object);
}

static void gst_camera_src_pad_class_init(GstCameraSrcPadClass* klass) {
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->get_property = gst_camera_src_pad_get_property;
  object_class->finalize = gst_camera_src_pad_finalize;
  const auto readable = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      object_class, kPropStream,
      g_param_spec_uint("stream", "Stream",
                        "Number of the camera's stream that is on this pad: 0 on 'src', N on "
                        "'src_N'. It is delivered while the pad is linked",
                        0, gstcam::Request::kMaxStreams - 1, 0, readable));
  g_object_class_install_property(
      object_class, kPropFrameStats,
      g_param_spec_boxed("frame-stats", "Frame statistics",
                         "Frames of this pad since it was activated: delivered, lost, and copied",
                         GST_TYPE_STRUCTURE, readable));
}

static void gst_camera_src_pad_init(GstCameraSrcPad* /*self*/) {}

namespace gstcam {

GstPad* camera_src_pad_new(GstElement* element, GstPadTemplate* pad_template, const char* name,
                           uint32_t stream, std::shared_ptr<Capture> capture, PadDriver& driver) {
  GstPad* pad = gst_pad_new_from_template(pad_template, name);
  GST_CAMERA_SRC_PAD(pad)->stream = new StreamPad(element, pad, stream, std::move(capture), driver);
  return pad;
}

}  // namespace gstcam
