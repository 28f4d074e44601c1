/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The codec runtime: values to and from GVariant, for generated code.
 *
 * Encoding: an Encoder collects the descriptors and the first error; encode() always returns a
 * variant of the right type, finish() says whether it may be sent. Descriptors are duplicated; the
 * caller keeps its own. What decode would refuse is refused here too, with code Invalid.
 *
 * Decoding is strict, because the sender is hostile until checked: finish() and every decode() fail
 * with code Protocol for a body that is not of the exact type or not in normal form, a number that
 * does not fit, NaN and infinities, an unknown enum value or flag, text, lists, maps and bytes
 * beyond the limits below, a key that comes twice, a control the table does not know or allow, a
 * descriptor that is missing, used twice or left over. Nothing from a message can crash or make a
 * message of at most Transport's size take more than kMaxDecoded bytes.
 *
 * A generated codec adds Wire<T>, encode() and decode() for its records, enums and flags. Encoder
 * and Decoder are of this namespace, so that a call finds those here and there. Not thread safe;
 * one object a message.
 */
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/controls.h"
#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/message.h"

namespace gstcam::ipc {

inline constexpr size_t kMaxText = 1U << 20U;       // bytes of one string
inline constexpr size_t kMaxBytes = 16U << 20U;     // of one `bytes` value
inline constexpr size_t kMaxItems = 1U << 16U;      // of one list or map
inline constexpr size_t kMaxMessageFds = 64;        // of one message
inline constexpr size_t kMaxDecoded = 128U << 20U;  // memory of one decoded message

/** A string of known length that can be joined at compile time: signatures. */
template <size_t N>
struct Text {
  char chars[N]{};
  constexpr Text() = default;
  constexpr Text(const char (&text)[N]) {  // NOLINT
    for (size_t i = 0; i < N; i++)
      chars[i] = text[i];
  }
};
template <size_t A, size_t B>
constexpr Text<A + B - 1> operator+(const Text<A>& a, const Text<B>& b) {
  Text<A + B - 1> sum;
  for (size_t i = 0; i + 1 < A; i++)
    sum.chars[i] = a.chars[i];
  for (size_t i = 0; i < B; i++)
    sum.chars[A - 1 + i] = b.chars[i];
  return sum;
}

/** Wire<T>::kType is the D-Bus signature of T. */
template <typename T>
struct Wire;
template <>
struct Wire<bool> {
  static constexpr Text kType{"b"};
};
template <>
struct Wire<int8_t> {  // D-Bus has no signed byte
  static constexpr Text kType{"n"};
};
template <>
struct Wire<uint8_t> {
  static constexpr Text kType{"y"};
};
template <>
struct Wire<int16_t> {
  static constexpr Text kType{"n"};
};
template <>
struct Wire<uint16_t> {
  static constexpr Text kType{"q"};
};
template <>
struct Wire<int32_t> {
  static constexpr Text kType{"i"};
};
template <>
struct Wire<uint32_t> {
  static constexpr Text kType{"u"};
};
template <>
struct Wire<int64_t> {
  static constexpr Text kType{"x"};
};
template <>
struct Wire<uint64_t> {
  static constexpr Text kType{"t"};
};
template <>
struct Wire<float> {
  static constexpr Text kType{"d"};
};
template <>
struct Wire<double> {
  static constexpr Text kType{"d"};
};
template <>
struct Wire<std::string> {
  static constexpr Text kType{"s"};
};
template <>
struct Wire<UniqueFd> {
  static constexpr Text kType{"h"};
};
template <>
struct Wire<ControlList> {
  static constexpr Text kType{"a{sv}"};
};
template <>
struct Wire<ControlRanges> {
  static constexpr Text kType{"a{s(vvv)}"};
};
template <typename T>
struct Wire<std::vector<T>> {
  static constexpr Text kType = Text{"a"} + Wire<T>::kType;
};
template <typename T, size_t N>
struct Wire<std::array<T, N>> {
  static constexpr Text kType = Text{"a"} + Wire<T>::kType;
};
template <typename K, typename V>
struct Wire<std::map<K, V>> {
  static constexpr Text kType = Text{"a{"} + Wire<K>::kType + Wire<V>::kType + Text{"}"};
};

template <typename T>
const GVariantType* wire_type() {
  return reinterpret_cast<const GVariantType*>(Wire<T>::kType.chars);
}

/** Types whose lists are one block of memory in a GVariant. */
template <typename T>
concept Block = std::same_as<T, uint8_t> || std::same_as<T, int16_t> || std::same_as<T, uint16_t> ||
    std::same_as<T, int32_t> || std::same_as<T, uint32_t> || std::same_as<T, int64_t> ||
    std::same_as<T, uint64_t>;

/** Items that a list of T may have. */
template <typename T>
constexpr size_t max_items() {
  return std::same_as<T, uint8_t> ? kMaxBytes : kMaxItems;
}

/** A message with an empty body: the answer to an async call. */
Message empty_message(const char* member);

class Encoder {
 public:
  /** Keeps the first error. */
  void fail(std::string message);
  void fail(Error error);
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  /** Puts `name: ` in front of the error, where there is one now and was none before. */
  void within(const char* name, bool failed_before);
  /** Duplicates the descriptor; its index in the message. */
  int32_t add_fd(const UniqueFd& fd);
  /** The message with `body` (floating), or the error. The encoder is used up. */
  Result<Message> finish(const char* member, GVariant* body);

