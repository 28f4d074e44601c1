/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/control-properties.h"

#include <array>
#include <cctype>
#include <mutex>
#include <string>
#include <vector>

namespace gstcam {

namespace {

/** "ae-mode" -> "GstCameraAeMode". */
std::string enum_type_name(const ControlInfo& info) {
  std::string name = "GstCamera";
  bool upper = true;
  for (const char* c = info.name; *c; c++) {
    if (*c == '-') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(*c))) : *c;
    upper = false;
  }
  return name;
}

/** GObject keeps a pointer to `values`, which must live as long as the process. */
GType register_enum(const ControlInfo& info, std::vector<GEnumValue>& values) {
  const std::string name = enum_type_name(info);
  if (GType known = g_type_from_name(name.c_str()); known != 0)
    return known;
  for (const ControlEnumValue& v : info.values)
    values.push_back({v.value, v.doc, v.nick});
  values.push_back({0, nullptr, nullptr});
  return g_enum_register_static(g_intern_string(name.c_str()), values.data());
}

std::string blurb(const ControlInfo& info) {
  std::string text = info.doc;
  if (*info.unit)
    text += std::string(" (") + info.unit + ")";
  return text;
}

GParamSpec* make_pspec(const ControlInfo& info) {
  const auto flags =
      static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_NAME | G_PARAM_STATIC_NICK |
                               GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING);
  const std::string doc = blurb(info);
  switch (info.type) {
    case ControlType::Bool:
      return g_param_spec_boolean(info.name, info.nick, doc.c_str(), info.def != 0, flags);
    case ControlType::Int32:
      return g_param_spec_int(info.name, info.nick, doc.c_str(), static_cast<int>(info.min),
                              static_cast<int>(info.max), static_cast<int>(info.def), flags);
    case ControlType::Int64:
      return g_param_spec_int64(info.name, info.nick, doc.c_str(), static_cast<gint64>(info.min),
                                static_cast<gint64>(info.max), static_cast<gint64>(info.def),
                                flags);
    case ControlType::Double:
      return g_param_spec_double(info.name, info.nick, doc.c_str(), info.min, info.max, info.def,
                                 flags);
    case ControlType::Enum:
      return g_param_spec_enum(info.name, info.nick, doc.c_str(), control_enum_type(info.id),
                               static_cast<int>(info.def), flags);
    case ControlType::DoubleArray: {
      GParamSpec* element =
          g_param_spec_double(info.name, info.nick, doc.c_str(), info.min, info.max, info.def,
                              static_cast<GParamFlags>(G_PARAM_READWRITE));
      return gst_param_spec_array(info.name, info.nick, doc.c_str(), element, flags);
    }
  }
  return nullptr;
}

Error wrong_type(ControlId id, const GValue* value) {
  const ControlInfo& info = control_info(id);
  return Error(Error::Code::Invalid, std::string("control '") + info.name +
                                         "' cannot be made from a value of type " +
                                         G_VALUE_TYPE_NAME(value));
}

Result<ControlValue> array_from_gvalue(ControlId id, const GValue* value) {
  if (!GST_VALUE_HOLDS_ARRAY(value))
    return wrong_type(id, value);
  const ControlInfo& info = control_info(id);
  const guint count = gst_value_array_get_size(value);
  if (count != info.count || count > DoubleArray::kCapacity) {
    return Error(Error::Code::Invalid,
                 std::string("control '") + info.name + "' needs " + std::to_string(info.count) +
                     " numbers, not " + std::to_string(count),
                 std::string("For example ") + info.name + "=\"<1.5,2.0>\".");
  }
  DoubleArray array;
  array.count = static_cast<uint8_t>(count);
  for (guint i = 0; i < count; i++) {
    const GValue* item = gst_value_array_get_value(value, i);
    GValue number = G_VALUE_INIT;
    g_value_init(&number, G_TYPE_DOUBLE);
    if (!g_value_transform(item, &number))
      return wrong_type(id, item);
    array.values[i] = g_value_get_double(&number);
  }
  return ControlValue(array);
}

Result<ControlValue> read_gvalue(ControlId id, const GValue* value) {
  switch (control_info(id).type) {
    case ControlType::Bool:
      if (G_VALUE_HOLDS_BOOLEAN(value))
        return ControlValue(g_value_get_boolean(value) != FALSE);
      break;
    case ControlType::Int32:
      if (G_VALUE_HOLDS_INT(value))
        return ControlValue(static_cast<int32_t>(g_value_get_int(value)));
      break;
    case ControlType::Int64:
      if (G_VALUE_HOLDS_INT64(value))
        return ControlValue(static_cast<int64_t>(g_value_get_int64(value)));
      break;
    case ControlType::Double:
      if (G_VALUE_HOLDS_DOUBLE(value))
        return ControlValue(g_value_get_double(value));
      break;
    case ControlType::Enum:
      if (G_VALUE_HOLDS_ENUM(value))
        return ControlValue(static_cast<int32_t>(g_value_get_enum(value)));
      break;
    case ControlType::DoubleArray:
      return array_from_gvalue(id, value);
  }
  return wrong_type(id, value);
}

}  // namespace

void install_control_properties(GObjectClass* klass, guint first_id) {
  for (const ControlInfo& info : control_table()) {
    if (info.writable)
      g_object_class_install_property(klass, first_id + static_cast<guint>(info.id),
                                      make_pspec(info));
  }
}

GType control_enum_type(ControlId id) {
  static std::mutex mutex;
  static std::array<GType, kControlCount> types{};
  static auto* values = new std::array<std::vector<GEnumValue>, kControlCount>;
  const std::lock_guard lock(mutex);
  GType& type = types[static_cast<size_t>(id)];
  if (type == 0)
    type = register_enum(control_info(id), (*values)[static_cast<size_t>(id)]);
  return type;
}

void control_to_gvalue(ControlId id, const ControlValue& value, GValue* out) {
  switch (control_info(id).type) {
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
      g_value_set_enum(out, std::get<int32_t>(value));
      break;
    case ControlType::DoubleArray:
      g_value_reset(out);
      for (double d : std::get<DoubleArray>(value).span()) {
        GValue item = G_VALUE_INIT;
        g_value_init(&item, G_TYPE_DOUBLE);
        g_value_set_double(&item, d);
        gst_value_array_append_and_take_value(out, &item);
      }
      break;
  }
}

Result<ControlValue> control_from_gvalue(ControlId id, const GValue* value) {
  Result<ControlValue> result = read_gvalue(id, value);
  if (result) {
    if (Result<void> checked = check_control(id, *result); !checked)
      return checked.error();
  }
  return result;
}

ControlValue control_default(ControlId id) {
  const ControlInfo& info = control_info(id);
  switch (info.type) {
    case ControlType::Bool:
      return info.def != 0;
    case ControlType::Int32:
    case ControlType::Enum:
      return static_cast<int32_t>(info.def);
    case ControlType::Int64:
      return static_cast<int64_t>(info.def);
    case ControlType::Double:
      return info.def;
    case ControlType::DoubleArray: {
      DoubleArray array;
      array.count = info.count;
      std::fill_n(array.values.begin(), info.count, info.def);
      return array;
    }
  }
  return info.def;
}

}  // namespace gstcam
