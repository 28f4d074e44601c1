#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# write-tuning.sh MAKE-TUNING FOLDER NAME...: writes FOLDER/NAME.yaml for each name.
set -eu
make=$1 folder=$2
shift 2
for name; do
  "$make" "$name" >"$folder/$name.yaml.new"
  mv "$folder/$name.yaml.new" "$folder/$name.yaml"
done
