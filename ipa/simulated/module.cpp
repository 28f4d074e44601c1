/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table by which hosts find SimulatedIpa; the only symbol of the module. */
#include "simulated-ipa-module.h"

#include "ipa/simulated/simulated.h"

GST_CAMERA_SIMULATED_IPA_MODULE(gstcam::simulated::SimulatedIpa, "simulated", "1.0")
