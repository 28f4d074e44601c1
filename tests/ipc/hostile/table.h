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

/** What the application is told of a loss. */
struct Ending {
  Error::Code code = Error::Code::Failed;
  std::string text;  // in the message; alternatives between '|'
};

struct Row {
  std::string call;
  std::string deed;
  Outcome outcome;
  Error::Code code = Error::Code::Failed;  // of Lost, Refused and Survives
  std::string text;                        // as Ending's
  /** Where the row is a race within the attacker's own process, the other outcome that it has. */
  std::optional<Ending> or_else = {};
};

/** Where the module runs. */
enum class Place {
  Worker,   // a process that the application starts
  Service,  // one of a service that is there already
};

/** All rows. */
std::vector<Row> table(Place place);

}  // namespace gstcam::hostile
