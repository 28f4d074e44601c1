/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of what the hostile module may be ordered to do, and what has to happen then: the
 * promise about hostile modules, row by row.
 */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace gstcam::hostile {

enum class Outcome {
  Lost,        // the IPA is lost for the cause of the row, and with nothing else
  Refused,     // the call fails with the error of the row; the IPA is not lost
  Unaffected,  // the stream goes on, as if nothing was
  Survives,    // goes on, or is lost with a broken protocol: which one is a matter of timing
  Blocked,     // an attempt that must not succeed in a sandbox, and does not harm the stream
  Impossible,  // an attempt that must not succeed anywhere
};

struct Row {
  std::string call;
  std::string deed;
  Outcome outcome;
  Error::Code code = Error::Code::Failed;   // of Lost and Refused
  std::string text;                         // in its message; alternatives between '|'
  std::optional<Error::Code> or_code = {};  // where the sandbox decides: then without the text
};

/** All rows. */
std::vector<Row> table();

}  // namespace gstcam::hostile
