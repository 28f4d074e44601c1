/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/dmabuf-caps.h"

#include <gst/allocators/allocators.h>

#include <array>
#include <cstring>
#include <optional>

#include "core/pixel-format.h"

namespace gstcam {

namespace {

constexpr const char* kRaw = "video/x-raw";
constexpr const char* kFormat = "format";
constexpr const char* kDrmFormat = "drm-format";
constexpr const char* kDmaDrm = "DMA_DRM";

bool drm_formats_known() {
  guint major = 0;
  guint minor = 0;
  guint micro = 0;
  guint nano = 0;
  gst_version(&major, &minor, &micro, &nano);
  return major > 1 || (major == 1 && minor >= 24);
}

/** In the table of GStreamer's gst_video_dma_drm_fourcc_from_format(), which has no greys. */
bool has_drm_format(PixelFormat format) {
  return pixel_kind(format) == PixelKind::Yuv || pixel_kind(format) == PixelKind::Rgb;
}

std::array<char, 5> drm_format_of(PixelFormat format) {
  const auto code = static_cast<uint32_t>(format);
  std::array<char, 5> text{};
  for (uint32_t i = 0; i < 4; i++)
    text[i] = static_cast<char>(code >> (8 * i) & 0xffU);
  return text;
}

std::optional<PixelFormat> format_by_name(const char* name) {
  for (const PixelFormat format : all_pixel_formats()) {
    if (has_drm_format(format) && std::strcmp(name, to_string(format)) == 0)
      return format;
  }
  return std::nullopt;
}

std::optional<PixelFormat> format_by_drm_format(const char* drm_format) {
  for (const PixelFormat format : all_pixel_formats()) {
    if (has_drm_format(format) && std::strcmp(drm_format, drm_format_of(format).data()) == 0)
      return format;
  }
  return std::nullopt;
}

void append_drm_format(GValue* list, const GValue* name) {
  const std::optional<PixelFormat> format = format_by_name(g_value_get_string(name));
  if (!format)
    return;
  GValue item = G_VALUE_INIT;
  g_value_init(&item, G_TYPE_STRING);
  g_value_set_string(&item, drm_format_of(*format).data());
  gst_value_list_append_and_take_value(list, &item);
}

/** False where none of its formats has a name there. */
bool to_dma_drm(GstStructure* s) {
  const GValue* names = gst_structure_get_value(s, kFormat);
  if (!names)
    return false;
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  if (G_VALUE_HOLDS_STRING(names)) {
    append_drm_format(&list, names);
  } else {
    for (guint i = 0; i < gst_value_list_get_size(names); i++)
      append_drm_format(&list, gst_value_list_get_value(names, i));
  }
  const guint count = gst_value_list_get_size(&list);
  if (count > 0) {
    gst_structure_set(s, kFormat, G_TYPE_STRING, kDmaDrm, nullptr);
    gst_structure_set_value(s, kDrmFormat, count == 1 ? gst_value_list_get_value(&list, 0) : &list);
  }
  g_value_unset(&list);
  return count > 0;
}

void append_as_dmabuf(GstCaps* caps, GstStructure* s) {
  gst_caps_append_structure_full(caps, s,
                                 gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_DMABUF));
}

bool is_dmabuf(const GstCaps* caps, guint i) {
  const GstCapsFeatures* features = gst_caps_get_features(caps, i);
  return !gst_caps_features_is_any(features) &&
         gst_caps_features_contains(features, GST_CAPS_FEATURE_MEMORY_DMABUF);
}

}  // namespace

CapsPtr and_dmabufs(CapsPtr caps) {
  CapsPtr all(gst_caps_make_writable(caps.release()));
  const guint count = gst_caps_get_size(all.get());
  for (const bool drm : {true, false}) {
    if (drm && !drm_formats_known())
      continue;
    for (guint i = 0; i < count; i++) {
      const GstStructure* s = gst_caps_get_structure(all.get(), i);
      if (!gst_structure_has_name(s, kRaw))
        continue;
      GstStructure* copy = gst_structure_copy(s);
      if (!drm || to_dma_drm(copy))
        append_as_dmabuf(all.get(), copy);
      else
        gst_structure_free(copy);
    }
  }
  return all;
}

CapsPtr without_dmabufs(CapsPtr caps) {
  CapsPtr rest(gst_caps_make_writable(caps.release()));
  for (guint i = gst_caps_get_size(rest.get()); i > 0; i--) {
    if (is_dmabuf(rest.get(), i - 1))
      gst_caps_remove_structure(rest.get(), i - 1);
  }
  return rest;
}

bool has_dmabufs(const GstCaps* caps) {
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    if (is_dmabuf(caps, i))
      return true;
  }
  return false;
}

bool begins_with_dmabufs(const GstCaps* caps) {
  return gst_caps_get_size(caps) > 0 && is_dmabuf(caps, 0);
}

CapsPtr in_system_memory(const GstCaps* caps) {
  CapsPtr plain(gst_caps_copy(caps));
  if (!has_dmabufs(plain.get()))
    return plain;
  gst_caps_set_features_simple(plain.get(),
                               gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY));
  GstStructure* s = gst_caps_get_structure(plain.get(), 0);
  const char* drm_format = gst_structure_get_string(s, kDrmFormat);
  const std::optional<PixelFormat> format =
      drm_format ? format_by_drm_format(drm_format) : std::nullopt;
  if (format) {
    gst_structure_set(s, kFormat, G_TYPE_STRING, to_string(*format), nullptr);
    gst_structure_remove_field(s, kDrmFormat);
  }
  return plain;
}

}  // namespace gstcam
