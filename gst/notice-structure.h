/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields of the core as a GstStructure: for element messages and the property ipa-stats.
 */
#pragma once

#include <gst/gst.h>

#include "core/notice.h"

namespace gstcam {

/** gboolean, gint64, gdouble and gchararray fields. Ownership goes to the caller. */
[[nodiscard]] GstStructure* to_structure(const char* name, const Fields& fields);

}  // namespace gstcam