 private:
  std::optional<Error> error_;
  std::vector<UniqueFd> fds_;
};

class Decoder {
 public:
  explicit Decoder(Message message) : message_(std::move(message)) {}

  /** The body, checked to be of `type` and in normal form; nullptr after fail(). */
  GVariant* open(const GVariantType* type);
  /** Keeps the first error, with code Protocol; returns false. */
  bool fail(std::string message);
  void within(const char* name);
  /** Hands over the descriptor of an index. */
  bool take_fd(int32_t index, UniqueFd& out);
  /** Counts memory that a value is about to take. */
  bool take_memory(size_t count, size_t size);
  /** The end: no descriptor may be left. Returns false after an error. */
  bool finish();
  /** The error, with the member's name in front. */
  Error error() const;

 private:
  Message message_;
  std::optional<Error> error_;
  std::vector<bool> taken_;
  size_t memory_ = 0;
};

/** Base types: D-Bus has a type for each but int8_t and float. */
GVariant* encode(Encoder& e, bool value);
GVariant* encode(Encoder& e, int8_t value);
GVariant* encode(Encoder& e, uint8_t value);
GVariant* encode(Encoder& e, int16_t value);
GVariant* encode(Encoder& e, uint16_t value);
GVariant* encode(Encoder& e, int32_t value);
GVariant* encode(Encoder& e, uint32_t value);
GVariant* encode(Encoder& e, int64_t value);
GVariant* encode(Encoder& e, uint64_t value);
GVariant* encode(Encoder& e, float value);
GVariant* encode(Encoder& e, double value);
GVariant* encode(Encoder& e, const std::string& value);
GVariant* encode(Encoder& e, const UniqueFd& value);
GVariant* encode(Encoder& e, const ControlList& value);
GVariant* encode(Encoder& e, const ControlRanges& value);

bool decode(Decoder& d, GVariant* v, bool& out);
bool decode(Decoder& d, GVariant* v, int8_t& out);
bool decode(Decoder& d, GVariant* v, uint8_t& out);
bool decode(Decoder& d, GVariant* v, int16_t& out);
bool decode(Decoder& d, GVariant* v, uint16_t& out);
bool decode(Decoder& d, GVariant* v, int32_t& out);
bool decode(Decoder& d, GVariant* v, uint32_t& out);
bool decode(Decoder& d, GVariant* v, int64_t& out);
bool decode(Decoder& d, GVariant* v, uint64_t& out);
bool decode(Decoder& d, GVariant* v, float& out);
bool decode(Decoder& d, GVariant* v, double& out);
bool decode(Decoder& d, GVariant* v, std::string& out);
bool decode(Decoder& d, GVariant* v, UniqueFd& out);
bool decode(Decoder& d, GVariant* v, ControlList& out);
bool decode(Decoder& d, GVariant* v, ControlRanges& out);

/* Containers: declared before they are defined, so that they nest in any order. */
template <typename T>
GVariant* encode(Encoder& e, const std::vector<T>& list);
template <typename T, size_t N>
GVariant* encode(Encoder& e, const std::array<T, N>& list);
template <typename K, typename V>
GVariant* encode(Encoder& e, const std::map<K, V>& map);
template <typename T>
bool decode(Decoder& d, GVariant* v, std::vector<T>& out);
template <typename T, size_t N>
bool decode(Decoder& d, GVariant* v, std::array<T, N>& out);
template <typename K, typename V>
bool decode(Decoder& d, GVariant* v, std::map<K, V>& out);

void fail_too_many(Encoder& e, size_t count, size_t limit);
bool fail_too_many(Decoder& d, size_t count, size_t limit);

template <typename T, typename List>
GVariant* encode_items(Encoder& e, const List& list) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, wire_type<std::vector<T>>());
  for (auto&& item : list) {
    if (e.failed())
      break;
    g_variant_builder_add_value(&builder, encode(e, static_cast<const T&>(item)));
  }
  return g_variant_builder_end(&builder);
}

