/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an IPA tells the (software) ISP for one frame.
 *
 * A versioned structure of fixed layout that lies in a shared buffer, as for a hardware ISP. The
 * IPA writes it, the handler copies it out, checks it (check_isp_parameters() of
 * core/isp/parameters.h) and only then uses the copy. Plain C, no pointers, the same on both sides
 * of a process border.
 *
 * Order of the blocks in the ISP: black level -> lens shading -> [statistics] -> white-balance
 * gains
 * -> demosaic -> colour correction -> tone curve -> output format.
 */
#pragma once

#include <stdint.h>

#define GST_CAMERA_ISP_PARAMETERS_VERSION 1
#define GST_CAMERA_ISP_LSC_COLUMNS 17
#define GST_CAMERA_ISP_LSC_ROWS 13
#define GST_CAMERA_ISP_TONE_POINTS 257
#define GST_CAMERA_ISP_BLACK_LEVEL_MAX 32767

/* Order of colour channels of a mosaic everywhere: R, Gr, Gb, B. */
enum { GST_CAMERA_BAYER_R, GST_CAMERA_BAYER_GR, GST_CAMERA_BAYER_GB, GST_CAMERA_BAYER_B };

typedef struct {
  uint32_t version;              /* GST_CAMERA_ISP_PARAMETERS_VERSION */
  uint32_t size;                 /* sizeof(GstCameraIspParameters) */
  uint32_t frame;                /* the frame these are for */
  uint32_t lens_shading_enabled; /* 0: lens_shading is not read; 1: it is */

  /* Level of no light of R, Gr, Gb, B, in 16 bit scale (a 10 bit code << 6), up to
   * GST_CAMERA_ISP_BLACK_LEVEL_MAX. */
  uint16_t black_level[4];

  /* Gain of R, Gr, Gb, B at the nodes of a grid spread over the whole picture, rows from the top:
   * node (0, 0) on the centre of the top left pixel, the last on that of the bottom right; bilinear
   * in between. 0.25 .. 16. */
  float lens_shading[4][GST_CAMERA_ISP_LSC_ROWS][GST_CAMERA_ISP_LSC_COLUMNS];

  /* Gain of R, Gr, Gb, B: white balance times digital gain. 0 .. 256. After it, 1.0 is white and
   * what is above is cut off, before demosaic: with the smallest gain at 1 or more, a saturated
   * highlight is white; with one below 1 it takes on a colour. */
  float gains[4];

  /* White-balanced sensor RGB to linear output RGB, row by row. -16 .. 16 each. */
  float ccm[9];

  /* Output code (0 .. 65535) at equidistant linear levels 0 .. 1; linear in between; it never
   * falls. The same for R, G and B. 65535 is white of the output format, whatever its range. */
  uint16_t tone[GST_CAMERA_ISP_TONE_POINTS];
  uint16_t reserved;
} GstCameraIspParameters;
