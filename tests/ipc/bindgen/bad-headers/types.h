/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

typedef struct _GstCameraBadOpaque GstCameraBadOpaque;

typedef union {
  guint32 number;
  gfloat level;
} GstCameraBadUnion;

typedef struct {
  guint32 number;
} GstCameraBadRecord;

/**
 * GstCameraBadTree:
 * @children: (element-type GstCameraBadTree): again and again
 *
 * Has no end.
 */
typedef struct {
  GArray* children;
} GstCameraBadTree;

/**
 * GstCameraBadFields:
 * @fine: fine
 * @keyed: (element-type gdouble utf8): by a double
 *
 * Every kind of wrong field.
 */
typedef struct {
  guint32 fine;
  glong size_of_the_machine;
  gsize size;
  gpointer anything;
  void (*callback)(guint32 n);
  guint32 bits : 3;
  GstCameraBadRecord* next;
  GstCameraBadOpaque* opaque;
  GList* list;
  GPtrArray* pointers;
  GArray* untyped;
  GHashTable* untyped_map;
  GHashTable* keyed;
  GObject* object;
  gchar letter;
  guint32* numbers;
  GVariant* variant;
  GstCameraBadUnion either;
} GstCameraBadFields;

G_DECLARE_INTERFACE(GstCameraBadIpa, gst_camera_bad_ipa, GST_CAMERA_BAD, IPA, GObject)

struct _GstCameraBadIpaInterface {
  GTypeInterface parent;
  gboolean (*init)(GstCameraBadIpa* self, GError** error);
  gboolean (*start)(GstCameraBadIpa* self, GError** error);
  gboolean (*stop)(GstCameraBadIpa* self, GError** error);

  /**
   * GstCameraBadIpaInterface::parameters:
   * @self: the IPA
   * @fine: fine
   * @path: (type filename): a path
   * @pointer: a pointer to one number
   * @open: (array): how many?
   * @opaque: nobody knows what is in it
   * @longs: (element-type glong): of a wrong type
   * @error: return location for an error
   */
  gboolean (*parameters)(GstCameraBadIpa* self, guint32 fine, const gchar* path,
                         const guint32* pointer, const guint32* open,
                         const GstCameraBadOpaque* opaque, GArray* longs, GError** error);
};

G_DECLARE_INTERFACE(GstCameraBadIpaEvents, gst_camera_bad_ipa_events, GST_CAMERA_BAD, IPA_EVENTS,
                    GObject)

struct _GstCameraBadIpaEventsInterface {
  GTypeInterface parent;
  void (*done)(GstCameraBadIpaEvents* self);
};

G_END_DECLS
