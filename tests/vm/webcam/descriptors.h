/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The descriptors by which a USB video camera says what it is: USB 2.0 chapter 9 and the class
 * specification UVC 1.1 (sections 3 and 4 of the specification, and of its payload documents).
 *
 * One function with two interfaces: control (camera terminal -> processing unit -> output terminal)
 * and streaming. The streaming interface has its bulk endpoint always; isochronous endpoints belong
 * to alternate settings, one for each bandwidth of kIsoBandwidth.
 */
#pragma once

#include "tests/vm/webcam/bytes.h"
#include "tests/vm/webcam/model.h"

namespace gstcam::webcam {

Bytes device_descriptor(const Model& model);
Bytes configuration_descriptor(const Model& model);
/** String `index`; empty where there is none. 0 lists the languages: US English. */
Bytes string_descriptor(const Model& model, unsigned index);

}  // namespace gstcam::webcam
