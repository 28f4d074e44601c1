/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-crew.h"

#include <utility>

namespace gstcam::soft {

namespace {

IpaReplica& mine(CameraIpa& ipa) {
  return static_cast<IpaReplica&>(ipa);
}

}  // namespace

IpaCrew::IpaCrew(Options options, FrameScheduler& scheduler, PipelineListener& listener)
    : IpaKeeper(std::move(options), listener),
      scheduler_(scheduler),
      late_(std::make_unique<LateIpa>(context(), static_cast<LateIpa::Owner&>(*this))),
      laggard_late_(std::make_unique<LateIpa>(context(), static_cast<LateIpa::Owner&>(*this))) {}

/* Any thread. */
Result<ControlList> IpaCrew::start_replica(IpaReplica& replica, const SensorInfo& mode,
                                           const ControlList& controls) {
  Result<ControlList> from_ipa = replica.ipa().start(controls);
  if (!from_ipa)
    return from_ipa.error();
  Result<ControlList> initial = FrameScheduler::sensor_controls(*from_ipa, mode);
  if (!initial) {
    const Error error = initial.error().within("the IPA's answer to start()");
    replica.condemn(error);
    return error;
  }
  return initial;
}

Result<ControlList> IpaCrew::start(const SensorInfo& mode, const ControlList& controls) {
  mode_ = mode;
  Result<ControlList> initial =
      with_ipa([&](CameraIpa& ipa) { return start_replica(mine(ipa), mode, controls); });
  if (initial)
    runs();
  return initial;
}

FrameScheduler::AtWork IpaCrew::at_work() {
  return {&mine(*ipa()).ipa(), ipa()->kind(), &mine(*ipa()).buffers()};
}

void IpaCrew::stop() {
  supervisor().cancel();
  late_->forget();
  laggard_late_->forget();
  if (laggard_) {
    // Nobody waits for it now to learn whether it only was slow.
    laggard_->silence();
    laggard_->condemn(Error(Error::Code::Timeout, "it was late when the camera stopped"));
    supervisor().dispose(std::move(laggard_));
    laggard_outage_.reset();
  }
  IpaKeeper::stop();
  late_outage_.reset();
}

void IpaCrew::put_to_use(CameraIpa& ipa) {
  mine(ipa).set_events(&scheduler_);
}

void IpaCrew::attach(CameraIpa& /*ipa*/) {
  scheduler_.attach(at_work());
}

void IpaCrew::abandon() {
  scheduler_.abandon();
  late_->forget();
  laggard_late_->forget();
}

/* What brings an IPA to where the camera is now. */
ipc::Supervisor::GoOn IpaCrew::go_on_from_here() const {
  return [mode = mode_, controls = scheduler_.controls_in_force(),
          state = scheduler_.state()](ipc::Replica& replica) -> Result<void> {
    auto& ipa = static_cast<IpaReplica&>(replica);
    if (!state.empty()) {
      // One that does not like it starts anew.
      if (Result<void> restored = ipa.ipa().restore_state(state); !restored && ipa.lost())
        return restored;
    }
    // What it would start the sensor with does not count: the sensor runs.
    const Result<ControlList> started = start_replica(ipa, mode, controls);
    if (!started)
      return started.error();
    return {};
  };
}

std::optional<IpaCrew::Outage> IpaCrew::outage_so_far() {
  late_->forget();
  return std::exchange(late_outage_, std::nullopt);
}

void IpaCrew::lose_laggard(const Error& error) {
  const Outage outage = *std::exchange(laggard_outage_, std::nullopt);
  laggard_late_->forget();
  std::unique_ptr<CameraIpa> old = std::move(laggard_);
  if (failed())
    old->condemn(error);  // all was said
  else
    (void)bury(*old, error, outage, {});
  supervisor().dispose(std::move(old));
}

void IpaCrew::replica_lost(CameraIpa& replica, const Error& error) {
  if (&replica == laggard_.get())
    lose_laggard(error);
  else
    IpaKeeper::replica_lost(replica, error);
}

void IpaCrew::replica_call_failed(CameraIpa& replica, std::string_view member, const Error& error) {
  if (&replica == laggard_.get())
    lose_laggard(error.within(member));
  else if (&replica == ipa() && late_->owes())
    IpaKeeper::replica_call_failed(replica, member, error);
  else if (&replica == ipa())
    scheduler_.call_failed(member, error);
}

/* It was only slow. */
void IpaCrew::late_settled(LateIpa& late) {
  if (&late == late_.get()) {
    late_outage_.reset();
    supervisor().cancel();
    put_to_use(*ipa());
    attach(*ipa());
    return;
  }
  laggard_outage_.reset();
  laggard_->silence();
  supervisor().give_back(std::move(laggard_));
  if (ipa() && late_->owes())
    supervisor().hedge(go_on_from_here());
}

void IpaCrew::late_lost(LateIpa& late, const Error& error) {
  if (&late == late_.get())
    (void)lose(error);
  else
    lose_laggard(error);
}

void IpaCrew::replica_ready(std::unique_ptr<ipc::Replica> ready) {
  std::unique_ptr<CameraIpa> replica = as_ipa(std::move(ready));
  if (ipa() && (!late_->owes() || laggard_)) {
    supervisor().give_back(std::move(replica));
    return;
  }
  if (ipa() && replica->lost()) {
    supervisor().dispose(std::move(replica));
    return;
  }
  if (ipa()) {
    laggard_ = take_ipa();
    std::swap(late_, laggard_late_);
    laggard_outage_ = std::exchange(late_outage_, std::nullopt);
  }
  take_over(std::move(replica));
}

void IpaCrew::late(const IpaDebts& debts) {
  supervisor().note_late();
  late_outage_ = begin_outage(*ipa());
  mine(*ipa()).set_events(late_.get());
  late_->owe(debts);
  if (!laggard_)
    supervisor().hedge(go_on_from_here());
}

void IpaCrew::answered(int64_t us) {
  IpaKeeper::answered(us);
  if (laggard_outage_)
    heal(*laggard_outage_);
}

}  // namespace gstcam::soft
