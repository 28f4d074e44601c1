/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/notice-structure.h"

#include "base/glib-ptr.h"

namespace gstcam {

namespace {

struct Setter {
  GstStructure* structure;
  const char* name;

  void operator()(bool v) const {
    gst_structure_set(structure, name, G_TYPE_BOOLEAN, static_cast<gboolean>(v), nullptr);
  }
  void operator()(int64_t v) const {
    gst_structure_set(structure, name, G_TYPE_INT64, static_cast<gint64>(v), nullptr);
  }
  void operator()(double v) const { gst_structure_set(structure, name, G_TYPE_DOUBLE, v, nullptr); }
  void operator()(const std::string& v) const {
    /* A worker's words may be in it. */
    const CharPtr valid(g_utf8_make_valid(v.data(), static_cast<gssize>(v.size())));
    gst_structure_set(structure, name, G_TYPE_STRING, valid.get(), nullptr);
  }
};

}  // namespace

GstStructure* to_structure(const char* name, const Fields& fields) {
  GstStructure* structure = gst_structure_new_empty(name);
  for (const Field& field : fields)
    std::visit(Setter{structure, field.name.c_str()}, field.value);
  return structure;
}

}  // namespace gstcam
