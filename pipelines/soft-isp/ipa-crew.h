/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaCrew: the IPAs of one camera: the one at work, and those that stand in for it. What happens
 * when one is late or lost is decided here; docs/architecture.md, "When the IPA is lost".
 *
 *     at work --late()--> owes answers --all said--> at work again, the spare rests
 *                              |--spare is ready--> laggard; the spare is at work
 *     laggard --all said--> rests, is the spare       laggard --silent--> lost
 *
 * Each loss is told once ("camera-ipa-lost"), and with the next good parameters, of whichever IPA,
 * its end ("camera-ipa-recovered"); or else the camera has failed. One that was late and spoke
 * again was not lost: only the counters know.
 *
 * Lives in the camera's thread, except status().
 */
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "ipc/supervisor.h"
#include "pipelines/soft-isp/frame-scheduler.h"
#include "pipelines/soft-isp/ipa-replica.h"
#include "pipelines/soft-isp/late-ipa.h"

namespace gstcam::soft {

class IpaCrew final : private IpaReplica::Owner,
                      private LateIpa::Owner,
                      private ipc::Supervisor::Events {
 public:
  struct Options {
    std::string camera;  // its id, for messages
    IpaConnector connect;
    CameraOptions camera_options;
    GMainContext* context = nullptr;
  };

  /** Both outlive the crew. The listener gets the notices, and the failure. */
  IpaCrew(Options options, FrameScheduler& scheduler, PipelineListener& listener);
  ~IpaCrew() override;
  IpaCrew(const IpaCrew&) = delete;
  IpaCrew& operator=(const IpaCrew&) = delete;

  /** Starts the first IPA, once; the journal has no configuration yet. */
  Result<void> open(IpaJournal journal);
  Result<void> configure(IpaJournal::Configuration configuration);
  /** What the IPA said last in open() or configure(). */
  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  /** Controls of the sensor to begin with. From then on an IPA is at work. */
  Result<ControlList> start(const SensorInfo& mode, const ControlList& controls);
  [[nodiscard]] FrameScheduler::AtWork at_work();
  void stop();
  /** Any thread. */
  [[nodiscard]] IpaStatus status() const;

  /* What the scheduler found. */
  void lost(const Error& error) { (void)lose(error); }
  void answered(int64_t us);
  void late(const IpaDebts& debts);
  void bridged();

 private:
  /** From the first frame that went without an IPA, or its loss, to the next good parameters. */
  struct Outage {
    int64_t pid = 0;
    int64_t since = 0;           // monotonic µs
    int64_t bridged_before = 0;  // of bridged_
    int64_t healed_at = 0;       // monotonic µs; 0: not yet
    int64_t bridged = 0;
    int64_t healed_by = 0;  // pid
  };

  /* IpaReplica::Owner */
  void replica_lost(IpaReplica& replica, const Error& error) override;
  void replica_call_failed(IpaReplica& replica, std::string_view member,
                           const Error& error) override;
  /* LateIpa::Owner */
  void late_settled(LateIpa& late) override;
  void late_lost(LateIpa& late, const Error& error) override;
  /* ipc::Supervisor::Events */
  void replica_ready(std::unique_ptr<ipc::Replica> replica) override;
  void gave_up(const Error& error) override;

  /** The IPA is there, as the recipe says; what is lost before a camera runs is mended here. */
  Result<void> ensure_ipa();
  /** `f` with the IPA; where that is lost in it, with the next one. */
  template <typename F>
  std::invoke_result_t<F, IpaReplica&> with_ipa(F&& f);
  void set_recipe();
  void tell_isolation();
  void use(std::unique_ptr<IpaReplica> replica);
  void take_over(std::unique_ptr<IpaReplica> replica);
  [[nodiscard]] bool may_replace() const;
  [[nodiscard]] ipc::Supervisor::GoOn go_on_from_here() const;
  static Result<ControlList> start_replica(IpaReplica& replica, const SensorInfo& mode,
                                           const ControlList& controls);
  [[nodiscard]] bool lose(const Error& error);
  void lose_laggard(const Error& error);
  bool bury(IpaReplica& replica, const Error& error, Outage outage, ipc::Supervisor::GoOn go_on);
  void give_up(const Error& error, const std::string& name, const std::string& last_words);
  [[nodiscard]] Outage begin_outage(const IpaReplica& replica) const;
  void heal(Outage& outage) const;
  void heal_all();
  void tell_recovered(const Outage& outage) const;

  const Options options_;
  FrameScheduler& scheduler_;
  PipelineListener& listener_;
  IpaReplica::Place place_;
  IpaJournal journal_;
  ControlRanges ranges_;
  SensorInfo mode_;

  Wakeup supervisor_wakeup_;
  std::unique_ptr<IpaReplica> ipa_;  // at work; none while it is lost
  std::unique_ptr<LateIpa> late_;    // what that owes
  std::optional<Outage> late_outage_;
  std::unique_ptr<IpaReplica> laggard_;  // owes something, and another one is at work
  std::unique_ptr<LateIpa> laggard_late_;
  std::optional<Outage> laggard_outage_;
  std::vector<Outage> outages_;  // losses that were told, and not healed
  int64_t bridged_ = 0;
  bool running_ = false;
  bool failed_ = false;  // there will be none
  std::unique_ptr<ipc::Supervisor> supervisor_;

  mutable std::mutex status_mutex_;
  IpaStatus status_;  // without the counters
};

}  // namespace gstcam::soft