template <typename T>
GVariant* encode(Encoder& e, const std::vector<T>& list) {
  const size_t limit = max_items<T>();
  if (list.size() > limit) {
    fail_too_many(e, list.size(), limit);
    return g_variant_new_array(wire_type<T>(), nullptr, 0);
  }
  if constexpr (Block<T>)
    return g_variant_new_fixed_array(wire_type<T>(), list.data(), list.size(), sizeof(T));
  else
    return encode_items<T>(e, list);
}

template <typename T, size_t N>
GVariant* encode(Encoder& e, const std::array<T, N>& list) {
  return encode_items<T>(e, list);
}

template <typename K, typename V>
GVariant* encode(Encoder& e, const std::map<K, V>& map) {
  if (map.size() > kMaxItems)
    fail_too_many(e, map.size(), kMaxItems);
  GVariantBuilder builder;
  g_variant_builder_init(&builder, wire_type<std::map<K, V>>());
  for (const auto& [key, value] : map) {
    if (e.failed())
      break;
    GVariant* k = encode(e, key);
    g_variant_builder_add_value(&builder, g_variant_new_dict_entry(k, encode(e, value)));
  }
  return g_variant_builder_end(&builder);
}

template <typename T>
bool decode(Decoder& d, GVariant* v, std::vector<T>& out) {
  const size_t count = g_variant_n_children(v);
  const size_t limit = max_items<T>();
  if (count > limit)
    return fail_too_many(d, count, limit);
  if (!d.take_memory(count, sizeof(T)))
    return false;
  out.clear();
  if constexpr (Block<T>) {
    gsize n = 0;
    const T* items = static_cast<const T*>(g_variant_get_fixed_array(v, &n, sizeof(T)));
    if (n > 0)
      out.assign(items, items + n);
  } else {
    out.reserve(count);
    for (size_t i = 0; i < count; i++) {
      VariantPtr child(g_variant_get_child_value(v, i));
      T item{};
      if (!decode(d, child.get(), item))
        return false;
      out.push_back(std::move(item));
    }
  }
  return true;
}

template <typename T, size_t N>
bool decode(Decoder& d, GVariant* v, std::array<T, N>& out) {
  const size_t count = g_variant_n_children(v);
  if (count != N)
    return d.fail(std::to_string(count) + " values instead of " + std::to_string(N));
  for (size_t i = 0; i < N; i++) {
    VariantPtr child(g_variant_get_child_value(v, i));
    if (!decode(d, child.get(), out[i]))
      return false;
  }
  return true;
}

template <typename K, typename V>
bool decode(Decoder& d, GVariant* v, std::map<K, V>& out) {
  constexpr size_t kNode = 4 * sizeof(void*);  // what a map's node costs besides its pair
  const size_t count = g_variant_n_children(v);
  if (count > kMaxItems)
    return fail_too_many(d, count, kMaxItems);
  if (!d.take_memory(count, sizeof(std::pair<const K, V>) + kNode))
    return false;
  out.clear();
  for (size_t i = 0; i < count; i++) {
    VariantPtr entry(g_variant_get_child_value(v, i));
    VariantPtr key(g_variant_get_child_value(entry.get(), 0));
    VariantPtr value(g_variant_get_child_value(entry.get(), 1));
    K k{};
    V item{};
    if (!decode(d, key.get(), k) || !decode(d, value.get(), item))
      return false;
    if (!out.emplace(std::move(k), std::move(item)).second)
      return d.fail("a key of a map comes twice");
  }
  return true;
}

/** Builds a record's or message's tuple, field by field. */
class TupleWriter {
 public:
  explicit TupleWriter(Encoder& e) : encoder_(e) {
    g_variant_builder_init(&builder_, G_VARIANT_TYPE_TUPLE);
  }
  TupleWriter(const TupleWriter&) = delete;
  TupleWriter& operator=(const TupleWriter&) = delete;
  ~TupleWriter() { g_variant_builder_clear(&builder_); }

  template <typename T>
  void field(const char* name, const T& value) {
    const bool failed_before = encoder_.failed();
    g_variant_builder_add_value(&builder_, encode(encoder_, value));
    encoder_.within(name, failed_before);
  }
  GVariant* end() { return g_variant_builder_end(&builder_); }

 private:
  Encoder& encoder_;
  GVariantBuilder builder_;
};

/** Reads a record's or message's tuple, field by field, in order. */
class TupleReader {
 public:
  TupleReader(Decoder& d, GVariant* tuple) : decoder_(d), tuple_(tuple) {}

  template <typename T>
  bool field(const char* name, T& out) {
    VariantPtr child(g_variant_get_child_value(tuple_, index_++));
    if (decode(decoder_, child.get(), out))
      return true;
    decoder_.within(name);
    return false;
  }

 private:
  Decoder& decoder_;
  GVariant* tuple_;
  size_t index_ = 0;
};

}  // namespace gstcam::ipc
