/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules with one thing wrong each: built several times with another BROKEN_*. */
#include "ipa/module.h"

#include <stddef.h>

static void* create(void* events) {
  return events ? NULL : NULL;
}

static void destroy(void* ipa) {
  (void)ipa;
}

#ifdef BROKEN_SYMBOL
#define TABLE some_other_name
#else
#define TABLE gst_camera_ipa_module
#endif
#ifdef BROKEN_ABI
#define ABI 99
#else
#define ABI GST_CAMERA_IPA_MODULE_ABI
#endif
#ifdef BROKEN_SIZE
#define SIZE 8
#else
#define SIZE sizeof(GstCameraIpaModule)
#endif
#ifdef BROKEN_INTERFACE
#define INTERFACE "org.freedesktop.GstCamera.Other"
#else
#define INTERFACE "org.freedesktop.GstCamera.Test"
#endif
#ifdef BROKEN_FUNCTION
#define CREATE_STUB NULL
#else
#define CREATE_STUB create
#endif

/* The hash is wrong in all of them, and is looked at last. */
__attribute__((visibility("default"))) extern const GstCameraIpaModule TABLE;
const GstCameraIpaModule TABLE = {
    ABI,   SIZE,   INTERFACE, "of an older header", "broken",
    "1.0", create, destroy,   CREATE_STUB,          destroy,
};
