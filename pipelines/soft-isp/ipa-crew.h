/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaCrew: the IPAs of one camera with the software ISP: the one at work, and those that stand in
 * for it. What happens when one is lost is IpaKeeper's, when one is late decided here;
 * docs/architecture.md, "When the IPA is lost".
 *
 *     at work --late()--> owes answers --all said--> at work again, the spare rests
 *                              |--spare is ready--> laggard; the spare is at work
 *     laggard --all said--> rests, is the spare       laggard --silent--> lost
 *
 * One that was late and spoke again was not lost: only the counters know.
 *
 * Lives in the camera's thread, except status().
 */
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/pipeline-handler.h"
#include "pipelines/ipa-life/ipa-keeper.h"
#include "pipelines/soft-isp/frame-scheduler.h"
#include "pipelines/soft-isp/ipa-replica.h"
#include "pipelines/soft-isp/late-ipa.h"

namespace gstcam::soft {

class IpaCrew final : public IpaKeeper, private LateIpa::Owner {
 public:
  /** `make` of the options is of IpaReplica. Both others outlive the crew. */
  IpaCrew(Options options, FrameScheduler& scheduler, PipelineListener& listener);

  /** Controls of the sensor to begin with. From then on an IPA is at work. */
  Result<ControlList> start(const SensorInfo& mode, const ControlList& controls);
  [[nodiscard]] FrameScheduler::AtWork at_work();
  void stop() override;

  /* What the scheduler found. */
  void answered(int64_t us) override;
  void late(const IpaDebts& debts);

 protected:
  /* IpaKeeper */
  void put_to_use(CameraIpa& ipa) override;
  void attach(CameraIpa& ipa) override;
  void detach() override { scheduler_.detach(); }
  void abandon() override;
  [[nodiscard]] ipc::Supervisor::GoOn go_on_from_here() const override;
  std::optional<Outage> outage_so_far() override;
  [[nodiscard]] bool wants_spare() const override { return !laggard_; }
  void replica_lost(CameraIpa& replica, const Error& error) override;
  void replica_call_failed(CameraIpa& replica, std::string_view member,
                           const Error& error) override;
  void replica_ready(std::unique_ptr<ipc::Replica> replica) override;

 private:
  /* LateIpa::Owner */
  void late_settled(LateIpa& late) override;
  void late_lost(LateIpa& late, const Error& error) override;

  static Result<ControlList> start_replica(IpaReplica& replica, const SensorInfo& mode,
                                           const ControlList& controls);
  void lose_laggard(const Error& error);

  FrameScheduler& scheduler_;
  SensorInfo mode_;
  std::unique_ptr<LateIpa> late_;  // what the one at work owes
  std::optional<Outage> late_outage_;
  std::unique_ptr<CameraIpa> laggard_;  // owes something, and another one is at work
  std::unique_ptr<LateIpa> laggard_late_;
  std::optional<Outage> laggard_outage_;
};

}  // namespace gstcam::soft
