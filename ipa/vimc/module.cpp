/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table by which hosts find VimcIpa; the only symbol of the module. */
#include "vimc-ipa-module.h"

#include "ipa/vimc/vimc.h"

GST_CAMERA_VIMC_IPA_MODULE(gstcam::vimc::VimcIpa, "vimc", "1.0")
