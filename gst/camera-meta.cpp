/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/camera-meta.h"

#include <array>
#include <mutex>

#include "gst/gst-camera-meta.h"

namespace gstcam {

namespace {

const char* enum_nick(const ControlInfo& info, int32_t value) {
  for (const ControlEnumValue& v : info.values) {
    if (v.value == value)
      return v.nick;
  }
  return "unknown";
}

/** Field names as quarks, in table order: looked up once, not a frame. */
const std::array<GQuark, kControlCount>& field_quarks() {
  static const std::array<GQuark, kControlCount> quarks = [] {
    std::array<GQuark, kControlCount> q{};
    for (const ControlInfo& info : control_table())
      q[static_cast<size_t>(info.id)] = g_quark_from_static_string(info.name);
    return q;
  }();
  return quarks;
}

GType field_type(const ControlInfo& info) {
  switch (info.type) {
    case ControlType::Bool:
      return G_TYPE_BOOLEAN;
    case ControlType::Int32:
      return G_TYPE_INT;
    case ControlType::Int64:
      return G_TYPE_INT64;
    case ControlType::Double:
      return G_TYPE_DOUBLE;
    case ControlType::Enum:
      return G_TYPE_STRING;
    case ControlType::DoubleArray:
      return GST_TYPE_ARRAY;
  }
  return G_TYPE_INVALID;
}

void write_array(const DoubleArray& array, GValue* out) {
  if (gst_value_array_get_size(out) != array.count) {
    g_value_reset(out);
    for (size_t i = 0; i < array.count; i++) {
      GValue item = G_VALUE_INIT;
      g_value_init(&item, G_TYPE_DOUBLE);
      gst_value_array_append_and_take_value(out, &item);
    }
  }
  /* The array is ours and writable; GStreamer has only a const reader of its items. */
  for (guint i = 0; i < array.count; i++)
    g_value_set_double(const_cast<GValue*>(gst_value_array_get_value(out, i)), array.values[i]);
}

void write_field(const ControlInfo& info, const ControlValue& value, GValue* out) {
  switch (info.type) {
    case ControlType::Bool:
      g_value_set_boolean(out, std::get<bool>(value));
      break;
    case ControlType::Int32:
      g_value_set_int(out, std::get<int32_t>(value));
      break;
    case ControlType::Int64:
      g_value_set_int64(out, std::get<int64_t>(value));
      break;
    case ControlType::Double:
      g_value_set_double(out, std::get<double>(value));
      break;
    case ControlType::Enum:
      g_value_set_static_string(out, enum_nick(info, std::get<int32_t>(value)));
      break;
    case ControlType::DoubleArray:
      write_array(std::get<DoubleArray>(value), out);
      break;
  }
}

/** Overwrites one field; FALSE (removes it) where this frame's metadata has no such value. */
struct Overwrite {
  const ControlList* metadata;
  std::array<bool, kControlCount> done{};

  static gboolean field(GQuark id, GValue* value, gpointer data) {
    auto* self = static_cast<Overwrite*>(data);
    const auto& quarks = field_quarks();
    for (size_t i = 0; i < kControlCount; i++) {
      if (quarks[i] != id)
        continue;
      const ControlInfo& info = control_info(static_cast<ControlId>(i));
      const ControlValue* v = self->metadata->find(info.id);
      /* Whoever had the buffer may have changed the field's type. */
      if (!v || !G_VALUE_HOLDS(value, field_type(info)))
        return FALSE;
      write_field(info, *v, value);
      self->done[i] = true;
      return TRUE;
    }
    return FALSE;
  }
};

}  // namespace

void register_camera_meta() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (gst_meta_get_info(GST_CAMERA_META_NAME))
      return;
    /* No tags: it depends on neither size, format nor memory, so everything keeps it. */
    const gchar* tags[] = {nullptr};
    gst_meta_register_custom(GST_CAMERA_META_NAME, tags, nullptr, nullptr, nullptr);
  });
}

void write_camera_meta(GstBuffer* buffer, const ControlList& metadata) {
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, GST_CAMERA_META_NAME);
  if (!meta) {
    meta = gst_buffer_add_custom_meta(buffer, GST_CAMERA_META_NAME);
    auto* base = reinterpret_cast<GstMeta*>(meta);
    base->flags = static_cast<GstMetaFlags>(base->flags | GST_META_FLAG_POOLED);
  }
  GstStructure* fields = gst_custom_meta_get_structure(meta);

  Overwrite overwrite{&metadata, {}};
  gst_structure_filter_and_map_in_place(fields, Overwrite::field, &overwrite);

  metadata.for_each([&](ControlId id, const ControlValue& value) {
    const ControlInfo& info = control_info(id);
    if (!info.metadata || overwrite.done[static_cast<size_t>(id)])
      return;
    GValue field = G_VALUE_INIT;
    g_value_init(&field, field_type(info));
    write_field(info, value, &field);
    gst_structure_id_take_value(fields, field_quarks()[static_cast<size_t>(id)], &field);
  });
}

}  // namespace gstcam
