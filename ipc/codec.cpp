/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/codec.h"

#include <cmath>

namespace gstcam::ipc {

Message empty_message(const char* member) {
  return Message{member, sink(g_variant_new_tuple(nullptr, 0)), {}};
}

void Encoder::fail(std::string message) {
  fail(Error(Error::Code::Invalid, std::move(message)));
}

void Encoder::fail(Error error) {
  if (!error_)
    error_ = std::move(error);
}

void Encoder::within(const char* name, bool failed_before) {
  if (error_ && !failed_before)
    error_ = error_->within(name);
}

int32_t Encoder::add_fd(const UniqueFd& fd) {
  if (error_)
    return 0;
  if (!fd.valid()) {
    fail("not an open file descriptor");
    return 0;
  }
  if (fds_.size() >= kMaxMessageFds) {
    fail("more than " + std::to_string(kMaxMessageFds) + " file descriptors in one message");
    return 0;
  }
  Result<UniqueFd> made = UniqueFd::duplicate(fd.get());
  if (!made) {
    fail(made.error());
    return 0;
  }
  fds_.push_back(std::move(*made));
  return static_cast<int32_t>(fds_.size() - 1);
}

Result<Message> Encoder::finish(const char* member, GVariant* body) {
  VariantPtr owned = sink(body);
  if (error_)
    return error_->within(member);
  return Message{member, std::move(owned), std::move(fds_)};
}

GVariant* Decoder::open(const GVariantType* type) {
  taken_.assign(message_.fds.size(), false);
  GVariant* body = message_.body.get();
  if (!body) {
    fail("no body");
    return nullptr;
  }
  if (!g_variant_is_of_type(body, type)) {
    fail(std::string("body is of type ") + g_variant_get_type_string(body) + " instead of " +
         std::string(g_variant_type_peek_string(type), g_variant_type_get_string_length(type)));
    return nullptr;
  }
  if (message_.fds.size() > kMaxMessageFds) {
    fail("more than " + std::to_string(kMaxMessageFds) + " file descriptors");
    return nullptr;
  }
  if (!message_.normal && !g_variant_is_normal_form(body)) {
    fail("body is not in normal form");
    return nullptr;
  }
  return body;
}

bool Decoder::fail(std::string message) {
  if (!error_)
    error_ = Error(Error::Code::Protocol, std::move(message));
  return false;
}

void Decoder::within(const char* name) {
  if (error_)
    error_ = error_->within(name);
}

bool Decoder::take_fd(int32_t index, UniqueFd& out) {
  const size_t count = message_.fds.size();
  if (index < 0 || static_cast<size_t>(index) >= count)
    return fail("file descriptor " + std::to_string(index) + " of " + std::to_string(count));
  if (taken_[static_cast<size_t>(index)])
    return fail("file descriptor " + std::to_string(index) + " is used twice");
  taken_[static_cast<size_t>(index)] = true;
  out = std::move(message_.fds[static_cast<size_t>(index)]);
  if (!out.valid())
    return fail("file descriptor " + std::to_string(index) + " is not open");
  return true;
}

bool Decoder::take_memory(size_t count, size_t size) {
  if (count > (kMaxDecoded - memory_) / size)
    return fail("message takes more than " + std::to_string(kMaxDecoded >> 20U) + " MiB");
  memory_ += count * size;
  return true;
}

bool Decoder::finish() {
  if (error_)
    return false;
  for (size_t i = 0; i < taken_.size(); i++) {
    if (!taken_[i])
      return fail("file descriptor " + std::to_string(i) + " is not used by the message");
  }
  return true;
}

Error Decoder::error() const {
  if (!error_)
    return Error(Error::Code::Protocol, message_.member + ": cannot be decoded");
  return error_->within(message_.member);
}

void fail_too_many(Encoder& e, size_t count, size_t limit) {
  e.fail(std::to_string(count) + " items, at most " + std::to_string(limit) + " may be sent");
}

bool fail_too_many(Decoder& d, size_t count, size_t limit) {
  return d.fail(std::to_string(count) + " items, at most " + std::to_string(limit) +
                " are accepted");
}

GVariant* encode(Encoder& /*e*/, bool value) {
  return g_variant_new_boolean(value);
}
GVariant* encode(Encoder& /*e*/, int8_t value) {
  return g_variant_new_int16(value);
}
GVariant* encode(Encoder& /*e*/, uint8_t value) {
  return g_variant_new_byte(value);
}
GVariant* encode(Encoder& /*e*/, int16_t value) {
  return g_variant_new_int16(value);
}
GVariant* encode(Encoder& /*e*/, uint16_t value) {
  return g_variant_new_uint16(value);
}
GVariant* encode(Encoder& /*e*/, int32_t value) {
  return g_variant_new_int32(value);
}
GVariant* encode(Encoder& /*e*/, uint32_t value) {
  return g_variant_new_uint32(value);
}
GVariant* encode(Encoder& /*e*/, int64_t value) {
  return g_variant_new_int64(value);
}
GVariant* encode(Encoder& /*e*/, uint64_t value) {
  return g_variant_new_uint64(value);
}
GVariant* encode(Encoder& e, float value) {
  return encode(e, static_cast<double>(value));
}

GVariant* encode(Encoder& e, double value) {
  if (!std::isfinite(value))
    e.fail("not a finite number");
  return g_variant_new_double(value);
}

GVariant* encode(Encoder& e, const std::string& value) {
  if (value.size() > kMaxText)
    e.fail("text of " + std::to_string(value.size()) + " bytes, at most " +
           std::to_string(kMaxText) + " may be sent");
  else if (!g_utf8_validate_len(value.data(), value.size(), nullptr))
    e.fail("text is not UTF-8, or has a zero in it");
  else
    return g_variant_new_string(value.c_str());
  return g_variant_new_string("");
}

GVariant* encode(Encoder& e, const UniqueFd& value) {
  return g_variant_new_handle(e.add_fd(value));
}

bool decode(Decoder& /*d*/, GVariant* v, bool& out) {
  out = g_variant_get_boolean(v) != FALSE;
  return true;
}

bool decode(Decoder& d, GVariant* v, int8_t& out) {
  const int16_t value = g_variant_get_int16(v);
  if (value < std::numeric_limits<int8_t>::min() || value > std::numeric_limits<int8_t>::max())
    return d.fail(std::to_string(value) + " does not fit 8 bits");
  out = static_cast<int8_t>(value);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, uint8_t& out) {
  out = g_variant_get_byte(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, int16_t& out) {
  out = g_variant_get_int16(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, uint16_t& out) {
  out = g_variant_get_uint16(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, int32_t& out) {
  out = g_variant_get_int32(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, uint32_t& out) {
  out = g_variant_get_uint32(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, int64_t& out) {
  out = g_variant_get_int64(v);
  return true;
}

bool decode(Decoder& /*d*/, GVariant* v, uint64_t& out) {
  out = g_variant_get_uint64(v);
  return true;
}

bool decode(Decoder& d, GVariant* v, float& out) {
  double value = 0;
  if (!decode(d, v, value))
    return false;
  if (std::fabs(value) > std::numeric_limits<float>::max())
    return d.fail("a number that does not fit 32 bits");
  out = static_cast<float>(value);
  return true;
}

bool decode(Decoder& d, GVariant* v, double& out) {
  out = g_variant_get_double(v);
  return std::isfinite(out) || d.fail("not a finite number");
}

bool decode(Decoder& d, GVariant* v, std::string& out) {
  gsize length = 0;
  const char* text = g_variant_get_string(v, &length);
  if (length > kMaxText)
    return d.fail("text of " + std::to_string(length) + " bytes, at most " +
                  std::to_string(kMaxText) + " are accepted");
  if (!d.take_memory(length, 1))
    return false;
  out.assign(text, length);
  return true;
}

bool decode(Decoder& d, GVariant* v, UniqueFd& out) {
  return d.take_fd(g_variant_get_handle(v), out);
}

}  // namespace gstcam::ipc
