# SPDX-License-Identifier: LGPL-2.1-or-later
# For checks (bash) that plug webcams in and out; $WEBCAM is the program. Needs udev.
#   plug SERIAL [OPTION]...    returns when its node is there: sets device, camera (its process). Not
#                              for other names than the program's own
#   unplug CAMERA DEVICE       as the cable is: without a word; returns when the node is gone
# What is still plugged when the check ends is unplugged.
plugged=()

plug() {
  local serial=$1
  shift
  # By its serial number, whatever it calls itself.
  exec {said}< <(exec "$WEBCAM" --serial "$serial" "$@")
  camera=$!
  plugged+=("$camera")
  read -r -u "$said" _ || { echo "the camera $serial does not start" && exit 1; }
  # The kernel has yet to ask the device what it is.
  device=/dev/v4l/by-id/usb-GStreamer_Camera_Tests_Webcam_$serial-video-index0
  udevadm wait --timeout=60 "$device" || { echo "the camera $serial has no node" && exit 1; }
}

unplug() {
  kill -KILL "$1"
  udevadm wait --removed --timeout=60 "$2"
}

unplug_all() {
  kill -KILL "${plugged[@]}" 2>/dev/null || true
}
trap unplug_all EXIT
