/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/shared-rate.h"

namespace gstcam {

namespace {

constexpr const char* kRate = "framerate";

/** Caps of nothing but the rates in `caps`. */
CapsPtr rates_of(const GstCaps* caps) {
  CapsPtr rates(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GValue* rate = gst_structure_get_value(gst_caps_get_structure(caps, i), kRate);
    GstStructure* s = gst_structure_new_empty("rate");
    if (rate)
      gst_structure_set_value(s, kRate, rate);
    rates.reset(gst_caps_merge_structure(rates.release(), s));
  }
  return rates;
}

void append_with_rate(GstCaps* to, const GstCaps* from, guint index, const GValue* rate) {
  const GstStructure* s = gst_caps_get_structure(from, index);
  const GValue* own = gst_structure_get_value(s, kRate);
  GValue common = G_VALUE_INIT;
  if (own && rate && !gst_value_intersect(&common, own, rate))
    return;
  GstStructure* copy = gst_structure_copy(s);
  if (own && rate)
    gst_structure_take_value(copy, kRate, &common);
  else if (rate)
    gst_structure_set_value(copy, kRate, rate);
  gst_caps_append_structure_full(to, copy,
                                 gst_caps_features_copy(gst_caps_get_features(from, index)));
}

/** In the order of `caps`, which is that of preference. */
CapsPtr with_rates(const GstCaps* caps, const GstCaps* rates) {
  CapsPtr result(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    for (guint k = 0; k < gst_caps_get_size(rates); k++)
      append_with_rate(result.get(), caps, i,
                       gst_structure_get_value(gst_caps_get_structure(rates, k), kRate));
  }
  return result;
}

}  // namespace

bool share_rates(std::vector<CapsPtr>& caps) {
  CapsPtr rates;
  for (const CapsPtr& one : caps) {
    CapsPtr some = rates_of(one.get());
    rates.reset(rates ? gst_caps_intersect(rates.get(), some.get()) : some.release());
  }
  if (!rates || gst_caps_is_empty(rates.get()))
    return false;
  for (CapsPtr& one : caps)
    one = with_rates(one.get(), rates.get());
  return true;
}

CapsPtr at_rate_of(CapsPtr caps, const GstCaps* fixed) {
  return with_rates(caps.get(), rates_of(fixed).get());
}

}  // namespace gstcam
