/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The test IPA as a module, as a third party would write it. */
#include "tests/ipc/echo-ipa.h"
#include "tests/ipc/test-ipa-module.h"

GST_CAMERA_TEST_IPA_MODULE(gstcam::test::EchoIpa, "echo", "1.0")
