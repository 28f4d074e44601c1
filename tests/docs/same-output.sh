#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# usage: same-output.sh PROGRAM FILE: FILE must be what PROGRAM prints.
set -eu
"$1" | diff -u "$2" - || {
  echo "$2 is out of date; make it anew: $1 > $2"
  exit 1
}
