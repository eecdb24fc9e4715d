// SPDX-License-Identifier: Apache-2.0
// Which sessions this server keeps and knows of: it finds the keeper that a client's first bytes
// name, gives new clients an identifier, and says what is new to whoever tells the others (SES-1 to
// SES-5).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/rng.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/farm/request_start.hh"
#include "shunt/farm/session/session_cookie.hh"
#include "shunt/farm/session/session_map.hh"
#include "shunt/wire/session_announcement.hh"

namespace shunt::node {

class Sessions {
  public:
    using Kind = wire::SessionKind;

    /// What a client's first bytes say of its session.
    struct Named {
        std::optional<farm::ServerId> keeper;
        /// Nothing yet, but what is still to come may.
        bool may_come = false;
    };

    /// What the first response of a connection says of its session (SES-1); both may be empty.
    struct Greeting {
        /// A field of the response, with its line end.
        std::string field;
        /// The response is a redirect to here, and nothing else.
        std::string location;
    };

    /// A session that began or was used here, to be told to the others (SES-4). The id is
    /// what they know it by.
    struct News {
        Kind kind = Kind::Cookie;
        std::vector<std::uint8_t> id;
        /// It may be the client's invention: it counts only where it is known.
        bool is_echo = false;
    };

    /// `config` has a secret; it, `self` and `counters` outlive this.
    Sessions(const farm::FarmConfig& config, const farm::Server& self, Rng rng, Counters& counters);

    static bool are_kept(const farm::FarmConfig& config) {
        return config.session.mode != farm::SessionMode::Off;
    }

    /// Null where connections of that listener have nothing to do with sessions: requests find
    /// them where requests are looked at (SEL-1).
    static Sessions* of_listener(const farm::Listen& listen, std::optional<Sessions>& sessions) {
        const bool is_asked = listen.selection == farm::SelectionMoment::Request;
        return is_asked && sessions ? &*sessions : nullptr;
    }

    /// `start` reads `bytes`, and goes as far as it has to (SES-2, SES-3).
    Named named_by(farm::RequestStart& start, ByteView bytes, Instant now) const;

    /// The first request of a connection, as far as it matters here.
    struct Request {
        std::string_view cookies;
        std::string_view target;
        /// Where the client has sent it.
        wire::Ipv4Address service;
        std::uint16_t port = 0;
        /// It can be made once more elsewhere, and whoever answers could say so.
        bool may_be_redirected = false;
    };
    /// A client whose session is kept elsewhere was not sent there, so that server is gone: it gets
    /// another session (SES-5).
    Greeting greet(const Request& request);

    /// The id of a session that a TLS server behind this one has issued, or gone on with, if the
    /// client has said the same (SES-3).
    void note_tls(ByteView id, bool is_echo);

    /// What is new since the last call, for the others; the map knows it then. Sessions of which
    /// they know already are told again when half of their time is over.
    std::optional<News> poll_news(Instant now);
    bool has_news() const { return !noted_.empty(); }

    /// Tells the others what is new; without channels nobody hears it.
    void tell(std::optional<farm::ControlChannels>& channels, Instant now);
    /// Tells a server all that this one keeps: it may have missed it.
    void tell_all(farm::ControlChannels& channels, farm::ServerId to, Instant now) const;
    /// Learns what the others have told.
    void hear(farm::ControlChannels& channels, Instant now);
    /// What another server has told of a session that it keeps.
    void learn(Kind kind, ByteView id, farm::ServerId server, Duration life, Instant now);
    /// That server is gone, and its sessions with it (SES-5).
    void forget(farm::ServerId server) { map_.forget(server); }

    Duration lifetime() const { return config_.session.lifetime; }
    /// For dumps: the `most` that live longest.
    std::vector<farm::SessionMap::Row> rows(Instant now, std::size_t most) const {
        return map_.rows(now, most);
    }

  private:
    std::optional<farm::SessionId> parameter_in(std::string_view target) const;
    void note(const farm::SessionId& session);
    wire::SessionAnnouncement announcement_of(Kind kind, ByteView id, Duration life) const;
    std::string location_of(const Request& request, const farm::SessionId& session) const;

    const farm::FarmConfig& config_;
    const farm::Server& self_;
    Rng rng_;
    farm::SessionCookie cookie_;
    farm::SessionMap map_;
    std::deque<News> noted_;
};

}  // namespace shunt::node
