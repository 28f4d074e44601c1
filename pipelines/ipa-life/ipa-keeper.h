/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaKeeper: the life of a camera's IPA, whatever its interface: starts it, has another take its
 * place when it is lost, and tells the application of it; docs/architecture.md, "When the IPA is
 * lost".
 *
 * Each loss is told once ("camera-ipa-lost"), and with the next good answer, of whichever IPA, its
 * end ("camera-ipa-recovered"); or else the camera has failed.
 *
 * A handler derives from it, and says by the virtual methods what its frames do meanwhile. Lives in
 * the camera's thread, except status().
 */
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/wakeup.h"
#include "ipc/supervisor.h"
#include "pipelines/ipa-life/camera-ipa.h"

namespace gstcam {

class IpaKeeper : protected CameraIpa::Owner, protected ipc::Supervisor::Events {
 public:
  /** Starts an IPA of the handler's interface for that owner (IpaReplicaOf::maker()); any thread.
   */
  using Maker = std::function<Result<std::unique_ptr<CameraIpa>>(
      const CameraOptions& options, CameraIpa::Owner* owner, const IpaJournal& journal)>;
  struct Options {
    std::string camera;  // its id, for messages
    CameraOptions camera_options;
    GMainContext* context = nullptr;
    Maker make;
  };

  IpaKeeper(const IpaKeeper&) = delete;
  IpaKeeper& operator=(const IpaKeeper&) = delete;

  /** Starts the first IPA, once; the journal has no configuration yet. */
  Result<void> open(IpaJournal journal);
  Result<void> configure(IpaJournal::Configuration configuration);
  /** What the IPA said last in open() or configure(). */
  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  virtual void stop();
  /** Any thread. */
  [[nodiscard]] IpaStatus status() const;

  /* What the frames found. */
  void lost(const Error& error) { (void)lose(error); }
  /** A good answer, after so many µs. */
  virtual void answered(int64_t us);
  /** A frame went without an answer of its own. */
  void bridged();

 protected:
  /** From the first frame that went without an IPA, or its loss, to the next good answer. */
  struct Outage {
    int64_t pid = 0;
    int64_t since = 0;           // monotonic µs
    int64_t bridged_before = 0;  // of all that were
    int64_t healed_at = 0;       // monotonic µs; 0: not yet
    int64_t bridged = 0;
    int64_t healed_by = 0;  // pid
  };

  /** The listener outlives the keeper: it gets the notices, and the failure. */
  IpaKeeper(Options options, PipelineListener& listener);
  /** Ends the IPAs. */
  ~IpaKeeper() override;

  /** The IPA's events are from now on of whoever leads the frames. */
  virtual void put_to_use(CameraIpa& ipa) = 0;
  /** The IPA at work is another one: frames go on with it. */
  virtual void attach(CameraIpa& ipa) = 0;
  /** The IPA at work is lost, and its buffers go: frames go on without it. */
  virtual void detach() = 0;
  /** There will be none: nothing more is to be done. */
  virtual void abandon() = 0;
  /** What brings an IPA to where the camera is now; the function runs in the supervisor's thread.
   */
  [[nodiscard]] virtual ipc::Supervisor::GoOn go_on_from_here() const = 0;
  /** An outage of the IPA at work that began before it is lost, if one did. */
  virtual std::optional<Outage> outage_so_far() { return std::nullopt; }
  /** Whether a spare would help at the moment. */
  [[nodiscard]] virtual bool wants_spare() const { return true; }

  /* CameraIpa::Owner */
  void replica_lost(CameraIpa& replica, const Error& error) override;
  void replica_call_failed(CameraIpa& replica, std::string_view member,
                           const Error& error) override;
  /* ipc::Supervisor::Events */
  void replica_ready(std::unique_ptr<ipc::Replica> replica) override;
  void gave_up(const Error& error) override;

  /** `f` with the IPA; where that is lost in it, with the next one. */
  template <typename F>
  std::invoke_result_t<F, CameraIpa&> with_ipa(F&& f) {
    constexpr int kAttempts = 3;
    for (int attempt = 1;; attempt++) {
      if (Result<void> r = ensure_ipa(); !r)
        return r.error();
      std::invoke_result_t<F, CameraIpa&> result = f(*ipa_);
      if (result || !is_loss(result.error()) || !lose(result.error()) || attempt == kAttempts)
        return result;
    }
  }
  /** It was started. */
  void runs();
  /** At work; nullptr while it is lost. */
  [[nodiscard]] CameraIpa* ipa() const { return ipa_.get(); }
  std::unique_ptr<CameraIpa> take_ipa() { return std::move(ipa_); }
  [[nodiscard]] ipc::Supervisor& supervisor() const { return *supervisor_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] GMainContext* context() const { return options_.context; }
  void take_over(std::unique_ptr<CameraIpa> replica);
  /** Death, silence and lies of the IPA at work all arrive here. False: the camera failed. */
  bool lose(const Error& error);
  /** Counts and tells the loss of any; false where it was one too many. */
  bool bury(CameraIpa& replica, const Error& error, Outage outage, ipc::Supervisor::GoOn go_on);
  [[nodiscard]] Outage begin_outage(CameraIpa& replica) const;
  void heal(Outage& outage) const;
  /** One that the supervisor made is always ours. */
  static std::unique_ptr<CameraIpa> as_ipa(std::unique_ptr<ipc::Replica> replica) {
    return std::unique_ptr<CameraIpa>(static_cast<CameraIpa*>(replica.release()));
  }

 private:
  /** The IPA is there, as the recipe says; what is lost before a camera runs is mended here. */
  Result<void> ensure_ipa();
  /** Whether a host says so of an IPA; these the IPA itself never says. */
  static bool is_loss(const Error& error);
  void set_recipe();
  void tell_isolation();
  void use(std::unique_ptr<CameraIpa> replica);
  [[nodiscard]] bool may_replace() const;
  void give_up(const Error& error, const std::string& name, const std::string& last_words);
  void heal_all();
  void tell_recovered(const Outage& outage) const;

  const Options options_;
  PipelineListener& listener_;
  IpaJournal journal_;
  ControlRanges ranges_;

  Wakeup supervisor_wakeup_;
  std::unique_ptr<CameraIpa> ipa_;
  std::vector<Outage> outages_;  // losses that were told, and not healed
  int64_t bridged_ = 0;
  bool running_ = false;
  bool failed_ = false;  // there will be none
  std::unique_ptr<ipc::Supervisor> supervisor_;

  mutable std::mutex status_mutex_;
  IpaStatus status_;  // without the counters
};

}  // namespace gstcam
