/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controls on the wire: by name, checked against the control table in both directions. */
#include <algorithm>
#include <functional>

#include "ipc/codec.h"

namespace gstcam::ipc {

namespace {

GVariant* encode_control(const ControlValue& value) {
  if (const bool* b = std::get_if<bool>(&value))
    return g_variant_new_boolean(*b);
  if (const int32_t* i = std::get_if<int32_t>(&value))
    return g_variant_new_int32(*i);
  if (const int64_t* l = std::get_if<int64_t>(&value))
    return g_variant_new_int64(*l);
  if (const double* number = std::get_if<double>(&value))
    return g_variant_new_double(*number);
  const DoubleArray& list = std::get<DoubleArray>(value);
  return g_variant_new_fixed_array(G_VARIANT_TYPE_DOUBLE, list.values.data(), list.count,
                                   sizeof(double));
}

const char* wire_type_of(ControlType type) {
  switch (type) {
    case ControlType::Bool:
      return "b";
    case ControlType::Int32:
    case ControlType::Enum:
      return "i";
    case ControlType::Int64:
      return "x";
    case ControlType::Double:
      return "d";
    case ControlType::DoubleArray:
      return "ad";
  }
  return "";
}

/** `boxed` is the `v`. */
bool decode_control(Decoder& d, const ControlInfo& info, GVariant* boxed, ControlValue& out) {
  VariantPtr v(g_variant_get_variant(boxed));
  const char* type = wire_type_of(info.type);
  if (!g_variant_is_of_type(v.get(), reinterpret_cast<const GVariantType*>(type)))
    return d.fail(std::string("control '") + info.name + "' is of type " +
                  g_variant_get_type_string(v.get()) + " instead of " + type);
  switch (info.type) {
    case ControlType::Bool:
      out = g_variant_get_boolean(v.get()) != FALSE;
      break;
    case ControlType::Int32:
    case ControlType::Enum:
      out = static_cast<int32_t>(g_variant_get_int32(v.get()));
      break;
    case ControlType::Int64:
      out = static_cast<int64_t>(g_variant_get_int64(v.get()));
      break;
    case ControlType::Double:
      out = g_variant_get_double(v.get());
      break;
    case ControlType::DoubleArray: {
      gsize n = 0;
      const auto* items =
          static_cast<const double*>(g_variant_get_fixed_array(v.get(), &n, sizeof(double)));
      if (n > DoubleArray::kCapacity)
        return d.fail(std::string("control '") + info.name + "' has " + std::to_string(n) +
                      " numbers");
      DoubleArray list;
      list.count = static_cast<uint8_t>(n);
      for (size_t i = 0; i < n; i++)
        list.values[i] = items[i];
      out = list;
      break;
    }
  }
  if (Result<void> r = check_control(info.id, out); !r)
    return d.fail(r.error().message);
  return true;
}

/** The table's row of an entry's key; nullptr after an error. */
const ControlInfo* decode_name(Decoder& d, GVariant* entry) {
  VariantPtr key(g_variant_get_child_value(entry, 0));
  const char* name = g_variant_get_string(key.get(), nullptr);
  const ControlInfo* info = find_control(name);
  if (!info)
    d.fail("no control is called '" + std::string(name).substr(0, 64) + "'");
  return info;
}

/** Whether a <= b, element by element; both hold the alternative of the same control. */
bool not_above(const ControlValue& a, const ControlValue& b) {
  return std::visit(
      [&b](const auto& x) {
        const auto& y = std::get<std::decay_t<decltype(x)>>(b);
        if constexpr (std::same_as<std::decay_t<decltype(x)>, DoubleArray>)
          return std::ranges::equal(x.span(), y.span(), std::less_equal<double>());
        else
          return x <= y;
      },
      a);
}

std::string check_range(ControlId id, const ControlRange& range) {
  for (const ControlValue* value : {&range.min, &range.max, &range.def}) {
    if (Result<void> r = check_control(id, *value); !r)
      return r.error().message;
  }
  if (!not_above(range.min, range.def) || !not_above(range.def, range.max))
    return std::string("control '") + control_info(id).name +
           "': minimum, default and maximum are not in this order";
  return {};
}

}  // namespace

GVariant* encode(Encoder& e, const ControlList& value) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, wire_type<ControlList>());
  value.for_each([&](ControlId id, const ControlValue& control) {
    if (Result<void> r = check_control(id, control); !r) {
      e.fail(r.error());
      return;
    }
    g_variant_builder_add(&builder, "{sv}", control_info(id).name, encode_control(control));
  });
  return g_variant_builder_end(&builder);
}

GVariant* encode(Encoder& e, const ControlRanges& value) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, wire_type<ControlRanges>());
  value.for_each([&](ControlId id, const ControlRange& range) {
    if (std::string problem = check_range(id, range); !problem.empty()) {
      e.fail(std::move(problem));
      return;
    }
    g_variant_builder_add(&builder, "{s(vvv)}", control_info(id).name, encode_control(range.min),
                          encode_control(range.max), encode_control(range.def));
  });
  return g_variant_builder_end(&builder);
}

bool decode(Decoder& d, GVariant* v, ControlList& out) {
  out.clear();
  const size_t count = g_variant_n_children(v);
  for (size_t i = 0; i < count; i++) {
    VariantPtr entry(g_variant_get_child_value(v, i));
    VariantPtr boxed(g_variant_get_child_value(entry.get(), 1));
    const ControlInfo* info = decode_name(d, entry.get());
    ControlValue value;
    if (!info)
      return false;
    if (out.has(info->id))
      return d.fail(std::string("control '") + info->name + "' comes twice");
    if (!decode_control(d, *info, boxed.get(), value))
      return false;
    out.set(info->id, value);
  }
  return true;
}

bool decode(Decoder& d, GVariant* v, ControlRanges& out) {
  out = ControlRanges();
  const size_t count = g_variant_n_children(v);
  for (size_t i = 0; i < count; i++) {
    VariantPtr entry(g_variant_get_child_value(v, i));
    VariantPtr triple(g_variant_get_child_value(entry.get(), 1));
    const ControlInfo* info = decode_name(d, entry.get());
    if (!info)
      return false;
    if (out.has(info->id))
      return d.fail(std::string("control '") + info->name + "' comes twice");
    ControlRange range;
    ControlValue* parts[] = {&range.min, &range.max, &range.def};
    for (size_t p = 0; p < 3; p++) {
      VariantPtr boxed(g_variant_get_child_value(triple.get(), p));
      if (!decode_control(d, *info, boxed.get(), *parts[p]))
        return false;
    }
    if (std::string problem = check_range(info->id, range); !problem.empty())
      return d.fail(std::move(problem));
    out.set(info->id, range);
  }
  return true;
}

}  // namespace gstcam::ipc
