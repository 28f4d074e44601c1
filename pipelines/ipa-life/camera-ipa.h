/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraIpa: one IPA of a camera, from its start to its end, whatever its interface; IpaJournal,
 * what it takes to bring another one to where it was; and IpaReplicaOf<Platform>, the CameraIpa of
 * one interface.
 *
 * A replica is made in the camera's thread or in the supervisor's; its events and notices come in
 * the camera's context. Events reach nobody until it is put to use with set_events(), and nobody
 * after that was taken back. Its destructor ends the IPA, and may wait for that; any thread, but
 * not while somebody has its buffers.
 */
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/camera.h"
#include "core/sensor-info.h"
#include "core/tuning-file.h"
#include "ipa-types.h"
#include "ipc/host.h"
#include "ipc/supervisor.h"

namespace gstcam {

/** All that an IPA was told before start(). Not changed once a recipe has it. */
struct IpaJournal {
  std::shared_ptr<const TuningFile> tuning;
  SensorInfo sensor;  // of init()
  struct Configuration {
    SensorInfo mode;
    std::vector<ipa::StreamConfiguration> streams;
  };
  std::optional<Configuration> configuration;

  /* The same as IPAs are told it. */
  [[nodiscard]] Result<ipa::Settings> settings() const;
  [[nodiscard]] static ipa::SensorInfo to_ipa(const SensorInfo& info);
};

class CameraIpa : public ipc::Replica {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /** Both in the camera's thread. */
    virtual void replica_lost(CameraIpa& replica, const Error& error) = 0;
    virtual void replica_call_failed(CameraIpa& replica, std::string_view member,
                                     const Error& error) = 0;
  };

  [[nodiscard]] bool lost() const override { return lost_; }
  /** Stops it. */
  Result<void> rest() override { return stop(); }
  virtual Result<void> configure(const IpaJournal& journal) = 0;
  virtual Result<void> stop() = 0;
  [[nodiscard]] virtual IpaHostKind kind() = 0;
  [[nodiscard]] virtual int pid() = 0;
  /** nullptr where there is none to speak of. */
  [[nodiscard]] virtual ipc::Host* host() = 0;
  /** Its events reach nobody. Camera's thread. */
  virtual void silence() = 0;

  /** What init() or the last configure() said. */
  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  /** Good answers that it gave; camera's thread. */
  uint32_t answers = 0;
  /** The IPA goes, without waiting for it. */
  void condemn(const Error& why);
  [[nodiscard]] std::string last_words();

 protected:
  /** What its host is to tell its owner. */
  ipc::HostHandlers handlers(Owner* owner);
  void mark_lost() { lost_ = true; }
  void set_ranges(const ControlRanges& ranges) { ranges_ = ranges; }

 private:
  std::atomic<bool> lost_{false};
  ControlRanges ranges_;
};

/**
 * `Platform` names what belongs to an interface:
 *
 *     Proxy, Events   the generated IpaProxy and IpaEvents
 *     Relay           an Events that hands all to `Events* to`, where there is one
 *     Buffers         its memory: create() and descriptions()
 */
template <typename Platform>
class IpaReplicaOf final : public CameraIpa {
 public:
  using Proxy = typename Platform::Proxy;
  using Events = typename Platform::Events;
  using Buffers = typename Platform::Buffers;
  /**
   * Starts an IPA whose events and notices come in `context` until it is destroyed. Called in the
   * camera's thread and in the supervisor's.
   */
  using Connector = std::function<Result<std::unique_ptr<Proxy>>(
      const CameraOptions& options, GMainContext* context, Events& events,
      ipc::HostHandlers handlers)>;
  struct Place {
    Connector connect;
    CameraOptions options;
    GMainContext* context = nullptr;
    Owner* owner = nullptr;  // outlives the replica
  };

  /** Starts an IPA and tells it all that the journal has. */
  static Result<std::unique_ptr<IpaReplicaOf>> make(const Place& place, const IpaJournal& journal) {
    Result<Buffers> buffers = Buffers::create();
    if (!buffers)
      return buffers.error();
    std::unique_ptr<IpaReplicaOf> replica(
        new IpaReplicaOf(std::move(*buffers)));  // NOLINT: private
    Result<std::unique_ptr<Proxy>> ipa = place.connect(
        place.options, place.context, replica->relay_, replica->handlers(place.owner));
    if (!ipa)
      return ipa.error();
    replica->ipa_ = std::move(ipa).value();
    Result<void> ready = replica->init(journal);
    if (ready && journal.configuration)
      ready = replica->configure(journal);
    if (!ready)
      return ready.error();
    return replica;
  }

  /** make() for an IpaKeeper. */
  static auto maker(Connector connect, GMainContext* context) {
    return [connect = std::move(connect), context](
               const CameraOptions& options, Owner* owner,
               const IpaJournal& journal) -> Result<std::unique_ptr<CameraIpa>> {
      Result<std::unique_ptr<IpaReplicaOf>> replica =
          make({connect, options, context, owner}, journal);
      if (!replica)
        return replica.error();
      return std::unique_ptr<CameraIpa>(std::move(replica).value());
    };
  }

  [[nodiscard]] Proxy& ipa() { return *ipa_; }
  [[nodiscard]] Buffers& buffers() { return buffers_; }
  /** Camera's thread; nullptr: nobody. */
  void set_events(Events* events) { relay_.to = events; }

  /* CameraIpa */
  Result<void> configure(const IpaJournal& journal) override {
    Result<ControlRanges> ranges = ipa_->configure(IpaJournal::to_ipa(journal.configuration->mode),
                                                   journal.configuration->streams);
    if (!ranges)
      return ranges.error();
    set_ranges(*ranges);
    if (mapped_)
      return {};
    Result<std::vector<ipa::Buffer>> descriptions = buffers_.descriptions();
    if (!descriptions)
      return descriptions.error();
    if (Result<void> r = ipa_->map_buffers(*descriptions); !r)
      return r;
    mapped_ = true;
    return {};
  }
  Result<void> stop() override { return ipa_->stop(); }
  [[nodiscard]] IpaHostKind kind() override { return ipa_->kind(); }
  [[nodiscard]] int pid() override { return ipa_->pid(); }
  [[nodiscard]] ipc::Host* host() override { return ipa_->host(); }
  void silence() override { set_events(nullptr); }

 private:
  explicit IpaReplicaOf(Buffers buffers) : buffers_(std::move(buffers)) {}

  Result<void> init(const IpaJournal& journal) {
    Result<ipa::Settings> settings = journal.settings();
    if (!settings)
      return settings.error();
    Result<ControlRanges> ranges = ipa_->init(*settings, IpaJournal::to_ipa(journal.sensor));
    if (!ranges)
      return ranges.error();
    set_ranges(*ranges);
    return {};
  }

  typename Platform::Relay relay_;
  Buffers buffers_;
  bool mapped_ = false;         // with the first configure()
  std::unique_ptr<Proxy> ipa_;  // last: it ends first
};

}  // namespace gstcam
