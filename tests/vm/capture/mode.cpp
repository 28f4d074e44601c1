/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/capture/mode.h"

#include <climits>
#include <cstdlib>
#include <vector>

namespace gstcam::test {

namespace {

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

/** The single values of a field: one, or those of a list. */
std::vector<const GValue*> values_of(const GstStructure* s, const char* field) {
  std::vector<const GValue*> values;
  const GValue* value = gst_structure_get_value(s, field);
  if (!value)
    return values;
  if (!GST_VALUE_HOLDS_LIST(value))
    return {value};
  for (guint i = 0; i < gst_value_list_get_size(value); i++)
    values.push_back(gst_value_list_get_value(value, i));
  return values;
}

Result<void> add_modes(const GstStructure* s, Modes& modes) {
  Mode mode;
  mode.media = gst_structure_get_name(s);
  if (!gst_structure_get_int(s, "width", &mode.width) ||
      !gst_structure_get_int(s, "height", &mode.height)) {
    const CharPtr text(gst_structure_to_string(s));
    return wrong(std::string("no single size: ") + text.get());
  }
  std::vector<std::string> formats;
  for (const GValue* value : values_of(s, "format"))
    formats.emplace_back(g_value_get_string(value));
  if (formats.empty())
    formats.emplace_back();
  for (const GValue* value : values_of(s, "framerate")) {
    if (!GST_VALUE_HOLDS_FRACTION(value)) {
      const CharPtr text(gst_structure_to_string(s));
      return wrong(std::string("no single rates: ") + text.get());
    }
    mode.rate_n = gst_value_get_fraction_numerator(value);
    mode.rate_d = gst_value_get_fraction_denominator(value);
    for (const std::string& format : formats) {
      mode.format = format;
      modes.insert(mode);
    }
  }
  return {};
}

}  // namespace

CapsPtr Mode::caps(const char* feature) const {
  CapsPtr caps(gst_caps_new_simple(media.c_str(), "width", G_TYPE_INT, width, "height", G_TYPE_INT,
                                   height, "framerate", GST_TYPE_FRACTION, rate_n, rate_d,
                                   nullptr));
  if (!format.empty())
    gst_caps_set_simple(caps.get(), "format", G_TYPE_STRING, format.c_str(), nullptr);
  if (feature)
    gst_caps_set_features_simple(caps.get(), gst_caps_features_new_single(feature));
  return caps;
}

std::string Mode::text() const {
  return (format.empty() ? media : format) + " " + std::to_string(width) + "x" +
         std::to_string(height) + " " + std::to_string(rate_n) +
         (rate_d == 1 ? "" : "/" + std::to_string(rate_d)) + " fps";
}

int64_t Mode::frame_duration() const {
  return static_cast<int64_t>(gst_util_uint64_scale_int_round(GST_SECOND, rate_d, rate_n));
}

Result<Modes> offered_modes(GstElement* source) {
  if (gst_element_set_state(source, GST_STATE_READY) != GST_STATE_CHANGE_SUCCESS)
    return wrong(std::string(GST_OBJECT_NAME(source)) + " does not open its device");
  Modes modes;
  Result<void> added;
  {
    const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(source, "src"));
    const CapsPtr caps(gst_pad_query_caps(pad.get(), nullptr));
    for (guint i = 0; i < gst_caps_get_size(caps.get()) && added; i++) {
      const GstCapsFeatures* features = gst_caps_get_features(caps.get(), i);
      if (gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY))
        added = add_modes(gst_caps_get_structure(caps.get(), i), modes);
    }
  }
  gst_element_set_state(source, GST_STATE_NULL);
  if (!added)
    return added.error();
  if (modes.empty())
    return wrong(std::string(GST_OBJECT_NAME(source)) + " offers nothing");
  return modes;
}

std::string missing(const Modes& a, const Modes& b) {
  std::string text;
  for (const Mode& mode : a) {
    if (!b.contains(mode))
      text += (text.empty() ? "" : ", ") + mode.text();
  }
  return text;
}

ObjectPtr<GstElement> make_source(const char* factory, const char* property,
                                  const std::string& value) {
  auto source = ObjectPtr<GstElement>::adopt(
      static_cast<GstElement*>(gst_object_ref_sink(gst_element_factory_make(factory, nullptr))));
  g_object_set(source.get(), property, value.c_str(), nullptr);
  return source;
}

Result<std::string> camera_of_node(const std::string& node) {
  const HandlePtr<char, free> path(::realpath(node.c_str(), nullptr));
  if (!path)
    return wrong("there is no " + node);
  const auto provider = ObjectPtr<GstDeviceProvider>::adopt(
      gst_device_provider_factory_get_by_name("cameradeviceprovider"));
  if (!provider)
    return wrong("there is no cameradeviceprovider");
  GList* devices = gst_device_provider_get_devices(provider.get());
  std::string id;
  for (GList* item = devices; item; item = item->next) {
    GstStructure* properties = gst_device_get_properties(GST_DEVICE(item->data));
    if (g_strcmp0(gst_structure_get_string(properties, "device.path"), path.get()) == 0)
      id = gst_structure_get_string(properties, "camera.id");
    gst_structure_free(properties);
  }
  g_list_free_full(devices, gst_object_unref);
  if (id.empty())
    return wrong("no camera has the node " + node);
  return id;
}

}  // namespace gstcam::test
