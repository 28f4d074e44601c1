/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owners for GLib and GStreamer handles: the C API's g_autoptr for C++ members and returns.
 */
#pragma once

#include <gio/gio.h>

#include <memory>
#include <utility>

namespace gstcam {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};

template <typename T, auto Free>
using HandlePtr = std::unique_ptr<T, FreeWith<Free>>;

/** One reference to a GObject (also: any type that g_object_ref/unref take). */
template <typename T>
class ObjectPtr {
 public:
  ObjectPtr() = default;
  ObjectPtr(std::nullptr_t) {}  // NOLINT
  /** Takes over a reference the caller owns (a "transfer full" return). */
  static ObjectPtr adopt(T* object) {
    ObjectPtr p;
    p.object_ = object;
    return p;
  }
  /** Takes a new reference (a "transfer none" return). */
  static ObjectPtr ref(T* object) {
    return adopt(object ? static_cast<T*>(g_object_ref(object)) : nullptr);
  }
  ObjectPtr(const ObjectPtr& other) : ObjectPtr(ref(other.object_)) {}
  ObjectPtr(ObjectPtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ObjectPtr& operator=(ObjectPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ObjectPtr() {
    if (object_)
      g_object_unref(object_);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  T* release() { return std::exchange(object_, nullptr); }
  void reset() { *this = ObjectPtr(); }

 private:
  T* object_ = nullptr;
};

using VariantPtr = HandlePtr<GVariant, g_variant_unref>;
using ErrorPtr = HandlePtr<GError, g_error_free>;
using MainContextPtr = HandlePtr<GMainContext, g_main_context_unref>;
using SourcePtr = HandlePtr<GSource, g_source_unref>;
using CharPtr = HandlePtr<char, g_free>;

/** Sinks a floating variant, or takes a reference; the owner of what g_variant_new_*() made. */
inline VariantPtr sink(GVariant* variant) {
  return VariantPtr(variant ? g_variant_ref_sink(variant) : nullptr);
}

/** A callee's `GError**` argument: `ErrorOut e; f(..., &e); if (e) ... e.message()`. */
class ErrorOut {
 public:
  ErrorOut() = default;
  ErrorOut(const ErrorOut&) = delete;
  ErrorOut& operator=(const ErrorOut&) = delete;
  ~ErrorOut() { g_clear_error(&error_); }
  GError** operator&() { return &error_; }  // NOLINT
  explicit operator bool() const { return error_ != nullptr; }
  const GError* get() const { return error_; }
  const char* message() const { return error_ ? error_->message : "unknown error"; }

 private:
  GError* error_ = nullptr;
};

}  // namespace gstcam
