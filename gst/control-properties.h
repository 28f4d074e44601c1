/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GObject properties made from the control table: a GParamSpec for every writable row, and values
 * between GValue and ControlValue.
 *
 * An enum control gets a GEnum type of its own ("GstCameraAeMode") with the nicks of the table; an
 * array of doubles is a GST_TYPE_ARRAY of G_TYPE_DOUBLE. Thread safe after the class is made.
 */
#pragma once

#include <gst/gst.h>

#include "base/controls.h"

namespace gstcam {

/** Adds every writable control to `klass`, with the property ids first_id + ControlId. */
void install_control_properties(GObjectClass* klass, guint first_id);

/** The GEnum type of an Enum control; made at the first call. */
GType control_enum_type(ControlId id);

/** Into a GValue that was initialised with the control's property type. */
void control_to_gvalue(ControlId id, const ControlValue& value, GValue* out);

/** Invalid for a wrong type, count or range. */
Result<ControlValue> control_from_gvalue(ControlId id, const GValue* value);

/** The table's default as a value. */
ControlValue control_default(ControlId id);

}  // namespace gstcam
