// SPDX-License-Identifier: Apache-2.0
// The object model of one server (OBJ-1 to OBJ-3): what its processes ask of objects, the objects
// that live here, and the control channels between the two where these are of different servers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/object/object_asker.hh"
#include "shunt/farm/object/object_host.hh"

namespace shunt::node {

class Objects {
  public:
    /// A process of this machine, as an asker, as one that serves classes, or as both; never 0.
    using ClientId = std::uint64_t;

    struct Row {
        std::uint64_t handle = 0;
        std::string class_name;
        farm::ServerId server = 0;
        std::string end;  // empty: it lives
    };

    /// Both outlive it; `rng` is its chance.
    Objects(const farm::FarmConfig& config, farm::ServerId self, Counters& counters, Rng rng);

    /// A class whose code is in this program. Why it cannot be added; nothing: it is.
    std::optional<std::string> register_class(std::string_view name, farm::ObjectFactory factory) {
        return host_.register_class(name, std::move(factory));
    }
    /// A class whose code a process has. Why it cannot be added; nothing: it is.
    std::optional<std::string> serve_class(std::string_view name, ClientId client) {
        return host_.serve_class(name, client);
    }
    /// What the process that serves classes is to do next.
    std::optional<farm::ProcessRequest> next_request(ClientId client) {
        return host_.next_request(client);
    }
    /// False: the process was not asked that, or it is too late.
    [[nodiscard]] bool answer_request(ClientId client, std::uint64_t number,
                                      Result<farm::ObjectBytes, std::string> answer);
    /// It has ended: its classes and their objects, what it waits for, and its own objects.
    void end_client(ClientId client);

    /// Each gives one completion, later; or says why not at once (docs/objects.md).
    Result<farm::ObjectTicket, farm::ObjectTrouble> create(farm::ObjectWish wish, Instant now);
    Result<farm::ObjectTicket, farm::ObjectTrouble> call(ClientId client, std::uint64_t handle,
                                                         ByteView bytes, Instant now);
    std::optional<farm::ObjectTrouble> release(std::uint64_t handle);
    std::optional<farm::ObjectCompletion> poll_completion() { return asker_.poll_completion(); }

    /// Something waits for pump().
    bool has_news() const { return has_news_; }
    /// Sends and hears what there is. `channels` is null in a farm without.
    void pump(farm::ControlChannels* channels, bool is_draining, Instant now);
    std::optional<Instant> poll_deadline() const;

    /// Of handles that were given here.
    std::vector<Row> rows() const;
    /// Of objects that live here.
    std::vector<farm::ObjectHost::Row> hosted() const { return host_.rows(); }
    const farm::ObjectClasses& classes() const { return host_.classes(); }

  private:
    struct Underway {
        std::uint64_t number = 0;  // of the message
        farm::ServerId server = 0;
    };

    void notice_lost_channels(const farm::ControlChannels& channels);
    bool send_messages(farm::ControlChannels* channels, bool is_draining, Instant now);
    void send_message(farm::ControlChannels* channels, const farm::ObjectMessage& message,
                      Instant now);
    bool hear_requests(farm::ControlChannels& channels, bool is_draining, Instant now);
    bool hear_outcomes(farm::ControlChannels& channels);
    bool send_answers(farm::ControlChannels* channels, Instant now);
    void send_answer(farm::ControlChannels& channels, const farm::ObjectAnswer& answer,
                     Instant now);

    const farm::FarmConfig& config_;
    const farm::ServerId self_;
    Counters& counters_;
    farm::ObjectHost host_;
    farm::ObjectAsker asker_;
    std::map<farm::ServerId, std::uint64_t> serials_;  // of the channels, when looked at last
    std::map<std::uint64_t, Underway> underway_;       // by transaction
    bool has_news_ = false;
};

}  // namespace shunt::node
