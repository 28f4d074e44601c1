/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface of the tests: every type the codec knows, in records, sync calls, async calls and
 * events; and calls that make the promises of the border visible. Also an example of how each type
 * is written in a header.
 */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

/**
 * GstCameraTestColour:
 * @GST_CAMERA_TEST_COLOUR_RED: not zero, so that a forgotten value shows
 * @GST_CAMERA_TEST_COLOUR_DEEP_BLUE: a name of two words
 * @GST_CAMERA_TEST_COLOUR_NONE: negative
 *
 * An enum with holes.
 */
typedef enum {
  GST_CAMERA_TEST_COLOUR_RED = 1,
  GST_CAMERA_TEST_COLOUR_DEEP_BLUE = 7,
  GST_CAMERA_TEST_COLOUR_NONE = -1,
} GstCameraTestColour;

/**
 * GstCameraTestFeatures:
 * @GST_CAMERA_TEST_FEATURES_FLASH: the first bit
 * @GST_CAMERA_TEST_FEATURES_FOCUS: the second
 * @GST_CAMERA_TEST_FEATURES_LAST: the last there can be
 *
 * Flags.
 */
typedef enum {
  GST_CAMERA_TEST_FEATURES_FLASH = 1 << 0,
  GST_CAMERA_TEST_FEATURES_FOCUS = 1 << 1,
  GST_CAMERA_TEST_FEATURES_LAST = 1 << 30,
} GstCameraTestFeatures;

/**
 * GstCameraTestPoint:
 * @x: to the right
 * @y: down
 *
 * A record to be nested.
 */
typedef struct {
  gint32 x;
  gint32 y;
} GstCameraTestPoint;

/**
 * GstCameraTestNumbers:
 * @i8: 8 bit
 * @u8: 8 bit
 * @i16: 16 bit
 * @u16: 16 bit
 * @i32: 32 bit
 * @u32: 32 bit
 * @i64: 64 bit
 * @u64: 64 bit
 * @i: as gint32
 * @u: as guint32
 * @f: single precision
 * @d: double precision
 *
 * Every number.
 */
typedef struct {
  gint8 i8;
  guint8 u8;
  gint16 i16;
  guint16 u16;
  gint32 i32;
  guint32 u32;
  gint64 i64;
  guint64 u64;
  gint i;
  guint u;
  gfloat f;
  gdouble d;
} GstCameraTestNumbers;

/**
 * GstCameraTestEverything:
 * @truth: a boolean
 * @numbers: a nested record
 * @text: a string
 * @colour: an enum
 * @features: flags
 * @matrix: a fixed array of numbers
 * @corners: a fixed array of records
 * @names: (element-type utf8): a list of strings
 * @path: (element-type GstCameraTestPoint): a list of records
 * @places: (element-type utf8 GstCameraTestPoint): a map
 * @blob: bytes
 * @controls: controls
 * @ranges: ranges of controls
 * @sensor: a shared record
 *
 * Every type but descriptors, so that it can be copied.
 */
typedef struct {
  gboolean truth;
  GstCameraTestNumbers numbers;
  gchar* text;
  GstCameraTestColour colour;
  GstCameraTestFeatures features;
  gdouble matrix[9];
  GstCameraTestPoint corners[4];
  GArray* names;
  GArray* path;
  GHashTable* places;
  GBytes* blob;
  GstCameraIpaControlList* controls;
  GstCameraIpaControlRanges* ranges;
  GstCameraIpaSensorInfo sensor;
} GstCameraTestEverything;

/**
 * GstCameraTestFiles:
 * @one: a descriptor
 * @two: a fixed array of them
 * @many: (element-type GstCameraIpaFd): a list of them
 * @named: (element-type utf8 GstCameraIpaFd): a map to them
 * @label: and something else
 *
 * Descriptors everywhere: moves, does not copy.
 */
