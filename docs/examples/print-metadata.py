#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams 60 frames and prints what the camera knows of every tenth."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def on_buffer(_pad, info):
    buffer = info.get_buffer()
    meta = buffer.get_custom_meta("GstCameraMeta")
    if meta and buffer.offset % 10 == 0:
        frame = meta.get_structure()
        print(f"frame {buffer.offset}: {frame.get_int('exposure-time')[1]} us, "
              f"gain {frame.get_double('analogue-gain')[1]:.2f}, "
              f"{frame.get_int('colour-temperature')[1]} K, ae {frame.get_string('ae-state')}")
    return Gst.PadProbeReturn.OK


Gst.init(None)
pipeline = Gst.parse_launch("camerasrc name=camera num-buffers=60 ! fakesink")
pad = pipeline.get_by_name("camera").get_static_pad("src")
pad.add_probe(Gst.PadProbeType.BUFFER, on_buffer)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(
    Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
failed = message.type == Gst.MessageType.ERROR
if failed:
    print(message.parse_error()[0].message, file=sys.stderr)
pipeline.set_state(Gst.State.NULL)
sys.exit(failed)
