/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface to the IPA of a raw sensor before the software ISP, under the names that are used
 * here. It is declared in pipelines/simulated/simulated-ipa.h and keeps that name for every sensor:
 * a module of it has been in the hands of others before there was a second handler.
 */
#pragma once

#include "simulated-ipa-interface.h"

namespace gstcam::soft {

using simulated::Ipa;
using simulated::IpaEvents;

}  // namespace gstcam::soft