typedef struct {
  GstCameraIpaFd one;
  GstCameraIpaFd two[2];
  GArray* many;
  GHashTable* named;
  gchar* label;
} GstCameraTestFiles;

#define GST_CAMERA_TEST_TYPE_IPA (gst_camera_test_ipa_get_type())
G_DECLARE_INTERFACE(GstCameraTestIpa, gst_camera_test_ipa, GST_CAMERA_TEST, IPA, GObject)

/**
 * GstCameraTestIpaInterface:
 *
 * Calls that answer with what they got, and calls that behave in one certain way.
 */
struct _GstCameraTestIpaInterface {
  GTypeInterface parent;

  /**
   * GstCameraTestIpaInterface::init:
   * @self: the IPA
   * @settings: a tuning file that is read, so that a test sees the descriptor arrive
   * @tuning: (out): the content of the tuning file
   * @error: return location for an error
   */
  gboolean (*init)(GstCameraTestIpa* self, const GstCameraIpaSettings* settings, gchar** tuning,
                   GError** error);

  /**
   * GstCameraTestIpaInterface::start:
   * @self: the IPA
   * @run: (out): how often it was started, 1 for the first time
   * @error: return location for an error
   */
  gboolean (*start)(GstCameraTestIpa* self, guint32* run, GError** error);

