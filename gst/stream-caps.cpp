/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/stream-caps.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/glib-ptr.h"
#include "gst/dmabuf-caps.h"

namespace gstcam {

namespace {

constexpr const char* kRaw = "video/x-raw";
constexpr const char* kBayer = "video/x-bayer";
constexpr const char* kJpeg = "image/jpeg";
constexpr const char* kH264 = "video/x-h264";

struct ColorimetryRow {
  Colorimetry colorimetry;
  const char* name;
};
constexpr ColorimetryRow kColorimetry[] = {
    {Colorimetry::Srgb, GST_VIDEO_COLORIMETRY_SRGB},
    {Colorimetry::Bt709, GST_VIDEO_COLORIMETRY_BT709},
    {Colorimetry::Bt601, GST_VIDEO_COLORIMETRY_BT601},
    /* GStreamer has no words for these: range, matrix, transfer, primaries by number. */
    {Colorimetry::SrgbBt601, "2:4:7:1"},
    /* The transfer functions of BT.709 and BT.601 are one; v4l2src names it so. */
    {Colorimetry::Bt709Bt601, "2:4:16:1"},
    {Colorimetry::Jpeg, "1:4:7:1"},
};

const char* name_of(Colorimetry colorimetry) {
  for (const ColorimetryRow& row : kColorimetry) {
    if (row.colorimetry == colorimetry)
      return row.name;
  }
  return GST_VIDEO_COLORIMETRY_BT709;
}

const char* media_type(PixelFormat format) {
  switch (pixel_kind(format)) {
    case PixelKind::Yuv:
    case PixelKind::Grey:
    case PixelKind::Rgb:
      return kRaw;
    case PixelKind::Mosaic:
      return kBayer;
    case PixelKind::Coded:
      break;
  }
  return format == PixelFormat::Jpeg ? kJpeg : kH264;
}

/** Formats that one structure of caps can have side by side. */
bool alike(PixelFormat a, PixelFormat b) {
  return pixel_kind(a) == pixel_kind(b) && std::strcmp(media_type(a), media_type(b)) == 0;
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

void append_rate(GValue* list, int64_t duration) {
  const Fraction rate = rate_of(duration);
  GValue item = G_VALUE_INIT;
  g_value_init(&item, GST_TYPE_FRACTION);
  gst_value_set_fraction(&item, rate.n, rate.d);
  gst_value_list_append_and_take_value(list, &item);
}

void set_rates(GstStructure* s, const StreamMode& mode) {
  if (mode.frame_durations.size() > 1) {
    GValue rates = G_VALUE_INIT;
    g_value_init(&rates, GST_TYPE_LIST);
    for (const int64_t duration : mode.frame_durations)
      append_rate(&rates, duration);
    gst_structure_take_value(s, "framerate", &rates);
    return;
  }
  const Fraction slow = rate_of(mode.frame_duration_max);
  const Fraction fast = rate_of(mode.frame_duration_min);
  if (gst_util_fraction_compare(slow.n, slow.d, fast.n, fast.d) < 0)
    gst_structure_set(s, "framerate", GST_TYPE_FRACTION_RANGE, slow.n, slow.d, fast.n, fast.d,
                      nullptr);
  else
    gst_structure_set(s, "framerate", GST_TYPE_FRACTION, fast.n, fast.d, nullptr);
}

/** A list of texts, or the text where it is one; nothing where there is none. */
void set_words(GstStructure* s, const char* name, const std::vector<const char*>& words) {
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const char* word : words)
    append_string(&list, word);
  if (words.size() == 1)
    gst_structure_set_value(s, name, gst_value_list_get_value(&list, 0));
  else if (!words.empty())
    gst_structure_set_value(s, name, &list);
  g_value_unset(&list);
}

void set_colours(GstStructure* s, const StreamMode& mode, PixelKind kind) {
  std::vector<const char*> names;
  if (kind == PixelKind::Rgb)
    names.push_back(name_of(Colorimetry::Srgb));
  if (kind == PixelKind::Yuv) {
    for (const Colorimetry colorimetry : mode.colorimetry)
      names.push_back(name_of(colorimetry));
  }
  set_words(s, "colorimetry", names);
}

/** One structure with the formats of `mode` that are like `first`. */
void append_formats(GstCaps* caps, const StreamMode& mode, PixelFormat first) {
  const PixelKind kind = pixel_kind(first);
  GstStructure* s = gst_structure_new_empty(media_type(first));
  if (kind != PixelKind::Coded) {
    std::vector<const char*> formats;
    for (const PixelFormat format : mode.formats) {
      if (alike(format, first))
        formats.push_back(to_string(format));
    }
    set_words(s, "format", formats);
  } else if (first == PixelFormat::H264) {
    gst_structure_set(s, "stream-format", G_TYPE_STRING, "byte-stream", "alignment", G_TYPE_STRING,
                      "au", nullptr);
  }
  set_dimension(s, "width", mode.min.width, mode.max.width, mode.step.width);
  set_dimension(s, "height", mode.min.height, mode.max.height, mode.step.height);
  set_rates(s, mode);
  set_colours(s, mode, kind);
  gst_structure_set(s, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, nullptr);
  if (std::strcmp(media_type(first), kRaw) == 0)
    gst_structure_set(s, "interlace-mode", G_TYPE_STRING, "progressive", nullptr);
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

/** Of a structure of fixed caps; nothing for one of no format here. */
std::optional<PixelFormat> format_of(const GstStructure* s) {
  const char* name = gst_structure_get_string(s, "format");
  for (const PixelFormat format : all_pixel_formats()) {
    if (gst_structure_has_name(s, media_type(format)) &&
        (pixel_kind(format) == PixelKind::Coded ||
         (name && std::strcmp(name, to_string(format)) == 0)))
      return format;
  }
  return std::nullopt;
}

int64_t duration_of(const GstStructure* s, int64_t preferred) {
  int n = 0;
  int d = 1;
  if (!gst_structure_get_fraction(s, "framerate", &n, &d) || n <= 0)
    return preferred;
  return static_cast<int64_t>(gst_util_uint64_scale_int_round(GST_SECOND, std::max(d, 1), n));
}

/** Rates are rounded to well-known fractions, so the ends may be some ns beside the camera's. */
int64_t possible_duration(const StreamCapabilities& can, const StreamConfiguration& config) {
  for (const StreamMode& mode : can.modes) {
    if (!mode.has_format(config.format) || !mode.has_size(config.size))
      continue;
    if (const int64_t duration = mode.duration_for(config.frame_duration); duration > 0)
      return duration;
  }
  return config.frame_duration;
}

}  // namespace

GstVideoFormat to_gst(PixelFormat format) {
  return std::strcmp(media_type(format), kRaw) == 0
             ? gst_video_format_from_string(to_string(format))
             : GST_VIDEO_FORMAT_UNKNOWN;
}

CapsPtr template_caps() {
  /* As wide as video caps can be, so that an impossible size gets an answer from a camera that says
   * what it can do, and not only a failing link. */
  StreamMode any;
  any.formats.assign(all_pixel_formats().begin(), all_pixel_formats().end());
  CapsPtr caps(gst_caps_new_empty());
  for (size_t i = 0; i < any.formats.size(); i++) {
    if (i > 0 && alike(any.formats[i - 1], any.formats[i]))
      continue;
    append_formats(caps.get(), any, any.formats[i]);
    GstStructure* s = gst_caps_get_structure(caps.get(), gst_caps_get_size(caps.get()) - 1);
    gst_structure_set(s, "width", GST_TYPE_INT_RANGE, 1, G_MAXINT, "height", GST_TYPE_INT_RANGE, 1,
                      G_MAXINT, "framerate", GST_TYPE_FRACTION_RANGE, 0, 1, G_MAXINT, 1, nullptr);
    gst_structure_remove_fields(s, "colorimetry", "pixel-aspect-ratio", "interlace-mode", nullptr);
  }
  return and_dmabufs(std::move(caps));
}

CapsPtr caps_of(const StreamCapabilities& can) {
  CapsPtr caps(gst_caps_new_empty());
  for (const StreamMode& mode : can.modes) {
    std::vector<PixelFormat> told;
    for (const PixelFormat format : mode.formats) {
      if (std::ranges::any_of(told, [format](PixelFormat t) { return alike(t, format); }))
        continue;
      told.push_back(format);
      append_formats(caps.get(), mode, format);
    }
  }
  return can.dmabufs ? and_dmabufs(std::move(caps)) : std::move(caps);
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
  const GstStructure* s = gst_caps_get_structure(caps, 0);
  const std::optional<PixelFormat> format = format_of(s);
  int width = 0;
  int height = 0;
  if (!format || !gst_structure_get_int(s, "width", &width) ||
      !gst_structure_get_int(s, "height", &height) || width <= 0 || height <= 0) {
    const CharPtr text(gst_caps_to_string(caps));
    return Error(Error::Code::Invalid, std::string("no camera makes ") + text.get());
  }
  StreamConfiguration config;
  config.format = *format;
  config.size = {static_cast<uint32_t>(width), static_cast<uint32_t>(height)};
  config.frame_duration = duration_of(s, can.frame_duration_preferred);
  config.frame_duration = possible_duration(can, config);
  config.colorimetry =
      pixel_kind(*format) == PixelKind::Rgb ? Colorimetry::Srgb : Colorimetry::Bt709;
  if (const char* name = gst_structure_get_string(s, "colorimetry")) {
    for (const ColorimetryRow& row : kColorimetry) {
      if (std::strcmp(name, row.name) == 0)
        config.colorimetry = row.colorimetry;
    }
  }
  return config;
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
