/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mode: one picture format, size and rate that a camera offers; and all of them, as a source tells
 * them in READY.
 */
#pragma once

#include <gst/gst.h>

#include <compare>
#include <set>
#include <string>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "gst/mini-object-ptr.h"

namespace gstcam::test {

struct Mode {
  std::string media;   // "video/x-raw"
  std::string format;  // "YUY2"; empty for what has none
  int width = 0;
  int height = 0;
  int rate_n = 0;
  int rate_d = 1;

  auto operator<=>(const Mode&) const = default;
  /** For a filter; `feature`: where it is, system memory for nullptr. */
  [[nodiscard]] CapsPtr caps(const char* feature = nullptr) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] int64_t frame_duration() const;
};

using Modes = std::set<Mode>;

/**
 * What `source`, in READY, offers in system memory. Failed for ranges of sizes or rates: the
 * cameras here have none.
 */
Result<Modes> offered_modes(GstElement* source);

/** Modes of `a` that are not in `b`, for people; empty where there are none. */
std::string missing(const Modes& a, const Modes& b);

/** A camerasrc or a v4l2src; set to what it is to open. */
ObjectPtr<GstElement> make_source(const char* factory, const char* property,
                                  const std::string& value);

/** The id by which camerasrc knows the camera of a node, as our device provider lists it. */
Result<std::string> camera_of_node(const std::string& node);

}  // namespace gstcam::test