  /**
   * GstCameraTestIpaInterface::stop:
   * @self: the IPA
   * @error: return location for an error
   *
   * Sends the event number(4294967295) before it returns, which must not be delivered.
   */
  gboolean (*stop)(GstCameraTestIpa* self, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_numbers:
   * @self: the IPA
   * @i8: 8 bit
   * @u8: 8 bit
   * @i16: 16 bit
   * @u16: 16 bit
   * @i32: 32 bit
   * @u32: 32 bit
   * @i64: 64 bit
   * @u64: 64 bit
   * @f: single precision
   * @d: double precision
   * @numbers: (out): all of them
   * @count: (out): how many there were
   * @error: return location for an error
   */
  gboolean (*echo_numbers)(GstCameraTestIpa* self, gint8 i8, guint8 u8, gint16 i16, guint16 u16,
                           gint32 i32, guint32 u32, gint64 i64, guint64 u64, gfloat f, gdouble d,
                           GstCameraTestNumbers** numbers, guint8* count, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_values:
   * @self: the IPA
   * @truth: a boolean
   * @text: a string
   * @colour: an enum
   * @features: flags
   * @truth_back: (out): the same
   * @text_back: (out): the same
   * @colour_back: (out): the same
   * @features_back: (out): the same
   * @error: return location for an error
   */
  gboolean (*echo_values)(GstCameraTestIpa* self, gboolean truth, const gchar* text,
                          GstCameraTestColour colour, GstCameraTestFeatures features,
                          gboolean* truth_back, gchar** text_back, GstCameraTestColour* colour_back,
                          GstCameraTestFeatures* features_back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_everything:
   * @self: the IPA
   * @everything: a record
   * @back: (out): the same
   * @error: return location for an error
   */
  gboolean (*echo_everything)(GstCameraTestIpa* self, const GstCameraTestEverything* everything,
                              GstCameraTestEverything** back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_lists:
   * @self: the IPA
   * @matrix: (array fixed-size=9): a fixed array
   * @numbers: (element-type guint16): a list of numbers
   * @truths: (element-type gboolean): a list of booleans
   * @levels: (element-type gdouble): a list of doubles
   * @texts: (element-type utf8): a list of strings
   * @colours: (element-type GstCameraTestColour): a list of enums
   * @records: (element-type GstCameraTestEverything): a list of records
   * @matrix_back: (out) (array fixed-size=9): the same
   * @numbers_back: (out) (element-type guint16): the same
   * @truths_back: (out) (element-type gboolean): the same
   * @levels_back: (out) (element-type gdouble): the same
   * @texts_back: (out) (element-type utf8): the same
   * @colours_back: (out) (element-type GstCameraTestColour): the same
   * @records_back: (out) (element-type GstCameraTestEverything): the same
   * @error: return location for an error
   */
  gboolean (*echo_lists)(GstCameraTestIpa* self, const gdouble* matrix, GArray* numbers,
                         GArray* truths, GArray* levels, GArray* texts, GArray* colours,
                         GArray* records, gdouble** matrix_back, GArray** numbers_back,
                         GArray** truths_back, GArray** levels_back, GArray** texts_back,
                         GArray** colours_back, GArray** records_back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_maps:
   * @self: the IPA
   * @texts: (element-type guint32 utf8): by number
   * @points: (element-type utf8 GstCameraTestPoint): by name
   * @levels: (element-type GstCameraTestColour gdouble): by enum
   * @texts_back: (out) (element-type guint32 utf8): the same
   * @points_back: (out) (element-type utf8 GstCameraTestPoint): the same
   * @levels_back: (out) (element-type GstCameraTestColour gdouble): the same
   * @error: return location for an error
   */
  gboolean (*echo_maps)(GstCameraTestIpa* self, GHashTable* texts, GHashTable* points,
                        GHashTable* levels, GHashTable** texts_back, GHashTable** points_back,
                        GHashTable** levels_back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_bytes:
   * @self: the IPA
   * @bytes: up to 16 MiB
   * @back: (out): the same
   * @error: return location for an error
   */
  gboolean (*echo_bytes)(GstCameraTestIpa* self, GBytes* bytes, GBytes** back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_fds:
   * @self: the IPA
   * @fds: (element-type GstCameraIpaFd): up to 64 descriptors
   * @back: (out) (element-type GstCameraIpaFd): the same files in the same order
   * @error: return location for an error
   */
  gboolean (*echo_fds)(GstCameraTestIpa* self, GArray* fds, GArray** back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_files:
   * @self: the IPA
   * @fd: a descriptor
   * @files: a record with more
   * @fd_back: (out): the same
   * @files_back: (out): the same
   * @error: return location for an error
   */
  gboolean (*echo_files)(GstCameraTestIpa* self, GstCameraIpaFd fd, const GstCameraTestFiles* files,
                         GstCameraIpaFd* fd_back, GstCameraTestFiles** files_back, GError** error);

  /**
   * GstCameraTestIpaInterface::echo_controls:
   * @self: the IPA
   * @controls: values
   * @ranges: ranges
   * @controls_back: (out): the same
   * @ranges_back: (out): the same
   * @error: return location for an error
   */
  gboolean (*echo_controls)(GstCameraTestIpa* self, const GstCameraIpaControlList* controls,
                            const GstCameraIpaControlRanges* ranges,
                            GstCameraIpaControlList** controls_back,
                            GstCameraIpaControlRanges** ranges_back, GError** error);

  /**
   * GstCameraTestIpaInterface::identify:
   * @self: the IPA
   * @pid: (out): of the process it runs in
   * @thread: (out): the kernel's number of the thread it runs in
   * @init_thread: (out): the same, of init()
   * @start_thread: (out): the same, of the last start()
   * @error: return location for an error
   */
  gboolean (*identify)(GstCameraTestIpa* self, gint32* pid, gint32* thread, gint32* init_thread,
                       gint32* start_thread, GError** error);

  /**
   * GstCameraTestIpaInterface::block:
   * @self: the IPA
   * @gate: a pipe or socket; the call returns when it can be read or its other end is closed
   * @error: return location for an error
   *
   * As slow as the test wants.
   */
  gboolean (*block)(GstCameraTestIpa* self, GstCameraIpaFd gate, GError** error);

  /**
   * GstCameraTestIpaInterface::fail:
   * @self: the IPA
   * @code: word of the error's code
   * @message: message of the error
   * @hint: hint of the error
   * @error: return location for an error
   *
   * Fails.
   */
  gboolean (*fail)(GstCameraTestIpa* self, const gchar* code, const gchar* message,
                   const gchar* hint, GError** error);

  /**
   * GstCameraTestIpaInterface::recall:
   * @self: the IPA
   * @values: (out) (element-type guint32): what remember() got since the last recall(), in order
   * @error: return location for an error
   */
  gboolean (*recall)(GstCameraTestIpa* self, GArray** values, GError** error);

  /**
   * GstCameraTestIpaInterface::remember: (attributes camera.call=async)
   * @self: the IPA
   * @value: kept for recall()
   */
  void (*remember)(GstCameraTestIpa* self, guint32 value);

  /**
   * GstCameraTestIpaInterface::count: (attributes camera.call=async)
   * @self: the IPA
   * @first: the first number
   * @count: how many events
   *
   * Answered by `count` events number().
   */
  void (*count)(GstCameraTestIpa* self, guint32 first, guint32 count);

  /**
   * GstCameraTestIpaInterface::send_everything: (attributes camera.call=async)
   * @self: the IPA
   * @everything: a record
   * @controls: values
   *
   * Answered by the event everything().
   */
  void (*send_everything)(GstCameraTestIpa* self, const GstCameraTestEverything* everything,
                          const GstCameraIpaControlList* controls);

  /**
   * GstCameraTestIpaInterface::send_files: (attributes camera.call=async)
   * @self: the IPA
   * @fd: a descriptor
   * @files: more of them
   *
   * Answered by the event files().
   */
  void (*send_files)(GstCameraTestIpa* self, GstCameraIpaFd fd, const GstCameraTestFiles* files);

  /**
   * GstCameraTestIpaInterface::send_bytes: (attributes camera.call=async)
   * @self: the IPA
   * @bytes: up to 16 MiB
   *
   * Answered by the event bytes().
   */
  void (*send_bytes)(GstCameraTestIpa* self, GBytes* bytes);

  /**
   * GstCameraTestIpaInterface::block_later: (attributes camera.call=async)
   * @self: the IPA
   * @gate: as in block()
   */
  void (*block_later)(GstCameraTestIpa* self, GstCameraIpaFd gate);

  /**
   * GstCameraTestIpaInterface::fail_later: (attributes camera.call=async)
   * @self: the IPA
   * @message: message of the error
   *
   * Fails, and nobody waits.
   */
  void (*fail_later)(GstCameraTestIpa* self, const gchar* message);
};

#define GST_CAMERA_TEST_TYPE_IPA_EVENTS (gst_camera_test_ipa_events_get_type())
G_DECLARE_INTERFACE(GstCameraTestIpaEvents, gst_camera_test_ipa_events, GST_CAMERA_TEST, IPA_EVENTS,
                    GObject)

/**
 * GstCameraTestIpaEventsInterface:
 *
 * Events of every type.
 */
struct _GstCameraTestIpaEventsInterface {
  GTypeInterface parent;

  /**
   * GstCameraTestIpaEventsInterface::number:
   * @self: the handler
   * @value: a number
   */
  void (*number)(GstCameraTestIpaEvents* self, guint32 value);

  /**
   * GstCameraTestIpaEventsInterface::everything:
   * @self: the handler
   * @everything: a record
   * @controls: values
   */
  void (*everything)(GstCameraTestIpaEvents* self, const GstCameraTestEverything* everything,
                     const GstCameraIpaControlList* controls);

  /**
   * GstCameraTestIpaEventsInterface::files:
   * @self: the handler
   * @fd: a descriptor
   * @files: more of them
   */
  void (*files)(GstCameraTestIpaEvents* self, GstCameraIpaFd fd, const GstCameraTestFiles* files);

  /**
   * GstCameraTestIpaEventsInterface::bytes:
   * @self: the handler
   * @bytes: up to 16 MiB
   */
  void (*bytes)(GstCameraTestIpaEvents* self, GBytes* bytes);
};

G_END_DECLS
