/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an IPA tells the kernel's vimc driver for one frame.
 *
 * A versioned structure of fixed layout that lies in a shared buffer. The IPA writes it, the
 * handler copies it out, checks it (check_vimc_parameters() of pipelines/vimc/parameters.h) and
 * writes what changed to the subdevices. Plain C, no pointers, the same on both sides of a process
 * border.
 */
#pragma once

#include <stdint.h>

#define GST_CAMERA_VIMC_PARAMETERS_VERSION 1

typedef struct {
  uint32_t version; /* GST_CAMERA_VIMC_PARAMETERS_VERSION */
  uint32_t size;    /* sizeof(GstCameraVimcParameters) */
  uint32_t frame;   /* the frame these are for */

  /* Values of the sensors' V4L2 controls, within their ranges. */
  int32_t brightness;       /* V4L2_CID_BRIGHTNESS */
  int32_t contrast;         /* V4L2_CID_CONTRAST */
  int32_t saturation;       /* V4L2_CID_SATURATION */
  int32_t hue;              /* V4L2_CID_HUE */
  uint32_t horizontal_flip; /* V4L2_CID_HFLIP: 0 or 1 */
  uint32_t vertical_flip;   /* V4L2_CID_VFLIP: 0 or 1 */
  /* Pixels of a side of the square over which the debayer takes its means; odd. */
  uint32_t mean_window;

  /* The same brightness, contrast and saturation in units of the control table: what metadata is to
   * say, since codes are coarser than what was asked for. */
  double brightness_value;
  double contrast_value;
  double saturation_value;
} GstCameraVimcParameters;
