/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the (software) ISP tells an IPA about one frame.
 *
 * A versioned structure of fixed layout that lies in a shared buffer, as of a hardware ISP; the ISP
 * writes it, the IPA only reads. Taken from the mosaic after black level and lens shading, before
 * gains: linear sensor light, 1.0 = white level (largest code minus black level). A sample is
 * saturated by its level before lens shading, so that a bright corner is not taken for a burnt one.
 * A quad is two columns and two rows that start at even ones; the last column or row of an odd size
 * is in none.
 */
#pragma once

#include <stdint.h>

#define GST_CAMERA_ISP_STATISTICS_VERSION 1
#define GST_CAMERA_ISP_ZONE_COLUMNS 32
#define GST_CAMERA_ISP_ZONE_ROWS 24
#define GST_CAMERA_ISP_HISTOGRAM_BINS 256

/* One zone: means over its unsaturated 2x2 quads. The zones tile the picture. */
typedef struct {
  float mean[3];  /* R, G (mean of Gr and Gb), B: mean linear level of unsaturated quads, 0..1 */
  uint32_t count; /* unsaturated quads that were counted */
  uint32_t saturated; /* quads with a sample at or above 98 % of white, not in the means or count */
} GstCameraIspZone;

typedef struct {
  uint32_t version; /* GST_CAMERA_ISP_STATISTICS_VERSION */
  uint32_t size;    /* sizeof(GstCameraIspStatistics) */
  uint32_t frame;   /* the frame these are of */
  uint32_t quads; /* quads that were looked at (the ISP may take every n-th), saturated included */

  /* Quads per linear level of R, G, B, equidistant bins over 0..1, saturated ones included; what
   * lens shading lifts over 1 is in the last bin. */
  uint32_t histogram[3][GST_CAMERA_ISP_HISTOGRAM_BINS];

  /* Row by row from the top left. Quad (x, y) of a picture of w x h quads is in column
   * x * COLUMNS / w and row y * ROWS / h, rounded down. */
  GstCameraIspZone zones[GST_CAMERA_ISP_ZONE_ROWS][GST_CAMERA_ISP_ZONE_COLUMNS];
} GstCameraIspStatistics;
