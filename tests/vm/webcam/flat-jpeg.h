/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture of flat blocks as a baseline JPEG, 4:2:2, as webcams send it (ITU T.81).
 *
 * A flat block is its mean alone, and a quantiser of 8 makes that mean exact: what a decoder gives
 * back is the picture. So the coder needs no transform and two tiny Huffman tables: fast enough for
 * an emulated processor.
 */
#pragma once

#include "tests/vm/webcam/bytes.h"
#include "tests/vm/webcam/picture.h"

namespace gstcam::webcam {

Bytes flat_jpeg(const Picture& picture);

}  // namespace gstcam::webcam
