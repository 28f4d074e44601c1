/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an IPA module (.so) exports: one table, gst_camera_ipa_module.
 *
 * An author writes a class that implements the generated `gstcam::<name>::Ipa` and puts the macro
 * of the generated header, GST_CAMERA_<NAME>_IPA_MODULE(Class, "module-name", "1.0"), at the end of
 * one file. The table is C, so that a host can look at it before it trusts anything else.
 */
#pragma once

#include <stdint.h>

/* Of this table, and of the C++ types that cross the border where the module runs in a thread. */
#define GST_CAMERA_IPA_MODULE_ABI 2
#define GST_CAMERA_IPA_MODULE_SYMBOL "gst_camera_ipa_module"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint32_t abi;               /* GST_CAMERA_IPA_MODULE_ABI */
  uint32_t size;              /* sizeof(GstCameraIpaModule) */
  const char* interface_name; /* "org.freedesktop.GstCamera.Simulated" */
  const char* interface_hash; /* of the interface header's model: must match the handler's */
  const char* name;           /* of the module, "simulated" */
  const char* version;        /* of the module, for people */

  /* A gstcam::<name>::Ipa*, NULL when it cannot be made; events is its IpaEvents*. */
  void* (*create)(void* events);
  void (*destroy)(void* ipa);
  /* A gstcam::ipc::Stub* that owns a new IPA; sink is a gstcam::ipc::EventSink*. */
  void* (*create_stub)(void* sink);
  void (*destroy_stub)(void* stub);
} GstCameraIpaModule;

#ifdef __cplusplus
}
#endif
