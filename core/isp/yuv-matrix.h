/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The matrix R'G'B' -> Y'CbCr of a colorimetry in limited range (16..235, 16..240), fixed point.
 */
#pragma once

#include "core/isp/kernels/pack.h"
#include "core/stream.h"

namespace gstcam::isp {

/**
 * Bt709 (ITU-R BT.709-6, table 3) or Bt601 (ITU-R BT.601-7, 2.5); another counts as Bt709. Neutral
 * input gives exactly neutral chroma.
 */
YuvMatrix yuv_matrix(Colorimetry colorimetry);

/**
 * Whether chroma lies on the even columns (GStreamer's default for BT.709) or half way between two
 * (its default for BT.601). Vertically it is always half way.
 */
bool chroma_cosited(Colorimetry colorimetry);

}  // namespace gstcam::isp
