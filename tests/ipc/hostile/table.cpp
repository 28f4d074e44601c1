/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipc/hostile/table.h"

namespace gstcam::hostile {

namespace {

using Code = Error::Code;

/* What ends or hangs the process, in every call. A worker in bubblewrap ends with 128 + signal. */
struct End {
  const char* deed;
  Code code;
  const char* text;
};
const End kEnds[] = {
    {"segfault", Code::Lost, "signal 11|status 139"},
    {"abort", Code::Lost, "signal 6|status 134"},
    {"exit", Code::Lost, "status 9"},
    {"_exit", Code::Lost, "status 9"},
    {"loop", Code::Timeout, ""},
    {"sigstop", Code::Timeout, ""},
};

const char* const kCalls[] = {
    "constructor", "create", "init",          "configure",      "map_buffers",
    "start",       "stop",   "queue_request", "compute_params", "process_stats",
};

const char* const kAttempts[] = {
    "open-passwd",
    "open-shadow",
    "open-ssh",
    "open-home",
    "open-root-home",
    "open-video",
    "open-dri",
    "open-mem",
    "open-tty",
    "open-sys",
    "open-run",
    "open-parent-environment",
    "open-parent-memory",
    "open-parent-fds",
    "open-own-memory",
    "create-file-tmp",
    "create-file-shm",
    "socket-inet",
    "socket-inet-udp",
    "socket-inet6",
    "socket-unix",
    "socket-netlink",
    "socket-packet",
    "socket-vsock",
    "fork",
    "exec",
    "ptrace-parent",
    "kill-parent",
    "kill-all",
    "read-parent",
    "pidfd-parent",
    "mount",
    "umount",
    "fsopen",
    "pivot-root",
    "chroot",
    "unshare-user",
    "unshare-net",
    "unshare-mount",
    "setns",
    "keyctl",
    "add-key",
    "bpf",
    "io-uring",
    "userfaultfd",
    "perf",
    "map-write-exec",
    "map-then-exec",
    "map-file-exec",
    "map-much",
    "many-fds",
    "setuid",
    "setgroups",
    "personality",
    "realtime",
    "raise-limit",
    "inotify",
    "open-by-handle",
    "kexec",
    "init-module",
    "reboot",
    "type-into-terminal",
    "ioctl",
};

/* Some of what has to be locked before the module's first instruction. */
const char* const kEarlyAttempts[] = {
    "open-passwd", "open-parent-memory", "socket-inet",    "fork",
    "exec",        "ptrace-parent",      "mount",          "keyctl",
    "bpf",         "io-uring",           "map-write-exec",
};

const char* const kBufferAttempts[] = {
    "shrink-params",         "grow-params", "shrink-stats",  "map-stats-writable",
    "reopen-stats-writable", "write-stats", "unseal-params", "punch-stats",
};

const char* const kParamsLies[] = {
    "params-nan-gain",     "params-infinite-gain", "params-negative-gain", "params-huge-gain",
    "params-nan-matrix",   "params-huge-matrix",   "params-nan-shading",   "params-no-shading",
    "params-shading-flag", "params-black-level",   "params-tone-falls",    "params-version",
    "params-size",         "params-other-frame",   "params-ones",          "params-zeros",
};

/* In compute_params. */
const Row kLies[] = {
    {"compute_params", "silent", Outcome::Lost, Code::Timeout, "no answer to compute_params(10)"},
    {"compute_params", "unknown-frame", Outcome::Lost, Code::Protocol, "params_computed(1010)"},
    {"compute_params", "past-frame", Outcome::Lost, Code::Protocol, "params_computed(9)"},
    {"compute_params", "unknown-buffer", Outcome::Lost, Code::Protocol, "buffer 4294967295 is not"},
    {"compute_params", "stats-buffer", Outcome::Lost, Code::Protocol,
     "is not the one it was given"},
    {"compute_params", "answer-twice", Outcome::Lost, Code::Protocol, "params_computed(10)"},
    {"compute_params", "metadata-too-early", Outcome::Lost, Code::Protocol, "metadata_ready(10)"},
    {"compute_params", "controls-too-early", Outcome::Lost, Code::Protocol,
     "set_sensor_controls(10)"},
    {"compute_params", "flood-events", Outcome::Lost, Code::Protocol, ""},
    {"compute_params", "flood-raw-events", Outcome::Lost, Code::Protocol, ""},
    {"compute_params", "flood-call-failed", Outcome::Lost, Code::Failed, ""},
    {"compute_params", "wrong-type", Outcome::Lost, Code::Protocol, "wrong ParamsComputed"},
    {"compute_params", "too-short", Outcome::Lost, Code::Protocol, "wrong ParamsComputed"},
    {"compute_params", "too-long", Outcome::Lost, Code::Protocol, "wrong ParamsComputed"},
    {"compute_params", "no-body", Outcome::Lost, Code::Protocol, "wrong ParamsComputed"},
    {"compute_params", "unknown-event", Outcome::Lost, Code::Protocol, "'NoSuchEvent'"},
    {"compute_params", "surplus-fd", Outcome::Lost, Code::Protocol, "wrong ParamsComputed"},
    {"compute_params", "fds-in-event", Outcome::Lost, Code::Protocol, "ParamsComputed|descriptors"},
    {"compute_params", "stderr-bomb", Outcome::Lost, Code::Protocol, "writes too much"},
    {"compute_params", "stderr-binary", Outcome::Unaffected, {}, ""},
    {"compute_params", "hang-up", Outcome::Lost, Code::Lost, "closed its connection"},
    /* The worker's own D-Bus thread waits for the socket to become readable meanwhile, which keeps
     * it open: Lost where the host still sends a call and so wakes that thread, else Timeout; of
     * the frame before, where that thread had not sent what was said of it. */
    {"compute_params", "close-socket", Outcome::Lost, Code::Lost, "closed its connection",
     Ending{Code::Timeout, "no answer to compute_params(10)|no answer to process_stats(9)"}},
    {"compute_params", "half-close", Outcome::Lost, Code::Lost, "closed its connection"},
    {"compute_params", "raw-garbage", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"compute_params", "raw-zeros", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"compute_params", "raw-http", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    /* The worker's own D-Bus thread may still have events of frames before to send: Protocol where
     * it writes one between the half and the end, and so completes the half to no message. In the
     * sync calls, where it has nothing to send, there is one outcome (reply-half-message). */
    {"compute_params", "raw-half-message", Outcome::Lost, Code::Lost, "closed its connection",
     Ending{Code::Protocol, "no D-Bus message"}},
    {"compute_params", "raw-garbage-and-exit", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"compute_params", "raw-wrong-type-and-exit", Outcome::Lost, Code::Protocol,
     "wrong ParamsComputed"},
    {"compute_params", "raw-unknown-frame-and-exit", Outcome::Lost, Code::Protocol,
     "params_computed(1010)"},
    {"compute_params", "raw-256-mib", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"compute_params", "raw-100-mib", Outcome::Lost, Code::Protocol, "over the limit"},
    {"compute_params", "raw-many-variants", Outcome::Lost, Code::Protocol, "over the limit"},
    {"compute_params", "raw-many-fds", Outcome::Lost, Code::Protocol, "descriptors"},
    {"compute_params", "raw-surplus-fds", Outcome::Lost, Code::Protocol, "descriptors"},
    {"compute_params", "raw-missing-fds", Outcome::Lost, Code::Protocol, "did not arrive"},
    {"compute_params", "raw-call", Outcome::Lost, Code::Protocol, "it made a call"},
    {"compute_params", "raw-reply-to-nothing", Outcome::Lost, Code::Protocol,
     "a call that does not wait"},
    {"compute_params", "raw-replies-again", Outcome::Lost, Code::Protocol,
     "a call that does not wait"},
    {"compute_params", "raw-other-interface", Outcome::Lost, Code::Protocol, "NameAcquired"},
    {"compute_params", "raw-wrong-call-failed", Outcome::Lost, Code::Protocol, "wrong CallFailed"},
    {"compute_params", "params-rewritten", Outcome::Survives, Code::Protocol, "ISP parameters"},

    {"process_stats", "silent", Outcome::Lost, Code::Protocol, "params_computed(11)"},
    {"process_stats", "controls-nan-gain", Outcome::Lost, Code::Protocol, "SetSensorControls"},
    {"process_stats", "controls-infinite-gain", Outcome::Lost, Code::Protocol, "SetSensorControls"},
    {"process_stats", "controls-huge-gain", Outcome::Lost, Code::Protocol, "analogue-gain"},
    {"process_stats", "controls-negative-exposure", Outcome::Lost, Code::Protocol, "exposure-time"},
    {"process_stats", "controls-wrong-type", Outcome::Lost, Code::Protocol, "exposure-time"},
    {"process_stats", "controls-unknown", Outcome::Lost, Code::Protocol, "self-destruct"},
    {"process_stats", "controls-not-the-sensor's", Outcome::Lost, Code::Protocol, "saturation"},
    {"process_stats", "controls-zero-duration", Outcome::Lost, Code::Protocol, "frame-duration"},
    {"process_stats", "controls-beyond-sensor", Outcome::Unaffected, {}, ""},
    {"process_stats", "controls-twice", Outcome::Lost, Code::Protocol, "set_sensor_controls(10)"},
    {"process_stats", "metadata-nan", Outcome::Lost, Code::Protocol, "MetadataReady"},
    {"process_stats", "metadata-out-of-range", Outcome::Lost, Code::Protocol, "lux"},
    {"process_stats", "metadata-unknown-enum", Outcome::Lost, Code::Protocol, "ae-state"},
    {"process_stats", "metadata-unknown", Outcome::Lost, Code::Protocol, "password"},
    {"process_stats", "metadata-no-controls", Outcome::Lost, Code::Protocol, "metadata_ready(10)"},
    {"process_stats", "metadata-twice", Outcome::Lost, Code::Protocol, "metadata_ready(10)"},
    {"process_stats", "metadata-other-frame", Outcome::Lost, Code::Protocol, "metadata_ready(17)"},
    {"stop", "late-events", Outcome::Unaffected, {}, ""},
};

/* Of what a sync call answers. */
const Row kReplies[] = {
    {"", "reply-wrong-type", Outcome::Lost, Code::Protocol, "wrongly"},
    {"", "reply-too-long", Outcome::Lost, Code::Protocol, "wrongly"},
    {"", "reply-17-mib", Outcome::Refused, Code::Invalid, "over the limit"},
    {"", "reply-256-mib", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"", "reply-surplus-fd", Outcome::Lost, Code::Protocol, "wrongly"},
    {"", "reply-65-fds", Outcome::Refused, Code::Invalid, "over the limit"},
    {"", "reply-error", Outcome::Refused, Code::Failed, "eeee"},
    {"", "reply-lost", Outcome::Refused, Code::Failed, "I am lost"},
    {"", "reply-never", Outcome::Lost, Code::Timeout, ""},
    {"", "reply-throws", Outcome::Refused, Code::Failed, "threw"},
    {"", "reply-garbage", Outcome::Lost, Code::Protocol, "no D-Bus message"},
    {"", "reply-wrong-serial", Outcome::Lost, Code::Protocol, "does not wait"},
    {"", "reply-half-message", Outcome::Lost, Code::Lost, "closed its connection"},
    {"", "reply-twice", Outcome::Lost, Code::Protocol, "does not wait|wrongly"},
    {"", "reply-stderr-bomb", Outcome::Lost, Code::Protocol, "writes too much"},
    {"", "reply-event-flood", Outcome::Lost, Code::Protocol, ""},
};

/* What a service is told apart by. */
void move_to_service(Row& row) {
  /* What its workers write is its journal's, and not ours to count. */
  if (row.deed.ends_with("stderr-bomb")) {
    row.code = Code::Timeout;
    row.text = row.deed == "stderr-bomb" ? "no answer to compute_params(10)" : "did not return";
  }
  /* The service has the socket too, until its worker has ended. */
  if (row.deed == "close-socket") {
    row.code = row.or_else->code;
    row.text = row.or_else->text;
    row.or_else.reset();
  }
}

}  // namespace

std::vector<Row> table(Place place) {
  std::vector<Row> rows;
  for (const char* call : kCalls) {
    for (const End& end : kEnds)
      rows.push_back({call, end.deed, Outcome::Lost, end.code, end.text});
  }
  for (const End& end : kEnds)
    rows.push_back({"destructor", end.deed, Outcome::Unaffected, {}, ""});
  for (const Row& row : kLies)
    rows.push_back(row);
  for (const char* call : {"init", "configure", "start"}) {
    for (Row row : kReplies) {
      row.call = call;
      rows.push_back(std::move(row));
    }
    rows.push_back({call, "reply-too-short", Outcome::Lost, Code::Protocol, "wrongly"});
  }
  for (const char* deed : kParamsLies)
    rows.push_back({"compute_params", deed, Outcome::Lost, Code::Protocol, "params_computed(10)"});
  for (const char* deed : kBufferAttempts)
    rows.push_back({"compute_params", deed, Outcome::Impossible, {}, ""});
  for (const char* deed : kAttempts)
    rows.push_back({"compute_params", deed, Outcome::Blocked, {}, ""});
  for (const char* deed : kEarlyAttempts)
    rows.push_back({"constructor", deed, Outcome::Blocked, {}, ""});
  if (place == Place::Service) {
    for (Row& row : rows)
      move_to_service(row);
  }
  return rows;
}

}  // namespace gstcam::hostile
