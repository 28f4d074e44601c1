/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends what a worker left running.
 */
#pragma once

namespace gstcam::ipc {

/**
 * Kills and reaps every child of this process, which must be a child subreaper and have none that
 * it wants to keep. Best effort: a kernel without CONFIG_PROC_CHILDREN does not tell.
 */
void end_orphans();

}  // namespace gstcam::ipc
