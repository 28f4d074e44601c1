/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a raw sensor's modes are to an application, and to the IPA. Functions without state; the
 * path is its caller's.
 */
#pragma once

#include "core/sensor-info.h"
#include "core/stream.h"
#include "pipelines/simple/sensor-path.h"

namespace gstcam::simple {

/**
 * Each size the sensor and the node have in common, with the rates of its mode. To know these every
 * mode of the sensor has to be set once, so nobody may take pictures of it: Busy, before anything
 * is touched, where another program does.
 */
Result<StreamCapabilities> raw_capabilities(SensorPath& path);

/** The mode that has a size. */
const RawMode* mode_of(const std::vector<RawMode>& modes, Size size);

/**
 * The path is configured to `mode` and `size`. `frame_duration` (ns) becomes what sensor or node
 * makes of it; where neither can be told, it stays what was asked for.
 */
Result<SensorInfo> sensor_info(SensorPath& path, const RawMode& mode, Size size,
                               int64_t& frame_duration);

}  // namespace gstcam::simple
