/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records that every IPA interface may use: what a sensor is, what streams were configured, which
 * buffers there are, what an IPA gets at its start.
 *
 * Read by g-ir-scanner (namespace GstCameraIpa) and by the bindings generator, which makes the C++
 * types of namespace gstcam::ipa from it. See docs/writing-an-ipa.md for the rules.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * GstCameraIpaFd:
 *
 * A file descriptor. It crosses the border beside the message; the receiver owns its copy.
 */
typedef gint GstCameraIpaFd;

/**
 * GstCameraIpaControlList:
 *
 * Values of controls by name: `a{sv}`. Names, types and ranges are those of the control table
 * (docs/controls.md); anything else is refused. `gstcam::ControlList` in C++.
 */
typedef struct _GstCameraIpaControlList GstCameraIpaControlList;

/**
 * GstCameraIpaControlRanges:
 *
 * Minimum, maximum and default of controls by name: `a{s(vvv)}`. `gstcam::ControlRanges` in C++.
 */
typedef struct _GstCameraIpaControlRanges GstCameraIpaControlRanges;

/**
 * GstCameraIpaCfaOrder:
 * @GST_CAMERA_IPA_CFA_ORDER_RGGB: first row R G, second row G B
 * @GST_CAMERA_IPA_CFA_ORDER_GRBG: first row G R, second row B G
 * @GST_CAMERA_IPA_CFA_ORDER_GBRG: first row G B, second row R G
 * @GST_CAMERA_IPA_CFA_ORDER_BGGR: first row B G, second row G R
 *
 * The colours of the top left 2x2 pixels of a mosaic.
 */
typedef enum {
  GST_CAMERA_IPA_CFA_ORDER_RGGB = 0,
  GST_CAMERA_IPA_CFA_ORDER_GRBG = 1,
  GST_CAMERA_IPA_CFA_ORDER_GBRG = 2,
  GST_CAMERA_IPA_CFA_ORDER_BGGR = 3,
} GstCameraIpaCfaOrder;

/**
 * GstCameraIpaSensorInfo:
 * @model: name of the sensor, as tuning files call it
 * @width: width of the mode's picture in pixels
 * @height: height of the mode's picture in pixels
 * @cfa_order: colours of the mosaic
 * @bits_per_sample: significant bits of a sample, 8 to 16
 * @black_level: level of no light in 16 bit scale
 * @line_duration: time of one line in ns; exposure times are multiples of it
 * @exposure_time_min: shortest exposure time in ns
 * @exposure_time_max: longest exposure time in ns at the longest frame duration; 0 where exposure
 *   time and gain can be neither set nor told: then no call and no event has them
 * @analogue_gain_min: smallest gain, a factor
 * @analogue_gain_max: largest gain, a factor
 * @frame_duration_min: shortest frame duration in ns in the configured stream
 * @frame_duration_max: longest frame duration in ns in the configured stream
 * @exposure_delay: frames from setting the exposure time to the first frame that has it
 * @gain_delay: frames from setting the gain to the first frame that has it
 *
 * A sensor in one of its modes.
 */
typedef struct {
  gchar* model;
  guint32 width;
  guint32 height;
  GstCameraIpaCfaOrder cfa_order;
  guint32 bits_per_sample;
  guint32 black_level;
  guint64 line_duration;
  guint64 exposure_time_min;
  guint64 exposure_time_max;
  gdouble analogue_gain_min;
  gdouble analogue_gain_max;
  guint64 frame_duration_min;
  guint64 frame_duration_max;
  guint32 exposure_delay;
  guint32 gain_delay;
} GstCameraIpaSensorInfo;

/**
 * GstCameraIpaStreamConfiguration:
 * @id: number of the stream
 * @pixel_format: fourcc of the format, as DRM defines them
 * @width: width in pixels
 * @height: height in pixels
 *
 * One configured output.
 */
typedef struct {
  guint32 id;
  guint32 pixel_format;
  guint32 width;
  guint32 height;
} GstCameraIpaStreamConfiguration;

/**
 * GstCameraIpaBuffer:
 * @id: the number later calls name this buffer by
 * @fd: memory of the buffer, sealed against resizing
 * @size: bytes of it that may be mapped
 * @writable: whether the IPA may write to it; statistics it may only read
 *
 * A buffer shared with the IPA, mapped once and used by number.
 */
typedef struct {
  guint32 id;
  GstCameraIpaFd fd;
  guint64 size;
  gboolean writable;
} GstCameraIpaBuffer;

/**
 * GstCameraIpaSettings:
 * @tuning: the tuning file, open for reading at its beginning
 * @tuning_name: what errors call the tuning file
 *
 * What an IPA gets once, when it is made.
 */
typedef struct {
  GstCameraIpaFd tuning;
  gchar* tuning_name;
} GstCameraIpaSettings;

G_END_DECLS
