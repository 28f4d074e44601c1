/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/stream-caps.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "base/glib-ptr.h"

namespace gstcam {

namespace {

struct FormatRow {
  PixelFormat format;
  GstVideoFormat gst;
};
constexpr FormatRow kFormats[] = {
    {PixelFormat::Nv12, GST_VIDEO_FORMAT_NV12},     {PixelFormat::Yuv420, GST_VIDEO_FORMAT_I420},
    {PixelFormat::Yuyv, GST_VIDEO_FORMAT_YUY2},     {PixelFormat::Xbgr8888, GST_VIDEO_FORMAT_RGBx},
    {PixelFormat::Xrgb8888, GST_VIDEO_FORMAT_BGRx}, {PixelFormat::Bgr888, GST_VIDEO_FORMAT_RGB},
};

struct ColorimetryRow {
  Colorimetry colorimetry;
  const char* name;
};
/* The first is what we choose where nobody asks. */
constexpr ColorimetryRow kYuvColorimetry[] = {
    {Colorimetry::Bt709, GST_VIDEO_COLORIMETRY_BT709},
    {Colorimetry::Bt601, GST_VIDEO_COLORIMETRY_BT601},
};

bool is_rgb(PixelFormat format) {
  return format == PixelFormat::Xbgr8888 || format == PixelFormat::Xrgb8888 ||
         format == PixelFormat::Bgr888;
}

void append_string(GValue* list, const char* text) {
  GValue item = G_VALUE_INIT;
  g_value_init(&item, G_TYPE_STRING);
  g_value_set_static_string(&item, text);
  gst_value_list_append_and_take_value(list, &item);
}

int to_int(uint32_t value) {
  return static_cast<int>(std::min<uint32_t>(value, G_MAXINT));
}

void set_dimension(GstStructure* s, const char* name, uint32_t min, uint32_t max, uint32_t step) {
  /* Caps can say only steps from 0. Where the camera counts otherwise, any number may be asked for
   * and the camera says which it takes. */
  if (step == 0 || min % step != 0)
    step = 1;
  const int lo = to_int((std::max(min, 1U) + step - 1) / step * step);
  const int hi = to_int(max / step * step);
  GValue value = G_VALUE_INIT;
  if (lo < hi) {
    g_value_init(&value, GST_TYPE_INT_RANGE);
    gst_value_set_int_range_step(&value, lo, hi, to_int(step));
  } else {
    g_value_init(&value, G_TYPE_INT);
    g_value_set_int(&value, to_int(max));
  }
  gst_structure_take_value(s, name, &value);
}

struct Fraction {
  int n;
  int d;
};

Fraction rate_of(int64_t duration) {
  Fraction f{0, 1};
  if (duration > 0)
    gst_video_guess_framerate(static_cast<GstClockTime>(duration), &f.n, &f.d);
  return f;
}

double fps(int64_t duration) {
  return duration > 0 ? 1e9 / static_cast<double>(duration) : 0;
}

void set_rates(GstStructure* s, const StreamCapabilities& can) {
  const Fraction slow = rate_of(can.frame_duration_max);
  const Fraction fast = rate_of(can.frame_duration_min);
  if (gst_util_fraction_compare(slow.n, slow.d, fast.n, fast.d) < 0)
    gst_structure_set(s, "framerate", GST_TYPE_FRACTION_RANGE, slow.n, slow.d, fast.n, fast.d,
                      nullptr);
  else
    gst_structure_set(s, "framerate", GST_TYPE_FRACTION, fast.n, fast.d, nullptr);
}

/** One structure with the formats of `can` that are (or are not) RGB; nothing where there are none.
 */
void append_formats(GstCaps* caps, const StreamCapabilities& can, bool rgb) {
  GValue formats = G_VALUE_INIT;
  g_value_init(&formats, GST_TYPE_LIST);
  for (const PixelFormat format : can.formats) {
    if (is_rgb(format) == rgb && to_gst(format) != GST_VIDEO_FORMAT_UNKNOWN)
      append_string(&formats, gst_video_format_to_string(to_gst(format)));
  }
  if (gst_value_list_get_size(&formats) == 0) {
    g_value_unset(&formats);
    return;
  }
  GValue colorimetry = G_VALUE_INIT;
  if (rgb) {
    g_value_init(&colorimetry, G_TYPE_STRING);
    g_value_set_static_string(&colorimetry, GST_VIDEO_COLORIMETRY_SRGB);
  } else {
    g_value_init(&colorimetry, GST_TYPE_LIST);
    for (const ColorimetryRow& row : kYuvColorimetry)
      append_string(&colorimetry, row.name);
  }
  GstStructure* s = gst_structure_new_empty("video/x-raw");
  gst_structure_take_value(s, "format", &formats);
  set_dimension(s, "width", can.min.width, can.max.width, can.step.width);
  set_dimension(s, "height", can.min.height, can.max.height, can.step.height);
  set_rates(s, can);
  gst_structure_take_value(s, "colorimetry", &colorimetry);
  gst_structure_set(s, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, "interlace-mode",
                    G_TYPE_STRING, "progressive", nullptr);
  gst_caps_append_structure(caps, s);
}

/** The value of a range nearest to `wanted` that its step allows. */
int nearest_in_range(const GValue* range, int wanted) {
  const int lo = gst_value_get_int_range_min(range);
  const int hi = gst_value_get_int_range_max(range);
  const int step = std::max(gst_value_get_int_range_step(range), 1);
  const int offset = (std::clamp(wanted, lo, hi) - lo + step / 2) / step * step;
  return std::min(lo + offset, hi);
}

/** Fixes an integer field near `wanted`; the value it has then. */
int fixate_int(GstStructure* s, const char* name, int wanted) {
  const GValue* value = gst_structure_get_value(s, name);
  if (value && GST_VALUE_HOLDS_INT_RANGE(value))
    gst_structure_set(s, name, G_TYPE_INT, nearest_in_range(value, wanted), nullptr);
  else
    gst_structure_fixate_field_nearest_int(s, name, wanted);
  int result = wanted;
  gst_structure_get_int(s, name, &result);
  return result;
}

int scaled(int value, int num, int denom) {
  if (denom <= 0)
    return value;
  return static_cast<int>(gst_util_uint64_scale_int_round(static_cast<guint64>(value), num, denom));
}

/** Near the preferred size, and of its shape as far as the caps let it be. */
void fixate_size(GstStructure* s, const Size& preferred) {
  const int w = to_int(preferred.width);
  const int h = to_int(preferred.height);
  const GValue* value = gst_structure_get_value(s, "height");
  if (value && !GST_VALUE_HOLDS_LIST(value)) {
    /* The width decides, unless the height that goes with it is out of reach. */
    GstStructure* trial = gst_structure_copy(s);
    const int height = scaled(fixate_int(trial, "width", w), h, w);
    const int possible = fixate_int(trial, "height", height);
    gst_structure_free(trial);
    const int step = GST_VALUE_HOLDS_INT_RANGE(value) ? gst_value_get_int_range_step(value) : 1;
    if (std::abs(possible - height) > step) {
      fixate_int(s, "width", scaled(fixate_int(s, "height", possible), w, h));
      return;
    }
  }
  fixate_int(s, "height", scaled(fixate_int(s, "width", w), h, w));
}

}  // namespace

GstVideoFormat to_gst(PixelFormat format) {
  for (const FormatRow& row : kFormats) {
    if (row.format == format)
      return row.gst;
  }
  return GST_VIDEO_FORMAT_UNKNOWN;
}

CapsPtr template_caps() {
  /* As wide as video caps can be, so that an impossible size gets an answer from a camera that says
   * what it can do, and not only a failing link. */
  return CapsPtr(
      gst_caps_from_string(GST_VIDEO_CAPS_MAKE("{ NV12, I420, YUY2, RGBx, BGRx, RGB }")));
}

CapsPtr caps_of(const StreamCapabilities& can) {
  CapsPtr caps(gst_caps_new_empty());
  const bool rgb_first = !can.formats.empty() && is_rgb(can.formats.front());
  append_formats(caps.get(), can, rgb_first);
  append_formats(caps.get(), can, !rgb_first);
  return caps;
}

CapsPtr fixate(CapsPtr caps, const StreamCapabilities& can) {
  CapsPtr one(gst_caps_truncate(gst_caps_make_writable(caps.release())));
  GstStructure* s = gst_caps_get_structure(one.get(), 0);
  fixate_size(s, can.preferred);
  const Fraction rate = rate_of(can.frame_duration_preferred);
  gst_structure_fixate_field_nearest_fraction(s, "framerate", rate.n, rate.d);
  return CapsPtr(gst_caps_fixate(one.release()));
}

Result<StreamConfiguration> configuration_of(const GstCaps* caps, const StreamCapabilities& can) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) {
    const CharPtr text(gst_caps_to_string(caps));
    return Error(Error::Code::Invalid, std::string("these caps are no raw video: ") + text.get());
  }
  StreamConfiguration config;
  const auto* row = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const FormatRow& f) {
    return f.gst == GST_VIDEO_INFO_FORMAT(&info);
  });
  if (row == std::end(kFormats))
    return Error(
        Error::Code::Invalid,
        std::string("no camera makes ") + gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)));
  config.format = row->format;
  config.size = {static_cast<uint32_t>(GST_VIDEO_INFO_WIDTH(&info)),
                 static_cast<uint32_t>(GST_VIDEO_INFO_HEIGHT(&info))};

  const int fps_n = GST_VIDEO_INFO_FPS_N(&info);
  const int fps_d = GST_VIDEO_INFO_FPS_D(&info);
  int64_t duration = can.frame_duration_preferred;
  if (fps_n > 0)
    duration = static_cast<int64_t>(
        gst_util_uint64_scale_int_round(GST_SECOND, std::max(fps_d, 1), fps_n));
  /* Rates are rounded to well-known fractions, so the ends may be some ns beside the camera's. */
  if (can.frame_duration_min <= can.frame_duration_max)
    duration = std::clamp(duration, can.frame_duration_min, can.frame_duration_max);
  config.frame_duration = duration;

  if (is_rgb(config.format)) {
    config.colorimetry = Colorimetry::Srgb;
  } else {
    config.colorimetry = Colorimetry::Bt709;
    const char* name = gst_structure_get_string(gst_caps_get_structure(caps, 0), "colorimetry");
    for (const ColorimetryRow& c : kYuvColorimetry) {
      if (name && std::strcmp(name, c.name) == 0)
        config.colorimetry = c.colorimetry;
    }
  }
  return config;
}

std::string describe(const StreamCapabilities& can) {
  std::string text;
  for (const PixelFormat format : can.formats)
    text += (text.empty() ? "" : ", ") + std::string(to_string(format));
  char rest[160];
  if (can.min == can.max)
    std::snprintf(rest, sizeof rest, "; %ux%u", can.max.width, can.max.height);
  else
    std::snprintf(rest, sizeof rest, "; %ux%u to %ux%u in steps of %ux%u", can.min.width,
                  can.min.height, can.max.width, can.max.height, can.step.width, can.step.height);
  text += rest;
  std::snprintf(rest, sizeof rest, "; %.4g to %.4g frames a second", fps(can.frame_duration_max),
                fps(can.frame_duration_min));
  return text + rest;
}

bool is_default_layout(const FrameLayout& layout, const GstVideoInfo& info) {
  if (layout.count != GST_VIDEO_INFO_N_PLANES(&info) || layout.size < info.size)
    return false;
  for (uint32_t i = 0; i < layout.count; i++) {
    if (layout.planes[i].offset != info.offset[i] ||
        static_cast<int64_t>(layout.planes[i].stride) != info.stride[i])
      return false;
  }
  return true;
}

}  // namespace gstcam
