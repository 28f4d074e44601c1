/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module that is no IPA but loads as one; with EVIL, whoever loads it ends at once.
 */
#include "ipa/module.h"

#include <stddef.h>
#include <unistd.h>

static void* create(void* events) {
  (void)events;
  return NULL;
}

static void destroy(void* ipa) {
  (void)ipa;
}

#ifdef EVIL
__attribute__((constructor)) static void take_over(void) {
  static const char text[] = "the evil module was loaded\n";
  const ssize_t put = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(put > 0 ? 42 : 43);
}
#endif

__attribute__((visibility("default"))) extern const GstCameraIpaModule gst_camera_ipa_module;
const GstCameraIpaModule gst_camera_ipa_module = {
    GST_CAMERA_IPA_MODULE_ABI,
    sizeof(GstCameraIpaModule),
    "org.freedesktop.GstCamera.Test",
    "none",
    "marked",
    "1.0",
    create,
    destroy,
    create,
    destroy,
};
