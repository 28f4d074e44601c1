/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

G_DECLARE_INTERFACE(AcmeBadIpa, acme_bad_ipa, ACME_BAD, IPA, GObject)

struct _AcmeBadIpaInterface {
  GTypeInterface parent;
  gboolean (*init)(AcmeBadIpa* self, GError** error);
  gboolean (*start)(AcmeBadIpa* self, GError** error);
  gboolean (*stop)(AcmeBadIpa* self, GError** error);
};

G_DECLARE_INTERFACE(AcmeBadIpaEvents, acme_bad_ipa_events, ACME_BAD, IPA_EVENTS, GObject)

struct _AcmeBadIpaEventsInterface {
  GTypeInterface parent;
  void (*done)(AcmeBadIpaEvents* self);
};

G_END_DECLS
